/** Who is told to come back later is not told to come back later than this, in seconds. */
export const MAX_RETRY_AFTER = 24 * 3600;

/**
 * What a `Retry-After` header asks for, in seconds from `now` (milliseconds since 1970): a number of seconds or an
 * HTTP date (RFC 9110). 0 for none and for what is neither; {@link MAX_RETRY_AFTER} at most.
 */
export function retryAfter(header: string | null, now: number): number {
  const text = header?.trim() ?? "";
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - now) / 1000;
  return Math.min(Math.max(seconds || 0, 0), MAX_RETRY_AFTER);
}
