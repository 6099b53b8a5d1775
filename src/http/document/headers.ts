/** The headers that calls read and answer with, as the API document describes them. */

export const requestHeaders = {
  "Idempotency-Key": {
    description:
      "1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.",
    required: false,
    schema: { type: "string", minLength: 1, maxLength: 257 },
    example: "order-4711",
  },
  "If-Match": {
    description: 'The ETag of the version that the change was made from, for example `"3"`, or `*`.',
    required: true,
    schema: { type: "string" },
    example: '"3"',
  },
  "If-None-Match": {
    description: 'The ETag of an earlier answer, for example `"3"`: where it would be the same again, 304 is answered.',
    required: false,
    schema: { type: "string" },
    example: '"3"',
  },
  "Levqor-Min-Position": {
    description:
      "The Levqor-Position of a write: the answer is not older than it. Waits up to 5 seconds. A position that no event has yet is refused at once.",
    required: false,
    schema: { type: "integer", minimum: 0 },
    example: 1042,
  },
  "Last-Event-ID": {
    description: "The id of the last event received: the stream goes on after it. Browsers send it by themselves.",
    required: false,
    schema: { type: "integer", minimum: 0 },
    example: 1042,
  },
  "X-Request-Id": {
    description:
      "Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.",
    required: false,
    schema: { type: "string", maxLength: 128 },
    example: "7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21",
  },
} as const;

export const answerHeaders = {
  ETag: {
    description:
      "Names what was answered. Send it as If-None-Match to be told when it changes, and as If-Match with a change where the call takes that.",
    schema: { type: "string" },
    example: '"3"',
  },
  "Idempotency-Replayed": {
    description: "`true` where the answer is that of an earlier request with the same Idempotency-Key.",
    schema: { type: "string", enum: ["true"] },
    example: "true",
  },
  "Levqor-Position": {
    description: "Where the log recorded it. Send it as Levqor-Min-Position to read your own write.",
    schema: { type: "integer", minimum: 0 },
    example: 1042,
  },
  RateLimit: {
    description:
      "How many requests (`r`) the nearest limit would still let in, and in how many seconds (`t`) it is whole again if no more come; after a refusal, when the next is let in. Structured fields, as draft-ietf-httpapi-ratelimit-headers has them. Absent where nothing limits the caller.",
    schema: { type: "string" },
    example: '"pro";r=598;t=64',
  },
  "RateLimit-Policy": {
    description: "The limits that hold: `q` requests in `w` seconds, a sliding window.",
    schema: { type: "string" },
    example: '"pro";q=600;w=60',
  },
  "Retry-After": {
    description: "After how many seconds to repeat the request.",
    schema: { type: "integer", minimum: 0 },
    example: 1,
  },
  "WWW-Authenticate": {
    description: "How to say who is calling; with 403, the scope that is missing.",
    schema: { type: "string" },
    example: 'ApiKey realm="levqor", Bearer realm="levqor"',
  },
  "X-RateLimit-Limit": {
    description: "As RateLimit-Policy's `q`, of the nearest limit.",
    schema: { type: "integer", minimum: 1 },
    example: 600,
  },
  "X-RateLimit-Remaining": {
    description: "As RateLimit's `r`.",
    schema: { type: "integer", minimum: 0 },
    example: 598,
  },
  "X-RateLimit-Reset": {
    description: "As RateLimit's `t`, as a time in Unix seconds.",
    schema: { type: "integer", minimum: 0 },
    example: 1768469464,
  },
  "X-Request-Id": {
    description: "The request's own, where it had a sane one; else one that was made. Name it when you report a fault.",
    schema: { type: "string" },
    example: "7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21",
  },
} as const;

export type RequestHeader = keyof typeof requestHeaders;
export type AnswerHeader = keyof typeof answerHeaders;
