/**
 * The life of a job: which commands it takes in which status, and what they record.
 *
 * ```text
 *   (none) ──submit──▶ queued ──start──▶ running ──complete──▶ succeeded
 *                        ▲                 │ ╰─────fail──────▶ failed
 *                        │                 │
 *                        ├────release──────┤ (the last worker lost: ──▶ failed, `worker_lost`)
 *                        ├────suspend──────┤ (within a step: it sleeps, or wants an approval)
 *                        ╰──fail, to be────╯
 *                           repeated
 *
 *   queued ──complete, fail (by hand, attempt "any")──▶ succeeded, failed
 *   running ──heartbeat──▶ running, with a later lease
 *   running ──step──▶ running, succeeded, failed, queued (suspended), with what became of its steps
 *   queued, suspended ──approve──▶ queued (due at once), failed (rejected)
 *   queued, running ──cancel──▶ cancelled
 *   queued, running ──expire──▶ failed, `job_timeout`
 *   succeeded | failed | cancelled: final. Only the callback goes on, where there is one:
 *
 *   pending ──callback_attempted (failed, to be repeated)──▶ pending
 *   pending ──callback_delivered, callback_failed──▶ delivered, failed
 *   pending, delivered, failed ──request_callback──▶ pending, with all its attempts
 * ```
 *
 * - An **attempt** is one claim, numbered from 1. Whoever answers names the attempt, and an answer for
 *   any but the current one is refused (`attempt_superseded`): its worker was given up for lost.
 * - A **lease** is how long a claim holds without a word from its worker. `release` with
 *   `lease_expired` is refused (`lease_not_expired`) when a heartbeat was quicker. An **external** worker is never known
 *   to be dead, so its claim ends with its lease, and not before (`held_externally`).
 * - **`max_attempts`** counts attempts that failed and those that were **lost** (their worker dead, frozen or cut
 *   off): what takes its workers down with it must not go on for ever, and a job with 1 never runs twice. What was
 *   handed back in peace is not counted.
 * - A queued job with **`due_at`** waits until then: for its `run_at`, or for the pause before its next attempt to end.
 *   Whoever claims jobs heeds it, by the database's clock; a claim that came early is no illegal state.
 * - A job with **steps** runs them within its attempts: `steps.ts` plans them, `step_states.ts` has where they stand. What
 *   is on record already is not recorded again. An attempt that ends because the job is suspended is not counted.
 */
import { accountOf, chargedTo, keyOwner } from "../../events/account.ts";
import type { Backoff } from "../../events/backoff.ts";
import type { RecordedEvent } from "../../events/envelope.ts";
import {
  expiresAt,
  firstDueAt,
  type JobCallbackAttempted,
  type JobCallbackDelivered,
  type JobCallbackFailed,
  type JobError,
  type JobHeartbeat,
  type JobPipelinePinned,
  type JobReleased,
  type JobStarted,
  type JobSubmitted,
  type JobSuspended,
  type Priority,
} from "../../events/job.ts";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { Steps } from "../../events/pipeline.ts";
import { kept, opened } from "../json/mod.ts";
import type { Decider, Rejection } from "./decider.ts";
import {
  abandon,
  evolveSteps,
  hasEnded,
  interrupt,
  type NewStepEvent,
  type StepStates,
} from "./pipeline/step_states.ts";
import type { Ending } from "./pipeline/steps.ts";

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

/** Answers name the attempt that they are for; `any` is for answers by hand, whoever holds the claim. */
type AnswerFor = number | "any";

export type JobCommand =
  | { readonly type: "submit"; readonly submission: JobSubmitted }
  | {
      readonly type: "start";
      readonly worker: string;
      readonly lease_seconds: number;
      /** The connector's own limit. */
      readonly max_attempts?: number;
      /** An external worker claims it. */
      readonly external?: boolean;
      /** The stored pipeline that it runs from now on. */
      readonly pipeline?: JobPipelinePinned;
    }
  | { readonly type: "heartbeat"; readonly attempt: number; readonly lease_seconds: number }
  /** `now`: milliseconds since 1970 by the database's clock, which also set the lease. */
  | { readonly type: "release"; readonly attempt: number; readonly reason: "lease_expired"; readonly now: number }
  | { readonly type: "release"; readonly attempt: number; readonly reason: "worker_lost" | "worker_stopping" }
  | { readonly type: "complete"; readonly attempt: AnswerFor; readonly result: unknown }
  /** `retry`: the fault may pass; so the attempt is to be followed by another after the pause, if one is left. */
  | {
      readonly type: "fail";
      readonly attempt: AnswerFor;
      readonly error: JobError;
      readonly retry?: { readonly in_seconds: number };
    }
  /** What became of steps, and what it ends the attempt with, if it does. */
  | {
      readonly type: "step";
      readonly attempt: number;
      readonly events: readonly NewStepEvent[];
      readonly ending: Ending | null;
    }
  | {
      readonly type: "approve";
      readonly step: string;
      readonly approved: boolean;
      readonly by: string;
      readonly comment?: string;
      /** All who act for the same one as `by` does, itself among them. */
      readonly party: ReadonlySet<string>;
    }
  /** Ends the job, whatever it does. Nothing to do where it is cancelled already. */
  | { readonly type: "cancel"; readonly reason?: string }
  /** `now`: milliseconds since 1970 by the database's clock. */
  | { readonly type: "expire"; readonly now: number }
  | { readonly type: "callback_attempted"; readonly delivery: JobCallbackAttempted }
  | { readonly type: "callback_delivered"; readonly delivery: JobCallbackDelivered }
  | { readonly type: "callback_failed"; readonly delivery: JobCallbackFailed }
  | { readonly type: "request_callback" };

/** Why a command was refused. */
export type JobRejectionCode =
  | "job_exists"
  | "job_not_found"
  | "job_finished"
  | "job_not_queued"
  | "attempt_superseded"
  | "lease_not_expired"
  | "held_externally"
  | "job_not_expired"
  | "step_not_waiting"
  | "already_decided"
  | "self_approval_refused"
  | "job_not_finished"
  | "callback_not_wanted"
  | "callback_requests_used"
  | "callback_not_pending"
  | "callback_superseded";

export interface JobRejection extends Rejection {
  readonly code: JobRejectionCode;
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

/** What a job waits for, and one sentence about it. */
export interface WaitingFor {
  readonly reason: WaitingReason;
  readonly detail: string;
  /** RFC 3339; absent where no time is known. */
  readonly until?: string;
}

/** What {@link waitingFor} looks at: a job as its history has it, or a row of the read model. */
export interface WaitingJob {
  readonly status: JobState["status"];
  readonly workflow: string;
  readonly attempt: number;
  readonly waiting: string | null;
  /** In milliseconds since 1970. */
  readonly due_at: number | null;
  /** The code of the error that the latest attempt failed with. */
  readonly error_code: string | null;
  /** The step that it is suspended in. */
  readonly suspended_in: string | null;
  /** Whether it brought its own steps. */
  readonly has_steps: boolean;
  /** Who set it going; `null`: the operator. */
  readonly caller: string | null;
}

const initial: JobState = {
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

export const jobDecider: Decider<JobState, JobCommand, JobRejection> = { initial, evolve, decide };

/** The state that a job's events, in order, lead to. */
export function jobState(events: Iterable<KnownEvent>): JobState {
  let state = initial;
  for (const event of events) state = evolve(state, event);
  return state;
}

/** Whether the job has its outcome: nothing but the callback can still happen to it. */
export function isFinished(state: JobState): boolean {
  return state.status === "succeeded" || state.status === "failed" || state.status === "cancelled";
}

/** How many of a job's attempts may fail or be lost. */
export function maxAttempts(state: Pick<JobState, "max_attempts">): number {
  return state.max_attempts ?? DEFAULT_MAX_ATTEMPTS;
}

/**
 * Why a job has not started yet; `null` unless it is queued.
 *
 * @param now milliseconds since 1970
 * @param canRun whether a workflow name is that of a connector or a stored pipeline
 */
export function waitingFor(
  job: WaitingJob,
  { now, canRun }: { now: number; canRun: (workflow: string) => boolean },
): WaitingFor | null {
  if (job.status !== "queued") return null;
  if (job.due_at !== null && job.due_at > now) {
    const until = new Date(job.due_at).toISOString();
    if (job.waiting === "run_at") return { reason: "run_at", detail: `Is to run at ${until}.`, until };
    if (job.waiting === "retry") {
      const what = job.suspended_in === null ? `Attempt ${job.attempt}` : `Step "${job.suspended_in}"`;
      const detail = `${what} failed (${job.error_code}); the next one follows at ${until}.`;
      return { reason: "retry", detail, until };
    }
    if (job.waiting === "sleep") {
      return { reason: "sleep", detail: `Sleeps in step "${job.suspended_in}" until ${until}.`, until };
    }
    if (job.waiting === "approval") {
      return { reason: "approval", detail: `Step "${job.suspended_in}" waits for approval, until ${until}.`, until };
    }
  }
  const detail =
    job.has_steps || canRun(job.workflow)
      ? "Waits for a free worker."
      : `No connector or pipeline runs the workflow "${job.workflow}"; the job waits for an external worker that claims it: POST /api/v1/workers/claim with {"worker": "…", "workflows": [${JSON.stringify(job.workflow)}]}.`;
  return { reason: "worker", detail };
}

function evolve(state: JobState, event: KnownEvent): JobState {
  switch (event.type) {
    case "job.submitted":
      return {
        ...submitted(event.data, event.recorded_at),
        account: event.meta ? accountOf(event.meta) : "",
        key_owner: event.meta ? keyOwner(accountOf(event.meta)) : "",
        caller: event.meta ? chargedTo(event.meta) : null,
        submitted_by: event.meta?.actor ?? null,
        on_behalf_of: event.meta?.on_behalf_of ?? [],
        traceparent: event.meta?.traceparent ?? null,
      };
    case "job.started":
      return {
        ...state,
        status: "running",
        attempt: event.data.attempt,
        max_attempts: state.max_attempts ?? event.data.max_attempts ?? null,
        due_at: null,
        waiting: null,
        suspended_in: null,
        last_error: null,
        worker: event.data.worker,
        external: event.data.external ?? false,
        claimed_by: event.meta?.actor ?? null,
        lease_seconds: event.data.lease_seconds,
        started_at: Date.parse(event.recorded_at),
        lease_expires_at: leaseEnd(event),
      };
    case "job.heartbeat":
      return { ...state, lease_expires_at: leaseEnd(event) };
    case "job.released":
      return {
        ...state,
        ...UNCLAIMED,
        status: "queued",
        attempts_used: state.attempts_used + (isLoss(event.data.reason) ? 1 : 0),
        step_states: interrupt(state.step_states, { lost: isLoss(event.data.reason) }),
      };
    case "job.retry_scheduled":
      return {
        ...state,
        ...UNCLAIMED,
        status: "queued",
        attempts_used: state.attempts_used + 1,
        due_at: Date.parse(event.recorded_at) + event.data.retry_in_seconds * 1000,
        waiting: "retry",
        last_error: event.data.error,
      };
    case "job.succeeded":
      return { ...finished(state, event), status: "succeeded", result: kept(event.data.result ?? null) };
    case "job.failed":
      return {
        ...finished(state, event),
        status: "failed",
        attempts_used: state.attempts_used + (state.status === "running" ? 1 : 0),
        error: event.data.error,
      };
    case "job.cancelled":
      return { ...finished(state, event), status: "cancelled", cancel_reason: event.data.reason ?? null };
    case "job.replayed_from":
      return { ...state, origin_job_id: event.data.origin_job_id };
    case "job.pipeline_pinned":
      return { ...state, pipeline: { name: event.data.pipeline, version: event.data.version } };
    case "job.step_reused":
    case "job.step_started":
    case "job.step_succeeded":
    case "job.step_failed":
    case "job.step_skipped":
      return { ...state, step_states: evolveSteps(state.step_states, event) };
    case "job.suspended":
      return suspended(state, event);
    case "job.approval_given":
      return { ...state, due_at: null, waiting: null, step_states: evolveSteps(state.step_states, event) };
    case "job.callback_attempted":
      return { ...state, callback_attempts: event.data.attempt };
    case "job.callback_delivered":
      return { ...state, callback: "delivered", callback_attempts: event.data.attempt };
    case "job.callback_failed":
      return { ...state, callback: "failed", callback_attempts: event.data.attempt };
    case "job.callback_requested":
      return { ...state, callback: "pending", callback_attempts: 0, callback_requests: state.callback_requests + 1 };
    default:
      return state;
  }
}

/** What a job has that nobody holds. */
const UNCLAIMED = {
  worker: null,
  external: false,
  claimed_by: null,
  lease_seconds: null,
  started_at: null,
  lease_expires_at: null,
} as const;

function submitted(submission: JobSubmitted, recorded_at: string): JobState {
  const due_at = firstDueAt(submission, recorded_at);
  return {
    ...initial,
    status: "queued",
    workflow: submission.workflow,
    payload: submission.payload,
    priority: submission.priority ?? "normal",
    callback_url: submission.callback_url ?? null,
    max_attempts: submission.max_attempts ?? null,
    backoff: submission.backoff ?? null,
    attempt_timeout_seconds: submission.attempt_timeout_seconds ?? null,
    concurrency_key: submission.concurrency_key ?? null,
    steps: submission.steps ?? null,
    due_at,
    waiting: due_at === null ? null : "run_at",
    expires_at: expiresAt(submission, recorded_at),
    created_at: recorded_at,
  };
}

function suspended(state: JobState, event: RecordedEvent<"job.suspended", JobSuspended>): JobState {
  const { step, waiting, until } = event.data;
  const step_states = evolveSteps(state.step_states, event);
  const { error = null, items = null } = step_states.get(step) ?? {};
  const failure = items?.find(({ status }) => status === "retrying")?.error ?? error;
  return {
    ...state,
    ...UNCLAIMED,
    status: "queued",
    due_at: Date.parse(until),
    waiting,
    suspended_in: step,
    last_error: waiting === "retry" ? failure : null,
    step_states,
  };
}

function finished(state: JobState, event: RecordedEvent): JobState {
  return {
    ...state,
    ...UNCLAIMED,
    due_at: null,
    waiting: null,
    suspended_in: null,
    step_states: abandon(state.step_states),
    last_error: null,
    finished_at: event.recorded_at,
    callback: state.callback_url === null ? "none" : "pending",
  };
}

function leaseEnd(event: RecordedEvent<string, JobStarted | JobHeartbeat>): number {
  return Date.parse(event.recorded_at) + event.data.lease_seconds * 1000;
}

function isLoss(reason: JobReleased["reason"]): boolean {
  return reason !== "worker_stopping";
}

function decide(command: JobCommand, state: JobState): readonly KnownNewEvent[] | JobRejection {
  if (command.type === "submit") {
    if (state.status !== "none") return refuse("job_exists", "Cannot submit the job: its id is taken.");
    return [{ type: "job.submitted", data: command.submission }];
  }
  if (state.status === "none") return refuse("job_not_found", "Nothing was submitted under this job's id.");
  switch (command.type) {
    case "start":
      return start(command, state);
    case "heartbeat":
      return (
        notCurrent(command, state) ?? [
          { type: "job.heartbeat", data: { attempt: command.attempt, lease_seconds: command.lease_seconds } },
        ]
      );
    case "release":
      return release(command, state);
    case "complete":
      return (
        notCurrent(command, state) ?? [
          { type: "job.succeeded", data: { attempt: state.attempt, result: command.result } },
        ]
      );
    case "fail":
      return notCurrent(command, state) ?? [fail(command, state)];
    case "step":
      return notCurrent(command, state) ?? recordSteps(command, state);
    case "approve":
      return approve(command, state);
    case "cancel":
      return cancel(command, state);
    case "expire":
      return expire(command, state);
    case "callback_attempted":
      return callbackNotNext(command, state) ?? [{ type: "job.callback_attempted", data: command.delivery }];
    case "callback_delivered":
      return callbackNotPending(state) ?? [{ type: "job.callback_delivered", data: command.delivery }];
    case "callback_failed":
      return callbackNotNext(command, state) ?? [{ type: "job.callback_failed", data: command.delivery }];
    case "request_callback":
      return callbackNotWanted(state) ?? [{ type: "job.callback_requested", data: {} }];
  }
}

function start(command: JobCommand & { type: "start" }, state: JobState): readonly KnownNewEvent[] | JobRejection {
  if (isFinished(state)) return refuse("job_finished", `Cannot start the job: it ${ended(state)}.`);
  if (state.status !== "queued") {
    return refuse("job_not_queued", `Cannot start the job: "${state.worker}" holds attempt ${state.attempt}.`);
  }
  const { worker, lease_seconds, max_attempts, pipeline, external } = command;
  const isOwnLimit = max_attempts !== undefined && state.max_attempts === null;
  const data = {
    attempt: state.attempt + 1,
    worker,
    lease_seconds,
    ...(isOwnLimit && { max_attempts }),
    ...(external && { external }),
  };
  const started: KnownNewEvent = { type: "job.started", data };
  return pipeline && state.pipeline === null ? [{ type: "job.pipeline_pinned", data: pipeline }, started] : [started];
}

function recordSteps({ events, ending }: JobCommand & { type: "step" }, state: JobState): readonly KnownNewEvent[] {
  const fresh = events.filter((event) => !isOnRecord(event, state.step_states));
  return ending === null ? fresh : [...fresh, endOf(ending, state.attempt)];
}

/** Whether a step's event was recorded before: by an append whose answer was lost. */
function isOnRecord({ type, data }: NewStepEvent, states: StepStates): boolean {
  const step = states.get(data.step);
  if (!step || type === "job.suspended" || type === "job.approval_given") return false;
  const work = "item" in data && data.item !== undefined ? step.items?.[data.item] : step;
  if (!work) return false;
  if (type === "job.step_started") return data.items === undefined ? data.step_attempt <= work.attempts : true;
  if (type === "job.step_failed" && work.status === "retrying") return data.step_attempt <= work.attempts;
  return hasEnded(work);
}

function endOf(ending: Ending, attempt: number): KnownNewEvent {
  switch (ending.type) {
    case "complete":
      return { type: "job.succeeded", data: { attempt, result: ending.result } };
    case "fail":
      return { type: "job.failed", data: { attempt, error: ending.error } };
    case "suspend": {
      const { type: _, ...data } = ending;
      return { type: "job.suspended", data: { attempt, ...data } };
    }
  }
}

function approve(
  { step, approved, by, comment, party }: JobCommand & { type: "approve" },
  state: JobState,
): readonly KnownNewEvent[] | JobRejection {
  const verb = approved ? "approve" : "reject";
  const before = decisionOf(state, step);
  if (before) {
    // The same of the same caller may come again; whatever else is said of a step that is decided would be lost.
    const isSame = before.approved === approved && before.by === by;
    if (isSame && (comment === undefined || comment === before.comment)) return [];
    const decided = before.by
      ? `${before.by} ${before.approved ? "approved" : "rejected"} it`
      : "nobody did so in time, and it went on";
    return refuse("already_decided", `Cannot ${verb} the step "${step}": ${decided}.`);
  }
  if (isFinished(state)) return refuse("job_finished", `Cannot ${verb} the step "${step}": the job ${ended(state)}.`);
  if (state.status !== "queued" || state.waiting !== "approval" || state.suspended_in !== step) {
    return refuse("step_not_waiting", `Cannot ${verb} the step "${step}": it does not wait for approval.`);
  }
  if (approved && state.step_states.get(step)?.not_by_submitter && submittersOf(state).some((one) => party.has(one))) {
    return refuse("self_approval_refused", `Cannot approve the step "${step}": whoever submitted the job may not.`);
  }
  const data = { step, approved, by, ...(comment === undefined ? {} : { comment }) };
  const given: KnownNewEvent = { type: "job.approval_given", data };
  if (approved) return [given];
  const message = `Step "${step}": the approval was refused${comment === undefined ? "" : `: ${comment}`}.`;
  const error = { code: "approval_rejected", message, detail: { step } };
  return [given, { type: "job.failed", data: { attempt: state.attempt, error } }];
}

/** What was decided about a step, and by whom; `by` is `null` where its time went by, which let it go on. */
export interface Decision {
  readonly approved: boolean;
  readonly by: string | null;
  readonly comment: string | null;
}

/** `undefined` for a step that wants no approval, or has not been decided. */
export function decisionOf({ step_states }: JobState, step: string): Decision | undefined {
  const { message, output, ended_at } = step_states.get(step) ?? {};
  if (typeof message !== "string" || !ended_at || output === null) return undefined;
  return opened(output) as Decision;
}

/** Whose work a job is: who submitted it, or what it runs again, or defined the schedule that did. */
export function submittersOf({ submitted_by, on_behalf_of }: JobState): readonly string[] {
  return submitted_by === null ? on_behalf_of : [submitted_by, ...on_behalf_of];
}

function fail({ error, retry }: JobCommand & { type: "fail" }, state: JobState): KnownNewEvent {
  const { attempt } = state;
  if (retry === undefined || state.status !== "running" || !hasAttemptLeft(state)) {
    return { type: "job.failed", data: { attempt, error } };
  }
  return { type: "job.retry_scheduled", data: { attempt, error, retry_in_seconds: retry.in_seconds } };
}

/** Whether another attempt may follow if this one fails or is lost. */
function hasAttemptLeft(state: JobState): boolean {
  return state.attempts_used + 1 < maxAttempts(state);
}

function cancel({ reason }: JobCommand & { type: "cancel" }, state: JobState): readonly KnownNewEvent[] | JobRejection {
  if (state.status === "cancelled") return [];
  if (isFinished(state)) return refuse("job_finished", `Cannot cancel the job: it ${ended(state)}.`);
  const { attempt } = state;
  return [{ type: "job.cancelled", data: reason === undefined ? { attempt } : { attempt, reason } }];
}

function expire({ now }: JobCommand & { type: "expire" }, state: JobState): readonly KnownNewEvent[] | JobRejection {
  if (isFinished(state)) return refuse("job_finished", `Cannot end the job as too late: it ${ended(state)}.`);
  const { attempt, expires_at } = state;
  if (expires_at === null || now < expires_at) {
    const left = expires_at === null ? "no time is set" : `${expires_at - now} ms are left`;
    return refuse("job_not_expired", `Cannot end the job as too late: ${left}.`);
  }
  const since = state.status === "running" ? `attempt ${attempt} was running` : "it was waiting";
  const message = `The job did not end by ${new Date(expires_at).toISOString()}; ${since}.`;
  return [{ type: "job.failed", data: { attempt, error: { code: "job_timeout", message } } }];
}

/** How often a job's callback may be asked for again: each request and its attempts are in the job's history. */
export const MAX_CALLBACK_REQUESTS = 100;
/** How often external workers may hand one job back in peace. */
const MAX_HAND_BACKS = 100;

function release(command: JobCommand & { type: "release" }, state: JobState): readonly KnownNewEvent[] | JobRejection {
  const refused = notCurrent(command, state);
  if (refused) return refused;
  if (command.reason === "lease_expired" && command.now < (state.lease_expires_at ?? 0)) {
    const left = (state.lease_expires_at ?? 0) - command.now;
    return refuse(
      "lease_not_expired",
      `Cannot take back attempt ${state.attempt}: its lease runs for ${left} ms more.`,
    );
  }
  if (command.reason === "worker_lost" && state.external) {
    const message = `Cannot take back attempt ${state.attempt}: the external worker "${state.worker}" holds it until its lease lapses.`;
    return refuse("held_externally", message);
  }
  const { attempt } = command;
  // Claimed and handed back over and over, it would never end.
  const handed_back = state.attempt - 1 - state.attempts_used;
  const isTooOften = command.reason === "worker_stopping" && state.external && handed_back >= MAX_HAND_BACKS;
  const reason = isTooOften ? "worker_lost" : command.reason;
  const released: KnownNewEvent = { type: "job.released", data: { attempt, reason } };
  if (!isLoss(reason) || hasAttemptLeft(state)) return [released];
  const limit = maxAttempts(state);
  const error = {
    code: "worker_lost",
    message: `The worker "${state.worker}" was lost while it ran attempt ${attempt}; ${limit === 1 ? "only one is allowed" : `all ${limit} are used`}.`,
  };
  return [released, { type: "job.failed", data: { attempt, error } }];
}

/** Refuses an answer unless it is for the attempt that holds the claim. */
function notCurrent(command: { type: string; attempt: AnswerFor }, state: JobState): JobRejection | undefined {
  if (isFinished(state)) return refuse("job_finished", `Cannot ${command.type} the job: it ${ended(state)}.`);
  if (command.attempt === "any") return undefined;
  if (state.status === "running" && command.attempt === state.attempt) return undefined;
  const current = state.status === "running" ? `attempt ${state.attempt} is running` : "the job is queued again";
  return refuse("attempt_superseded", `Cannot ${command.type} attempt ${command.attempt}: ${current}.`);
}

/** How a job ended, to follow "it". */
function ended(state: JobState): string {
  return state.status === "cancelled" ? "was cancelled" : `has ${state.status}`;
}

function callbackNotPending(state: JobState): JobRejection | undefined {
  if (state.callback === "pending") return undefined;
  return refuse("callback_not_pending", `Cannot record the callback's outcome: the callback is "${state.callback}".`);
}

/** Refuses a failed attempt that another process or a redelivery was faster than. A delivery counts all the same. */
function callbackNotNext(
  { delivery }: { delivery: { readonly attempt: number } },
  state: JobState,
): JobRejection | undefined {
  if (state.callback !== "pending" || delivery.attempt === state.callback_attempts + 1) {
    return callbackNotPending(state);
  }
  const message = `Cannot record attempt ${delivery.attempt} at the callback: ${state.callback_attempts} are on record.`;
  return refuse("callback_superseded", message);
}

function callbackNotWanted(state: JobState): JobRejection | undefined {
  if (state.callback_url === null) {
    return refuse("callback_not_wanted", "Cannot make the callback again: the job was submitted without callback_url.");
  }
  if (state.callback_requests >= MAX_CALLBACK_REQUESTS) {
    const message = `Cannot make the callback again: that was asked for ${state.callback_requests} times; ${MAX_CALLBACK_REQUESTS} are allowed.`;
    return refuse("callback_requests_used", message);
  }
  if (isFinished(state)) return undefined;
  return refuse("job_not_finished", `Cannot make the callback: the job is ${state.status}.`);
}

function refuse(code: JobRejectionCode, message: string): JobRejection {
  return { rejected: true, code, message };
}
