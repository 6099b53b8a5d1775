/** Looks for due work periodically: one process at a time, by a lease. */
import { pause } from "../../async/mod.ts";
import { holdLease } from "../../db/mod.ts";
import type { RunnerOptions } from "../options.ts";
import { readModelPosition } from "../queue/read_model.ts";

export interface SweepOptions extends Pick<RunnerOptions, "sql" | "instance" | "logger" | "sweep_seconds"> {
  /** The name of the lease, and of what is looked for. */
  readonly name: string;
  readonly signal: AbortSignal;
}

/**
 * Calls `look` about every `sweep_seconds` (1 by default) while this process holds the lease `name`, once the read
 * model `jobs` exists, until the signal fires. What `look` throws is reported, and retried.
 */
export async function sweep(options: SweepOptions, look: () => Promise<unknown>): Promise<void> {
  const { sql, name, instance, signal, logger } = options;
  let failing = false;
  const work = async (held: AbortSignal) => {
    while (!held.aborted) {
      if ((await readModelPosition(sql)) !== undefined) await look();
      failing = false;
      await untilNextSweep(options, held);
    }
  };
  while (!signal.aborted) {
    try {
      await holdLease({ sql, name, holder: instance, signal }, work);
    } catch (error) {
      if (!failing) logger.warn({ err: error, sweep: name }, "Cannot sweep; retrying");
      failing = true;
      await untilNextSweep(options, signal);
    }
  }
}

/** Between half and one and a half: many processes do not sweep in step. */
export async function untilNextSweep(
  { sweep_seconds = 1 }: Pick<RunnerOptions, "sweep_seconds">,
  signal: AbortSignal,
): Promise<void> {
  await pause(sweep_seconds * 1000 * (0.5 + Math.random()), signal);
}
