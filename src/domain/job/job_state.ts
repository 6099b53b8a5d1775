/** A job's state, folded from its events. */
import type { Backoff } from "../../../events/backoff.ts";
import type { JobError, JobSubmitted, Priority } from "../../../events/job.ts";
import type { PipelineId, Steps } from "../../../events/pipeline.ts";
import type { StepStates } from "../pipeline/step_states.ts";

/** The default number of attempts, if neither the job nor its connector sets one. */
export const DEFAULT_MAX_ATTEMPTS = 5;

/** The default time limit of one attempt, in seconds: long enough for most, and a limit for all. */
export const DEFAULT_ATTEMPT_TIMEOUT_SECONDS = 3_600;

/** The status that the API shows. */
export type JobStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** `none`: there is no callback to send. */
export type CallbackStatus = "none" | "pending" | "delivered" | "failed";

export interface JobState {
  /** `none`: nothing was submitted under this id. */
  readonly status: "none" | JobStatus;
  /** Who submitted it; `null` before. */
  readonly submitted_by: string | null;
  /** On whose behalf, besides the submitter. */
  readonly on_behalf_of: readonly string[];
  readonly workflow: string;
  readonly payload: JobSubmitted["payload"];
  readonly priority: Priority;
  readonly callback_url: string | null;
  /** The account that it belongs to; empty before the submission. */
  readonly account: string;
  /** The author of the submission (`authorOf`), whose `callback_url` is; empty before. */
  readonly author: string;
  /** Whose data it has, as the vault names them; `null`: nobody's. */
  readonly subject: string | null;
  /** Something of it was erased: those parts are `null`, or empty. */
  readonly erased: boolean;
  /** Who caused it; `null`: the operator (`chargedTo`). */
  readonly caller: string | null;
  /** The number of the latest attempt; 0 before the first. */
  readonly attempt: number;
  /** How many attempts failed or ended with their worker lost. */
  readonly attempts_used: number;
  /** How many may; `null`: {@link DEFAULT_MAX_ATTEMPTS}. */
  readonly max_attempts: number | null;
  readonly backoff: Backoff | null;
  /** `null`: {@link DEFAULT_ATTEMPT_TIMEOUT_SECONDS}. */
  readonly attempt_timeout_seconds: number | null;
  readonly concurrency_key: string | null;
  /** The steps that it was submitted with, in place of what its workflow's name refers to. */
  readonly steps: Steps | null;
  /** The stored pipeline that it runs, from its first start on. */
  readonly pipeline: (PipelineId & { readonly version: number }) | null;
  readonly step_states: StepStates;
  /** The step in which it waits, while it is suspended. */
  readonly suspended_in: string | null;
  /** Not to be started before, in milliseconds since 1970; `null`: at any time. */
  readonly due_at: number | null;
  /** What it waits for until it is due; `null`: only for a worker. */
  readonly waiting: Exclude<WaitingReason, "worker"> | null;
  /** When its time is up, in milliseconds since 1970; `null`: never. */
  readonly expires_at: number | null;
  /** The trace context of its submission, which its work continues. */
  readonly traceparent: string | null;
  /** The job of which this is a replay. */
  readonly origin_job_id: string | null;
  /** The worker that has the claim; `null` unless running. */
  readonly worker: string | null;
  /** Whether an external worker has the claim, which reports over the API. */
  readonly external: boolean;
  /** Who made the claim, and alone may report on it; `null` unless running. */
  readonly claimed_by: string | null;
  /** How long the claim is valid without a heartbeat; `null` unless running. */
  readonly lease_seconds: number | null;
  /** When the claim was recorded, in milliseconds since 1970; `null` unless running. */
  readonly started_at: number | null;
  /** When the lease expires, in milliseconds since 1970 by the database's clock; `null` unless running. */
  readonly lease_expires_at: number | null;
  /** RFC 3339; `null` before the submission. */
  readonly created_at: string | null;
  /** RFC 3339; `null` until it has finished. */
  readonly finished_at: string | null;
  /** As it is stored: see `JsonText`. */
  readonly result: unknown;
  /** Why the job failed; `null` unless it has. */
  readonly error: JobError | null;
  /** The reason given for the cancellation; `null` if it was not cancelled, or none was given. */
  readonly cancel_reason: string | null;
  /** Why the latest attempt failed, while the job waits for the next; `null` otherwise. */
  readonly last_error: JobError | null;
  readonly callback: CallbackStatus;
  /** Attempts at the callback since the job finished or a redelivery was requested. */
  readonly callback_attempts: number;
  /** How many redeliveries were requested. */
  readonly callback_requests: number;
}

/** Why a queued job is not running yet. */
export type WaitingReason =
  | "worker"
  | "caller"
  | "run_at"
  | "retry"
  | "sleep"
  | "approval"
  | "concurrency"
  | "concurrency_key"
  | "rate";

/** The fields of a job that nobody has claimed. */
export const UNCLAIMED = {
  worker: null,
  external: false,
  claimed_by: null,
  lease_seconds: null,
  started_at: null,
  lease_expires_at: null,
} as const;

/** Nothing was submitted. */
export const noJob: JobState = {
  status: "none",
  submitted_by: null,
  on_behalf_of: [],
  workflow: "",
  payload: {},
  priority: "normal",
  callback_url: null,
  account: "",
  author: "",
  subject: null,
  erased: false,
  caller: null,
  attempt: 0,
  attempts_used: 0,
  max_attempts: null,
  backoff: null,
  attempt_timeout_seconds: null,
  concurrency_key: null,
  steps: null,
  pipeline: null,
  step_states: new Map(),
  suspended_in: null,
  due_at: null,
  waiting: null,
  traceparent: null,
  expires_at: null,
  origin_job_id: null,
  ...UNCLAIMED,
  created_at: null,
  finished_at: null,
  result: null,
  error: null,
  cancel_reason: null,
  last_error: null,
  callback: "none",
  callback_attempts: 0,
  callback_requests: 0,
};

/** Whether the job has its outcome: only the callback can still happen. */
export function isFinished(state: JobState): boolean {
  return state.status === "succeeded" || state.status === "failed" || state.status === "cancelled";
}

/** How many of a job's attempts may fail or be lost. */
export function maxAttempts(state: Pick<JobState, "max_attempts">): number {
  return state.max_attempts ?? DEFAULT_MAX_ATTEMPTS;
}

/** How a job finished, to follow "it". */
export function describeEnd(state: JobState): string {
  return state.status === "cancelled" ? "was cancelled" : `has ${state.status}`;
}

/**
 * On whose behalf a job runs: its submitter, and those of its origin, or who defined the schedule that submitted it.
 */
export function submittersOf({ submitted_by, on_behalf_of }: JobState): readonly string[] {
  return submitted_by === null ? on_behalf_of : [submitted_by, ...on_behalf_of];
}
