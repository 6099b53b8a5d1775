/** Why a queued job is not running yet, in words. */
import { toTime } from "../../../events/time.ts";
import type { JobState, WaitingReason } from "./job_state.ts";

/** What a job waits for, and one sentence about it. */
export interface WaitingFor {
  readonly reason: WaitingReason;
  readonly detail: string;
  /** RFC 3339; absent if no time is known. */
  readonly until?: string;
}

/** The input of {@link waitingFor}: a job's folded state, or a row of the read model. */
export interface WaitingJob {
  readonly status: JobState["status"];
  readonly workflow: string;
  readonly attempt: number;
  readonly waiting: string | null;
  /** In milliseconds since 1970. */
  readonly due_at: number | null;
  /** The code of the error that the latest attempt failed with. */
  readonly error_code: string | null;
  /** The step in which it is suspended. */
  readonly suspended_in: string | null;
  /** Whether it was submitted with its own steps. */
  readonly has_steps: boolean;
  /** Who caused it; `null`: the operator. */
  readonly caller: string | null;
}

/**
 * Why a job has not started yet; `null` unless it is queued.
 *
 * @param now milliseconds since 1970
 * @param can_run whether the service's own workers can run it
 */
export function waitingFor(job: WaitingJob, { now, can_run }: { now: number; can_run: boolean }): WaitingFor | null {
  if (job.status !== "queued") return null;
  if (job.due_at !== null && job.due_at > now) {
    const until = toTime(job.due_at);
    if (job.waiting === "run_at") return { reason: "run_at", detail: `Starts at ${until} or later.`, until };
    if (job.waiting === "retry") {
      const what = job.suspended_in === null ? `Attempt ${job.attempt}` : `Step "${job.suspended_in}"`;
      const detail = `${what} failed (${job.error_code}); the next one follows at ${until}.`;
      return { reason: "retry", detail, until };
    }
    if (job.waiting === "sleep") {
      return { reason: "sleep", detail: `Sleeps in step "${job.suspended_in}" until ${until}.`, until };
    }
    if (job.waiting === "approval") {
      return { reason: "approval", detail: `Step "${job.suspended_in}" waits for approval, until ${until}.`, until };
    }
  }
  const detail = can_run
    ? "Waits for a free worker."
    : `No connector or pipeline runs the workflow "${job.workflow}"; the job waits for an external worker that claims it: POST /api/v1/workers/claim with {"worker": "…", "workflows": [${JSON.stringify(job.workflow)}]}.`;
  return { reason: "worker", detail };
}
