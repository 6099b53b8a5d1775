/** Sweeps: what one process at a time, by a lease, looks for in the database and does, again and again, for all. */
import { every, pause, type Repeating } from "../async/mod.ts";
import type { Sql } from "./connect.ts";
import { holdLease } from "./lease.ts";

export interface SweepOptions {
  readonly sql: Sql;
  /** The name of the lease, and of the sweep in the log. */
  readonly name: string;
  /** This process. */
  readonly holder: string;
  /** Milliseconds between two passes, between half and one and a half of it. */
  readonly every_ms: number;
  readonly logger: {
    warn(fields: object, message: string): void;
    info(fields: object, message: string): void;
  };
  /** Stops it, as `stop` does. */
  readonly signal?: AbortSignal;
}

/**
 * Makes passes while this process holds the lease, until it is stopped. A pass that fails gives the lease up, since
 * another process may be able to make it; `held` fires when the lease is lost.
 */
export function sweep(
  { sql, name, holder, every_ms, logger, signal: stopping }: SweepOptions,
  pass: (held: AbortSignal) => Promise<unknown>,
): Repeating {
  const lead = async (held: AbortSignal, worked: () => void) => {
    do {
      await pass(held);
      worked();
    } while (await pause(every_ms * (0.5 + Math.random()), held));
  };
  return every(
    every_ms,
    ({ signal, worked }) => holdLease({ sql, name, holder, signal }, (held) => lead(held, worked)),
    {
      spread: true,
      signal: stopping,
      on_fault: (error) => logger.warn({ err: error, sweep: name }, "Cannot sweep; retrying"),
      on_recovery: () => logger.info({ sweep: name }, "Sweeping again"),
    },
  );
}
