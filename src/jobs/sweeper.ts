/**
 * Takes jobs back whose lease has lapsed, by the database's clock.
 *
 * Every process stands by for it, whatever its role: where only outside workers run jobs, no runner is there to do it.
 * One process at a time does, by the lease `leases`; when it dies another takes over within seconds.
 */
import type { EventLog } from "../log/mod.ts";
import { commandJob, jobMeta } from "./commands.ts";
import type { RunnerOptions } from "./options.ts";
import { lapsedJobs, type RunningRow } from "./read_model.ts";
import { sweep } from "./sweep.ts";

export type SweeperOptions = Pick<RunnerOptions, "log" | "sql" | "instance" | "logger" | "sweep_seconds">;

export interface Sweeper {
  /** Lets another process take over. */
  stop(): Promise<void>;
}

/** Starts to look for lapsed leases. */
export function startSweeper(options: SweeperOptions): Sweeper {
  const stopping = new AbortController();
  const swept = sweep({ ...options, name: "leases", signal: stopping.signal }, async () => {
    const lapsed = await lapsedJobs(options.sql);
    await Promise.all(lapsed.map((row) => takeBack(options, row)));
  });
  return {
    async stop() {
      stopping.abort();
      await swept;
    },
  };
}

/** A refusal means that a heartbeat or the attempt's end was quicker. Never throws: the next sweep tries again. */
async function takeBack(
  { log, instance, logger }: { log: EventLog } & Pick<SweeperOptions, "instance" | "logger">,
  { job_id, attempt, now }: RunningRow,
): Promise<void> {
  try {
    const handled = await commandJob(log, {
      job_id,
      command: { type: "release", attempt, reason: "lease_expired", now },
      meta: jobMeta(job_id, { actor: `system:${instance}` }),
    });
    if (handled.ok) logger.info({ job_id, attempt, reason: "lease_expired" }, "Took the job back");
  } catch (error) {
    logger.warn({ job_id, err: error }, "Cannot take the job back; the next sweep tries again");
  }
}
