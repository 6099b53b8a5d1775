/** What the API is built from. */
import type { Logger } from "pino";
import type { Bus } from "../bus/types.ts";
import type { Sql } from "../db/mod.ts";
import type { EventLog } from "../log/types.ts";

/** Where the API reports what happens to it. */
export type ApiLogger = Pick<Logger, "debug" | "info" | "warn" | "error" | "isLevelEnabled">;

export interface ApiConfig {
  /** Keys that may write; with none, everyone may (development mode). */
  readonly api_keys: readonly string[];
  /** Hides what is for development only. */
  readonly production: boolean;
  /** Of the package, for example `0.1.0`. */
  readonly version: string;
  /** Names what was built: a commit, or `dev`. */
  readonly build: string;
}

/** What the API asks of the projector. */
export interface ReadModels {
  /** Where every read model stands. */
  status(): Promise<readonly ProjectionStatus[]>;
  /** Whether the read model reached the position within the time. */
  waitFor(name: string, position: number, timeout_ms: number): Promise<boolean>;
}

/** One read model, as the projector sees it. */
export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  /** The last position folded into it. */
  readonly position: number;
  /** Events behind the log's head. */
  readonly lag: number;
  /** The event at which its fold stopped, where one did. */
  readonly poison?: { readonly position: number; readonly message: string };
}

export interface ApiOptions {
  readonly log: EventLog;
  readonly sql: Sql;
  readonly bus: Bus;
  readonly config: ApiConfig;
  readonly logger: ApiLogger;
  /** Workflow names that a worker of this service runs. */
  readonly workflows: ReadonlySet<string>;
  readonly projector: ReadModels;
  /** Fires when the service stops: open streams end. */
  readonly signal: AbortSignal;
  /** Milliseconds; by default a heartbeat after 15 s of silence, and 30 s for a client that does not read. */
  readonly streams?: { readonly heartbeat_ms?: number; readonly slow_consumer_ms?: number };
}
