export { Allowance } from "./allowance.ts";
export { addressScope, clientAddresses, type ProxyTrust } from "./client_address.ts";
export { setRateHeaders } from "./headers.ts";
export { RateLimiter, type RateLimits, type RoutePolicy, type Verdict } from "./limiter.ts";
export { admitRarely, type RareLimit } from "./rare_limit.ts";
export { RecentMap } from "./recent_map.ts";
export { ROUTE_POLICIES, SHARED_POLICIES } from "./settings.ts";
export { startLimiter } from "./start.ts";
