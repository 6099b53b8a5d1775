/**
 * The life of a job: which commands it accepts in which status, and what they record.
 *
 * ```text
 *   (none) ──submit──▶ queued ──start──▶ running ──complete──▶ succeeded
 *                        ▲                 │ ╰─────fail──────▶ failed
 *                        │                 │
 *                        ├────release──────┤ (the last worker lost: ──▶ failed, `worker_lost`)
 *                        ├────suspend──────┤ (within a step: it sleeps, or wants an approval)
 *                        ╰─fail, retryable─╯
 *
 *   queued ──complete, fail (by hand, attempt "any")──▶ succeeded, failed
 *   running ──heartbeat──▶ running, with a later lease
 *   running ──step──▶ running, succeeded, failed, queued (suspended), with the outcomes of its steps
 *   queued, suspended ──approve──▶ queued (due at once), failed (rejected)
 *   queued, running ──cancel──▶ cancelled
 *   queued, running ──expire──▶ failed, `job_timeout`
 *   succeeded | failed | cancelled: final. Only the callback goes on, where there is one:
 *
 *   pending ──callback_attempted (failed, to be retried)──▶ pending
 *   pending ──callback_delivered, callback_failed──▶ delivered, failed
 *   pending, delivered, failed ──request_callback──▶ pending, with all its attempts
 * ```
 *
 * - An **attempt** is one claim, numbered from 1. A report names its attempt; one for an earlier attempt is
 *   rejected (`attempt_superseded`): its worker was considered lost.
 * - A **lease** is how long a claim holds without a word from its worker. `release` with
 *   `lease_expired` is refused (`lease_not_expired`) when a heartbeat was quicker. An **external** worker is never known
 *   to be dead, so its claim ends with its lease, and not before (`held_externally`).
 * - **`max_attempts`** counts attempts that failed and those that were **lost** (their worker dead, frozen or cut
 *   off): what takes its workers down with it must not go on for ever, and a job with 1 never runs twice. Attempts
 *   that their workers released are not counted.
 * - A queued job with **`due_at`** waits until then: for its `run_at`, or for the backoff before its next attempt.
 *   Whoever claims jobs heeds it, by the database's clock; a claim that came early is no illegal state.
 * - A job with **steps** runs them within its attempts: `pipeline/steps.ts` plans them, `pipeline/step_states.ts` has where they stand. What
 *   has been recorded is not recorded again. An attempt that ends because the job is suspended is not counted.
 */
import { accountOf, authorOf, chargedTo } from "../../../events/account.ts";
import type { RecordedEvent } from "../../../events/envelope.ts";
import {
  expiresAt,
  firstDueAt,
  type JobError,
  type JobHeartbeat,
  type JobPipelinePinned,
  type JobReleased,
  type JobStarted,
  type JobSubmitted,
} from "../../../events/job.ts";
import type { KnownEvent, KnownNewEvent } from "../../../events/mod.ts";
import { toTime } from "../../../events/time.ts";
import { keepAsText } from "../../json/mod.ts";
import type { Decider } from "../decider.ts";
import { abandon, evolveSteps, interrupt } from "../pipeline/step_states.ts";
import { type JobCommand, type JobRejection, type Replays, type ReportedAttempt, refuse } from "./job_command.ts";
import { describeEnd, isFinished, type JobState, maxAttempts, noJob, UNCLAIMED } from "./job_state.ts";
import { approve, recordSteps, suspended } from "./job_steps.ts";

export const jobDecider: Decider<JobState, JobCommand, JobRejection> = { initial: noJob, evolve, decide };

/** The first events of a job's stream: under an id that nothing was submitted under, nothing is refused. */
export function firstEvents(
  submission: JobSubmitted,
  { replays }: { readonly replays?: Replays | undefined } = {},
): readonly [KnownNewEvent, ...KnownNewEvent[]] {
  return submit({ type: "submit", submission, replays });
}

/** The state that a job's events, in order, lead to. */
export function jobState(events: Iterable<KnownEvent>): JobState {
  let state = noJob;
  for (const event of events) state = evolve(state, event);
  return state;
}

function evolve(before: JobState, event: KnownEvent): JobState {
  const state = evolved(before, event);
  return event.erased && !state.erased ? { ...state, erased: true } : state;
}

function evolved(state: JobState, event: KnownEvent): JobState {
  switch (event.type) {
    case "job.submitted":
      return {
        ...submitted(event.data, event.recorded_at),
        account: event.meta ? accountOf(event.meta) : "",
        author: event.meta ? authorOf(event.meta) : "",
        subject: event.meta?.subject ?? null,
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
        last_error: readable(event.data.error),
      };
    case "job.succeeded":
      return { ...finished(state, event), status: "succeeded", result: keepAsText(event.data.result ?? null) };
    case "job.failed":
      return {
        ...finished(state, event),
        status: "failed",
        attempts_used: state.attempts_used + (state.status === "running" ? 1 : 0),
        error: readable(event.data.error),
      };
    case "job.cancelled":
      return { ...finished(state, event), status: "cancelled", cancel_reason: event.data.reason ?? null };
    case "job.replayed_from":
      return { ...state, origin_job_id: event.data.origin_job_id };
    case "job.pipeline_pinned":
      return { ...state, pipeline: pinned(event.data, state) };
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

function pinned({ pipeline, version, account }: JobPipelinePinned, job: JobState): JobState["pipeline"] {
  return { account: account ?? job.account, name: pipeline, version };
}

function submitted(submission: JobSubmitted, recorded_at: string): JobState {
  const due_at = firstDueAt(submission, recorded_at);
  return {
    ...noJob,
    status: "queued",
    workflow: submission.workflow,
    // `null` once it is erased.
    payload: submission.payload ?? {},
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

/** An error whose message was erased still has one. */
function readable({ code, message, detail }: JobError): JobError {
  if (message !== null) return detail === undefined ? { code, message } : { code, message, detail };
  return { code, message: "The message was erased." };
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
    if (state.status !== "none") return refuse("job_exists", "Cannot submit the job: its id is in use.");
    return submit(command);
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

function submit({
  submission,
  replays,
}: JobCommand & { type: "submit" }): readonly [KnownNewEvent, ...KnownNewEvent[]] {
  const submitted: KnownNewEvent = { type: "job.submitted", data: submission };
  if (!replays) return [submitted];
  const { reused, pipeline, ...from } = replays;
  return [
    submitted,
    { type: "job.replayed_from", data: from },
    ...reused.map((step): KnownNewEvent => ({ type: "job.step_reused", data: step })),
    ...(pipeline ? [{ type: "job.pipeline_pinned", data: pipeline } as const] : []),
  ];
}

function start(command: JobCommand & { type: "start" }, state: JobState): readonly KnownNewEvent[] | JobRejection {
  if (isFinished(state)) return refuse("job_finished", `Cannot start the job: it ${describeEnd(state)}.`);
  if (state.status !== "queued") {
    return refuse(
      "job_not_queued",
      `Cannot start the job: "${state.worker}" has claimed it with attempt ${state.attempt}.`,
    );
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
  if (isFinished(state)) return refuse("job_finished", `Cannot cancel the job: it ${describeEnd(state)}.`);
  const { attempt } = state;
  return [{ type: "job.cancelled", data: reason === undefined ? { attempt } : { attempt, reason } }];
}

function expire({ now }: JobCommand & { type: "expire" }, state: JobState): readonly KnownNewEvent[] | JobRejection {
  if (isFinished(state)) return refuse("job_finished", `Cannot time the job out: it ${describeEnd(state)}.`);
  const { attempt, expires_at } = state;
  if (expires_at === null || now < expires_at) {
    const left = expires_at === null ? "it has no time limit" : `${expires_at - now} ms are left`;
    return refuse("job_not_expired", `Cannot time the job out: ${left}.`);
  }
  const since = state.status === "running" ? `attempt ${attempt} was running` : "it was waiting";
  const message = `The job did not finish by ${toTime(expires_at)}; ${since}.`;
  return [{ type: "job.failed", data: { attempt, error: { code: "job_timeout", message } } }];
}

/** How many times a job's callback may be requested again: each request and its attempts are in the job's history. */
export const MAX_CALLBACK_REQUESTS = 100;
/** How many times external workers may release one job without using up an attempt. */
const MAX_HAND_BACKS = 100;

function release(command: JobCommand & { type: "release" }, state: JobState): readonly KnownNewEvent[] | JobRejection {
  const refused = notCurrent(command, state);
  if (refused) return refused;
  if (command.reason === "lease_expired") {
    const { now, lease_expires_at } = command;
    const left = lease_expires_at - now;
    const why =
      lease_expires_at !== state.lease_expires_at ? "was renewed" : left > 0 && `is valid for ${left} ms more`;
    if (why) return refuse("lease_not_expired", `Cannot release attempt ${state.attempt}: its lease ${why}.`);
  }
  if (command.reason === "worker_lost" && state.external) {
    const message = `Cannot take back attempt ${state.attempt}: the external worker "${state.worker}" has it until its lease expires.`;
    return refuse("held_externally", message);
  }
  const { attempt } = command;
  // Claimed and released over and over, it would never finish.
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

/** Rejects a report unless it is for the attempt that has the claim. */
function notCurrent(command: { type: string; attempt: ReportedAttempt }, state: JobState): JobRejection | undefined {
  if (isFinished(state)) return refuse("job_finished", `Cannot ${command.type} the job: it ${describeEnd(state)}.`);
  if (command.attempt === "any") return undefined;
  if (state.status === "running" && command.attempt === state.attempt) return undefined;
  const current = state.status === "running" ? `attempt ${state.attempt} is running` : "the job is queued again";
  return refuse("attempt_superseded", `Cannot ${command.type} attempt ${command.attempt}: ${current}.`);
}

function callbackNotPending(state: JobState): JobRejection | undefined {
  if (state.callback === "pending") return undefined;
  return refuse("callback_not_pending", `Cannot record the callback's outcome: the callback is "${state.callback}".`);
}

/** Rejects a failed attempt if another process or a redelivery was faster. A delivery counts nevertheless. */
function callbackNotNext(
  { delivery }: { delivery: { readonly attempt: number } },
  state: JobState,
): JobRejection | undefined {
  if (state.callback !== "pending" || delivery.attempt === state.callback_attempts + 1) {
    return callbackNotPending(state);
  }
  const message = `Cannot record attempt ${delivery.attempt} at the callback: ${state.callback_attempts} are recorded.`;
  return refuse("callback_superseded", message);
}

function callbackNotWanted(state: JobState): JobRejection | undefined {
  if (state.callback_url === null) {
    return refuse("callback_not_wanted", "Cannot send the callback again: the job was submitted without callback_url.");
  }
  if (state.callback_requests >= MAX_CALLBACK_REQUESTS) {
    const message = `Cannot send the callback again: that was requested ${state.callback_requests} times; ${MAX_CALLBACK_REQUESTS} are allowed.`;
    return refuse("callback_requests_used", message);
  }
  if (isFinished(state)) return undefined;
  return refuse("job_not_finished", `Cannot send the callback: the job is ${state.status}.`);
}
