/** Job ids out of `Idempotency-Key`: the second intake with a key meets the first one's stream. */
import { hash } from "node:crypto";
import type { Caller } from "./auth.ts";
import { Problem } from "./problems.ts";

/** Visible ASCII, 1 to 255 characters. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** The key of a request, without quotes; `null` where there is none. Throws the problem `invalid_idempotency_key`. */
export function idempotencyKey(request: Request): string | null {
  const header = request.headers.get("idempotency-key");
  if (header === null) return null;
  const key = header.length >= 2 && header.startsWith('"') && header.endsWith('"') ? header.slice(1, -1) : header;
  if (!KEY.test(key)) {
    throw new Problem(
      "invalid_idempotency_key",
      `The Idempotency-Key has ${key.length} characters or others than visible ASCII; 1 to 255 visible ASCII characters are expected.`,
    );
  }
  return key;
}

/** A UUIDv8 (RFC 9562): the first 122 bits of SHA-256 over who calls, what is called, and the key. */
export function derivedId(caller: Caller, route: string, key: string): string {
  const bytes = hash("sha256", `${caller.identity}\n${route}\n${key}`, "buffer").subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
