/** Sweeps: what one process at a time, the leader, looks for in the database and does, again and again, for all. */
import { pause, type Repeating } from "../async/mod.ts";
import { type LeadOptions, lead } from "./lead.ts";

export interface SweepOptions extends Pick<LeadOptions, "sql" | "name" | "holder" | "logger" | "signal"> {
  /** Milliseconds between two passes, between half and one and a half of it. */
  readonly every_ms: number;
}

/**
 * Makes passes while this process leads, until it is stopped. A pass that fails ends the term, since another process may
 * be able to make it; `held` fires when the lease is lost.
 */
export function sweep(
  { every_ms, ...options }: SweepOptions,
  pass: (held: AbortSignal) => Promise<unknown>,
): Repeating {
  return lead({ ...options, task: "sweep", retry_ms: every_ms }, async (held, worked) => {
    do {
      await pass(held);
      worked();
    } while (await pause(every_ms * (0.5 + Math.random()), held));
  });
}
