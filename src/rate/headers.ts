/** Limits in response headers: draft-ietf-httpapi-ratelimit-headers-11, and the older `X-RateLimit-…`. */
import type { Verdict } from "./limiter.ts";

/** The headers for the limits; for a refusal also when to come back. */
export function setRateHeaders(headers: Headers, verdict: Verdict): void {
  const { policy, remaining, reset_ms } = verdict;
  const seconds = Math.max(1, Math.ceil(reset_ms / 1000));
  headers.set("ratelimit-policy", verdict.policies);
  headers.set("ratelimit", `"${policy.name}";r=${remaining};t=${seconds}`);
  headers.set("x-ratelimit-limit", String(policy.quota));
  headers.set("x-ratelimit-remaining", String(remaining));
  // Unix seconds, as is most common.
  headers.set("x-ratelimit-reset", String(Math.ceil((Date.now() + reset_ms) / 1000)));
  if (!verdict.admitted) headers.set("retry-after", String(seconds));
}
