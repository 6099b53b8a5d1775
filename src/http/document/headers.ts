/** The headers of requests and responses, as the API document describes them. */

import { CUSTOMERS_ACCOUNT, OPERATOR } from "../../../events/account.ts";

export const requestHeaders = {
  "Idempotency-Key": {
    description:
      "1 to 255 visible ASCII characters, quoted or not, chosen by the caller. The same key with the same body returns the first response again; with another body it is rejected. Keys belong to the API key that used them, and never expire.",
    required: false,
    schema: { type: "string", minLength: 1, maxLength: 257 },
    example: "order-4711",
  },
  "If-Match": {
    description: 'The ETag of the version that the change is based on, for example `"3"`, or `*`.',
    required: true,
    schema: { type: "string" },
    example: '"3"',
  },
  "If-None-Match": {
    description: 'The ETag of an earlier response, for example `"3"`: if nothing has changed, the response is 304.',
    required: false,
    schema: { type: "string" },
    example: '"3"',
  },
  "Levqor-Account": {
    description:
      "The account that the call acts for, for example `org:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70`; by default the key's or session's own. A session can act for the organisations that its user is a member of, keys in API_KEYS for any account, other keys only for their own.",
    required: false,
    schema: { type: "string", pattern: `^(?:${OPERATOR}|${CUSTOMERS_ACCOUNT})$` },
    example: "operator",
  },
  "Levqor-Min-Position": {
    description:
      "The Levqor-Position of a write: the response is not older than that. Waits up to 5 seconds. A position beyond the log's end is rejected at once.",
    required: false,
    schema: { type: "integer", minimum: 0 },
    example: 1042,
  },
  "Last-Event-ID": {
    description: "The id of the last event received: the stream continues after it. Browsers send it automatically.",
    required: false,
    schema: { type: "integer", minimum: 0 },
    example: 1042,
  },
  "Levqor-Reply-Token": {
    description:
      "The reply_token from the response that opened the support thread. With it, no key is needed, and a key that is also sent makes no difference.",
    required: false,
    schema: { type: "string" },
    example: "lvr_EXAMPLE",
  },
  "svix-id": {
    description: "Identifies what is reported: the same when it is sent again.",
    required: true,
    schema: { type: "string", minLength: 1, maxLength: 256 },
    example: "msg_2b9oWxkrZ7vLGJ4yQf3dC1nTe5s",
  },
  "svix-timestamp": {
    description: "When it was sent, in seconds since 1970: at most five minutes before or after now.",
    required: true,
    schema: { type: "string", pattern: "^\\d{1,12}$" },
    example: "1768469400",
  },
  "svix-signature": {
    description:
      "One or more signatures, each `v1,` and the base64 of the HMAC-SHA256 of `svix-id.svix-timestamp.body`, separated by spaces.",
    required: true,
    schema: { type: "string", minLength: 1 },
    example: "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
  },
  "X-Request-Id": {
    description:
      "Up to 128 visible ASCII characters; generated if absent. It is in the response, in the log and in the events.",
    required: false,
    schema: { type: "string", maxLength: 128 },
    example: "7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21",
  },
} as const;

export const responseHeaders = {
  ETag: {
    description:
      "Identifies the version of the response. Send it as If-None-Match to learn whether it has changed, and as If-Match with a change if the call supports that.",
    schema: { type: "string" },
    example: '"3"',
  },
  "Idempotency-Replayed": {
    description: "`true` if this is the response to an earlier request with the same Idempotency-Key.",
    schema: { type: "string", enum: ["true"] },
    example: "true",
  },
  "Levqor-Position": {
    description: "The position at which the log recorded it. Send it as Levqor-Min-Position to read your own write.",
    schema: { type: "integer", minimum: 0 },
    example: 1042,
  },
  RateLimit: {
    description:
      "How many requests (`r`) the nearest limit would still allow, and in how many seconds (`t`) it is fully available again if no more come; after a 429, when the next request is allowed. Structured fields, as in draft-ietf-httpapi-ratelimit-headers. Absent if the caller is not limited.",
    schema: { type: "string" },
    example: '"pro";r=598;t=64',
  },
  "RateLimit-Policy": {
    description: "The limits that apply: `q` requests in `w` seconds, a sliding window.",
    schema: { type: "string" },
    example: '"pro";q=600;w=60',
  },
  "Retry-After": {
    description: "After how many seconds to retry the request.",
    schema: { type: "integer", minimum: 0 },
    example: 1,
  },
  "WWW-Authenticate": {
    description: "How to authenticate; with 403, the missing scope.",
    schema: { type: "string" },
    example: 'ApiKey realm="levqor", Bearer realm="levqor"',
  },
  "X-RateLimit-Limit": {
    description: "`q` in RateLimit-Policy, for the nearest limit.",
    schema: { type: "integer", minimum: 1 },
    example: 600,
  },
  "X-RateLimit-Remaining": {
    description: "`r` in RateLimit.",
    schema: { type: "integer", minimum: 0 },
    example: 598,
  },
  "X-RateLimit-Reset": {
    description: "`t` in RateLimit, as a time in Unix seconds.",
    schema: { type: "integer", minimum: 0 },
    example: 1768469464,
  },
  "X-Request-Id": {
    description:
      "The request's own id if it had a valid one, otherwise a generated one. Include it when you report a fault.",
    schema: { type: "string" },
    example: "7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21",
  },
} as const;

export type RequestHeader = keyof typeof requestHeaders;

/** Headers that replace a key: each contains a secret. */
export const secretHeaders = ["Levqor-Reply-Token"] as const satisfies readonly RequestHeader[];
export type SecretHeader = (typeof secretHeaders)[number];

/** The name of the document's security scheme for such a header: `LevqorReplyToken`. */
export function schemeOf(header: SecretHeader): string {
  return header.replaceAll("-", "");
}
export type ResponseHeader = keyof typeof responseHeaders;
