/** Runs a schedule outside its instants. */
import { chargedTo } from "../../../events/account.ts";
import type { EventMeta } from "../../../events/envelope.ts";
import { jobDecider } from "../../domain/job/job.ts";
import type { JobState } from "../../domain/job/job_state.ts";
import type { Reach } from "../../domain/reach.ts";
import type { ScheduleRejection, ScheduleState } from "../../domain/schedule.ts";
import { type EventLog, tell } from "../../log/mod.ts";
import {
  decidedJob,
  decidedSchedule,
  decideWithin,
  earlierRun,
  firedJobMeta,
  type SubmittedRun,
  scheduleMeta,
} from "./commands.ts";

export interface RunNowOptions {
  readonly schedule_id: string;
  /** Of the job; exists already if the request is a repetition. */
  readonly job_id: string;
  readonly meta: Pick<EventMeta, "actor" | "account" | "request_id" | "traceparent">;
  /** The caller's. */
  readonly reach: Reach;
}

/** The outcome: the job, now recorded or by an earlier request with the same key, or why the schedule cannot run. */
export type RunNowResult = SubmittedRun | Refused;
type Refused = { readonly ok: false; readonly reason: "refused"; readonly refusal: ScheduleRejection };

/**
 * Submits a schedule's job, in one commit with the record of it; by the schedule's teller, for whatever triggers schedules
 * from outside may do so many times at once. Throws what `tell` throws.
 */
export async function runNow(
  log: EventLog,
  { schedule_id, job_id, meta, reach }: RunNowOptions,
): Promise<RunNowResult> {
  const handled = await tell<[ScheduleState, JobState], Refused | { ok: false; reason: "exists" }>(log, {
    caller: chargedTo(meta),
    streams: [decidedSchedule(log, schedule_id), decidedJob(log, job_id)],
    decide: ([{ state, version }, { state: before }]) => {
      const triggered = decideWithin(reach, { type: "trigger", job_id }, state);
      if ("rejected" in triggered) return { ok: false, reason: "refused", refusal: triggered };
      if (!state.definition) throw new Error(`Cannot run schedule ${schedule_id}: it has no definition`);
      const submitted = jobDecider.decide({ type: "submit", submission: state.definition.job }, before);
      if ("rejected" in submitted) return { ok: false, reason: "exists" };
      const fired = firedJobMeta({ schedule_id, job_id, version: version + 1, state });
      return [
        { events: triggered, meta: scheduleMeta(schedule_id, meta) },
        { events: submitted, meta: { ...fired, ...meta } },
      ];
    },
  });
  if (handled.ok) return { ok: true, replayed: false, position: handled.positions[1] as number };
  const { refusal } = handled;
  if (refusal.reason === "refused") return refusal;
  return (await earlierRun(log, job_id)) as SubmittedRun;
}
