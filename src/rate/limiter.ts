/**
 * Who may send how many requests a minute. Decided locally and at once, from what this process knows: its own counts,
 * and what the others reported (`exchange.ts`). So the limits apply across processes except for what a client gets
 * admitted elsewhere within one exchange; that counts afterwards all the same, and is paid back by a longer wait.
 */
import { Exchange, type ExchangeOptions, type Scope } from "./exchange.ts";
import { RecentMap } from "./recent_map.ts";
import { ROUTE_POLICIES } from "./settings.ts";
import { SLOT_MS, slotAt, Usage, WINDOW_MS } from "./usage.ts";

/** Requests a minute; `null`: unlimited. */
type Quota = number | null;

export interface RateLimits {
  /** Callers without a key, per address; `null` also for all stricter or more generous policies per address. */
  readonly burst: Quota;
  /** Callers without a key, all together. */
  readonly global: Quota;
  /** Callers with a key, by their tier. */
  readonly tiers: Readonly<Record<string, Quota>>;
}

/** For a caller with a key whose tier no longer exists. */
const FALLBACK_TIER = "free";

export type RoutePolicy = keyof typeof ROUTE_POLICIES;

const ROUTE_QUOTAS = Object.fromEntries(Object.entries(ROUTE_POLICIES).map(([name, { quota }]) => [name, quota]));

/** Pages and static files, per address: one page needs a handful of them, and they cost next to nothing. */
const PAGES_QUOTA = 300;

/** Tokens that this process has not seen yet, per address: verifying a signature takes 80 µs. */
const NEW_TOKENS_QUOTA = 3_000;

/** How many scopes of one policy are kept; see `Recent`. Each takes about half a kilobyte. */
const SCOPES_MAX = 20_000;
/**
 * Refusals of one scope within a slot that are sent at once. A client that sends more floods the service, and each
 * response only lets its next request come sooner: these are delayed.
 */
const PATIENCE = 30;
const HOLD_MS = 1_000;
/** How long what a scope used counts. */
const KEEP_MS = WINDOW_MS + SLOT_MS;

export interface Policy {
  /** As `RateLimit-Policy` names it. */
  readonly name: string;
  /** Requests a minute. */
  readonly quota: number;
}

/** The outcome of a request. */
export interface Verdict {
  readonly admitted: boolean;
  /** The policy that refused it; otherwise the first of those that apply. */
  readonly policy: Policy;
  /** How many more it would admit at once. */
  readonly remaining: number;
  /**
   * If admitted: milliseconds until the full quota is available again, if no more requests come. If refused: until
   * there is room for one.
   */
  readonly reset_ms: number;
  /** For a refusal: by how many milliseconds its response should be delayed, because the client does not listen. */
  readonly hold_ms: number;
  /** All policies that apply, as the value of `RateLimit-Policy`. */
  readonly policies: string;
}

/** A caller with a key. */
export interface KeyHolder {
  readonly identity: string;
  /** `null`: unlimited. */
  readonly tier: string | null;
}

export interface RateLimiterOptions extends ExchangeOptions {
  readonly limits: RateLimits;
  /** Called for every refusal, with its policy's name. */
  readonly on_refusal?: (policy: string) => void;
}

/** A policy with its scopes. */
interface Counter extends Policy {
  readonly scopes: RecentMap<Scope>;
  /** As `RateLimit-Policy` has it. */
  readonly item: string;
}

/** The scope that a request counts under. */
type Claim = readonly [counter: Counter | undefined, scope: string];

/** The scope of limits that all callers share. */
const EVERYONE = "";

export class RateLimiter {
  readonly #exchange: Exchange;
  readonly #on_refusal: (policy: string) => void;
  readonly #address: Counter | undefined;
  readonly #global: Counter | undefined;
  readonly #failures: Counter | undefined;
  readonly #newTokens: Counter | undefined;
  readonly #pages: Counter | undefined;
  readonly #tiers: ReadonlyMap<string, Counter | undefined>;
  readonly #routes: ReadonlyMap<string, Counter | undefined>;

  constructor(options: RateLimiterOptions) {
    const { burst, global, tiers } = options.limits;
    this.#exchange = new Exchange(options);
    this.#on_refusal = options.on_refusal ?? (() => {});
    this.#address = counter("address", burst);
    this.#global = counter("global", global);
    // Stricter than for callers without any key.
    this.#failures = counter("failed-keys", burst === null ? null : Math.ceil(burst / 2));
    this.#newTokens = counter("new-tokens", burst === null ? null : NEW_TOKENS_QUOTA);
    this.#pages = counter("pages", burst === null ? null : PAGES_QUOTA);
    this.#tiers = counters(tiers);
    this.#routes = counters(burst === null ? {} : ROUTE_QUOTAS);
  }

  /** Whether requests without a key are limited at all: if not, their sender need not be known. */
  get limitsAnonymous(): boolean {
    return this.#address !== undefined || this.#global !== undefined;
  }

  /** A request without a key. `undefined`: not limited. */
  anonymous(address: string): Verdict | undefined {
    return this.#decide([this.#address, address], [this.#global, EVERYONE]);
  }

  /** A request for a page or a static file, whoever asks. */
  page(address: string): Verdict | undefined {
    return this.#decide([this.#pages, address]);
  }

  /** A request with an invalid key or token. */
  failed(address: string): Verdict | undefined {
    return this.#decide([this.#failures, address], [this.#address, address], [this.#global, EVERYONE]);
  }

  /** An unknown token is about to be verified. */
  newToken(address: string): Verdict | undefined {
    return this.#decide([this.#newTokens, address]);
  }

  /** A request with a valid key, whatever else comes from its address: other people share that. */
  holder({ identity, tier }: KeyHolder): Verdict | undefined {
    return tier === null ? undefined : this.#decide([this.#tierOf(tier), identity]);
  }

  /** A request to a route with its own policy. `scope`: whom it counts. */
  route(policy: RoutePolicy, scope: string): Verdict | undefined {
    return this.#decide([this.#routes.get(policy), scope]);
  }

  /** Reports the rest to the others, and ends. */
  stop(): Promise<void> {
    return this.#exchange.stop();
  }

  #tierOf(tier: string): Counter | undefined {
    return this.#tiers.has(tier) ? this.#tiers.get(tier) : this.#tiers.get(FALLBACK_TIER);
  }

  /** Counts a request under all claims, or under none if one has no room. */
  #decide(...claims: readonly Claim[]): Verdict | undefined {
    const now = this.#exchange.now();
    for (const [counter, name] of claims) {
      const scope = counter?.scopes.find(name);
      if (counter && scope && this.#exchange.usageOf(scope).used(now) >= counter.quota)
        return this.#refuse(counter, scope, now, claims);
    }
    let verdict: Verdict | undefined;
    for (const [counter, name] of claims) {
      if (!counter) continue;
      const scope = counter.scopes.use(name, performance.now(), () => this.#newScope(counter.name, name));
      const usage = this.#exchange.usageOf(scope);
      const used = usage.used(now) + 1;
      usage.add(now);
      this.#exchange.changed(scope);
      verdict ??= {
        admitted: true,
        policy: counter,
        remaining: Math.max(0, Math.ceil(counter.quota - used)),
        reset_ms: usage.emptyIn(now),
        hold_ms: 0,
        policies: itemsOf(claims),
      };
    }
    return verdict;
  }

  #newScope(policy: string, name: string): Scope {
    const { base_ms } = this.#exchange;
    return { policy, name, usage: new Usage(), base_ms, told_slot: 0, refused: 0, refused_slot: 0 };
  }

  #refuse(counter: Counter, scope: Scope, now: number, claims: readonly Claim[] = [[counter, ""]]): Verdict {
    this.#on_refusal(counter.name);
    const slot = slotAt(now);
    scope.refused = scope.refused_slot === slot ? scope.refused + 1 : 1;
    scope.refused_slot = slot;
    return {
      admitted: false,
      policy: counter,
      remaining: 0,
      reset_ms: scope.usage.roomIn(now, counter.quota),
      hold_ms: scope.refused > PATIENCE ? HOLD_MS : 0,
      policies: itemsOf(claims),
    };
  }
}

function counter(name: string, quota: Quota): Counter | undefined {
  if (quota === null) return undefined;
  const scopes = new RecentMap<Scope>({ keep_ms: KEEP_MS, max: SCOPES_MAX });
  return { name, quota, scopes, item: `"${name}";q=${quota};w=${WINDOW_MS / 1000}` };
}

function counters(quotas: Readonly<Record<string, Quota>>): ReadonlyMap<string, Counter | undefined> {
  return new Map(Object.entries(quotas).map(([name, quota]) => [name, counter(name, quota)]));
}

function itemsOf(claims: readonly Claim[]): string {
  const [first] = claims;
  if (claims.length === 1 && first?.[0]) return first[0].item;
  return claims.flatMap(([counter]) => counter?.item ?? []).join(", ");
}
