/** Why jobs wait, as responses show it. */
import { isSystemWorkflow } from "../../../events/workflow.ts";
import { isUndefinedTable } from "../../db/mod.ts";
import { type WaitingFor, type WaitingJob, waitingFor } from "../../domain/job/waiting.ts";
import { isUnlimited, type Reach } from "../../domain/reach.ts";
import type { ApiOptions } from "../../http/options.ts";
import type { AccountsWorkflow } from "../../jobs/limits/limit_streams.ts";
import { type LimitedJob, Limits } from "../../jobs/limits/limits.ts";
import { runningOf } from "../../jobs/queue/read_model.ts";
import { Workflows } from "../../jobs/run/workflows.ts";

/** By job id; those that do not wait are absent. */
type Waits = ReadonlyMap<string, WaitingFor>;

/** Says why jobs wait; limits are looked up as they are now, for several jobs together. */
export function waitExplainer({
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
  // Limits are reloaded periodically in any case; news saves whoever has just set them the wait.
  const stop = bus.listen(({ events = [] }) => {
    for (const event of events) if (event.type === "workflow.limits_set") limits.settledAnew(event);
  });
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const runnable = new Workflows(workflows);
  const canRun = (job: AccountsWorkflow) => isSystemWorkflow(job.workflow) || runnable.has(job);
  return async (jobs, reach) => {
    const now = Date.now();
    const waits = new Map<string, WaitingFor>();
    for (const job of jobs) {
      if (job.status === "queued" && !job.has_steps && !canRun(job)) await runnable.refresh(sql);
      const wait = waitingFor(job, { now, can_run: job.has_steps || canRun(job) });
      if (wait) waits.set(job.job_id, wait);
    }
    const claimable = jobs.filter(({ job_id }) => waits.get(job_id)?.reason === "worker");
    for (const [job_id, wait] of await limits.waitingFor(claimable, {
      // Callers with limited reach do not learn whose jobs hold the permits.
      name_holders: isUnlimited(reach),
    }))
      waits.set(job_id, wait);
    // Workers share their slots between callers: a caller with running jobs may have to wait for one of their own.
    const sharing = jobs.filter((job) => {
      const waitsForUs = job.has_steps || runnable.has(job);
      return job.caller !== null && waitsForUs && waits.get(job.job_id)?.reason === "worker";
    });
    const callers = [...new Set(sharing.map(({ caller }) => caller as string))];
    const running = await runningOf(sql, { callers, workflows: runnable }).catch(ifBuilt);
    for (const { job_id, caller } of sharing) {
      const count = running.get(caller as string);
      if (count !== undefined) waits.set(job_id, { reason: "caller", detail: shareDetail(count) });
    }
    return waits;
  };
}

/** While there is no read model yet, no running jobs are known. */
function ifBuilt(error: unknown): ReadonlyMap<string, number> {
  if (isUndefinedTable(error)) return new Map();
  throw error;
}

function shareDetail(running: number): string {
  const jobs = running === 1 ? "1 job of the same caller is running" : `${running} jobs of the same caller are running`;
  return `Waits for a worker: ${jobs}, and on each worker a caller may run at most three times as many as there are free slots.`;
}
