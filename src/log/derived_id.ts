/** Ids that are known before the entity exists: a second creation finds the first. */
import { hash } from "node:crypto";

/** A UUIDv8 (RFC 9562): 122 bits of SHA-256 over the parts, none of which may contain a line break but the last. */
export function derivedUuid(parts: readonly string[]): string {
  const bytes = hash("sha256", parts.join("\n"), "buffer").subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
