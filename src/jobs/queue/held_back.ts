/**
 * The jobs of a runner that limits hold back: they wait beside the ready queue, so that others behind them go on.
 *
 * ```text
 *   ready queue ──take──▶ claim ──limit full, rate spent──▶ waits here, with all that come after it
 *        ▲                  │                                  │ a holder's attempt ended, the rate's time has come,
 *        ╰── the first ◀────┼──────────────────────────────────╯ limits were settled anew
 *                           ╰── claimed: the next one follows, until one is refused
 * ```
 *
 * - Of each limit one job at a time is on **trial**: it goes back to the ready queue, before all others, and is
 *   claimed. The others wait without being checked.
 * - Whose caller may not start a job now is not put on trial, and taken back where it is: others of the limit go on.
 * - **Bounds.** What is beyond {@link BOUNDS} is found again in the read model when there is room. No payload is kept.
 * - Should news be missed, the limits that were asked longest ago are retried after {@link RETRY_MS}.
 */
import { entityId, type StoredEvent } from "../../../events/envelope.ts";
import type { Priority } from "../../../events/job.ts";
import { alarm, every, pause } from "../../async/mod.ts";
import { type LimitId, limitName, workflowName } from "../limits/limit_streams.ts";
import { type HeldBack, Limits } from "../limits/limits.ts";
import type { HeldBackBounds, RunnerOptions } from "../options.ts";
import type { ClaimResult } from "../run/claim.ts";
import { queuedUnderLimit, readModelPosition } from "./read_model.ts";
import { type MayStart, PRIORITIES, type ReadyJob, ReadyQueue } from "./ready_queue.ts";

const BOUNDS: HeldBackBounds = { jobs_of_limit: 1_000, jobs: 50_000, limits: 10_000 };
/** Jobs that are fetched from the read model at once. */
const PAGE = 500;
/** Jobs that a limit fetches at once while all together keep the maximum: without any it would stall. */
const FEW = 2;
/** How soon to query a lagging read model again. */
const BEHIND_MS = 100;
/** A limit is retried after this long, whatever the news. */
const RETRY_MS = 10_000;
/** How many limits are retried in one look, at most, and how often that is. */
const RETRIES = { limits: 50, every_ms: 1_000 };

/** How many limits continue at once, at most, when callers may start jobs again: there may be thousands. */
const GO_ON = 50;

/** The part of a job that limits look at. */
type Scope = LimitId;

export interface HeldBackOptions extends Pick<RunnerOptions, "log" | "sql" | "logger"> {
  /** Takes the jobs that are to be tried. */
  readonly queue: ReadyQueue;
  /** {@link BOUNDS} by default. */
  readonly bounds?: Partial<HeldBackBounds>;
  /**
   * Whether a caller may start a job now; absent: any caller may. Changes are reported with {@link HeldBackJobs.goOn}.
   */
  readonly may_start?: MayStart;
  /** The queue has grown. */
  readonly on_ready: () => void;
  readonly signal: AbortSignal;
}

/** A limit that holds jobs back. */
interface Waiting {
  readonly scope: Scope;
  readonly jobs: ReadyQueue;
  /** The job that is in the ready queue, is being claimed, or is held back by another limit meanwhile. */
  trial: string | undefined;
  /** The job that was on trial last and was refused: the next one, if its caller may start it then. */
  refused: ReadyJob | undefined;
  /** News came during the trial. */
  woken: boolean;
  /** The holders when it was last asked. */
  holders: readonly string[];
  callOff: (() => void) | undefined;
  refilling: boolean;
  /** By the monotonic clock. */
  asked_at: number;
}

export class HeldBackJobs {
  /** The questions of claims. */
  readonly limits: Limits;
  readonly #options: HeldBackOptions;
  readonly #bounds: HeldBackBounds;
  /** In order of when they were last asked. */
  readonly #waiting = new Map<string, Waiting>();
  /** Where each job waits. */
  readonly #jobs = new Map<string, Waiting>();
  readonly #trials = new Map<string, Set<Waiting>>();
  readonly #holders = new Map<string, Set<Waiting>>();
  /** Limits with a job that could be tried, if only its caller might start it. */
  readonly #stalled = new Set<Waiting>();
  /** The last submission that was turned away for lack of room for its limit; 0: none. */
  #turnedAway = 0;

  constructor(options: HeldBackOptions) {
    this.#options = options;
    this.#bounds = { ...BOUNDS, ...options.bounds };
    this.limits = new Limits({ log: options.log, following: true });
  }

  /** Jobs that wait here. */
  get size(): number {
    return this.#jobs.size;
  }

  /** Retries limits that may have missed their news, until the signal fires. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const on_fault = (error: unknown) => this.#report(error);
    await every(RETRIES.every_ms, () => this.#retry(), { signal, later: true, on_fault }).stopped;
    for (const { callOff } of this.#waiting.values()) callOff?.();
  }

  /** Keeps a job that would only be refused, because others of its limits wait already. */
  keeps(job: ReadyJob, scope: Scope): boolean {
    if (this.#waiting.size === 0) return false;
    const known = this.#jobs.get(job.job_id);
    if (known) {
      if (known.refused?.job_id === job.job_id) known.refused = { ...known.refused, version: job.version };
      else known.jobs.advance(job.job_id, job.version, (state) => state);
      return true;
    }
    for (const name of namesOf(scope)) {
      const waiting = this.#waiting.get(name);
      if (!waiting || waiting.trial === job.job_id) continue;
      // On trial for its key, it had its turn once already.
      this.#add(waiting, job, this.#trials.has(job.job_id) ? "first" : undefined);
      return true;
    }
    return false;
  }

  /** Called when callers may start jobs again. */
  goOn(): void {
    if (this.#stalled.size === 0) return;
    for (const waiting of [...this.#stalled.values().take(GO_ON)]) {
      this.#stalled.delete(waiting);
      this.#wake(waiting);
    }
  }

  /** Called with the outcome of a claim. */
  answered(job: ReadyJob, result: ClaimResult): void {
    if (!result.ok && result.reason === "held_back") this.#hold(job, result.held_back);
    else this.settled(job.job_id);
  }

  #hold(job: ReadyJob, { limit, refusal, due_in }: HeldBack): void {
    const waiting = this.#waitingFor(limit);
    if (!waiting) {
      this.#turnedAway = Math.max(this.#turnedAway, job.position);
      this.settled(job.job_id);
      return;
    }
    this.#asked(waiting, [...refusal.holders.keys()]);
    if (waiting.trial === job.job_id) {
      this.#endTrial(waiting);
      waiting.refused = { ...job, state: undefined, weight: 0 };
      this.#jobs.set(job.job_id, waiting);
      this.#goOnWithout(job.job_id, waiting);
    } else {
      this.#add(waiting, job, "first");
    }
    waiting.callOff?.();
    // Slightly later than it is due: too soon would be refused.
    if (due_in !== null) {
      waiting.callOff = alarm(Math.max(0, due_in) + 1, () => this.#safely(() => this.#wake(waiting)));
    }
    if (waiting.woken || this.limits.hasGone(refusal.holders)) this.#next(waiting);
  }

  /** A job was claimed, or can no longer be: the next ones of its limits follow. */
  settled(jobId: string): void {
    const waiting = this.#jobs.get(jobId);
    if (waiting) {
      if (waiting.refused?.job_id === jobId) waiting.refused = undefined;
      else waiting.jobs.remove(jobId);
      this.#jobs.delete(jobId);
    }
    for (const tried of [...(this.#trials.get(jobId) ?? [])]) {
      this.#endTrial(tried);
      this.#next(tried);
    }
    if (waiting) this.#dropIfEmpty(waiting);
  }

  /** An attempt has ended: if it held a permit, that is free. */
  attemptEnded(event: StoredEvent): void {
    this.limits.attemptEnded(event);
    if (this.#holders.size === 0) return;
    for (const waiting of [...(this.#holders.get(entityId(event.stream_id)) ?? [])]) this.#wake(waiting);
  }

  /** A workflow's limits were set. */
  limitsSet(event: StoredEvent): void {
    const { account, workflow } = this.limits.settledAnew(event);
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.scope.account === account && waiting.scope.workflow === workflow) this.#wake(waiting);
    }
  }

  #waitingFor(scope: Scope): Waiting | undefined {
    const name = limitName(scope);
    const known = this.#waiting.get(name);
    if (known) return known;
    if (this.#waiting.size >= this.#bounds.limits) return undefined;
    const waiting: Waiting = {
      scope: { account: scope.account, workflow: scope.workflow, concurrency_key: scope.concurrency_key },
      jobs: new ReadyQueue({ max_jobs: this.#bounds.jobs_of_limit, max_weight: 0 }),
      trial: undefined,
      refused: undefined,
      woken: false,
      holders: [],
      callOff: undefined,
      refilling: false,
      asked_at: 0,
    };
    this.#waiting.set(name, waiting);
    return waiting;
  }

  #add(waiting: Waiting, job: ReadyJob, place?: "first"): void {
    if (place === "first") waiting.jobs.addFirst(job);
    else if (this.#jobs.size < this.#bounds.jobs) waiting.jobs.add(job);
    else waiting.jobs.turnAway(job);
    if (waiting.jobs.has(job.job_id)) this.#jobs.set(job.job_id, waiting);
    this.#goOnWithout(job.job_id, waiting);
  }

  /**
   * A job on trial waits for another limit now. A key waits with it, a workflow continues with the next: it must not
   * wait for a key, which may be waiting for it.
   */
  #goOnWithout(jobId: string, waiting: Waiting): void {
    for (const tried of [...(this.#trials.get(jobId) ?? [])]) {
      if (tried === waiting || tried.scope.concurrency_key !== null) continue;
      this.#endTrial(tried);
      this.#next(tried);
    }
  }

  /** Moves a limit to the end of the order of asking, and notes its holders. */
  #asked(waiting: Waiting, holders: readonly string[]): void {
    const name = limitName(waiting.scope);
    this.#waiting.delete(name);
    this.#waiting.set(name, waiting);
    waiting.asked_at = performance.now();
    for (const jobId of waiting.holders) remove(this.#holders, jobId, waiting);
    for (const jobId of holders) add(this.#holders, jobId, waiting);
    waiting.holders = holders;
  }

  #wake(waiting: Waiting): void {
    if (waiting.trial === undefined) this.#next(waiting);
    else waiting.woken = true;
  }

  #endTrial(waiting: Waiting): void {
    if (waiting.trial !== undefined) remove(this.#trials, waiting.trial, waiting);
    waiting.trial = undefined;
  }

  /** Sends the next job back to be claimed. */
  #next(waiting: Waiting): void {
    const { queue, on_ready, signal } = this.#options;
    if (waiting.trial !== undefined || signal.aborted) return;
    waiting.woken = false;
    this.#refill(waiting);
    const { refused } = waiting;
    if (refused && !this.#mayStart(refused.caller)) {
      waiting.refused = undefined;
      waiting.jobs.addFirst(refused);
    }
    const job = waiting.refused ?? waiting.jobs.take(1, this.#mayStart);
    waiting.refused = undefined;
    if (!job) {
      if (waiting.jobs.size > 0) this.#stalled.add(waiting);
      this.#dropIfEmpty(waiting);
      return;
    }
    this.#jobs.delete(job.job_id);
    waiting.trial = job.job_id;
    add(this.#trials, job.job_id, waiting);
    queue.addFirst(job);
    on_ready();
  }

  readonly #mayStart = (caller: string | null): boolean =>
    caller === null || (this.#options.may_start?.(caller) ?? true);

  #dropIfEmpty(waiting: Waiting): void {
    const name = limitName(waiting.scope);
    const isMissing = PRIORITIES.some((priority) => waiting.jobs.toFetch(priority).length > 0);
    if (waiting.jobs.size > 0 || waiting.refused || waiting.trial !== undefined || isMissing) return;
    if (this.#waiting.get(name) !== waiting) return;
    waiting.callOff?.();
    this.#asked(waiting, []);
    this.#waiting.delete(name);
    this.#stalled.delete(waiting);
    if (this.#turnedAway === 0 || this.#waiting.size > this.#bounds.limits / 2) return;
    this.#options.queue.miss(this.#turnedAway);
    this.#turnedAway = 0;
  }

  /** Fetches in the background what a limit had no room for. */
  #refill(waiting: Waiting): void {
    const { signal, logger } = this.#options;
    const lanes = PRIORITIES.flatMap((priority) =>
      waiting.jobs.toFetch(priority).map((caller) => ({ priority, caller })),
    );
    if (lanes.length === 0 || waiting.refilling || this.#roomFor(waiting) === 0) return;
    waiting.refilling = true;
    const fill = async () => {
      for (const lane of lanes) await this.#fill(waiting, lane);
    };
    fill()
      .catch((error) => logger.warn({ err: error }, "Cannot read jobs that limits hold back; retrying"))
      .then(async () => {
        // The read model may lag behind the log.
        if (waiting.jobs.size === 0) await pause(BEHIND_MS, signal);
        waiting.refilling = false;
        if (waiting.trial === undefined) this.#next(waiting);
      })
      .catch((error) => logger.error({ err: error }, "Cannot continue with jobs that limits hold back"));
  }

  async #fill(waiting: Waiting, { priority, caller }: { priority: Priority; caller: string | null }): Promise<void> {
    const { sql } = this.#options;
    const missing = waiting.jobs.toFill(priority, caller);
    if (!missing) return;
    // Read first: the read model includes at least this a moment later.
    const position = (await readModelPosition(sql)) ?? 0;
    const limit = Math.min(PAGE, waiting.jobs.room(priority, caller));
    const found = await queuedUnderLimit(sql, { ...waiting.scope, priority, caller, ...missing, limit });
    // Others may have filled the room in the meantime.
    const rows = found.rows.slice(0, this.#roomFor(waiting));
    const more = found.more || rows.length < found.rows.length;
    if (more && rows.length === 0) return;
    const jobs = rows.filter(({ job_id }) => !this.#trials.has(job_id)).map((row) => ({ ...row, priority, weight: 0 }));
    // No further than requested: what has gone missing since, at a later position, is not among these.
    const upTo = more ? (rows.at(-1)?.position ?? 0) : Math.min(position, missing.until);
    waiting.jobs.fill(priority, { jobs, upTo, more, caller });
    for (const { job_id } of jobs) if (waiting.jobs.has(job_id)) this.#jobs.set(job_id, waiting);
  }

  /** How many jobs a limit may fetch. */
  #roomFor(waiting: Waiting): number {
    return Math.max(this.#bounds.jobs - this.#jobs.size, waiting.jobs.size === 0 ? FEW : 0);
  }

  /** From a timer, where nobody would catch it. */
  #safely(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    this.#options.logger.error({ err: error }, "Cannot continue with jobs that limits hold back");
  }

  /** Others of a limit are tried in place of a job whose caller may no longer start it. */
  #takeBackTrials(): void {
    const { queue } = this.#options;
    for (const waiting of [...this.#waiting.values()]) {
      const job = waiting.trial === undefined ? undefined : queue.get(waiting.trial);
      if (!job || this.#mayStart(job.caller)) continue;
      queue.remove(job.job_id);
      this.#endTrial(waiting);
      this.#add(waiting, { ...job, state: undefined, weight: 0 }, "first");
      this.#next(waiting);
    }
  }

  #retry(): void {
    const { queue } = this.#options;
    this.#takeBackTrials();
    const before = performance.now() - RETRY_MS;
    const due: Waiting[] = [];
    for (const waiting of this.#waiting.values()) {
      if (waiting.asked_at > before || due.length >= RETRIES.limits) break;
      due.push(waiting);
    }
    for (const waiting of due) {
      const { trial, holders } = waiting;
      this.#asked(waiting, holders);
      // Perhaps it is being claimed right now: then another is tried beside it, which is harmless.
      if (trial !== undefined && !queue.has(trial) && !this.#jobs.has(trial)) this.#endTrial(waiting);
      this.#wake(waiting);
    }
  }
}

/** The limits that may apply to a job, according to its submission. */
function namesOf(scope: Scope): string[] {
  const whole = workflowName(scope);
  return scope.concurrency_key === null ? [whole] : [whole, limitName(scope)];
}

function add<Value>(sets: Map<string, Set<Value>>, key: string, value: Value): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}

function remove<Value>(sets: Map<string, Set<Value>>, key: string, value: Value): void {
  const set = sets.get(key);
  if (set?.delete(value) && set.size === 0) sets.delete(key);
}
