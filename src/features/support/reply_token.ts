/**
 * Reply tokens: what the sender of a support thread sends instead of a key. `lvr_` and 43 characters of base64url, 256 bits.
 *
 * A token is the HMAC-SHA256 of the request's Idempotency-Key, or of random bytes, with a random salt that is recorded. So a
 * repetition gets the same token, although only its SHA-256 is recorded. A guessed Idempotency-Key does not reveal the token
 * without the salt, nor does the log without the key.
 */
import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { SupportOpened } from "../../../events/support.ts";

type Recorded = SupportOpened["reply_token"];

/** Creates a token: its text, and what is recorded of it. `idempotency_key`: `null` if the request has none. */
export function newReplyToken(idempotency_key: string | null): { text: string; recorded: Recorded } {
  const salt = randomBytes(32).toString("hex");
  const text = replyToken({ salt }, idempotency_key ?? randomBytes(32).toString("hex"));
  return { text, recorded: { hash: digestOf(text).toString("hex"), salt } };
}

/** The token that a request with this Idempotency-Key was given. */
export function replyToken({ salt }: Pick<Recorded, "salt">, idempotency_key: string): string {
  return `lvr_${createHmac("sha256", salt).update(idempotency_key).digest("base64url")}`;
}

/** Whether a text is the token of which this was recorded; compared in constant time. */
export function isReplyToken(text: string, recorded: Pick<Recorded, "hash">): boolean {
  return timingSafeEqual(digestOf(text), Buffer.from(recorded.hash, "hex"));
}

function digestOf(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
