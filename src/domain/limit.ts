/**
 * How many jobs may run at once, and how many may start in a time: for a whole workflow of an account, and for each of
 * its concurrency keys.
 *
 * ```text
 *              ╭── grant, refused: limit_full (until a holder's attempt ends), rate_exceeded (until a time)
 *   (state) ───┤
 *              ╰── grant ──▶ limit.granted, together with job.started
 * ```
 *
 * - A **holder** is an attempt with a permit. It holds the permit as long as its job's own history says that it runs
 *   ({@link holdsPermit}); there is no other record of its end, so a permit cannot leak: whoever asks for one brings along
 *   the holders that have **gone**, and they leave the list with the grant.
 * - A grant and the job's start are one commit, so a holder is never an attempt that is yet to start.
 * - The **rate** is a GCRA: starts are `interval` apart, but for `burst` of them after an idle period. Its only state is
 *   the theoretical arrival time (`tat`) of the next start. In any time of `per_seconds`, its end left out, there
 *   are never more than `limit + burst - 1` starts.
 */
import type { LimitGranted } from "../../events/limit.ts";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import { toTime } from "../../events/time.ts";
import type { WorkflowLimitsSet } from "../../events/workflow.ts";
import type { Decider, Rejection } from "./decider.ts";
import type { JobState } from "./job/job_state.ts";

/** Jobs with one concurrency key that may run at once by default. */
export const DEFAULT_CONCURRENCY_PER_KEY = 1;

/** Attempts by job id. */
export type Holders = ReadonlyMap<string, number>;

export interface LimitState {
  readonly holders: Holders;
  /** Milliseconds since 1970 by the database's clock; 0 where no rate was ever spent. */
  readonly tat: number;
}

/** A limit that applies to a job. */
export interface Limit {
  /** Whose workflow it is. */
  readonly account: string;
  readonly workflow: string;
  /** `null`: the limit is the whole workflow's. */
  readonly concurrency_key: string | null;
  readonly concurrency: number;
  readonly rate: WorkflowLimitsSet["rate_per_key"];
}

export interface LimitCommand {
  readonly type: "grant";
  readonly limit: Limit;
  readonly job_id: string;
  readonly attempt: number;
  /** Holders whose jobs' own histories say that they are no longer running. */
  readonly gone: Holders;
  /** Milliseconds since 1970 by the database's clock: never later than the grant will be recorded. */
  readonly now: number;
}

export interface LimitRejection extends Rejection {
  readonly code: "limit_full" | "rate_exceeded";
  /** The current holders if the limit is full; empty if the rate is exceeded. */
  readonly holders: Holders;
  /** When the rate allows the next start, in milliseconds since 1970; `null` if the limit is full. */
  readonly until: number | null;
}

const initial: LimitState = { holders: new Map(), tat: 0 };

export const limitDecider: Decider<LimitState, LimitCommand, LimitRejection> = { initial, evolve, decide };

/** The limits that apply to a job: usually none. */
export function limitsOf(
  job: Pick<Limit, "account" | "workflow" | "concurrency_key">,
  settled: Omit<WorkflowLimitsSet, "workflow"> | undefined,
): readonly Limit[] {
  const { account, workflow, concurrency_key } = job;
  const limits: Limit[] = [];
  if (settled?.concurrency !== undefined) {
    limits.push({
      account,
      workflow,
      concurrency_key: null,
      concurrency: settled.concurrency,
      rate: undefined,
    });
  }
  if (concurrency_key !== null) {
    const concurrency = settled?.concurrency_per_key ?? DEFAULT_CONCURRENCY_PER_KEY;
    limits.push({ account, workflow, concurrency_key, concurrency, rate: settled?.rate_per_key });
  }
  return limits;
}

/** Whether a job, even without its submission, says that the attempt is running. */
export function holdsPermit(job: Pick<JobState, "status" | "attempt">, attempt: number): boolean {
  return job.status === "running" && job.attempt === attempt;
}

/** An event has the whole state: earlier ones do not matter. */
function evolve(state: LimitState, event: KnownEvent): LimitState {
  if (event.type !== "limit.granted") return state;
  const { holders, rate } = event.data;
  const tat = rate
    ? Math.max(Date.parse(rate.tat), milliseconds(event.recorded_at) + rate.interval_seconds * 1000)
    : initial.tat;
  return { holders: new Map(Object.entries(holders)), tat };
}

/** Of an RFC 3339 time, to the microsecond: rounded down, the next start would come too soon. */
function milliseconds(time: string): number {
  return Date.parse(time) + (Number(time.slice(23, -1).padEnd(3, "0")) || 0) / 1000;
}

function decide(command: LimitCommand, state: LimitState): readonly KnownNewEvent[] | LimitRejection {
  const { limit, job_id, attempt, gone, now } = command;
  const holders = new Map(state.holders);
  for (const [id, over] of gone) if ((holders.get(id) ?? Number.POSITIVE_INFINITY) <= over) holders.delete(id);
  // Its own earlier attempt has ended, or this one could not start.
  holders.delete(job_id);
  if (holders.size >= limit.concurrency) return full(limit, holders);
  const rate = limit.rate && spend(limit.rate, { tat: state.tat, now });
  if (typeof rate === "number") return exceeded(limit, rate);
  holders.set(job_id, attempt);
  const granted: LimitGranted = {
    workflow: limit.workflow,
    ...(limit.concurrency_key === null ? {} : { concurrency_key: limit.concurrency_key }),
    job_id,
    attempt,
    holders: Object.fromEntries(holders),
    ...(rate === undefined ? {} : { rate }),
  };
  return [{ type: "limit.granted", data: granted }];
}

/** The rate after one more start, or when one is allowed: in milliseconds since 1970. */
function spend(
  { limit, per_seconds, burst = 1 }: NonNullable<Limit["rate"]>,
  { tat, now }: { tat: number; now: number },
): NonNullable<LimitGranted["rate"]> | number {
  const interval_seconds = per_seconds / limit;
  const due = tat - (burst - 1) * interval_seconds * 1000;
  if (now < due) return due;
  // Rounded up to the next millisecond: no time in an event is more exact than that.
  const next = Math.ceil(Math.max(tat, now) + interval_seconds * 1000);
  return { tat: toTime(next), interval_seconds };
}

function full(limit: Limit, holders: Holders): LimitRejection {
  const { concurrency } = limit;
  const message = `${jobs(concurrency)} of ${nameOf(limit)} may run at once.`;
  return { rejected: true, code: "limit_full", message, holders, until: null };
}

function exceeded(limit: Limit, until: number): LimitRejection {
  const { limit: starts, per_seconds } = limit.rate as NonNullable<Limit["rate"]>;
  const time = per_seconds === 1 ? "second" : `${per_seconds} seconds`;
  const message = `${jobs(starts)} of ${nameOf(limit)} may start in each ${time}.`;
  return { rejected: true, code: "rate_exceeded", message, holders: new Map(), until };
}

function jobs(count: number): string {
  return count === 1 ? "1 job" : `${count} jobs`;
}

function nameOf({ workflow, concurrency_key }: Limit): string {
  const name = `the workflow "${workflow}"`;
  return concurrency_key === null ? name : `${name} with the concurrency key "${concurrency_key}"`;
}
