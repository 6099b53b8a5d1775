/**
 * Keeps the ready queue filled: from the read model at startup and after an overflow, otherwise from the log as it
 * grows; jobs that wait for a time come through `due.ts`. The queue may be stale; the claim finds out.
 */
import type { JobRetryScheduled, JobStarted, JobSuspended, Priority } from "../../../events/job.ts";
import { jobStream } from "../../../events/job.ts";
import {
  decode,
  decodeOnce,
  type EventType,
  entityId,
  type KnownEvent,
  type StoredEvent,
} from "../../../events/mod.ts";
import { type PipelineCreated, pipelineOf } from "../../../events/pipeline.ts";
import { Backoff, DECODED_PER_TURN, every, Outage, Pacer, pause, type Repeating } from "../../async/mod.ts";
import { follow } from "../../bus/follow.ts";
import { jobDecider } from "../../domain/job/job.ts";
import type { JobState } from "../../domain/job/job_state.ts";
import { isTransient, PAGE } from "../../log/mod.ts";
import { failForGood } from "../faults.ts";
import { advance, type FoldedJob, longJobsOf, weightOfJob } from "../long_jobs.ts";
import type { RunnableWorkflows, RunnerOptions } from "../options.ts";
import { DueJobs } from "./due.ts";
import type { HeldBackJobs } from "./held_back.ts";
import { jobsOfOthers, queuedJobs, readModelPosition } from "./read_model.ts";
import { PRIORITIES, type ReadyJob, type ReadyQueue } from "./ready_queue.ts";

/** Jobs whose histories are read at once. */
const LOAD_PAGE = 200;
/**
 * Histories up to this length, in characters of JSON, are read together with others; a submission may have any length.
 * Longer ones are read one by one.
 */
const SHORT_LENGTH = 250_000;
/** How soon to query a lagging read model again: at first, and at most. */
const BEHIND_PAUSE_MS = { first: 25, most: 1_000 };
/** How often an idle runner checks the read model. */
const CHECK_EVERY_MS = 60_000;

export interface FeedOptions
  extends Pick<RunnerOptions, "log" | "bus" | "sql" | "logger" | "sole" | "sweep_seconds">,
    Partial<Pick<RunnerOptions, "instance">> {
  /** The workflows to run. */
  readonly workflows: RunnableWorkflows;
  readonly queue: ReadyQueue;
  /** Keeps jobs that limits hold back. */
  readonly held_back: HeldBackJobs;
  readonly signal: AbortSignal;
  /** The queue may have grown. */
  readonly on_ready: () => void;
  /** Attempts of workers that are known to be dead. */
  readonly on_orphans?: (orphans: ReadonlyMap<string, number>) => void;
  /** An attempt has ended, whoever recorded it. */
  readonly on_attempt_ended?: (event: StoredEvent) => void;
}

/** A waiting job whose history is at hand. */
type ReadJob = ReadyJob & { readonly state: JobState };

export class Feed {
  readonly #options: FeedOptions;
  readonly #due: DueJobs;
  readonly #pacer = new Pacer(DECODED_PER_TURN);
  #position = 0;
  #following = false;
  /** The stream of the last submission that was not for the queue. */
  #lastSkipped: string | undefined;
  /** Released jobs whose histories are still to be read. */
  readonly #returned = new Set<string>();
  #returning: Promise<void> | undefined;
  #refilling: Promise<void> | undefined;
  readonly #onFault = (error: unknown) =>
    this.#options.logger.warn({ err: error }, "Cannot read waiting jobs; retrying");
  readonly #outages = {
    returning: new Outage({ first_ms: 0, on_fault: this.#onFault }),
    refilling: new Outage({ first_ms: 0, on_fault: this.#onFault }),
  };
  /** By the monotonic clock, when the read model was last queried for everything that waits. */
  #checkedAt = performance.now();

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#due = new DueJobs(options);
  }

  /** The last position seen. */
  get position(): number {
    return this.#position;
  }

  /** Whether startup is complete. */
  get following(): boolean {
    return this.#following;
  }

  /** Whether the queue includes the read model and the log up to `position`, or is full. */
  get settled(): boolean {
    const reading = this.#returned.size > 0 || this.#returning !== undefined || this.#refilling !== undefined;
    return this.#following && this.#due.looked && !reading;
  }

  /** Fills the queue until the signal fires. */
  async run(): Promise<void> {
    await Promise.all([this.#run(), this.#due.run(), this.#keepFilled().stopped]);
  }

  /** Checks periodically whether there is room for jobs that were turned away. */
  #keepFilled(): Repeating {
    const { signal, sweep_seconds = 1 } = this.#options;
    const refill = () => this.#following && this.refill();
    return every(sweep_seconds * 1000, refill, { signal, spread: true, on_fault: this.#onFault });
  }

  async #run(): Promise<void> {
    const { logger, signal } = this.#options;
    const backoff = new Backoff(50, 2_000);
    let orphans: Orphans | undefined;
    while (!signal.aborted) {
      try {
        if (!this.#following) orphans = await this.#start();
        await this.#follow(orphans);
      } catch (error) {
        logger.error({ err: error, position: this.#position }, "Cannot follow the log for jobs; retrying");
        await pause(backoff.next(), signal);
      }
    }
  }

  /** Fetches released jobs, and those that the queue had no room for. Never throws. */
  refill(): void {
    // Separately: released jobs must not wait for a lagging read model.
    this.#returning ??= reported(this.#fetchReturned(), this.#outages.returning).finally(() => {
      this.#returning = undefined;
    });
    this.#refilling ??= reported(this.#fetchAllMissing(), this.#outages.refilling).finally(() => {
      this.#refilling = undefined;
    });
  }

  /** Fetches what the queue had no room for, if there is room now. */
  refillIfNeeded(): void {
    if (PRIORITIES.some((priority) => this.#options.queue.toFetch(priority).length > 0)) this.refill();
  }

  /**
   * Those of the given jobs that this runner may claim, as they are in the log now. One that waits for a time is
   * included only if it is as it was when found due: at the same version.
   */
  async load(jobs: readonly { readonly job_id: string; readonly version?: number }[]): Promise<ReadJob[]> {
    const { log } = this.#options;
    const streams = jobs.map(({ job_id }) => jobStream(job_id));
    const histories = await log.readStreams(streams, { limit: PAGE, max_length: SHORT_LENGTH });
    const ready: ReadJob[] = [];
    for (const { job_id, version } of jobs) {
      const stream_id = jobStream(job_id);
      const history = histories.get(stream_id) ?? [];
      if (this.#pacer.did(jsonLength(history))) await this.#pacer.turn();
      try {
        const isShort = history.length > 0 && history.length < PAGE;
        const found = isShort ? await advance(undefined, history) : await longJobsOf(log).read(stream_id);
        const job = found && toReadyJob(job_id, found);
        if (!job || !this.#wants(job.state)) continue;
        if (job.state.due_at === null || job.version === version) ready.push(job);
      } catch (fault) {
        if (isTransient(fault)) throw fault;
        void this.#giveUp({ job_id, version: history.at(-1)?.version, fault });
      }
    }
    return ready;
  }

  /** Fails a job whose history cannot be read. Never throws. */
  async #giveUp(unreadable: { job_id: string; version: number | undefined; fault: unknown }): Promise<void> {
    const { log, logger, instance } = this.#options;
    const { job_id, fault } = unreadable;
    logger.error({ job_id, err: fault }, "Cannot read a waiting job; it fails");
    try {
      await failForGood(log, { ...unreadable, actor: instance === undefined ? "system:jobs" : `worker:${instance}` });
    } catch (error) {
      logger.warn({ job_id, err: error }, "Cannot record that a job failed; retrying when it is found again");
    }
  }

  async #start(): Promise<Orphans | undefined> {
    const { sql, log, instance, sole, queue, workflows } = this.#options;
    const position = await readModelPosition(sql);
    let orphans: Orphans | undefined;
    if (sole && instance !== undefined) {
      const running = position === undefined ? [] : await jobsOfOthers(sql, instance);
      orphans = new Orphans(running, { instance, head: await log.head() });
    }
    await workflows.refresh?.(sql);
    this.#position = position ?? 0;
    if (position) queue.miss(position);
    this.#following = true;
    this.refill();
    return orphans;
  }

  async #follow(orphans: Orphans | undefined): Promise<void> {
    const { log, bus, signal, logger, on_ready, on_orphans } = this.#options;
    const on_fault = (error: unknown) => logger.warn({ err: error }, "Cannot read the log for jobs; retrying");
    let waiting = orphans;
    const settle = () => {
      if (!waiting?.complete(this.#position)) return;
      on_orphans?.(waiting.attempts);
      waiting = undefined;
    };
    settle();
    for await (const events of follow({ log, bus, after: this.#position, signal, on_fault })) {
      for (const event of events) {
        try {
          this.#see(event);
          waiting?.see(event);
        } catch (error) {
          // One unreadable event must not keep the runner from all later ones.
          logger.error({ err: error, position: event.position }, "Cannot read an event for jobs; skipping it");
          this.#readAnew(event);
        }
        if (this.#pacer.did(event.data_json.length)) await this.#pacer.turn();
      }
      this.#position = events.at(-1)?.position ?? this.#position;
      if (waiting) settle();
      if (this.#returned.size > 0) this.refill();
      on_ready();
    }
  }

  /** A waiting job has an unreadable event: its whole history shows whether it can continue. */
  #readAnew({ stream_id }: StoredEvent): void {
    const jobId = entityId(stream_id);
    if (!this.#options.queue.has(jobId)) return;
    this.#options.queue.remove(jobId);
    this.#returned.add(jobId);
  }

  #see(event: StoredEvent): void {
    const { queue, held_back, on_attempt_ended } = this.#options;
    if (ATTEMPT_ENDS.has(event.type)) {
      held_back.attemptEnded(event);
      on_attempt_ended?.(event);
    }
    switch (event.type) {
      case "job.submitted":
        this.#seeSubmitted(event);
        break;
      case "job.released":
        this.#returned.add(entityId(event.stream_id));
        break;
      case "job.retry_scheduled":
        this.#seeRetryScheduled(event);
        break;
      case "job.suspended":
        this.#seeSuspended(event);
        break;
      case "job.approval_given":
        this.#returned.add(entityId(event.stream_id));
        break;
      case "pipeline.created":
      case "pipeline.updated":
        this.#learn(event);
        break;
      case "job.replayed_from":
      case "job.step_reused":
        // They follow their submission: a job for others, or for later, can be ignored.
        if (event.stream_id !== this.#lastSkipped) this.#advance(event);
        break;
      case "job.pipeline_pinned":
        this.#advance(event);
        break;
      case "job.started":
        this.#forget(queue, event);
        break;
      case "job.succeeded":
      case "job.failed":
      case "job.cancelled":
        this.#forget(queue, event);
        break;
      case "workflow.limits_set":
        held_back.limitsSet(event);
        break;
    }
  }

  /** Updates a waiting job with its latest events. */
  #advance(stored: StoredEvent): void {
    const jobId = entityId(stored.stream_id);
    const evolve = (state: JobState) => jobDecider.evolve(state, decode(stored));
    // Perhaps it was taken from the queue already: at a version that can no longer be claimed.
    if (!this.#options.queue.advance(jobId, stored.version, evolve)) this.#returned.add(jobId);
  }

  #seeRetryScheduled(stored: StoredEvent): void {
    const { retry_in_seconds } = (decode(stored) as KnownEvent & { data: JobRetryScheduled }).data;
    this.#due.expect(stored.position, retry_in_seconds * 1000);
  }

  #seeSuspended(stored: StoredEvent): void {
    const { until } = (decode(stored) as KnownEvent & { data: JobSuspended }).data;
    this.#due.expect(stored.position, Date.parse(until) - Date.parse(stored.recorded_at));
  }

  /** Whether the job is for this feed. */
  #wants(state: JobState): boolean {
    const { workflows } = this.#options;
    const { steps, pipeline } = state;
    return steps !== null || pipeline !== null ? workflows.runs_steps === true : workflows.has(state);
  }

  /** A pipeline was stored, or published: jobs of its name may have waited for it. */
  #learn(stored: StoredEvent): void {
    const { workflows, queue } = this.#options;
    if (!workflows.learn) return;
    const { account, name } = pipelineOf(stored.stream_id);
    const { published = false } = (decode(stored) as KnownEvent & { data: PipelineCreated }).data.definition;
    if (workflows.learn({ account, workflow: name, published })) queue.miss(stored.position);
  }

  #forget(queue: ReadyQueue, event: StoredEvent): void {
    const jobId = entityId(event.stream_id);
    queue.remove(jobId);
    this.#returned.delete(jobId);
    this.#options.held_back.settled(jobId);
  }

  #seeSubmitted(stored: StoredEvent): void {
    const { queue } = this.#options;
    const state = jobDecider.evolve(jobDecider.initial, decodeOnce(stored));
    if (!this.#wants(state)) {
      this.#lastSkipped = stored.stream_id;
      return;
    }
    if (state.due_at !== null) {
      this.#lastSkipped = stored.stream_id;
      this.#due.expect(stored.position, state.due_at - Date.parse(stored.recorded_at));
      return;
    }
    const { stream_id, version, position } = stored;
    const job = toReadyJob(entityId(stream_id), { state, version, position, first: stored });
    if (job) queue.add(job);
  }

  async #fetchAllMissing(): Promise<void> {
    const { queue, workflows, sql, signal, on_ready } = this.#options;
    if (this.#following && (await workflows.refresh?.(sql))) queue.miss(this.#position);
    if (queue.size === 0 && this.#following && performance.now() - this.#checkedAt > CHECK_EVERY_MS) {
      this.#checkedAt = performance.now();
      queue.miss(this.#position);
    }
    const behind = new Backoff(BEHIND_PAUSE_MS.first, BEHIND_PAUSE_MS.most);
    for (let lanes = this.#lacking(); lanes.length > 0 && !signal.aborted; lanes = this.#lacking()) {
      if (lanes.every(({ exhausted }) => exhausted)) await pause(behind.next(), signal);
      // A page of each: nobody waits for all of another's.
      for (const lane of lanes) if (await this.#fill(lane)) behind.reset();
      on_ready();
    }
  }

  /** The lanes, and callers' parts of them, that have room for what they have turned away. */
  #lacking(): { priority: Priority; caller: string | null; exhausted: boolean }[] {
    const { queue } = this.#options;
    return PRIORITIES.flatMap((priority) =>
      queue.toFetch(priority).map((caller) => {
        return { priority, caller, exhausted: queue.missing(priority, caller)?.exhausted ?? false };
      }),
    );
  }

  async #fetchReturned(): Promise<void> {
    while (this.#returned.size > 0 && !this.#options.signal.aborted) await this.#fetchSomeReturned();
  }

  async #fetchSomeReturned(): Promise<void> {
    const { queue, on_ready } = this.#options;
    const ids = [...this.#returned].slice(0, LOAD_PAGE);
    // Before they are read: one that is released once more meanwhile must be read once more.
    for (const id of ids) this.#returned.delete(id);
    try {
      for (const job of await this.load(ids.map((job_id) => ({ job_id })))) queue.addFirst(job);
    } catch (error) {
      for (const id of ids) this.#returned.add(id);
      throw error;
    }
    on_ready();
  }

  /** Resolves to whether the read model had any. */
  async #fill({ priority, caller }: { priority: Priority; caller: string | null }): Promise<boolean> {
    const { sql, workflows, queue, held_back } = this.#options;
    const missing = queue.toFill(priority, caller);
    if (!missing) return false;
    // Read first: the read model includes at least this a moment later.
    const position = (await readModelPosition(sql)) ?? 0;
    const limit = Math.min(LOAD_PAGE, queue.room(priority, caller));
    const { rows, more } = await queuedJobs(sql, { workflows, priority, caller, ...missing, limit });
    const jobs = await this.load(rows.filter((row) => !held_back.keeps({ ...row, priority, weight: 0 }, row)));
    // No further than requested: what has gone missing since, at a later position, is not among these.
    const upTo = more ? (rows.at(-1)?.position ?? 0) : Math.min(position, missing.until);
    queue.fill(priority, { jobs, upTo, more, caller });
    return rows.length > 0;
  }
}

function toReadyJob(job_id: string, { state, version, first }: FoldedJob): ReadJob | undefined {
  if (state.status !== "queued") return undefined;
  const { caller, priority } = state;
  const weight = weightOfJob({ first, state });
  return { job_id, caller, priority, position: first.position, version, state, weight };
}

function jsonLength(events: readonly StoredEvent[]): number {
  return events.reduce((sum, { data_json }) => sum + data_json.length, 0);
}

/** What ends an attempt. */
const ATTEMPT_ENDS: ReadonlySet<string> = new Set<EventType>([
  "job.released",
  "job.retry_scheduled",
  "job.suspended",
  "job.succeeded",
  "job.failed",
  "job.cancelled",
]);

/** Attempts that were running when this process started, if no other worker can be alive. */
class Orphans {
  readonly attempts: Map<string, number>;
  readonly #instance: string;
  readonly #head: number;

  constructor(running: readonly { job_id: string; attempt: number }[], about: { instance: string; head: number }) {
    this.attempts = new Map(running.map(({ job_id, attempt }) => [job_id, attempt]));
    this.#instance = about.instance;
    this.#head = about.head;
  }

  /** Whether everything that happened before startup is known. */
  complete(position: number): boolean {
    return position >= this.#head;
  }

  see(stored: StoredEvent): void {
    const jobId = entityId(stored.stream_id);
    if (stored.type === "job.started") {
      const { attempt, worker } = (decode(stored) as KnownEvent & { data: JobStarted }).data;
      if (worker !== this.#instance) this.attempts.set(jobId, attempt);
    } else if (ATTEMPT_ENDS.has(stored.type)) {
      this.attempts.delete(jobId);
    }
  }
}

/** Never rejects: what failed is done again with the next refill. */
async function reported(reading: Promise<void>, outage: Outage): Promise<void> {
  try {
    await reading;
    outage.worked();
  } catch (error) {
    outage.failed(error);
  }
}
