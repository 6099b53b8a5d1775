/**
 * The life of a job: which commands it takes in which status, and what they record.
 *
 * ```text
 *   (none) ──submit──▶ queued ──start──▶ running ──complete──▶ succeeded
 *                        ▲                 │ ╰─────fail──────▶ failed
 *                        │                 │
 *                        ╰────release──────╯
 *                          (the tenth lost worker: ──────────▶ failed, `attempts_exhausted`)
 *
 *   queued ──complete, fail (by hand, attempt "any")──▶ succeeded, failed
 *   running ──heartbeat──▶ running, with a later lease
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
 *   `lease_expired` is refused (`lease_not_expired`) when a heartbeat was quicker.
 * - A **lost** attempt ended with its worker dead, frozen or cut off. A job that takes its workers down
 *   with it is stopped after {@link MAX_LOST_ATTEMPTS} of them. Handing back in peace is not counted.
 */
import type { RecordedEvent } from "../../events/envelope.ts";
import type {
  JobCallbackAttempted,
  JobCallbackDelivered,
  JobCallbackFailed,
  JobError,
  JobHeartbeat,
  JobReleased,
  JobStarted,
  JobSubmitted,
  Priority,
} from "../../events/job.ts";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { Decider, Rejection } from "./decider.ts";

/** After so many lost workers the job fails: it may well be what kills them. */
export const MAX_LOST_ATTEMPTS = 10;

/** What the world is told about where a job stands. */
export type JobStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** `none`: there is no callback to be made. */
export type CallbackStatus = "none" | "pending" | "delivered" | "failed";

export interface JobState {
  /** `none`: nothing was submitted under this id. */
  readonly status: "none" | JobStatus;
  readonly workflow: string;
  readonly payload: JobSubmitted["payload"];
  readonly priority: Priority;
  readonly callback_url: string | null;
  /** The number of the latest attempt; 0 before the first. */
  readonly attempt: number;
  /** How many attempts ended with their worker lost. */
  readonly lost: number;
  /** Who holds the claim; `null` unless running. */
  readonly worker: string | null;
  /** When the claim lapses, in milliseconds since 1970 by the database's clock; `null` unless running. */
  readonly lease_expires_at: number | null;
  /** RFC 3339; `null` before the submission. */
  readonly created_at: string | null;
  /** RFC 3339; `null` before the end. */
  readonly finished_at: string | null;
  readonly result: unknown;
  readonly error: JobError | null;
  readonly callback: CallbackStatus;
  /** Attempts at the callback since the job ended or a redelivery was asked for. */
  readonly callback_attempts: number;
}

/** Answers name the attempt that they are for; `any` is for answers by hand, whoever holds the claim. */
type AnswerFor = number | "any";

export type JobCommand =
  | { readonly type: "submit"; readonly submission: JobSubmitted }
  | { readonly type: "start"; readonly worker: string; readonly lease_seconds: number }
  | { readonly type: "heartbeat"; readonly attempt: number; readonly lease_seconds: number }
  /** `now`: milliseconds since 1970 by the database's clock, which also set the lease. */
  | { readonly type: "release"; readonly attempt: number; readonly reason: "lease_expired"; readonly now: number }
  | { readonly type: "release"; readonly attempt: number; readonly reason: "worker_lost" | "worker_stopping" }
  | { readonly type: "complete"; readonly attempt: AnswerFor; readonly result: unknown }
  | { readonly type: "fail"; readonly attempt: AnswerFor; readonly error: JobError }
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
  | "job_not_finished"
  | "callback_not_wanted"
  | "callback_not_pending"
  | "callback_superseded";

export interface JobRejection extends Rejection {
  readonly code: JobRejectionCode;
}

/** What a job waits for, and one sentence about it. */
export interface WaitingFor {
  readonly reason: "worker";
  readonly detail: string;
}

const initial: JobState = {
  status: "none",
  workflow: "",
  payload: {},
  priority: "normal",
  callback_url: null,
  attempt: 0,
  lost: 0,
  worker: null,
  lease_expires_at: null,
  created_at: null,
  finished_at: null,
  result: null,
  error: null,
  callback: "none",
  callback_attempts: 0,
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

/**
 * Why a job has not started yet; `null` unless it is queued.
 *
 * @param hasConnector whether a workflow name is run by a built-in connector
 */
export function waitingFor(
  job: { readonly status: JobState["status"]; readonly workflow: string },
  hasConnector: (workflow: string) => boolean,
): WaitingFor | null {
  if (job.status !== "queued") return null;
  const detail = hasConnector(job.workflow)
    ? "Waits for a free worker."
    : `No connector or worker runs the workflow "${job.workflow}" here; the job waits until one does.`;
  return { reason: "worker", detail };
}

function evolve(state: JobState, event: KnownEvent): JobState {
  switch (event.type) {
    case "job.submitted":
      return {
        ...initial,
        status: "queued",
        workflow: event.data.workflow,
        payload: event.data.payload,
        priority: event.data.priority ?? "normal",
        callback_url: event.data.callback_url ?? null,
        created_at: event.recorded_at,
      };
    case "job.started":
      return {
        ...state,
        status: "running",
        attempt: event.data.attempt,
        worker: event.data.worker,
        lease_expires_at: leaseEnd(event),
      };
    case "job.heartbeat":
      return { ...state, lease_expires_at: leaseEnd(event) };
    case "job.released":
      return {
        ...state,
        status: "queued",
        worker: null,
        lease_expires_at: null,
        lost: state.lost + (isLoss(event.data.reason) ? 1 : 0),
      };
    case "job.succeeded":
      return { ...finished(state, event), status: "succeeded", result: event.data.result ?? null };
    case "job.failed":
      return { ...finished(state, event), status: "failed", error: event.data.error };
    case "job.callback_attempted":
      return { ...state, callback_attempts: event.data.attempt };
    case "job.callback_delivered":
      return { ...state, callback: "delivered", callback_attempts: event.data.attempt };
    case "job.callback_failed":
      return { ...state, callback: "failed", callback_attempts: event.data.attempt };
    case "job.callback_requested":
      return { ...state, callback: "pending", callback_attempts: 0 };
    default:
      return state;
  }
}

function finished(state: JobState, event: RecordedEvent): JobState {
  return {
    ...state,
    worker: null,
    lease_expires_at: null,
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
      return (
        notCurrent(command, state) ?? [{ type: "job.failed", data: { attempt: state.attempt, error: command.error } }]
      );
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
  if (isFinished(state)) return refuse("job_finished", `Cannot start the job: it has ${state.status}.`);
  if (state.status !== "queued") {
    return refuse("job_not_queued", `Cannot start the job: "${state.worker}" holds attempt ${state.attempt}.`);
  }
  const { worker, lease_seconds } = command;
  return [{ type: "job.started", data: { attempt: state.attempt + 1, worker, lease_seconds } }];
}

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
  const { attempt, reason } = command;
  const released: KnownNewEvent = { type: "job.released", data: { attempt, reason } };
  if (!isLoss(reason) || state.lost + 1 < MAX_LOST_ATTEMPTS) return [released];
  const error = {
    code: "attempts_exhausted",
    message: `${MAX_LOST_ATTEMPTS} workers were lost while they ran this job; it is not given to another.`,
  };
  return [released, { type: "job.failed", data: { attempt, error } }];
}

/** Refuses an answer unless it is for the attempt that holds the claim. */
function notCurrent(command: { type: string; attempt: AnswerFor }, state: JobState): JobRejection | undefined {
  if (isFinished(state)) return refuse("job_finished", `Cannot ${command.type} the job: it has ${state.status}.`);
  if (command.attempt === "any") return undefined;
  if (state.status === "running" && command.attempt === state.attempt) return undefined;
  const current = state.status === "running" ? `attempt ${state.attempt} is running` : "the job is queued again";
  return refuse("attempt_superseded", `Cannot ${command.type} attempt ${command.attempt}: ${current}.`);
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
  if (isFinished(state)) return undefined;
  return refuse("job_not_finished", `Cannot make the callback: the job is ${state.status}.`);
}

function refuse(code: JobRejectionCode, message: string): JobRejection {
  return { rejected: true, code, message };
}
