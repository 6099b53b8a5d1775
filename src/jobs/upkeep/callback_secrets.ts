/**
 * The secrets that sign callbacks: a separate one for each account and each receiver's origin, derived from the
 * service's. So nothing is stored, and whoever knows one can neither find another nor reuse a signature: what was
 * signed for one receiver does not verify at another.
 */
import { hkdfSync, randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { type OwnSecret, ownSecret } from "../../db/mod.ts";
import { isWebhookSecret } from "../settings.ts";

const PREFIX = "whsec_";
const SECRET_BYTES = 32;

/** Signs callbacks if no secret is configured. */
const OWN: OwnSecret = {
  file: "webhook-secret",
  generate: () => `${PREFIX}${randomBytes(SECRET_BYTES).toString("base64")}`,
  matches: isWebhookSecret,
  purpose: "sign callbacks",
  form: "a secret, which is whsec_ and the base64 of 24 to 64 bytes",
  renewal: "delete it: the next start generates a new secret, and receivers need their new ones.",
};

export interface Receiver {
  /** The account that named the receiver. */
  readonly account: string;
  /** An absolute URL, whose origin counts. */
  readonly url: string;
}

/** What {@link CallbackSecrets.of} returns: `whsec_` and base64. */
export interface ReceiverSecrets {
  readonly secret: string;
  /** The next one, while the service's secret is being replaced: callbacks are signed with both. */
  readonly next_secret: string | null;
}

export class CallbackSecrets {
  readonly #keys: readonly Uint8Array[];

  /** From `whsec_` and base64. Throws if one is invalid. */
  constructor(secret: string, next?: string) {
    this.#keys = [secret, ...(next === undefined ? [] : [next])].map(keyOf);
  }

  of(receiver: Receiver): ReceiverSecrets {
    const [secret = "", next_secret = null] = this.#keys.map((key) => derived(key, receiver));
    return { secret, next_secret };
  }

  /** The header `webhook-signature`: one signature for each secret, separated by spaces. */
  sign(receiver: Receiver, message: { id: string; at: Date; body: string }): string {
    const { id, at, body } = message;
    return this.#keys.map((key) => new Webhook(derived(key, receiver)).sign(id, at, body)).join(" ");
  }
}

export interface CallbackSecretsOptions {
  /** `whsec_…`; absent: the service generates its own. */
  readonly webhook_secret?: string | undefined;
  /** The next one. */
  readonly webhook_secret_next?: string | undefined;
  /** Where its own is stored. */
  readonly data_dir: string;
}

/** The configured secrets, or the one in the data folder. Throws `DataDirUnusableError`. */
export function openCallbackSecrets(options: CallbackSecretsOptions): CallbackSecrets {
  const { webhook_secret = ownSecret(options.data_dir, OWN), webhook_secret_next } = options;
  return new CallbackSecrets(webhook_secret, webhook_secret_next);
}

function keyOf(secret: string): Uint8Array {
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  if (!secret.startsWith(PREFIX) || key.length === 0) {
    throw new Error("Cannot sign callbacks: the secret is not whsec_ and base64");
  }
  return key;
}

function derived(key: Uint8Array, { account, url }: Receiver): string {
  // Neither part can contain a NUL, so no two receivers share a text.
  const info = ["levqor callback v1", account, new URL(url).origin].join("\0");
  return PREFIX + Buffer.from(hkdfSync("sha256", key, "", info, SECRET_BYTES)).toString("base64");
}
