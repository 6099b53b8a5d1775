/** What the API is built from. */
import type { Logger } from "pino";
import type { Access, Tiers } from "../access/mod.ts";
import type { Bus } from "../bus/types.ts";
import type { Sql } from "../db/mod.ts";
import type { CallbackSecrets } from "../jobs/mod.ts";
import type { EventLog } from "../log/types.ts";
import type { Projector } from "../projector/mod.ts";
import type { ProxyTrust, RateLimiter } from "../rate/mod.ts";
import type { Reactor } from "../reactor/mod.ts";
import type { Metrics, Tracing } from "../telemetry/mod.ts";
import type { Site } from "../web/mod.ts";

/** Where the API reports what happens to it. */
export type ApiLogger = Pick<Logger, "debug" | "info" | "warn" | "error" | "isLevelEnabled">;

export interface ApiConfig {
  /** Origins whose pages may call, beside the web app's: as browsers write them. */
  readonly cors_origins: readonly string[];
  /** Requests a minute of a key, by its tier; `null`: without limit. */
  readonly tiers: Tiers;
  /** Where the service is seen from outside, where that was said. */
  readonly public_url?: string | undefined;
  /** Hides what is for development only. */
  readonly production: boolean;
  /** The header that says whom a request is from; absent: none is believed. */
  readonly trust_proxy?: ProxyTrust | undefined;
  /** Queued jobs at which intake takes no more. */
  readonly max_queue_depth: number;
  /** Event streams that are kept open at once, and WebSockets as many. */
  readonly max_streams: number;
  /** What one caller may hold of what all share, from 0 to 1; the operator may hold all of it. */
  readonly caller_share: number;
  /** Which requests are logged: none, those that failed or were slow, or every one. */
  readonly request_log: "off" | "errors" | "all";
  /** Of the package, for example `0.1.0`. */
  readonly version: string;
  /** Names what was built: a commit, or `dev`. */
  readonly build: string;
}

export interface ApiOptions {
  readonly access: Access;
  /** Absent: everyone may send as much as they like. */
  readonly limiter?: RateLimiter | undefined;
  readonly log: EventLog;
  readonly sql: Sql;
  readonly bus: Bus;
  readonly config: ApiConfig;
  readonly logger: ApiLogger;
  readonly metrics: Metrics;
  /** Absent: the traces of others are handed on, and none is kept. */
  readonly tracing?: Tracing;
  /** Workflow names that a worker of this service runs. */
  readonly workflows: ReadonlySet<string>;
  readonly projector: Pick<Projector, "status" | "waitFor" | "resume">;
  readonly reactor: Pick<Reactor, "status" | "resume">;
  /** What callbacks are signed with. */
  readonly callback_secrets: CallbackSecrets;
  /** Gives the host of a URL that may never be called; absent: that is found out when it is called. */
  readonly refusedAddress?: (url: string) => string | undefined;
  /** What browsers get: `public/`. */
  readonly site: Site;
  /** Fires when the service stops: open streams end. */
  readonly signal: AbortSignal;
  /** For tests, as `timing`: schedules, pipelines, keys, limits that may be stored, of each so many. */
  readonly stored_max?: number | undefined;
  /** For tests, as `timing`: positions of the log that one query of an audit looks at. */
  readonly scan_positions?: number | undefined;
  /** For tests; `limits.ts` says what holds by default. */
  readonly timing?: {
    readonly heartbeat_ms?: number;
    readonly slow_consumer_s?: number;
    readonly socket_silent_s?: number;
    readonly socket_gone_ms?: number;
    readonly read_model_wait_ms?: number;
    readonly request_timeout_s?: number;
  };
}
