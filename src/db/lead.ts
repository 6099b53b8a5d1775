/** Leadership: what one process at a time, by a lease, does for all, for as long as it can. */
import { every, type Repeating } from "../async/mod.ts";
import type { Sql } from "./connect.ts";
import { holdLease } from "./lease.ts";

export interface LeadOptions {
  readonly sql: Sql;
  /** The name of the lease. */
  readonly name: string;
  /** This process. */
  readonly holder: string;
  /** What a leader does, for the log: `fire schedules`. */
  readonly task: string;
  /** A pino logger fits. */
  readonly logger?:
    | {
        warn(fields: object, message: string): void;
        info(fields: object, message: string): void;
      }
    | undefined;
  /** Stops it, as `stop` does. */
  readonly signal?: AbortSignal | undefined;
  /** Done before each attempt to take the lease, by every process. */
  readonly prepare?: () => Promise<unknown>;
  /** The delay after a term, between half and one and a half of it; after failures in a row it grows. 50 by default. */
  readonly retry_ms?: number;
}

const RETRY_MS = 50;
const RETRY_MOST_MS = 2_000;
/** A term that has lasted so long works, even if there was nothing to do. Longer than a lease lasts without its database. */
const STEADY_MS = 5_000;

/**
 * Serves terms as the leader, one after another, until it is stopped. A term ends when `held` fires or when it fails, and
 * gives the lease up, since another process may be able to do the work. A term calls `worked` whenever it is certain that
 * it does not fail: the failures in a row are then over.
 */
export function lead(
  { sql, name, holder, task, logger, signal: stopping, prepare, retry_ms = RETRY_MS }: LeadOptions,
  term: (held: AbortSignal, worked: () => void) => Promise<unknown>,
): Repeating {
  const attempt = async ({ signal, worked }: { signal: AbortSignal; worked: () => void }) => {
    await prepare?.();
    await holdLease({ sql, name, holder, signal }, async (held) => {
      const steady = setTimeout(worked, STEADY_MS);
      await term(held, worked).finally(() => clearTimeout(steady));
    });
  };
  return every(retry_ms, attempt, {
    spread: true,
    most_ms: Math.max(RETRY_MOST_MS, retry_ms),
    signal: stopping,
    on_fault: (error) => logger?.warn({ err: error, lease: name }, `Cannot ${task}; retrying`),
    on_recovery: () => logger?.info({ lease: name }, `Able to ${task} again`),
  });
}
