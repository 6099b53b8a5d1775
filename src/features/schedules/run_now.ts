/** Letting a schedule run beside its instants. */
import type { EventMeta } from "../../../events/envelope.ts";
import { jobStream } from "../../../events/job.ts";
import { scheduleStream } from "../../../events/schedule.ts";
import type { Reach } from "../../domain/reach.ts";
import { type ScheduleRejection, scheduleDecider } from "../../domain/schedule.ts";
import { ContendedError, type EventLog, withPrecedence } from "../../log/mod.ts";
import { decideWithin, firedJobMeta, readSchedules, scheduleMeta } from "./commands.ts";

/** A schedule that changes this often is fought over by something that never yields. */
const MAX_TRIES = 20;

export interface RunningNow {
  readonly schedule_id: string;
  /** Of the job; taken where the same was asked for before. */
  readonly job_id: string;
  readonly meta: Pick<EventMeta, "actor" | "request_id" | "traceparent">;
  /** Of whoever asks for it. */
  readonly reach: Reach;
}

/** What came of it: the job on record, there already, or why the schedule cannot run. */
export type RanNow =
  | { readonly ok: true; readonly position: number }
  | { readonly ok: false; readonly reason: "taken" }
  | { readonly ok: false; readonly reason: "refused"; readonly refusal: ScheduleRejection };

/** Submits a schedule's job, in one commit with the record of it. Throws what `log.appendAll` throws, and `ContendedError`. */
export async function runNow(log: EventLog, running: RunningNow): Promise<RanNow> {
  const stream_id = scheduleStream(running.schedule_id);
  const first = await attempt(log, running);
  if (first) return first;
  // Of many who run it at once each would read it again for each of the others.
  return await withPrecedence(log, stream_id, async () => {
    for (let tries = 1; tries < MAX_TRIES; tries++) {
      const next = await attempt(log, running);
      if (next) return next;
    }
    throw new ContendedError(`Cannot append to ${stream_id}: others changed it at every try`);
  });
}

/** `undefined` where somebody else was faster. */
async function attempt(log: EventLog, { schedule_id, job_id, meta, reach }: RunningNow): Promise<RanNow | undefined> {
  const schedule = (await readSchedules(log, [schedule_id])).get(schedule_id);
  const state = schedule?.state ?? scheduleDecider.initial;
  const version = schedule?.last.version ?? 0;
  const events = decideWithin(reach, { type: "trigger", job_id }, state);
  if ("rejected" in events) return { ok: false, reason: "refused", refusal: events };
  const result = await log.appendAll([
    {
      stream_id: scheduleStream(schedule_id),
      expected_version: version,
      events,
      meta: scheduleMeta(schedule_id, meta),
    },
    {
      stream_id: jobStream(job_id),
      expected_version: 0,
      events: [{ type: "job.submitted", data: state.definition?.job }],
      meta: { ...firedJobMeta({ schedule_id, job_id, version: version + 1, state }), ...meta },
    },
  ]);
  if (result.ok) return { ok: true, position: result.appended[1]?.position ?? 0 };
  return result.actual_versions[1] === 0 ? undefined : { ok: false, reason: "taken" };
}
