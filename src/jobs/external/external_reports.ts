/**
 * Reports of external workers on their attempts: heartbeats and outcomes.
 *
 * An attempt's time limit is checked by its heartbeats: one that comes too late ends the attempt (`attempt_timeout`),
 * and the lease never outlasts the attempt's time limit by much. A late outcome is accepted: the work is done.
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
import { decodeKept, isSameJson } from "../../json/mod.ts";
import { type EventLog, handle, pagesOf } from "../../log/mod.ts";
import { commandJob, inAccountOf, reachable } from "../commands.ts";
import type { EndedAttempt } from "../options.ts";
import { isRetryable, retryDelay } from "../run/retry.ts";

/** By how many seconds a lease may outlast its attempt's time limit, so that the worker learns of the timeout. */
const TIMEOUT_SLACK = 5;

export type ExternalReport =
  /** Without `lease_seconds`: as long as in the claim. */
  | { readonly type: "heartbeat"; readonly lease_seconds?: number }
  | { readonly type: "complete"; readonly result: unknown }
  /** `retry_after`: the next attempt follows at least this many seconds later. */
  | { readonly type: "fail"; readonly error: JobError; readonly retryable: boolean; readonly retry_after?: number }
  /** Releases the job. */
  | { readonly type: "release" };

export interface ReportOptions {
  readonly job_id: string;
  readonly attempt: number;
  readonly report: ExternalReport;
  /** The reach of the caller. */
  readonly reach: Reach;
  /** The reporting actor, which must have made the claim. */
  readonly meta: EventMeta;
  /** Absent: nothing is cached. */
  readonly cache?: AttemptCache;
  /** Called if the report has ended the attempt, and is recorded now for the first time. */
  readonly on_attempt?: (ended: EndedAttempt) => void;
}

/** The outcomes of the reports that end an attempt. */
const OUTCOMES = { complete: "succeeded", fail: "failed", release: "worker_stopping" } as const;

type ReportEvent = Extract<
  KnownEvent,
  { type: "job.heartbeat" | "job.succeeded" | "job.failed" | "job.retry_scheduled" | "job.released" }
>;

export type Reported =
  | {
      readonly ok: true;
      /** The recorded event. */
      readonly event: Pick<ReportEvent, "type" | "data" | "recorded_at">;
      readonly position: number;
      /** Whether it was recorded before: the worker repeated its report. */
      readonly replayed: boolean;
    }
  | {
      readonly ok: false;
      /** `attempt_timeout`: the attempt took too long, and was ended by this report. */
      readonly code: JobRejection["code"] | "attempt_timeout";
      /** The job as it is now. */
      readonly job: JobState;
      /** Whether the reporting actor claimed the attempt. */
      readonly claimed: boolean;
    };

/** How many jobs are cached. */
const MAX_CACHED = 10_000;
/** A heartbeat within this fraction of the lease after the previous one is not recorded. */
const RENEWAL_SHARE = 1 / 4;

interface CachedAttempt {
  /** Without large fields: see {@link lean}. */
  readonly state: JobState;
  readonly version: number;
  readonly renewal?: {
    readonly attempt: number;
    readonly wanted: number | undefined;
    readonly until: number;
    readonly reported: Reported & { ok: true };
  };
  /** The heartbeat that was refused at this version. */
  readonly refused?: { readonly attempt: number; readonly actor: string; readonly claimed: boolean };
}

/**
 * Jobs whose leases external workers renew with heartbeats. With it, only new events of a job are read, whatever the size of
 * its payload and results, and no more heartbeats are recorded than the lease needs. It may be stale: the log decides.
 */
export class AttemptCache {
  /** By job. */
  readonly #attempts = new LRUCache<string, CachedAttempt>({ max: MAX_CACHED });

  known(job_id: string): { readonly state: JobState; readonly version: number } | undefined {
    return this.#attempts.get(job_id);
  }

  /** What the previous heartbeat recorded, if it covers this one, too. */
  renewed({ job_id, attempt, report }: ReportOptions): (Reported & { ok: true }) | undefined {
    const renewal = this.#attempts.get(job_id)?.renewal;
    if (!renewal || report.type !== "heartbeat" || Date.now() >= renewal.until) return undefined;
    return renewal.attempt === attempt && renewal.wanted === report.lease_seconds ? renewal.reported : undefined;
  }

  /** Stores what a heartbeat found and recorded. */
  renew(
    { job_id, attempt, report }: ReportOptions,
    found: Found & { readonly reported: Reported & { ok: true } },
  ): void {
    if (report.type !== "heartbeat") return;
    const { state, version, reported } = found;
    const { lease_seconds } = reported.event.data as { lease_seconds: number };
    const until = Date.now() + lease_seconds * 1000 * RENEWAL_SHARE;
    this.#keep(job_id, { state, version, renewal: { attempt, wanted: report.lease_seconds, until, reported } });
  }

  /** For a heartbeat that was refused before at this version: whether it came from the actor that claimed the attempt. */
  refused({ job_id, attempt, meta }: ReportOptions, version: number): boolean | undefined {
    const cached = this.#attempts.get(job_id);
    const { refused } = cached ?? {};
    const isSame = cached?.version === version && refused?.attempt === attempt && refused.actor === meta.actor;
    return isSame ? refused.claimed : undefined;
  }

  /** Stores what a refused heartbeat found. */
  refuse({ job_id, attempt, meta }: ReportOptions, { state, version, claimed }: Found & { claimed: boolean }): void {
    this.#keep(job_id, { state, version, refused: { attempt, actor: meta.actor, claimed } });
  }

  forget(job_id: string): void {
    this.#attempts.delete(job_id);
  }

  #keep(job_id: string, attempt: CachedAttempt): void {
    this.#attempts.set(job_id, { ...attempt, state: lean(attempt.state) });
  }
}

/** A job as a command found it. */
interface Found {
  readonly state: JobState;
  readonly version: number;
}

/** The part of a job that reports are decided on: without payload, outputs and results. */
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
export async function recordReport(log: EventLog, reporting: ReportOptions): Promise<Reported> {
  const { job_id, report, meta, reach } = reporting;
  const decider = reachable<ReportOptions>(reach, { ...jobDecider, decide });
  const { cache } = reporting;
  const known = cache?.known(job_id);
  const handled = await handle(log, {
    stream_id: jobStream(job_id),
    decider,
    command: reporting,
    meta: (state) => inAccountOf(state, meta),
    known,
  });
  if (!handled.ok) {
    const { code } = handled.refusal;
    if (code === "job_not_found") return { ok: false, code, job: jobDecider.initial, claimed: false };
    const { state, version } = handled;
    const refused = { ok: false, code, job: state } as const;
    const claimed = report.type === "heartbeat" ? cache?.refused(reporting, version) : undefined;
    if (claimed !== undefined) return { ...refused, claimed };
    const found = await recorded(log, reporting, refused);
    if (report.type === "heartbeat" && !found.ok) cache?.refuse(reporting, { state, version, claimed: found.claimed });
    return found;
  }
  if (handled.position === undefined) return cache?.renewed(reporting) as Reported;
  const { state, position, recorded_at } = handled as typeof handled & { position: number; recorded_at: string };
  if (report.type === "heartbeat" && Date.parse(recorded_at) >= deadline(state)) {
    return await timeOut(log, reporting, state);
  }
  if (report.type !== "heartbeat") {
    const seconds = (Date.parse(recorded_at) - (state.started_at ?? 0)) / 1000;
    reporting.on_attempt?.({ workflow: "external", outcome: OUTCOMES[report.type], seconds });
  }
  const event = { ...handled.events.at(-1), recorded_at } as ReportEvent;
  const reported = { ok: true, event, position, replayed: false } as const;
  if (report.type === "heartbeat") {
    cache?.renew(reporting, { state, version: handled.version - handled.events.length, reported });
  } else {
    cache?.forget(job_id);
  }
  return reported;
}

function decide(reporting: ReportOptions, state: JobState) {
  const { attempt } = reporting;
  if (state.status === "running" && state.attempt === attempt && !isClaimant(reporting, state)) {
    const message = `Cannot report on attempt ${attempt}: another has claimed it.`;
    return { rejected: true, code: "attempt_superseded", message } as const satisfies JobRejection;
  }
  // The previous heartbeat covers this one.
  const isRunning = state.status === "running" && state.attempt === attempt;
  if (isRunning && Date.now() < deadline(state) && reporting.cache?.renewed(reporting)) return [];
  return jobDecider.decide(toCommand(reporting, state), state);
}

/** By actor: a worker's own name proves nothing, as several may use the same. */
function isClaimant({ meta }: ReportOptions, { external, claimed_by }: JobState): boolean {
  return external && claimed_by === meta.actor;
}

function toCommand({ attempt, report }: ReportOptions, state: JobState): JobCommand {
  switch (report.type) {
    case "heartbeat": {
      const wanted = report.lease_seconds ?? state.lease_seconds ?? 0;
      const left = (deadline(state) - Date.now()) / 1000 + TIMEOUT_SLACK;
      return { type: "heartbeat", attempt, lease_seconds: Math.max(1, Math.min(wanted, left)) };
    }
    case "complete":
      return { type: "complete", attempt, result: report.result };
    case "fail": {
      const { error, retryable, retry_after } = report;
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
async function timeOut(
  log: EventLog,
  { job_id, attempt, reach, meta }: ReportOptions,
  state: JobState,
): Promise<Reported> {
  const seconds = state.attempt_timeout_seconds ?? DEFAULT_ATTEMPT_TIMEOUT_SECONDS;
  const error = { code: "attempt_timeout", message: `The attempt did not finish within ${seconds} s.` };
  const retry = isRetryable(error) ? { in_seconds: retryDelay(state) } : undefined;
  const handled = await commandJob(log, { job_id, reach, command: { type: "fail", attempt, error, retry }, meta });
  const code = handled.ok ? "attempt_timeout" : handled.refusal.code;
  return { ok: false, code, job: handled.state, claimed: true };
}

/** The recorded outcome, if the worker reported the same before and lost the response; otherwise the refusal. */
async function recorded(
  log: EventLog,
  { job_id, attempt, report, meta }: ReportOptions,
  refused: Omit<Reported & { ok: false }, "claimed">,
): Promise<Reported> {
  let claimed = false;
  let before: Reported | undefined;
  // Skips the submission.
  for await (const page of pagesOf(log, { stream_id: jobStream(job_id), after_version: 1 })) {
    await inSlices(page, (stored) => {
      const event = decode(stored);
      if (!("attempt" in event.data) || event.data.attempt !== attempt) return;
      if (event.type === "job.started") claimed = event.data.external === true && event.meta.actor === meta.actor;
      else if (isRecordOf(report, event as ReportEvent)) {
        before = { ok: true, event: event as ReportEvent, position: stored.position, replayed: true };
      }
    });
  }
  return claimed && before ? before : { ...refused, claimed };
}

function isRecordOf(report: ExternalReport, event: ReportEvent): boolean {
  switch (event.type) {
    case "job.succeeded":
      return report.type === "complete" && isSameJson(decodeKept(event.data.result ?? null), report.result ?? null);
    case "job.failed":
    case "job.retry_scheduled":
      return report.type === "fail" && isSameJson(event.data.error, report.error);
    case "job.released":
      return report.type === "release" && event.data.reason === "worker_stopping";
    default:
      return false;
  }
}
