/**
 * Reports of external workers on their attempts: heartbeats and outcomes.
 *
 * An attempt's time limit is checked by its heartbeats: one that comes too late ends the attempt (`attempt_timeout`),
 * and the lease never lasts much longer than the attempt may. A late outcome stands: the work is done.
 */
import { LRUCache } from "lru-cache";
import type { EventMeta } from "../../../events/envelope.ts";
import type { JobError } from "../../../events/job.ts";
import { jobStream } from "../../../events/job.ts";
import { decode, type KnownEvent } from "../../../events/mod.ts";
import { inSlices } from "../../async/mod.ts";
import { jobDecider } from "../../domain/job/job.ts";
import type { JobCommand, JobRejection } from "../../domain/job/job_command.ts";
import { DEFAULT_ATTEMPT_TIMEOUT_SECONDS, type JobState } from "../../domain/job/job_state.ts";
import type { Reach } from "../../domain/reach.ts";
import { isSameJson, opened } from "../../json/mod.ts";
import { type EventLog, handle, pagesOf } from "../../log/mod.ts";
import { commandJob, reachable } from "../commands.ts";
import type { EndedAttempt } from "../options.ts";
import { isRetryable, retryDelay } from "../run/retry.ts";

/** By how many seconds a lease may outlast its attempt's time limit, so that its worker is told of it. */
const TIMEOUT_SLACK = 5;

export type ExternalAnswer =
  /** Without `lease_seconds`: as long as in the claim. */
  | { readonly type: "heartbeat"; readonly lease_seconds?: number }
  | { readonly type: "complete"; readonly result: unknown }
  /** `retry_after`: the next attempt follows at least this many seconds later. */
  | { readonly type: "fail"; readonly error: JobError; readonly retryable: boolean; readonly retry_after?: number }
  /** Releases the job. */
  | { readonly type: "release" };

export interface Answering {
  readonly job_id: string;
  readonly attempt: number;
  readonly answer: ExternalAnswer;
  /** The caller's. */
  readonly reach: Reach;
  /** The reporting actor, which must have made the claim. */
  readonly meta: EventMeta;
  /** A cache of attempts; absent: none. */
  readonly held?: HeldAttempts;
  /** Called if the report has ended the attempt, and is recorded now for the first time. */
  readonly on_attempt?: (ended: EndedAttempt) => void;
}

/** The outcomes of the reports that end an attempt. */
const OUTCOMES = { complete: "succeeded", fail: "failed", release: "worker_stopping" } as const;

type AnswerEvent = Extract<
  KnownEvent,
  { type: "job.heartbeat" | "job.succeeded" | "job.failed" | "job.retry_scheduled" | "job.released" }
>;

export type Answered =
  | {
      readonly ok: true;
      /** What is recorded of it. */
      readonly event: Pick<AnswerEvent, "type" | "data" | "recorded_at">;
      readonly position: number;
      /** Whether it was recorded before: the worker has repeated its report. */
      readonly replayed: boolean;
    }
  | {
      readonly ok: false;
      /** `attempt_timeout`: the attempt has taken too long, and has just been ended. */
      readonly code: JobRejection["code"] | "attempt_timeout";
      /** The job as it is now. */
      readonly job: JobState;
      /** Whether the reported claim was made by the reporter. */
      readonly claimed: boolean;
    };

/** How many jobs are cached. */
const MAX_HELD = 10_000;
/** A heartbeat within this fraction of the lease after another renews nothing. */
const RENEWAL_SHARE = 1 / 4;

interface HeldAttempt {
  /** Without large fields: see {@link lean}. */
  readonly state: JobState;
  readonly version: number;
  readonly renewal?: {
    readonly attempt: number;
    readonly wanted: number | undefined;
    readonly until: number;
    readonly answered: Answered & { ok: true };
  };
  /** The heartbeat that was refused at this version. */
  readonly refused?: { readonly attempt: number; readonly actor: string; readonly claimed: boolean };
}

/**
 * What this process knows of jobs that external workers keep with heartbeats, so that it reads only what is new of
 * each, whatever the size of its payload and results, and records no more heartbeats than the lease needs. The log
 * still decides: this may be stale.
 */
export class HeldAttempts {
  /** By job. */
  readonly #held = new LRUCache<string, HeldAttempt>({ max: MAX_HELD });

  known(job_id: string): { readonly state: JobState; readonly version: number } | undefined {
    return this.#held.get(job_id);
  }

  /** The response to the previous heartbeat, if it covers this one, too. */
  renewed({ job_id, attempt, answer }: Answering): (Answered & { ok: true }) | undefined {
    const renewal = this.#held.get(job_id)?.renewal;
    if (!renewal || answer.type !== "heartbeat" || Date.now() >= renewal.until) return undefined;
    return renewal.attempt === attempt && renewal.wanted === answer.lease_seconds ? renewal.answered : undefined;
  }

  /** Stores what a heartbeat found and recorded. */
  renew({ job_id, attempt, answer }: Answering, found: Found & { readonly answered: Answered & { ok: true } }): void {
    if (answer.type !== "heartbeat") return;
    const { state, version, answered } = found;
    const { lease_seconds } = answered.event.data as { lease_seconds: number };
    const until = Date.now() + lease_seconds * 1000 * RENEWAL_SHARE;
    this.#keep(job_id, { state, version, renewal: { attempt, wanted: answer.lease_seconds, until, answered } });
  }

  /** Whether a heartbeat came from whoever claimed the attempt, if the same was refused before at this version. */
  refused({ job_id, attempt, meta }: Answering, version: number): boolean | undefined {
    const held = this.#held.get(job_id);
    const isSame = held?.version === version && held.refused?.attempt === attempt && held.refused.actor === meta.actor;
    return isSame ? held?.refused?.claimed : undefined;
  }

  /** Stores what a refused heartbeat found. */
  refuse({ job_id, attempt, meta }: Answering, { state, version, claimed }: Found & { claimed: boolean }): void {
    this.#keep(job_id, { state, version, refused: { attempt, actor: meta.actor, claimed } });
  }

  forget(job_id: string): void {
    this.#held.delete(job_id);
  }

  #keep(job_id: string, held: HeldAttempt): void {
    this.#held.set(job_id, { ...held, state: lean(held.state) });
  }
}

/** A job as a command found it. */
interface Found {
  readonly state: JobState;
  readonly version: number;
}

/** The part of a job that decides on reports: without its payload, and without outputs and results. */
function lean(state: JobState): JobState {
  const step_states = new Map(
    [...state.step_states].map(([id, step]) => [
      id,
      { ...step, output: null, items: step.items?.map((item) => ({ ...item, output: null })) ?? null },
    ]),
  );
  const steps = state.steps?.map((step) => ("with" in step ? { ...step, with: undefined } : step)) ?? null;
  return { ...state, payload: {}, result: null, steps: steps as JobState["steps"], step_states };
}

/** The longest lease that an attempt of this job may have, in seconds. */
export function longestLease({ attempt_timeout_seconds }: Pick<JobState, "attempt_timeout_seconds">): number {
  return (attempt_timeout_seconds ?? DEFAULT_ATTEMPT_TIMEOUT_SECONDS) + TIMEOUT_SLACK;
}

/** Records a report. Throws what `log.append` throws. */
export async function recordReport(log: EventLog, answering: Answering): Promise<Answered> {
  const { job_id, answer, meta, reach } = answering;
  const decider = reachable<Answering>(reach, { ...jobDecider, decide });
  const { held } = answering;
  const known = held?.known(job_id);
  const handled = await handle(log, { stream_id: jobStream(job_id), decider, command: answering, meta, known });
  if (!handled.ok) {
    const { code } = handled.refusal;
    if (code === "job_not_found") return { ok: false, code, job: jobDecider.initial, claimed: false };
    const { state, version } = handled;
    const refused = { ok: false, code, job: state } as const;
    const claimed = answer.type === "heartbeat" ? held?.refused(answering, version) : undefined;
    if (claimed !== undefined) return { ...refused, claimed };
    const found = await recorded(log, answering, refused);
    if (answer.type === "heartbeat" && !found.ok) held?.refuse(answering, { state, version, claimed: found.claimed });
    return found;
  }
  if (handled.position === undefined) return held?.renewed(answering) as Answered;
  const { state, position, recorded_at } = handled as typeof handled & { position: number; recorded_at: string };
  if (answer.type === "heartbeat" && Date.parse(recorded_at) >= deadline(state)) {
    return await timeOut(log, answering, state);
  }
  if (answer.type !== "heartbeat") {
    const seconds = (Date.parse(recorded_at) - (state.started_at ?? 0)) / 1000;
    answering.on_attempt?.({ workflow: "external", outcome: OUTCOMES[answer.type], seconds });
  }
  const event = { ...handled.events.at(-1), recorded_at } as AnswerEvent;
  const answered = { ok: true, event, position, replayed: false } as const;
  if (answer.type === "heartbeat") {
    held?.renew(answering, { state, version: handled.version - handled.events.length, answered });
  } else {
    held?.forget(job_id);
  }
  return answered;
}

function decide(answering: Answering, state: JobState) {
  const { attempt } = answering;
  if (state.status === "running" && state.attempt === attempt && !isClaimant(answering, state)) {
    const message = `Cannot report on attempt ${attempt}: another has claimed it.`;
    return { rejected: true, code: "attempt_superseded", message } as const satisfies JobRejection;
  }
  // Its lease was renewed just now.
  const isHeld = state.status === "running" && state.attempt === attempt;
  if (isHeld && Date.now() < deadline(state) && answering.held?.renewed(answering)) return [];
  return jobDecider.decide(toCommand(answering, state), state);
}

/** A worker's name for itself is no proof: several may have the same. */
function isClaimant({ meta }: Answering, { external, claimed_by }: JobState): boolean {
  return external && claimed_by === meta.actor;
}

function toCommand({ attempt, answer }: Answering, state: JobState): JobCommand {
  switch (answer.type) {
    case "heartbeat": {
      const wanted = answer.lease_seconds ?? state.lease_seconds ?? 0;
      const left = (deadline(state) - Date.now()) / 1000 + TIMEOUT_SLACK;
      return { type: "heartbeat", attempt, lease_seconds: Math.max(1, Math.min(wanted, left)) };
    }
    case "complete":
      return { type: "complete", attempt, result: answer.result };
    case "fail": {
      const { error, retryable, retry_after } = answer;
      const failure = { type: "fail", attempt, error } as const;
      return retryable ? { ...failure, retry: { in_seconds: retryDelay(state, { retry_after }) } } : failure;
    }
    case "release":
      return { type: "release", attempt, reason: "worker_stopping" };
  }
}

/** When the running attempt's time is up, in milliseconds since 1970. */
function deadline({ started_at, attempt_timeout_seconds }: JobState): number {
  return (started_at ?? Number.POSITIVE_INFINITY) + (attempt_timeout_seconds ?? DEFAULT_ATTEMPT_TIMEOUT_SECONDS) * 1000;
}

/** Ends an attempt whose time is up. */
async function timeOut(log: EventLog, { job_id, attempt, reach, meta }: Answering, state: JobState): Promise<Answered> {
  const seconds = state.attempt_timeout_seconds ?? DEFAULT_ATTEMPT_TIMEOUT_SECONDS;
  const error = { code: "attempt_timeout", message: `The attempt did not finish within ${seconds} s.` };
  const retry = isRetryable(error) ? { in_seconds: retryDelay(state) } : undefined;
  const handled = await commandJob(log, { job_id, reach, command: { type: "fail", attempt, error, retry }, meta });
  const code = handled.ok ? "attempt_timeout" : handled.refusal.code;
  return { ok: false, code, job: handled.state, claimed: true };
}

/**
 * The record of the attempt's outcome, if the worker has reported the same before: the response was lost on the way.
 * Otherwise the refusal.
 */
async function recorded(
  log: EventLog,
  { job_id, attempt, answer, meta }: Answering,
  refused: Omit<Answered & { ok: false }, "claimed">,
): Promise<Answered> {
  let claimed = false;
  let said: Answered | undefined;
  // Its submission does not matter.
  for await (const page of pagesOf(log, { stream_id: jobStream(job_id), after_version: 1 })) {
    await inSlices(page, (stored) => {
      const event = decode(stored);
      if (!("attempt" in event.data) || event.data.attempt !== attempt) return;
      if (event.type === "job.started") claimed = event.data.external === true && event.meta.actor === meta.actor;
      else if (isRecordOf(answer, event as AnswerEvent)) {
        said = { ok: true, event: event as AnswerEvent, position: stored.position, replayed: true };
      }
    });
  }
  return claimed && said ? said : { ...refused, claimed };
}

function isRecordOf(answer: ExternalAnswer, event: AnswerEvent): boolean {
  switch (event.type) {
    case "job.succeeded":
      return answer.type === "complete" && isSameJson(opened(event.data.result ?? null), answer.result ?? null);
    case "job.failed":
    case "job.retry_scheduled":
      return answer.type === "fail" && isSameJson(event.data.error, answer.error);
    case "job.released":
      return answer.type === "release" && event.data.reason === "worker_stopping";
    default:
      return false;
  }
}
