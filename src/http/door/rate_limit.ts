/** Enforces the limits of requests: at the door, and again if a route opts into its own policy. */

import {
  addressScope,
  type RateLimiter,
  ROUTE_POLICIES,
  type RoutePolicy,
  SHARED_POLICIES,
  type Verdict,
} from "../../rate/mod.ts";
import { contextOf } from "../context.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";
import type { AddressOf } from "./client_address.ts";

export interface RateGate {
  /**
   * Counts a request whose caller is known. Throws the problem `rate_limited`; to a client that floods the service,
   * late: then it returns a promise that rejects with it.
   */
  enter(request: Request): Promise<never> | undefined;
  /** Whether an unknown token may be verified. If not, `enter` refuses the request. */
  mayVerify(request: Request): boolean;
  /**
   * Counts a request under a stricter policy too: for its caller, or without a key for its address. Throws the same.
   */
  enterRoute(request: Request, policy: RoutePolicy): void;
}

/**
 * By route, like everything that follows. Probes and scrapers must see the true state of a service that is flooded; but
 * keys must not be guessed there either.
 */
const PROBE = "/health";
const SCRAPE = "/metrics";
/** Others' reports come from few addresses, thousands at once: they have a policy of their own, and leave callers theirs. */
const REPORTS = "/webhooks/resend";
/** How many refusals are delayed at once, and how large their bodies may be, so that they cannot fill the memory. */
const HELD_MAX = 5_000;
const HELD_BODY_MAX_BYTES = 4_096;
/**
 * The routes of pages and static files begin like this, except for some that query the database. Mail programs unsubscribe many
 * people from few addresses.
 */
const PAGES = ["/public", "/unsubscribe/", "/docs", "/.well-known/", "/robots.txt", "/sitemap.xml", "/favicon.ico"];
const NO_PAGES = new Set(["/public/metrics"]);

/** Whose requests a policy counts; other policies are tiers. */
const COUNTED: Readonly<Record<string, string>> = {
  ...SHARED_POLICIES,
  ...Object.fromEntries(Object.entries(ROUTE_POLICIES).map(([name, { counted }]) => [name, counted])),
};

export interface RateGateOptions {
  readonly limiter: RateLimiter;
  readonly addressOf: AddressOf;
}

export function rateGate({ limiter, addressOf }: RateGateOptions): RateGate {
  const scopeOf = (request: Request) => addressScope(addressOf(request));

  function count(request: Request): Verdict | undefined {
    const { route, identity } = contextOf(request);
    if (route === PROBE) return undefined;
    if (isPage(route)) return limiter.page(scopeOf(request));
    if (identity?.kind === "unchecked") return contextOf(request).limit;
    if (identity?.kind === "refused") return limiter.failed(scopeOf(request));
    const holder = holderOf(request);
    if (holder) return limiter.holder(route === SCRAPE ? { ...holder, tier: null } : holder);
    const hasNoLimit = route === SCRAPE || route === REPORTS || !limiter.limitsAnonymous;
    return hasNoLimit ? undefined : limiter.anonymous(scopeOf(request));
  }

  let held = 0;
  async function hold(verdict: Verdict): Promise<never> {
    held++;
    await Bun.sleep(verdict.hold_ms);
    held--;
    throw rateLimited(verdict);
  }

  return {
    enter(request) {
      const verdict = count(request);
      contextOf(request).limit = verdict;
      if (!verdict || verdict.admitted) return undefined;
      if (verdict.hold_ms === 0 || held >= HELD_MAX || hasLargeBody(request)) throw rateLimited(verdict);
      return hold(verdict);
    },
    mayVerify(request) {
      const verdict = limiter.newToken(scopeOf(request));
      if (!verdict || verdict.admitted) return true;
      contextOf(request).limit = verdict;
      return false;
    },
    enterRoute(request, policy) {
      const context = contextOf(request);
      const verdict = limiter.route(policy, holderOf(request)?.identity ?? scopeOf(request));
      if (!verdict) return;
      const held = context.limit ? `${context.limit.policies}, ` : "";
      context.limit = { ...verdict, policies: held + verdict.policies };
      if (!verdict.admitted) throw rateLimited(verdict);
    },
  };
}

/** The holder of a request's key; `undefined`: it has no valid one, or everybody may do everything. */
function holderOf(request: Request): { identity: string; tier: string } | undefined {
  const { identity } = contextOf(request);
  if (!identity || !("caller" in identity)) return undefined;
  const { counted_as, tier } = identity.caller;
  return tier === null ? undefined : { identity: counted_as, tier };
}

/** Its bytes would stay in memory until the response. */
function hasLargeBody(request: Request): boolean {
  const { headers } = contextOf(request);
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > HELD_BODY_MAX_BYTES;
}

function isPage(route: string | undefined): boolean {
  return route !== undefined && !NO_PAGES.has(route) && PAGES.some((start) => route.startsWith(start));
}

function rateLimited({ policy, reset_ms }: Verdict): Problem {
  const counted = COUNTED[policy.name] ?? `with one key of the tier ${policy.name}`;
  const seconds = Math.max(1, Math.ceil(reset_ms / 1000));
  return new Problem(
    problems.rate_limited,
    `At most ${policy.quota} requests a minute ${counted} are accepted; the next is in ${seconds} s.`,
    { members: { violated_policies: [policy.name] } },
  );
}
