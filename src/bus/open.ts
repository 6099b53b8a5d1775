import { lead, type Sql } from "../db/mod.ts";
import type { EventLog } from "../log/types.ts";
import { inProcessBus } from "./in_process.ts";
import type { Lead } from "./jetstream.ts";
import type { Bus, BusLogger } from "./types.ts";

export interface OpenBusOptions {
  readonly log: EventLog;
  /** The database with the relay's lease. */
  readonly sql: Sql;
  /** The lease's holder: unique for each running process. */
  readonly holder: string;
  /** One or more NATS URLs, separated by commas; without it the bus is in-process. */
  readonly nats_url?: string | undefined;
  /** Replicas of the stream; by default 1 for a new stream, and what an existing one has. */
  readonly nats_replicas?: number | undefined;
  readonly logger?: BusLogger;
}

/** Opens the configured bus. Does not wait for NATS. Rejects if `nats_url` is invalid. */
export async function openBus({ log, sql, holder, nats_url, nats_replicas, logger }: OpenBusOptions): Promise<Bus> {
  if (!nats_url) return inProcessBus({ log });
  // Loaded only when it is needed: the client would slow down every start.
  const { jetStreamBus } = await import("./jetstream.ts");
  return jetStreamBus({ log, nats_url, replicas: nats_replicas, logger, lead: byLease({ sql, holder, logger }) });
}

/** The process that holds the lease relays. */
function byLease(options: Pick<OpenBusOptions, "sql" | "holder" | "logger">): Lead {
  const leading = { ...options, name: "relay", task: "relay events to JetStream" };
  return (work, signal) => lead({ ...leading, signal }, work).stopped;
}
