/** A job as its events have it. */
import type { Backoff } from "../../../events/backoff.ts";
import type { JobError, JobSubmitted, Priority } from "../../../events/job.ts";
import type { Steps } from "../../../events/pipeline.ts";
import type { StepStates } from "../pipeline/step_states.ts";

/** Attempts of a job that names no number, and whose connector has none of its own. */
export const DEFAULT_MAX_ATTEMPTS = 5;

/** How long one attempt may take, in seconds, where its job names no time: long enough for most, and an end for all. */
export const DEFAULT_ATTEMPT_TIMEOUT_SECONDS = 3_600;

/** What the world is told about where a job stands. */
export type JobStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** `none`: there is no callback to be made. */
export type CallbackStatus = "none" | "pending" | "delivered" | "failed";

export interface JobState {
  /** `none`: nothing was submitted under this id. */
  readonly status: "none" | JobStatus;
  /** Who submitted it; `null` before. */
  readonly submitted_by: string | null;
  /** On whose behalf: those whose work it is, beside who submitted it. */
  readonly on_behalf_of: readonly string[];
  readonly workflow: string;
  readonly payload: JobSubmitted["payload"];
  readonly priority: Priority;
  readonly callback_url: string | null;
  /** Of whoever wrote the submission, which `callback_url` is part of; empty before the submission. */
  readonly account: string;
  /** Who set it going; `null`: the operator (`chargedTo`). */
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
  /** The user among whose jobs the key counts; empty: it is shared. */
  readonly key_owner: string;
  /** What it was submitted with to be run in place of what its workflow's name stands for. */
  readonly steps: Steps | null;
  /** The stored pipeline that it runs, from its first start on. */
  readonly pipeline: { readonly name: string; readonly version: number } | null;
  readonly step_states: StepStates;
  /** The step that it waits in, while it is suspended. */
  readonly suspended_in: string | null;
  /** Not to be started before, in milliseconds since 1970; `null`: at any time. */
  readonly due_at: number | null;
  /** What it waits for until it is due; `null`: for a worker alone. */
  readonly waiting: Exclude<WaitingReason, "worker"> | null;
  /** When it has taken too long, in milliseconds since 1970; `null`: never. */
  readonly expires_at: number | null;
  /** Where its submission belongs in a distributed trace; what is done for it goes on there. */
  readonly traceparent: string | null;
  /** The job that this one runs again. */
  readonly origin_job_id: string | null;
  /** Who holds the claim; `null` unless running. */
  readonly worker: string | null;
  /** Whether an external worker holds the claim, which answers over the API. */
  readonly external: boolean;
  /** Who made the claim, and alone may answer for it; `null` unless running. */
  readonly claimed_by: string | null;
  /** How long the claim was to hold without a heartbeat; `null` unless running. */
  readonly lease_seconds: number | null;
  /** When the claim was recorded, in milliseconds since 1970; `null` unless running. */
  readonly started_at: number | null;
  /** When the claim lapses, in milliseconds since 1970 by the database's clock; `null` unless running. */
  readonly lease_expires_at: number | null;
  /** RFC 3339; `null` before the submission. */
  readonly created_at: string | null;
  /** RFC 3339; `null` before the end. */
  readonly finished_at: string | null;
  /** As it is kept: see `JsonText`. */
  readonly result: unknown;
  /** Why the job failed; `null` unless it has. */
  readonly error: JobError | null;
  /** What whoever cancelled the job gave as the reason; `null` where it was not cancelled, or for none. */
  readonly cancel_reason: string | null;
  /** Why the latest attempt failed, while the job waits for the next; `null` otherwise. */
  readonly last_error: JobError | null;
  readonly callback: CallbackStatus;
  /** Attempts at the callback since the job ended or a redelivery was asked for. */
  readonly callback_attempts: number;
  /** How often a redelivery was asked for. */
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
  caller: null,
  attempt: 0,
  attempts_used: 0,
  max_attempts: null,
  backoff: null,
  attempt_timeout_seconds: null,
  concurrency_key: null,
  key_owner: "",
  steps: null,
  pipeline: null,
  step_states: new Map(),
  suspended_in: null,
  due_at: null,
  waiting: null,
  traceparent: null,
  expires_at: null,
  origin_job_id: null,
  worker: null,
  external: false,
  claimed_by: null,
  lease_seconds: null,
  started_at: null,
  lease_expires_at: null,
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

/** What a job has that nobody holds. */
export const UNCLAIMED = {
  worker: null,
  external: false,
  claimed_by: null,
  lease_seconds: null,
  started_at: null,
  lease_expires_at: null,
} as const;

/** Whether the job has its outcome: nothing but the callback can still happen to it. */
export function isFinished(state: JobState): boolean {
  return state.status === "succeeded" || state.status === "failed" || state.status === "cancelled";
}

/** How many of a job's attempts may fail or be lost. */
export function maxAttempts(state: Pick<JobState, "max_attempts">): number {
  return state.max_attempts ?? DEFAULT_MAX_ATTEMPTS;
}

/** How a job ended, to follow "it". */
export function ended(state: JobState): string {
  return state.status === "cancelled" ? "was cancelled" : `has ${state.status}`;
}

/** Whose work a job is: who submitted it, or what it runs again, or defined the schedule that did. */
export function submittersOf({ submitted_by, on_behalf_of }: JobState): readonly string[] {
  return submitted_by === null ? on_behalf_of : [submitted_by, ...on_behalf_of];
}
