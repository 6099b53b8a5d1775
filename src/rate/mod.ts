export { addressScope, clientAddresses, type ProxyTrust } from "./client_address.ts";
export { setRateHeaders } from "./headers.ts";
export { RateLimiter, type RateLimits, type Verdict } from "./limiter.ts";
