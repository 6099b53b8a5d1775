/** Submits the service's own jobs. */
import { SYSTEM } from "../../../events/account.ts";
import type { EventMeta } from "../../../events/envelope.ts";
import { type JobSubmitted, jobStream } from "../../../events/job.ts";
import { firstEvents } from "../../domain/job/job.ts";
import { create, type EventLog } from "../../log/mod.ts";

export interface SystemJob {
  /** Derived from what causes the job, so that it is submitted once. */
  readonly job_id: string;
  readonly submission: JobSubmitted;
  readonly meta: Omit<EventMeta, "account">;
}

/**
 * Submits a job of the account `system`, unless it exists already. Throws what `log.append` throws.
 *
 * A full queue does not refuse it: nobody would submit it again. It waits with all other jobs, and every process counts it in the
 * queue's depth within the interval of its counts, so callers get the room that is left. The queue's maximum can thus be
 * exceeded, by as many of these jobs as there are causes: an event leads to one per reaction and key, at most
 * `MAX_REACTION_DEPTH` deep, a summary to one per period. What callers can cause is bounded where they cause it: see the
 * allowances of `features/errors` and `features/support`.
 */
export async function submitSystemJob(
  log: Pick<EventLog, "append">,
  { job_id, submission, meta }: SystemJob,
): Promise<void> {
  await create(log, {
    stream_id: jobStream(job_id),
    events: firstEvents(submission),
    meta: { ...meta, account: SYSTEM },
  });
}
