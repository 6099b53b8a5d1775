/** What can happen to a job. Streams are named `job-<UUID>`. */
import { type Static, Type } from "@sinclair/typebox";
import { Backoff } from "./backoff.ts";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { Count, MAX_SECONDS } from "./number.ts";
import { personalIfSubject } from "./personal.ts";
import { Steps } from "./pipeline.ts";
import { CallersTime, instantOf, MAX_TIME, Time } from "./time.ts";
import { Uuid } from "./uuid.ts";

export const jobStream = streamName("job");

export const Priority = Type.Union([Type.Literal("low"), Type.Literal("normal"), Type.Literal("high")]);
export type Priority = Static<typeof Priority>;

export const JobError = Type.Object({
  /** Stable, snake_case. */
  code: Type.String({ maxLength: 128 }),
  /** One sentence for a person: what was wrong, with the value, and how to fix it. */
  message: personalIfSubject(Type.String()),
  /** Further details, for example the response's status. Never a secret. */
  detail: Type.Optional(personalIfSubject(Type.Unknown())),
});
export type JobError = Static<typeof JobError>;

/** Exactly the body of the intake request, so that its own text can be recorded. */
export const JobSubmitted = Type.Object({
  workflow: Type.String({ minLength: 1, maxLength: 128 }),
  payload: personalIfSubject(Type.Record(Type.String(), Type.Unknown())),
  callback_url: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
  /** Default: `normal`. */
  priority: Type.Optional(Priority),
  /** How many attempts may fail or lose their worker before the job fails. */
  max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  backoff: Type.Optional(Backoff),
  /** RFC 3339: not before then. A time in the past means now. */
  run_at: Type.Optional(CallersTime),
  /** How long one attempt may take. */
  attempt_timeout_seconds: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 86_400 })),
  /** How long the job may take with all its attempts and delays, from when it may first run. */
  timeout_seconds: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 2_592_000 })),
  /** Jobs of one workflow with the same key share its limits. */
  concurrency_key: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  /** What to run, in place of what the workflow's name refers to. */
  steps: Type.Optional(Steps),
  /** Whose data it is, as its account names them; its meta has the name that the vault gives them. */
  subject: Type.Optional(personalIfSubject(Type.String({ minLength: 1, maxLength: 128 }))),
});
export type JobSubmitted = Static<typeof JobSubmitted>;

/** A worker claimed the job: this event is the claim, and its version decides between two workers. */
export const JobStarted = Type.Object({
  /** From 1. */
  attempt: Count(1),
  /** The instance that claimed it, or the name that an external worker uses. */
  worker: Type.String(),
  /** An external worker claimed it over the API: `meta.actor` says with which key. */
  external: Type.Optional(Type.Literal(true)),
  /** The claim expires this many seconds after it was recorded, unless it is renewed. */
  lease_seconds: Type.Number({ exclusiveMinimum: 0, maximum: MAX_SECONDS }),
  /** The connector's own limit, which applies if the submission sets none. */
  max_attempts: Type.Optional(Count(1)),
});
export type JobStarted = Static<typeof JobStarted>;

/** The worker is still running it: the lease now expires `lease_seconds` after this event was recorded. */
export const JobHeartbeat = Type.Object({
  attempt: Count(1),
  lease_seconds: Type.Number({ exclusiveMinimum: 0, maximum: MAX_SECONDS }),
});
export type JobHeartbeat = Static<typeof JobHeartbeat>;

/** The claim ended without an outcome; the job is queued again. */
export const JobReleased = Type.Object({
  attempt: Count(1),
  reason: Type.Union([
    /** The lease expired: its worker is dead, frozen or cut off. */
    Type.Literal("lease_expired"),
    /** Its worker is known to be dead. */
    Type.Literal("worker_lost"),
    /** Its worker is stopping and released it. */
    Type.Literal("worker_stopping"),
  ]),
});
export type JobReleased = Static<typeof JobReleased>;

/** An attempt failed, and another follows: the job is queued again, and due after a delay. */
export const JobRetryScheduled = Type.Object({
  attempt: Count(1),
  error: JobError,
  /** The next attempt is due this many seconds after this event was recorded. */
  retry_in_seconds: Type.Number({ minimum: 0, maximum: MAX_SECONDS }),
});
export type JobRetryScheduled = Static<typeof JobRetryScheduled>;

export const JobSucceeded = Type.Object({
  /** 0 if the job was completed without ever being claimed. */
  attempt: Count(0),
  result: personalIfSubject(Type.Unknown()),
});
export type JobSucceeded = Static<typeof JobSucceeded>;

export const JobFailed = Type.Object({
  attempt: Count(0),
  error: JobError,
});
export type JobFailed = Static<typeof JobFailed>;

/** Somebody cancelled the job; `meta.actor` says who. A running attempt is told to stop. */
export const JobCancelled = Type.Object({
  /** Of the latest claim; 0 before the first. */
  attempt: Count(0),
  reason: Type.Optional(personalIfSubject(Type.String({ minLength: 1, maxLength: 512 }))),
});
export type JobCancelled = Static<typeof JobCancelled>;

const StepId = Type.String();
/** Which item of a for_each, from 0; absent for the step as a whole. */
const Item = Type.Optional(Count(0));
/** How many times the connector was run for the step or item, from 1. */
const StepAttempt = Count(1);
/** The length of the output's JSON, in UTF-16 units: the outputs of a job have a common limit. */
const OutputLength = Count(0);

/** The stored pipeline that the job runs, at the version that it keeps from now on; recorded with its first start. */
export const JobPipelinePinned = Type.Object({
  pipeline: Type.String(),
  /** Whose pipeline it is; absent: the job's own account's. */
  account: Type.Optional(Type.String()),
  version: Count(1),
});
export type JobPipelinePinned = Static<typeof JobPipelinePinned>;

/** A step's connector is about to run, or the first of a for_each's items. */
export const JobStepStarted = Type.Object({
  attempt: Count(1),
  step: StepId,
  item: Item,
  step_attempt: StepAttempt,
  /** The number of items: for a for_each as a whole, which comes before its items. */
  items: Type.Optional(Count(0)),
});
export type JobStepStarted = Static<typeof JobStepStarted>;

/** The step or item has succeeded and never runs again. */
export const JobStepSucceeded = Type.Object({
  attempt: Count(1),
  step: StepId,
  item: Item,
  step_attempt: StepAttempt,
  /** Absent for a for_each as a whole: it is the list of its items' outputs. */
  output: Type.Optional(personalIfSubject(Type.Unknown())),
  output_length: OutputLength,
});
export type JobStepSucceeded = Static<typeof JobStepSucceeded>;

/** The step's or item's connector failed. */
export const JobStepFailed = Type.Object({
  attempt: Count(1),
  step: StepId,
  item: Item,
  step_attempt: StepAttempt,
  error: JobError,
  /** RFC 3339: when it is retried. Absent: it is not, and the job fails. */
  retry_at: Type.Optional(Time),
});
export type JobStepFailed = Static<typeof JobStepFailed>;

/** The step's `if` is not true. */
export const JobStepSkipped = Type.Object({
  attempt: Count(1),
  step: StepId,
});
export type JobStepSkipped = Static<typeof JobStepSkipped>;

/** The job waits within a step: it is queued again and holds neither worker nor permit. */
export const JobSuspended = Type.Object({
  attempt: Count(1),
  step: StepId,
  waiting: Type.Union([Type.Literal("sleep"), Type.Literal("approval"), Type.Literal("retry")]),
  /** RFC 3339: when it continues, whatever happens. */
  until: Time,
  /** What is to be approved. */
  message: Type.Optional(personalIfSubject(Type.String())),
  /** The job's submitter may not approve it. */
  not_by_submitter: Type.Optional(Type.Literal(true)),
});
export type JobSuspended = Static<typeof JobSuspended>;

/** Somebody approved or rejected a step that waited for it. */
export const JobApprovalGiven = Type.Object({
  step: StepId,
  approved: Type.Boolean(),
  /** As in `meta.actor`. */
  by: Type.String(),
  comment: Type.Optional(personalIfSubject(Type.String({ maxLength: 1024 }))),
});
export type JobApprovalGiven = Static<typeof JobApprovalGiven>;

/** The job is a replay of another one; recorded together with `job.submitted`. */
export const JobReplayedFrom = Type.Object({
  origin_job_id: Uuid,
  /** The first step that runs; each earlier one has a `job.step_reused`, recorded together with this. */
  from_step: Type.Optional(StepId),
});
export type JobReplayedFrom = Static<typeof JobReplayedFrom>;

/** The step does not run: this is its outcome in the replayed job. */
export const JobStepReused = Type.Object({
  step: StepId,
  status: Type.Union([Type.Literal("succeeded"), Type.Literal("skipped")]),
  output: personalIfSubject(Type.Unknown()),
  output_length: OutputLength,
});
export type JobStepReused = Static<typeof JobStepReused>;

/** The same at every attempt, so that receivers can detect a duplicate. */
const WebhookId = Type.String();
/** Starts at 1, and again at 1 after a requested redelivery. */
const CallbackAttempt = Count(1);

/** An attempt at the callback failed, and another follows. */
export const JobCallbackAttempted = Type.Object({
  webhook_id: WebhookId,
  attempt: CallbackAttempt,
  /** Absent if there was no response. */
  status_code: Type.Optional(Type.Integer()),
  error: JobError,
  /** The next attempt is due this many seconds after this event was recorded. */
  retry_in_seconds: Type.Number({ minimum: 0, maximum: MAX_SECONDS }),
});
export type JobCallbackAttempted = Static<typeof JobCallbackAttempted>;

/** An attempt at the callback reached its receiver. */
export const JobCallbackDelivered = Type.Object({
  webhook_id: WebhookId,
  attempt: CallbackAttempt,
  status_code: Type.Integer(),
});
export type JobCallbackDelivered = Static<typeof JobCallbackDelivered>;

/** An attempt at the callback failed, and no other follows. */
export const JobCallbackFailed = Type.Object({
  webhook_id: WebhookId,
  attempt: CallbackAttempt,
  /** Absent if there was no response. */
  status_code: Type.Optional(Type.Integer()),
  error: JobError,
});
export type JobCallbackFailed = Static<typeof JobCallbackFailed>;

/** Somebody asked to send the callback again, at once and with all its attempts; `meta.actor` says who. */
export const JobCallbackRequested = Type.Object({});
export type JobCallbackRequested = Static<typeof JobCallbackRequested>;

/** Every event type of the category; a stream begins with the first. */
export const jobEvents = {
  "job.submitted": eventType(JobSubmitted, "a job was accepted"),
  "job.started": eventType(JobStarted, "a worker claimed the job: an attempt begins"),
  "job.heartbeat": eventType(JobHeartbeat, "the worker renewed its lease"),
  "job.released": eventType(JobReleased, "the claim ended without an outcome; the job is queued again"),
  "job.retry_scheduled": eventType(
    JobRetryScheduled,
    "an attempt failed; the next is due the given number of seconds after this was recorded",
  ),
  "job.succeeded": eventType(JobSucceeded, "the job succeeded, with a result"),
  "job.failed": eventType(JobFailed, "the job failed, with an error"),
  "job.cancelled": eventType(JobCancelled, "somebody cancelled the job"),
  "job.replayed_from": eventType(
    JobReplayedFrom,
    "the job is a replay of the named job; recorded together with its submission",
  ),
  "job.step_reused": eventType(
    JobStepReused,
    "a step is not run; its outcome is taken from the replayed job; recorded together with the submission",
  ),
  "job.pipeline_pinned": eventType(
    JobPipelinePinned,
    "the job's workflow is a stored pipeline: it runs this version, even if newer ones follow",
  ),
  "job.step_started": eventType(JobStepStarted, "a step, or one item of its for_each, is about to run"),
  "job.step_succeeded": eventType(JobStepSucceeded, "the step succeeded, with an output, and will not run again"),
  "job.step_failed": eventType(
    JobStepFailed,
    "the step failed; it is retried at the given time, or else the job fails",
  ),
  "job.step_skipped": eventType(JobStepSkipped, "the step's condition is not true"),
  "job.suspended": eventType(
    JobSuspended,
    "the job waits within a step, without a worker: for a sleep, an approval or a step's retry",
  ),
  "job.approval_given": eventType(JobApprovalGiven, "somebody approved or rejected a step"),
  "job.callback_attempted": eventType(
    JobCallbackAttempted,
    "an attempt at the job's callback failed; the next is due the given number of seconds after this was recorded",
  ),
  "job.callback_delivered": eventType(JobCallbackDelivered, "an attempt at the job's callback reached the receiver"),
  "job.callback_failed": eventType(
    JobCallbackFailed,
    "an attempt at the job's callback failed, and there will be no more",
  ),
  "job.callback_requested": eventType(JobCallbackRequested, "somebody asked to send the job's callback again"),
} as const satisfies Record<string, EventSchema>;

/** When a job may first run, in milliseconds since 1970; `null`: from its submission on. */
export function firstDueAt({ run_at }: JobSubmitted, recorded_at: string): number | null {
  if (run_at === undefined) return null;
  const due = instantOf(run_at).epochMilliseconds;
  return due > Date.parse(recorded_at) ? due : null;
}

/** When a job's time is up, in milliseconds since 1970; `null`: never. */
export function expiresAt(submission: JobSubmitted, recorded_at: string): number | null {
  const { timeout_seconds } = submission;
  if (timeout_seconds === undefined) return null;
  const from = firstDueAt(submission, recorded_at) ?? Date.parse(recorded_at);
  return Math.min(from + timeout_seconds * 1000, MAX_TIME);
}
