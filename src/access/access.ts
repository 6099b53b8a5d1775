/** Finds out who has a credential. */
import { timingSafeEqual } from "node:crypto";
import type { Environment } from "../../events/key.ts";
import type { Caller, Identity } from "./caller.ts";
import { digestPrefix, KeyRing, type KeyRingOptions } from "./key_ring.ts";
import { digestOf, environmentOf, looksLikeKey } from "./key_text.ts";
import { KeyUses, type KeyUsesOptions } from "./key_uses.ts";
import { type IdentifyToken, looksLikeToken } from "./tokens.ts";

export interface Access {
  /** False in development mode, without keys and tokens, when everybody may do everything. */
  readonly required: boolean;
  /** The environment for which issued keys are created and accepted. */
  readonly environment: Environment;
  /**
   * Who has the credential, which is the text of a key or a token; `null`: there is none. A promise if it must wait;
   * never throws. `mayVerify` is called before a token that was not seen before is verified.
   */
  identify(credential: string | null, mayVerify?: () => boolean): Identity | Promise<Identity>;
  /**
   * All actors that count as one party with a caller, as events name them: the caller, whoever issued or rotated their
   * key, and the keys that one of these issued or rotated; but two keys do not become one party just because an
   * operator issued both. Throws if the log is unavailable.
   */
  partyOf(caller: Caller): Promise<ReadonlySet<string>>;
  stop(): Promise<void>;
}

export interface AccessOptions extends KeyRingOptions, KeyUsesOptions {
  /** The operator's own keys, which may do everything; without keys and tokens, everybody may. */
  readonly keys: readonly string[];
  /** Absent: no tokens are accepted. */
  readonly token?: IdentifyToken;
  readonly production: boolean;
  readonly logger: KeyRingOptions["logger"] & KeyUsesOptions["logger"];
}

const NONE: Identity = { kind: "none" };
const UNKNOWN: Identity = { kind: "refused", reason: "The key is unknown." };
const DAMAGED: Identity = {
  kind: "refused",
  reason: "The key is damaged: its checksum, the last 6 characters, is wrong. Was it copied completely?",
};

/** In development mode, a caller without an issued key. */
const ANYONE: Identity = {
  kind: "known",
  caller: {
    actor: "anonymous",
    identity: "anonymous",
    scopes: "all",
    workflows: "all",
    tier: null,
    own_only: false,
    operator: true,
    expires_at: null,
  },
};

/** The tier of the operator's own keys. */
const OPERATOR_TIER = "enterprise";

/** Knows the operator's keys at once, and issued ones as soon as it has read them from the log. */
export function startAccess({ keys, token, production, ...options }: AccessOptions): Access {
  const operators = new Map(keys.map((key) => [digestPrefix(digestOf(key)), operator(digestOf(key))]));
  const uses = new KeyUses(options);
  const ring = new KeyRing(options, (key_id, now) => uses.note(key_id, now));
  const environment = production ? "live" : "test";
  const required = keys.length > 0 || token !== undefined;
  const [noKey, noneOfOurs] = required ? [NONE, UNKNOWN] : [ANYONE, ANYONE];

  return {
    required,
    environment,
    identify(credential, mayVerify) {
      if (credential === null) return noKey;
      const digest = digestOf(credential);
      const found = operators.get(digestPrefix(digest));
      if (found && timingSafeEqual(found.digest, digest)) return found.identity;
      if (!looksLikeKey(credential)) {
        return token && looksLikeToken(credential) ? token(credential, mayVerify) : noneOfOurs;
      }
      return ring.find(digest) ?? refusal(credential, environment) ?? newest(digest);
    },
    async partyOf({ actor }) {
      // A key that another process has just issued counts, too.
      await ring.caughtUp();
      return ring.partyOf(actor);
    },
    async stop() {
      await ring.stop();
      await uses.stop();
    },
  };

  /** For a secret that is not on the ring: it may be so new that the ring has not read it yet. */
  async function newest(digest: Buffer): Promise<Identity> {
    try {
      await ring.caughtUp();
    } catch (error) {
      return { kind: "undecided", cause: error };
    }
    return ring.find(digest) ?? UNKNOWN;
  }
}

/** Why a text that looks like one of our keys can never be accepted here, whatever the log contains. */
function refusal(credential: string, environment: Environment): Identity | undefined {
  const made_for = environmentOf(credential);
  if (made_for === undefined) return DAMAGED;
  if (made_for === environment) return undefined;
  return { kind: "refused", reason: `The key is a ${made_for} key; this service accepts ${environment} keys.` };
}

function operator(digest: Buffer): { digest: Buffer; identity: Identity } {
  const identity = digest.toString("hex");
  const caller: Caller = {
    actor: `key:${identity.slice(0, 8)}`,
    identity,
    scopes: "all",
    workflows: "all",
    tier: OPERATOR_TIER,
    own_only: false,
    operator: true,
    expires_at: null,
  };
  return { digest, identity: { kind: "known", caller } };
}
