/**
 * A set of an account's workflows that external workers claim together: which of their jobs are ready, and which workers wait.
 *
 * ```text
 *   log ──Feed──▶ ReadyQueue ──take──▶ claiming ──job.started──▶ responded
 *                     ▲                   │ another was faster, or the worker left
 *   claim ──▶ line ───╯                   ▼
 *                                      back in line, or the job is released
 * ```
 *
 * However many workers wait, one follower of the log looks for jobs on behalf of all of them: a waiting worker costs
 * a place in the line and a timer. Ready jobs are taken in the same order as for built-in workers (`ready_queue.ts`),
 * and go to the worker that has waited longest.
 */
import type { EventMeta } from "../../../events/envelope.ts";
import { deferOnce, pause } from "../../async/mod.ts";
import type { JobState } from "../../domain/job/job_state.ts";
import { EVERYTHING } from "../../domain/reach.ts";
import { isTransient } from "../../log/mod.ts";
import { commandJob, jobMeta } from "../commands.ts";
import { failForGood, JobErasedError } from "../faults.ts";
import type { RunnerOptions } from "../options.ts";
import { Feed } from "../queue/feed.ts";
import { HeldBackJobs } from "../queue/held_back.ts";
import { type ReadyJob, ReadyQueue } from "../queue/ready_queue.ts";
import { Spread } from "../queue/spread.ts";
import { type ClaimResult, claim } from "../run/claim.ts";
import { longestLease } from "./external_reports.ts";

/** The approximate maximum size of the jobs in one response, in bytes; a single job may exceed it. */
const MAX_ANSWER_WEIGHT = 8_000_000;
/** The assumed size of a job whose payload is not at hand. */
const UNKNOWN_WEIGHT = 200_000;
/** How many jobs are kept ready; the rest is found again when there is room. */
const QUEUE = { max_jobs: 1_000, max_weight: 4_000_000 } as const;
/** How long a claim that is not to wait may take nevertheless, until it is known what is ready. */
const SETTLE_MS = 2_000;
const SETTLE_POLL_MS = 10;

/** How many jobs the caller may have claimed. */
export interface ClaimAllowance {
  /** How many more. */
  readonly left: number;
  /** Counts one while it is claimed, and after that if the claim was recorded. */
  enter<Result extends { ok: true; position: number } | { ok: false }>(record: () => Promise<Result>): Promise<Result>;
}

/** A worker's claim request. */
export interface ClaimOptions {
  /** Its name for itself. */
  readonly worker: string;
  readonly max_jobs: number;
  /** Absent: the caller may have any number. If none is left, the worker gets none. */
  readonly allowance?: ClaimAllowance | undefined;
  readonly lease_seconds: number;
  /** How long it wants to wait for a job; 0 for what is ready now. */
  readonly wait_ms: number;
  readonly meta: Pick<EventMeta, "actor" | "account" | "request_id" | "traceparent">;
  /** Fires when nobody waits for the response any more. */
  readonly signal: AbortSignal;
}

/** A job that is now the worker's. */
export interface ClaimedJob {
  readonly job_id: string;
  readonly state: JobState;
}

export interface WorkflowGroupOptions extends Pick<RunnerOptions, "log" | "bus" | "sql" | "logger"> {
  readonly account: string;
  /** By their names in the account. */
  readonly workflows: ReadonlySet<string>;
}

/** A worker in the line. */
interface Waiting extends ClaimOptions {
  readonly answer: PromiseWithResolvers<readonly ClaimedJob[]>;
  /** Whether it should not wait any longer. */
  over: boolean;
}

export class WorkflowGroup {
  readonly #options: WorkflowGroupOptions;
  readonly #queue = new ReadyQueue(QUEUE);
  readonly #spread = new Spread();
  readonly #feed: Feed;
  readonly #heldBack: HeldBackJobs;
  readonly #stopping = new AbortController();
  readonly #fed: Promise<unknown>;
  /** The waiting workers, the longest first. */
  readonly #line: Waiting[] = [];
  /** Claims under way. */
  #claiming = 0;
  /** Gives ready jobs to waiting workers. */
  readonly #serve = deferOnce(() => this.#serveLine());
  /** Resolves when jobs may be handed out: at startup their order must be known first. */
  readonly #opened: Promise<void>;
  #open = false;
  /** By the monotonic clock, when a worker last asked. */
  #askedAt = performance.now();

  constructor(options: WorkflowGroupOptions) {
    const { account, workflows: names } = options;
    this.#options = options;
    this.#heldBack = new HeldBackJobs({
      ...options,
      queue: this.#queue,
      signal: this.#stopping.signal,
      on_ready: () => this.#serve(),
    });
    this.#feed = new Feed({
      ...options,
      workflows: {
        everyones: new Set(),
        own: [...names].map((workflow) => ({ account, workflow })),
        has: (workflow) => workflow.account === account && names.has(workflow.workflow),
      },
      queue: this.#queue,
      held_back: this.#heldBack,
      signal: this.#stopping.signal,
      on_ready: () => this.#serve(),
    });
    this.#fed = Promise.all([this.#feed.run(), this.#heldBack.run()]);
    this.#opened = this.#settled({ signal: this.#stopping.signal }).then(() => {
      this.#open = true;
      this.#serveLine();
    });
  }

  /** How long no worker has asked, in milliseconds; 0 while one waits. */
  get idleMs(): number {
    return this.#line.length + this.#claiming > 0 ? 0 : performance.now() - this.#askedAt;
  }

  /** Stops following the log; waiting workers get nothing. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const waiting of this.#line.splice(0)) waiting.answer.resolve([]);
    await this.#fed;
  }

  /**
   * Claims up to `max_jobs` jobs as soon as there is one. Resolves to none when the time is up. Throws what
   * `log.append` throws if the log is down.
   */
  async claim(options: ClaimOptions): Promise<readonly ClaimedJob[]> {
    this.#askedAt = performance.now();
    const waiting: Waiting = { ...options, answer: Promise.withResolvers(), over: false };
    const end = () => this.#end(waiting);
    const done = new AbortController();
    options.signal.addEventListener("abort", end, { signal: done.signal });
    if (options.signal.aborted || this.#stopping.signal.aborted) return [];
    this.#line.push(waiting);
    this.#serve();
    void (options.wait_ms > 0 ? pause(options.wait_ms, done.signal) : this.#handedOut(done.signal)).then(end);
    try {
      return await waiting.answer.promise;
    } finally {
      done.abort();
      this.#askedAt = performance.now();
    }
  }

  /** Dismisses a worker that should not wait any longer, unless jobs are being claimed for it right now. */
  #end(waiting: Waiting): void {
    waiting.over = true;
    const place = this.#line.indexOf(waiting);
    if (place < 0) return;
    this.#line.splice(place, 1);
    waiting.answer.resolve([]);
  }

  /** Resolves when everything that is ready now is known and has been handed out, or `SETTLE_MS` later. */
  async #handedOut(signal: AbortSignal): Promise<void> {
    const head = await this.#options.log.head().catch(() => Number.POSITIVE_INFINITY);
    await Promise.all([this.#opened, this.#settled({ signal, head })]);
  }

  /** Resolves when the queue includes the log up to `head`, or `SETTLE_MS` later. */
  async #settled({ signal, head = 0 }: { signal: AbortSignal; head?: number }): Promise<void> {
    const deadline = performance.now() + SETTLE_MS;
    while (performance.now() < deadline && !(this.#feed.settled && this.#feed.position >= head)) {
      if (!(await pause(SETTLE_POLL_MS, signal))) return;
    }
  }

  #serveLine(): void {
    if (!this.#open) return;
    while (this.#line.length > 0) {
      const first = this.#line[0] as Waiting;
      const { max_jobs, allowance } = first;
      if (allowance && allowance.left <= 0) {
        this.#end(first);
        continue;
      }
      const jobs = this.#takeReady(Math.min(max_jobs, allowance?.left ?? max_jobs));
      if (jobs.length === 0) break;
      void this.#assign(jobs, this.#line.shift() as Waiting);
    }
    this.#feed.refillIfNeeded();
  }

  #takeReady(max_jobs: number): ReadyJob[] {
    const jobs: ReadyJob[] = [];
    let weight = 0;
    while (jobs.length < max_jobs && weight < MAX_ANSWER_WEIGHT) {
      const job = this.#queue.take(this.#spread.value);
      if (!job) break;
      if (job.state && this.#heldBack.keeps(job, job.state)) continue;
      jobs.push(job);
      weight += job.state ? job.weight : UNKNOWN_WEIGHT;
    }
    return jobs;
  }

  /** Claims jobs for a worker and responds to it; if others were faster at all of them, it goes back to the front of the line. */
  async #assign(jobs: readonly ReadyJob[], waiting: Waiting): Promise<void> {
    this.#claiming++;
    const { claimed, fault } = await this.#claimAll(jobs, waiting);
    this.#claiming--;
    if (waiting.signal.aborted) {
      for (const job of claimed) void this.#release(job, waiting);
      waiting.answer.resolve([]);
    } else if (claimed.length > 0 || (waiting.over && fault === undefined)) {
      waiting.answer.resolve(claimed);
    } else if (fault !== undefined) {
      waiting.answer.reject(fault);
    } else if (this.#stopping.signal.aborted) {
      waiting.answer.resolve([]);
    } else {
      this.#line.unshift(waiting);
      this.#serve();
    }
  }

  async #claimAll(
    jobs: readonly ReadyJob[],
    options: ClaimOptions,
  ): Promise<{ claimed: readonly ClaimedJob[]; fault?: unknown }> {
    const faults: unknown[] = [];
    const claimOne = async (job: ReadyJob): Promise<ClaimedJob[]> => {
      const record = () => this.#claim(job, options);
      try {
        const result = await (options.allowance ? options.allowance.enter(record) : record());
        return result.ok ? [{ job_id: job.job_id, state: result.state }] : [];
      } catch (fault) {
        await this.#cannotClaim(job, fault).catch((met) => {
          faults.push(met);
          this.#queue.addFirst(job);
        });
        return [];
      }
    };
    const claimed = (await Promise.all(jobs.map(claimOne))).flat();
    return { claimed, fault: faults[0] };
  }

  /** Fails a job that can never be claimed, so that no other waits behind it. Throws retryable faults. */
  async #cannotClaim({ job_id, version }: ReadyJob, fault: unknown): Promise<void> {
    if (isTransient(fault)) throw fault;
    const { log, logger } = this.#options;
    logger.error(
      { job_id, err: fault },
      "Cannot give a job to an external worker because of a fault of its own; it fails",
    );
    this.#heldBack.settled(job_id);
    try {
      await failForGood(log, { job_id, version, fault, actor: "system:workers" });
    } catch (error) {
      if (isTransient(error)) throw error;
      logger.error({ job_id, err: error }, "Cannot record that a job failed; leaving it alone");
    }
  }

  /** One job, or none if another was faster or a limit holds it back. */
  async #claim(
    job: ReadyJob,
    { worker, lease_seconds, meta }: ClaimOptions,
  ): Promise<Extract<ClaimResult, { ok: true }> | { readonly ok: false }> {
    const { log } = this.#options;
    const [known] = job.state ? [{ ...job, state: job.state }] : await this.#feed.load([job]);
    if (!known) this.#heldBack.settled(job.job_id);
    if (!known || this.#heldBack.keeps(known, known.state)) return { ok: false };
    const { job_id, state, version } = known;
    if (state.erased) throw new JobErasedError();
    const result = await claim(log, {
      job_id,
      state,
      version,
      worker,
      lease_seconds: Math.min(lease_seconds, longestLease(state)),
      external: true,
      limits: this.#heldBack.limits,
      meta: { ...jobMeta(job_id, { actor: meta.actor, causation_version: version }), ...meta },
      signal: this.#stopping.signal,
    });
    this.#heldBack.answered(known, result);
    if (result.ok) this.#spread.claimed();
    else if (result.reason === "conflict") this.#spread.missed();
    return result;
  }

  /** Releases a job whose worker left before it got the response, rather than wait for the lease to expire. */
  async #release({ job_id, state }: ClaimedJob, { meta }: ClaimOptions): Promise<void> {
    const { log, logger } = this.#options;
    try {
      const command = { type: "release", attempt: state.attempt, reason: "worker_stopping" } as const;
      await commandJob(log, { job_id, reach: EVERYTHING, command, meta: jobMeta(job_id, { actor: meta.actor }) });
    } catch (error) {
      logger.warn({ job_id, err: error }, "Cannot release a job whose worker left; its lease will expire");
    }
  }
}
