/** The longest delay that a `Retry-After` can ask for, in seconds. */
export const MAX_RETRY_AFTER = 24 * 3600;

/** The three forms of HTTP dates (RFC 9110, 5.6.7); the last one does not say that it is in GMT. */
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT|[A-Z][a-z]+, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$/;

/**
 * The delay that a `Retry-After` header asks for, in seconds from `now` (milliseconds since 1970): a number of seconds
 * or an HTTP date (RFC 9110). 0 if it is absent or neither; {@link MAX_RETRY_AFTER} at most.
 */
export function retryAfter(header: string | null, now: number): number {
  const text = header?.trim() ?? "";
  const seconds = /^\d+$/.test(text) ? Number(text) : (httpDate(text) - now) / 1000;
  return Math.min(Math.max(seconds || 0, 0), MAX_RETRY_AFTER);
}

/** In milliseconds since 1970; `NaN` if it is not an HTTP date. Without a zone, `Date` would read it as local time. */
function httpDate(text: string): number {
  if (!HTTP_DATE.test(text)) return Number.NaN;
  return Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
}
