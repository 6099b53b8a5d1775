export { addressScope, clientAddresses, type ProxyTrust } from "./client_address.ts";
export { setRateHeaders } from "./headers.ts";
export { RateLimiter, type RateLimits, ROUTE_POLICIES, type RoutePolicy, type Verdict } from "./limiter.ts";
export { startLimiter } from "./start.ts";
