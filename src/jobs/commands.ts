/** Reading a job from the log, and commanding it. */
import { type EventMeta, eventId } from "../../events/envelope.ts";
import { decode, type KnownEvent, type KnownNewEvent } from "../../events/mod.ts";
import { type JobCommand, type JobRejection, type JobState, jobDecider, jobState } from "../domain/job.ts";
import { type EventLog, type Handled, handle } from "../log/mod.ts";

/** The stream that holds a job's history. */
export function jobStream(jobId: string): string {
  return `job-${jobId}`;
}

/** A job as the log has it at this moment; `undefined` where nothing was submitted. */
export async function readJob(
  log: Pick<EventLog, "readStream">,
  jobId: string,
): Promise<{ state: JobState; version: number; position: number } | undefined> {
  const events = await log.readStream(jobStream(jobId));
  const last = events.at(-1);
  return last && { state: jobState(events.map(decode)), version: last.version, position: last.position };
}

/** Decides a command on a job as it stands and records the decision. Throws what `log.append` throws. */
export function commandJob(
  log: EventLog,
  { job_id, command, meta }: { job_id: string; command: JobCommand; meta: EventMeta },
): Promise<Handled<JobState, JobRejection>> {
  return handle(log, { stream_id: jobStream(job_id), decider: jobDecider, command, meta });
}

/** The state that events lead to which have just been recorded. */
export function evolved(
  state: JobState,
  events: readonly KnownNewEvent[],
  { recorded_at }: { recorded_at: string },
): JobState {
  return events.reduce((before, event) => jobDecider.evolve(before, { ...event, recorded_at } as KnownEvent), state);
}

/** The meta of what happens to a job after its submission. */
export function jobMeta(
  jobId: string,
  from: { actor: string; causation_version?: number; traceparent?: string | null | undefined },
): EventMeta {
  const { actor, causation_version, traceparent } = from;
  const meta: EventMeta = { actor, correlation_id: jobId };
  if (causation_version !== undefined) {
    meta.causation_id = eventId({ stream_id: jobStream(jobId), version: causation_version });
  }
  if (traceparent) meta.traceparent = traceparent;
  return meta;
}
