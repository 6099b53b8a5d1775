/**
 * Takes back jobs whose lease has expired, and fails those whose time is up, by the database's clock.
 *
 * Every process stands by for it, whatever its role: if only external workers run jobs, there is no runner to do it.
 * One process at a time does, by the lease `leases`; when it dies another takes over within seconds.
 */
import type { Repeating } from "../../async/mod.ts";
import { sweep } from "../../db/mod.ts";
import type { JobCommand } from "../../domain/job/job_command.ts";
import { EVERYTHING } from "../../domain/reach.ts";
import { isTransient } from "../../log/mod.ts";
import { commandJob, jobMeta } from "../commands.ts";
import { failForGood } from "../faults.ts";
import type { RunnerOptions } from "../options.ts";
import { expiredJobs, jobsWithExpiredLease, readModelPosition } from "../queue/read_model.ts";

export type SweeperOptions = Pick<RunnerOptions, "log" | "sql" | "instance" | "logger" | "sweep_seconds">;

/** Looks for expired leases and jobs until it is stopped; another process then takes over. */
export function startSweeper(options: SweeperOptions): Repeating {
  const { sql, instance: holder, logger, sweep_seconds = 1 } = options;
  return sweep({ sql, name: "leases", holder, every_ms: sweep_seconds * 1000, logger }, async () => {
    if ((await readModelPosition(sql)) === undefined) return;
    const [expired_leases, expired] = await Promise.all([jobsWithExpiredLease(sql), expiredJobs(sql)]);
    await Promise.all([
      ...expired_leases.map(({ job_id, attempt, now, ...lease }) => {
        const lease_expires_at = Date.parse(lease.lease_expires_at);
        return record(options, job_id, { type: "release", attempt, reason: "lease_expired", lease_expires_at, now });
      }),
      ...expired.map(({ job_id, now }) => record(options, job_id, { type: "expire", now })),
    ]);
  });
}

/**
 * A refusal means that the worker was faster. Never throws: the next sweep retries, except for a job with a fault of
 * its own. That one fails.
 */
async function record(
  { log, instance, logger }: SweeperOptions,
  job_id: string,
  command: JobCommand & { type: "release" | "expire" },
): Promise<void> {
  try {
    const meta = jobMeta(job_id, { actor: `system:${instance}` });
    const handled = await commandJob(log, { job_id, reach: EVERYTHING, command, meta });
    if (handled.ok) logger.info({ job_id, command }, "Recorded what was due");
  } catch (error) {
    if (!isTransient(error)) await giveUp({ log, instance, logger }, job_id, error);
    else logger.warn({ job_id, command, err: error }, "Cannot record what is due; the next sweep retries");
  }
}

async function giveUp(
  { log, instance, logger }: Pick<SweeperOptions, "log" | "instance" | "logger">,
  job_id: string,
  fault: unknown,
): Promise<void> {
  logger.error({ job_id, err: fault }, "Cannot take a job back because of a fault of its own; it fails");
  try {
    await failForGood(log, { job_id, fault, actor: `system:${instance}` });
  } catch (error) {
    logger.warn({ job_id, err: error }, "Cannot record that a job failed; the next sweep retries");
  }
}
