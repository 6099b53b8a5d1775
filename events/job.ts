/** What can happen to a job. Streams are named `job-<UUID>`. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { Backoff } from "./backoff.ts";

export const Priority = Type.Union([Type.Literal("low"), Type.Literal("normal"), Type.Literal("high")]);
export type Priority = Static<typeof Priority>;

export const JobError = Type.Object({
  /** Stable, snake_case. */
  code: Type.String(),
  /** One sentence for a person: what was wrong, with the value, and how to mend it. */
  message: Type.String(),
  /** What else helps, for example the answer's status. Never a secret. */
  detail: Type.Optional(Type.Unknown()),
});
export type JobError = Static<typeof JobError>;

/** Exactly the body of the intake request, so that its own text can be recorded. */
export const JobSubmitted = Type.Object({
  workflow: Type.String({ minLength: 1, maxLength: 128 }),
  payload: Type.Record(Type.String(), Type.Unknown()),
  callback_url: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
  /** `normal` where absent. */
  priority: Type.Optional(Priority),
  /** How many attempts may fail or lose their worker before the job does. */
  max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  backoff: Type.Optional(Backoff),
  /** RFC 3339: not before then. The past means now. */
  run_at: Type.Optional(Type.String()),
  /** How long one attempt may take. */
  attempt_timeout_seconds: Type.Optional(Type.Number({ minimum: 1, maximum: 86_400 })),
  /** How long the job may take with all its attempts and pauses, from when it may first run. */
  timeout_seconds: Type.Optional(Type.Number({ minimum: 1, maximum: 2_592_000 })),
  /** Jobs of one workflow with the same key share its limits. */
  concurrency_key: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
});
export type JobSubmitted = Static<typeof JobSubmitted>;

/** A worker claimed the job: this event is the claim, and its version decides between two workers. */
export const JobStarted = Type.Object({
  /** From 1. */
  attempt: Type.Integer({ minimum: 1 }),
  /** The instance that claimed it, or the name that an outside worker gives itself. */
  worker: Type.String(),
  /** An outside worker claimed it over the API: `meta.actor` says with which key. */
  outside: Type.Optional(Type.Literal(true)),
  /** The claim ends this many seconds after it was recorded, unless it is renewed. */
  lease_seconds: Type.Number({ exclusiveMinimum: 0 }),
  /** The connector's own limit, which holds where the submission names none. */
  max_attempts: Type.Optional(Type.Integer({ minimum: 1 })),
});
export type JobStarted = Static<typeof JobStarted>;

/** The worker is still at it: the lease now ends `lease_seconds` after this event was recorded. */
export const JobHeartbeat = Type.Object({
  attempt: Type.Integer({ minimum: 1 }),
  lease_seconds: Type.Number({ exclusiveMinimum: 0 }),
});
export type JobHeartbeat = Static<typeof JobHeartbeat>;

/** The claim ended without an outcome; the job waits in the queue again. */
export const JobReleased = Type.Object({
  attempt: Type.Integer({ minimum: 1 }),
  reason: Type.Union([
    /** The lease ran out: its worker is dead, frozen or cut off. */
    Type.Literal("lease_expired"),
    /** Its worker is known to be dead. */
    Type.Literal("worker_lost"),
    /** Its worker is stopping and handed it back. */
    Type.Literal("worker_stopping"),
  ]),
});
export type JobReleased = Static<typeof JobReleased>;

/** An attempt failed, and another follows: the job is queued again, and due after a pause. */
export const JobRetryScheduled = Type.Object({
  attempt: Type.Integer({ minimum: 1 }),
  error: JobError,
  /** The next attempt is due this many seconds after this event was recorded. */
  retry_in_seconds: Type.Number({ minimum: 0 }),
});
export type JobRetryScheduled = Static<typeof JobRetryScheduled>;

export const JobSucceeded = Type.Object({
  /** 0 where the job was completed without ever being claimed. */
  attempt: Type.Integer({ minimum: 0 }),
  result: Type.Unknown(),
});
export type JobSucceeded = Static<typeof JobSucceeded>;

export const JobFailed = Type.Object({
  attempt: Type.Integer({ minimum: 0 }),
  error: JobError,
});
export type JobFailed = Static<typeof JobFailed>;

/** Somebody stopped the job; `meta.actor` says who. An attempt that runs is told to stop. */
export const JobCancelled = Type.Object({
  /** Of the latest claim; 0 before the first. */
  attempt: Type.Integer({ minimum: 0 }),
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
});
export type JobCancelled = Static<typeof JobCancelled>;

/** The job runs another one again, with its submission; recorded together with `job.submitted`. */
export const JobReplayedFrom = Type.Object({
  origin_job_id: Type.String(),
});
export type JobReplayedFrom = Static<typeof JobReplayedFrom>;

/** The same at every attempt to tell of the job: receivers know a repetition by it. */
const WebhookId = Type.String();
/** From 1; from 1 again after a redelivery was asked for. */
const CallbackAttempt = Type.Integer({ minimum: 1 });

/** An attempt at the callback failed, and another follows. */
export const JobCallbackAttempted = Type.Object({
  webhook_id: WebhookId,
  attempt: CallbackAttempt,
  /** Absent where no answer came. */
  status_code: Type.Optional(Type.Integer()),
  error: JobError,
  /** The next attempt is due this many seconds after this event was recorded. */
  retry_in_seconds: Type.Number({ minimum: 0 }),
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
  /** Absent where no answer came. */
  status_code: Type.Optional(Type.Integer()),
  error: JobError,
});
export type JobCallbackFailed = Static<typeof JobCallbackFailed>;

/** Somebody asked for the callback to be made again, at once and with all its attempts; `meta.actor` says who. */
export const JobCallbackRequested = Type.Object({});
export type JobCallbackRequested = Static<typeof JobCallbackRequested>;

/** Every event type of the category, with its newest schema. */
export const jobEvents = {
  "job.submitted": JobSubmitted,
  "job.started": JobStarted,
  "job.heartbeat": JobHeartbeat,
  "job.released": JobReleased,
  "job.retry_scheduled": JobRetryScheduled,
  "job.succeeded": JobSucceeded,
  "job.failed": JobFailed,
  "job.cancelled": JobCancelled,
  "job.replayed_from": JobReplayedFrom,
  "job.callback_attempted": JobCallbackAttempted,
  "job.callback_delivered": JobCallbackDelivered,
  "job.callback_failed": JobCallbackFailed,
  "job.callback_requested": JobCallbackRequested,
} as const satisfies Record<string, TSchema>;

/** When a job may first run, in milliseconds since 1970; `null`: from its submission on. */
export function firstDueAt({ run_at }: JobSubmitted, recorded_at: string): number | null {
  if (run_at === undefined) return null;
  // The parser wants the letters of RFC 3339 in upper case; the standard does not.
  const due = Date.parse(run_at.toUpperCase());
  return due > Date.parse(recorded_at) ? due : null;
}

/** When a job has taken too long, in milliseconds since 1970; `null`: never. */
export function expiresAt(submission: JobSubmitted, recorded_at: string): number | null {
  const { timeout_seconds } = submission;
  if (timeout_seconds === undefined) return null;
  return (firstDueAt(submission, recorded_at) ?? Date.parse(recorded_at)) + timeout_seconds * 1000;
}
