/** Reads jobs from the log, and runs commands on them. */
import { ofAccount } from "../../events/account.ts";
import { type EventMeta, eventId, type StoredEvent } from "../../events/envelope.ts";
import { jobStream } from "../../events/job.ts";
import { decode, type KnownEvent, type KnownNewEvent } from "../../events/mod.ts";
import type { Decider } from "../domain/decider.ts";
import { jobDecider, jobState } from "../domain/job/job.ts";
import type { JobCommand, JobRejection } from "../domain/job/job_command.ts";
import type { JobState } from "../domain/job/job_state.ts";
import { EVERYTHING, type Reach, type ReachableJob, reaches, type Within } from "../domain/reach.ts";
import { type EventLog, type Folded, type Handled, handle, readEvents } from "../log/mod.ts";
import { type FoldedJob, longJobsOf } from "./long_jobs.ts";

/** The job, and on whose behalf; beyond their reach it does not exist. */
export interface NamedJob {
  readonly job_id: string;
  readonly reach: Reach;
}

/** A job as it is in the log at some moment. */
export type StoredJob = FoldedJob & { readonly state: Within<JobState> };

/** A job as it is in the log now; `undefined` if it was never submitted. */
export async function readJob(
  log: Pick<EventLog, "readStream">,
  { job_id, reach }: NamedJob,
): Promise<StoredJob | undefined> {
  const job = await longJobsOf(log).read(jobStream(job_id));
  return job && reaches(reach, job.state) ? (job as StoredJob) : undefined;
}

/** Part of a job's history, in order; `undefined` if it was never submitted. */
export async function readHistory(
  log: Pick<EventLog, "readStream" | "readFirst">,
  { job_id, reach, ...part }: NamedJob & { readonly after_version: number; readonly limit: number },
): Promise<StoredEvent[] | undefined> {
  const stream_id = jobStream(job_id);
  const events = await readEvents(log, { stream_id, ...part });
  if (reach === EVERYTHING && (events.length > 0 || part.after_version > 0)) return events;
  const first = events[0]?.version === 1 ? events[0] : (await log.readFirst([stream_id])).get(stream_id);
  return first && reaches(reach, submissionOf(first)) ? events : undefined;
}

/** The facts in a job's first event that determine who may reach it. */
export function submissionOf(first: StoredEvent): ReachableJob {
  return jobState([decode(first)]);
}

export interface JobCommandOptions extends NamedJob {
  readonly command: JobCommand;
  readonly meta: EventMeta;
  /** As of an `Append`. */
  readonly charged_to?: string | null;
  /** What is known of the job: only newer events are read. */
  readonly known?: Folded<JobState>;
  /** As of a `Handling`. */
  readonly expected?: Folded<JobState>;
}

/** Decides a command on a job's current state and records the decision. Throws what `log.append` throws. */
export function commandJob(
  log: EventLog,
  { job_id, reach, command, meta, charged_to, ...given }: JobCommandOptions,
): Promise<Handled<JobState, JobRejection>> {
  const stream_id = jobStream(job_id);
  const { expected, known = longJobsOf(log).known(stream_id) } = given;
  return handle(log, {
    stream_id,
    decider: reachable(reach, jobDecider),
    command,
    meta: (state) => inAccountOf(state, meta),
    charged_to,
    known,
    expected,
  });
}

/** Whoever acts on a job: what happens to it belongs to its account, and is about its subject. */
export function inAccountOf({ account, subject }: Pick<JobState, "account" | "subject">, meta: EventMeta): EventMeta {
  return { ...meta, ...ofAccount(account), ...(subject !== null && { subject }) };
}

/** A decider for which jobs beyond a reach do not exist. */
export function reachable<Command>(
  reach: Reach,
  decider: Decider<JobState, Command, JobRejection>,
): Decider<JobState, Command, JobRejection> {
  if (reach === EVERYTHING) return decider;
  const decide = (command: Command, state: JobState) => decider.decide(command, reaches(reach, state) ? state : NONE);
  return { ...decider, decide };
}

const NONE = jobDecider.initial;

/** The state after events that have just been recorded. */
export function stateAfter(
  state: JobState,
  events: readonly KnownNewEvent[],
  { recorded_at }: { recorded_at: string },
): JobState {
  return events.reduce((before, event) => jobDecider.evolve(before, { ...event, recorded_at } as KnownEvent), state);
}

/** A job's stream after a command, or as it was found if that was refused. */
export function streamAfter(
  handled: Handled<JobState, JobRejection>,
): Folded<JobState> & { readonly recorded_at?: string | undefined } {
  const { state, version } = handled;
  if (!handled.ok || handled.recorded_at === undefined) return { state, version };
  const { recorded_at } = handled;
  return {
    state: stateAfter(state, handled.events as readonly KnownNewEvent[], { recorded_at }),
    version,
    recorded_at,
  };
}

/** The meta of a job's events after its submission. */
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
