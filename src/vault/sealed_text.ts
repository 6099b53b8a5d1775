/**
 * The text of a sealed value: `1.<key id>.<nonce, ciphertext and tag in base64url>`. The first part is the version of
 * this form. Nothing in the last part: the value was not kept, since its subject had been erased.
 */
import { decodeJson, faultOfValue, writeJson } from "../json/mod.ts";
import { decrypt, encrypt } from "./cipher.ts";
import type { LiveKey, Sealing } from "./key_cache.ts";

const VERSION = "1";
/** As in an event: the log does not see how deep a sealed value nests. */
const MAX_DEPTH = 200;

export interface SealedText {
  readonly key_id: string;
  /** With nonce and tag. */
  readonly ciphertext: Buffer;
}

/** Encrypts a value, whose place it can be decrypted for alone. Throws a `TypeError` if JSON cannot hold it. */
export function sealText(value: unknown, { sealing, context }: { sealing: Sealing; context: string }): string {
  const fault = faultOfValue(value, MAX_DEPTH);
  if (fault) {
    const is = fault.code === "too_deep" ? `it nests deeper than ${MAX_DEPTH} levels` : "a number in it would change";
    throw new TypeError(`Cannot seal a value: ${is}`);
  }
  const ciphertext =
    "erased" in sealing ? "" : encrypt(writeJson(value), { key: sealing.bytes, context }).toString("base64url");
  return `${VERSION}.${sealing.key_id}.${ciphertext}`;
}

/** The parts of a text; `undefined` if it does not have this form. */
export function parseSealedText(text: string): SealedText | undefined {
  const [, key_id] = /^1\.([\w-]{22})\./.exec(text) ?? [];
  if (key_id === undefined) return undefined;
  const base64url = text.slice(VERSION.length + key_id.length + 2);
  const ciphertext = Buffer.from(base64url, "base64url");
  // The decoder passes over what is not base64url, and over spare bits: a changed text would open.
  return ciphertext.toString("base64url") === base64url ? { key_id, ciphertext } : undefined;
}

/** The value as it was sealed; `undefined` if it cannot be decrypted: no value is. */
export function openText({ ciphertext }: SealedText, { key, context }: { key: LiveKey; context: string }): unknown {
  const plain = decrypt(ciphertext, { key: key.bytes, context });
  return plain === undefined ? undefined : decodeJson(plain.toString());
}
