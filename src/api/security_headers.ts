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

type HeaderList = readonly (readonly [name: string, value: string])[];

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
export const defaultHeaders: HeaderList = [
  ["content-security-policy", API_POLICY],
  // What CORS lets a page read is not held back by it; what is only embedded (an image) is.
  ["cross-origin-resource-policy", "same-origin"],
  // Answers show data that changes, and mostly to those alone who hold a key.
  ["cache-control", "no-store"],
];
