/** Headers on every answer that tell browsers what they must not do. */

/** For pages of the API, which show nothing; what shows something has a policy of its own. */
const API_POLICY = [
  "default-src 'none'",
  "connect-src https://levqor.ai https://api.levqor.ai",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "script-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join("; ");

type HeaderList = readonly [name: string, value: string][];

/** The same on every answer, whatever it says itself. */
export const fixedHeaders: HeaderList = [
  ["strict-transport-security", "max-age=31536000; includeSubDomains; preload"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-embedder-policy", "require-corp"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "strict-origin-when-cross-origin"],
  ["permissions-policy", "geolocation=(), microphone=()"],
];

/** On every answer that does not say otherwise itself. */
const defaultHeaders: HeaderList = [
  ["content-security-policy", API_POLICY],
  // What CORS lets a page read is not held back by it; what is only embedded (an image) is.
  ["cross-origin-resource-policy", "same-origin"],
  // Answers show data that changes, and mostly to those alone who hold a key.
  ["cache-control", "no-store"],
];

const dressed = new WeakSet<Response>();
/** What CORS lets a page read depends on its origin: a cache must not give one's answer to another. */
const VARY: HeaderList[number] = ["vary", "Origin"];
/** Copied whole into each answer: a third of the time that it takes to set them one by one. */
const jsonHeaders = new Headers([...fixedHeaders, ...defaultHeaders, VARY, ["content-type", "application/json"]]);

/** An answer of JSON text that has all of these headers already: for calls that are made thousands of times a second. */
export function jsonResponse(text: string, status: number): Response {
  const response = new Response(text, { status, headers: jsonHeaders });
  dressed.add(response);
  return response;
}

/** Gives an answer those of these headers that it lacks. */
export function setSecurityHeaders(response: Response): void {
  if (dressed.has(response)) return;
  const { headers } = response;
  for (const [name, value] of fixedHeaders) headers.set(name, value);
  for (const [name, value] of defaultHeaders) if (!headers.has(name)) headers.set(name, value);
  headers.append(...VARY);
}
