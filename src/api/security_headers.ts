/** Headers on every answer that tell browsers what they must not do. An answer's own value goes before one of these. */

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

export const securityHeaders: readonly (readonly [name: string, value: string])[] = [
  ["strict-transport-security", "max-age=31536000; includeSubDomains; preload"],
  ["content-security-policy", API_POLICY],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-embedder-policy", "require-corp"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "strict-origin-when-cross-origin"],
  ["permissions-policy", "geolocation=(), microphone=()"],
];
