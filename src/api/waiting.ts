/** Why jobs wait, as answers tell it. */
import { type WaitingFor, type WaitingJob, waitingFor } from "../domain/job.ts";
import { EVERYTHING, type Reach } from "../domain/reach.ts";
import { type LimitedJob, Limits } from "../jobs/limits.ts";
import { Workflows } from "../jobs/workflows.ts";
import type { ApiOptions } from "./options.ts";

/** By job id; those that do not wait are absent. */
type Waits = ReadonlyMap<string, WaitingFor>;

/** Says why jobs wait; limits are asked as they are at this moment, those of several jobs together. */
export function waitTeller({
  log,
  sql,
  bus,
  workflows,
  signal,
}: Pick<ApiOptions, "log" | "sql" | "bus" | "workflows" | "signal">): (
  jobs: readonly (WaitingJob & LimitedJob)[],
  reach: Reach,
) => Promise<Waits> {
  const limits = new Limits({ log, following: false });
  // What is settled is asked for again now and then in any case; news saves whoever has just settled it the wait.
  const stop = bus.listen(({ events = [] }) => {
    for (const event of events) if (event.type === "workflow.limits_set") limits.settledAnew(event);
  });
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const runnable = new Workflows(workflows);
  return async (jobs, reach) => {
    const now = Date.now();
    const waits = new Map<string, WaitingFor>();
    for (const job of jobs) {
      if (job.status === "queued" && !job.has_steps && !runnable.has(job.workflow)) await runnable.refresh(sql);
      const wait = waitingFor(job, { now, canRun: (name) => runnable.has(name) });
      if (wait) waits.set(job.job_id, wait);
    }
    const claimable = jobs.filter(({ job_id }) => waits.get(job_id)?.reason === "worker");
    for (const [job_id, wait] of await limits.waitingFor(claimable, {
      // Whose jobs hold the limit is nothing to who reaches some jobs alone.
      name_holders: reach === EVERYTHING,
    }))
      waits.set(job_id, wait);
    return waits;
  };
}
