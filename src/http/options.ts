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
import type { Vault } from "../vault/mod.ts";
import type { Site } from "../web/mod.ts";

/** Where the API reports what happens. */
export type ApiLogger = Pick<Logger, "debug" | "info" | "warn" | "error" | "isLevelEnabled">;

export interface ApiConfig {
  /** Origins whose pages may call, besides the web app's: as browsers write them. */
  readonly cors_origins: readonly string[];
  /** Requests a minute of a key, by its tier; `null`: unlimited. */
  readonly tiers: Tiers;
  /** The service's public URL, if configured. */
  readonly public_url?: string | undefined;
  /** Hides development tools. */
  readonly production: boolean;
  /** The header that has a request's address; absent: none is trusted. */
  readonly trust_proxy?: ProxyTrust | undefined;
  /** At this many queued jobs, intake accepts no more. */
  readonly max_queue_depth: number;
  /** How many event streams, and how many WebSockets, are kept open at once. */
  readonly max_streams: number;
  /** The share of common resources that one caller may use, from 0 to 1; the operator may use all of them. */
  readonly caller_share: number;
  /** Which requests are logged: none, those that failed or were slow, or every one. */
  readonly request_log: "off" | "errors" | "all";
  /** Of the package, for example `0.1.0`. */
  readonly version: string;
  /** Identifies the build: a commit, or `dev`. */
  readonly build: string;
}

export interface ApiOptions {
  /** What the API starts is stopped by these, after the API itself. */
  readonly stops: { add(part: string, stop: () => unknown): void };
  readonly access: Access;
  /** Absent: there are no rate limits. */
  readonly limiter?: RateLimiter | undefined;
  /** It seals and opens personal data. */
  readonly log: EventLog;
  readonly vault: Vault;
  readonly sql: Sql;
  readonly bus: Bus;
  readonly config: ApiConfig;
  readonly logger: ApiLogger;
  readonly metrics: Metrics;
  /** Absent: the traces of others are passed on, and none is recorded. */
  readonly tracing?: Tracing;
  /** Workflow names that a worker of this service runs. */
  readonly workflows: ReadonlySet<string>;
  readonly projector: Pick<Projector, "status" | "waitFor" | "readAt" | "resume">;
  readonly reactor: Pick<Reactor, "status" | "resume">;
  /** What callbacks are signed with. */
  readonly callback_secrets: CallbackSecrets;
  /** Returns the host of a URL that may never be called; absent: that is found out when it is called. */
  readonly refusedAddress?: (url: string) => string | undefined;
  /** Pages for browsers: `public/`. */
  readonly site: Site;
  /** Fires when the service stops: open streams end. */
  readonly signal: AbortSignal;
  /** For tests, like `timing`: how many schedules, pipelines, keys and limits may be stored, each. */
  readonly stored_max?: number | undefined;
  /** For tests, like `timing`: positions of the log that one query of an audit searches. */
  readonly scan_positions?: number | undefined;
  /** For tests; `limits.ts` has the defaults. */
  readonly timing?: {
    readonly heartbeat_ms?: number;
    readonly slow_consumer_s?: number;
    readonly socket_silent_s?: number;
    readonly socket_gone_ms?: number;
    readonly read_model_wait_ms?: number;
    readonly request_timeout_s?: number;
    /** How long refusals of sign-ins are delayed. */
    readonly hold_ms?: number;
  };
}
