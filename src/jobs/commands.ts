/** Reading a job from the log, and commanding it. */
import { type EventMeta, eventId, type StoredEvent } from "../../events/envelope.ts";
import { decode, type KnownEvent, type KnownNewEvent } from "../../events/mod.ts";
import type { Decider } from "../domain/decider.ts";
import { type JobCommand, type JobRejection, type JobState, jobDecider, jobState } from "../domain/job.ts";
import { EVERYTHING, type Reach, reaches, type Within } from "../domain/reach.ts";
import { type EventLog, type Handled, handle } from "../log/mod.ts";

/** The stream that holds a job's history. */
export function jobStream(jobId: string): string {
  return `job-${jobId}`;
}

/** Which job, and on whose behalf it is asked for: beyond their reach there is none. */
export interface NamedJob {
  readonly job_id: string;
  readonly reach: Reach;
}

/** A job as the log has it at some moment. */
export interface StoredJob {
  readonly state: Within<JobState>;
  readonly version: number;
  readonly position: number;
  /** All of its history. */
  readonly events: readonly StoredEvent[];
}

/** A job as the log has it at this moment; `undefined` where nothing was submitted. */
export async function readJob(
  log: Pick<EventLog, "readStream">,
  { job_id, reach }: NamedJob,
): Promise<StoredJob | undefined> {
  const events = await log.readStream(jobStream(job_id));
  const last = events.at(-1);
  if (!last) return undefined;
  const state = jobState(events.map(decode));
  if (!reaches(reach, state)) return undefined;
  return { state: state as Within<JobState>, version: last.version, position: last.position, events };
}

/** Part of a job's history, in order; `undefined` where nothing was submitted. */
export async function readHistory(
  log: Pick<EventLog, "readStream" | "readFirst">,
  { job_id, reach, ...part }: NamedJob & { readonly after_version: number; readonly limit: number },
): Promise<StoredEvent[] | undefined> {
  const stream_id = jobStream(job_id);
  const events = await log.readStream(stream_id, part);
  if (reach === EVERYTHING && (events.length > 0 || part.after_version > 0)) return events;
  const first = events[0]?.version === 1 ? events[0] : (await log.readFirst([stream_id])).get(stream_id);
  return first && reaches(reach, submissionOf(first)) ? events : undefined;
}

/** What a job's first event says of who may reach it. */
export function submissionOf(first: StoredEvent): Parameters<typeof reaches>[1] {
  return jobState([decode(first)]);
}

/** Decides a command on a job as it stands and records the decision. Throws what `log.append` throws. */
export function commandJob(
  log: EventLog,
  { job_id, reach, command, meta }: NamedJob & { readonly command: JobCommand; readonly meta: EventMeta },
): Promise<Handled<JobState, JobRejection>> {
  return handle(log, { stream_id: jobStream(job_id), decider: reachable(reach, jobDecider), command, meta });
}

/** A decider for which the jobs beyond a reach are none. */
export function reachable<Command>(
  reach: Reach,
  decider: Decider<JobState, Command, JobRejection>,
): Decider<JobState, Command, JobRejection> {
  const decide = (command: Command, state: JobState) => decider.decide(command, reaches(reach, state) ? state : NONE);
  return { ...decider, decide };
}

const NONE = jobDecider.initial;

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
