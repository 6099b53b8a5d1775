/**
 * How many jobs wait, so that intake answers 429 rather than fall over.
 *
 * Nothing is asked for a request: the read model's queued jobs are counted now and then, and this process adds what it
 * has taken in that the count does not contain yet. So a single process keeps to the limit exactly. Where several take
 * jobs in, each learns of the others' at its next count: together they overshoot by at most what the others take in
 * between two counts, that is within {@link COUNT_EVERY_MS} near the limit (later only where counting itself takes
 * longer than a twentieth of that).
 *
 * A user may have a share of all waiting jobs. Theirs are counted alike, when they submit.
 */
import type { Caller } from "../access/mod.ts";
import { pause } from "../async/pause.ts";
import type { Sql } from "../db/mod.ts";
import type { ApiLogger } from "./options.ts";
import { Problem } from "./problems.ts";
import { shareOf } from "./shares.ts";

/** Between two counts: while more than half of the limit waits, and below that. */
const COUNT_EVERY_MS = { near: 1_000, far: 5_000 };
/** Counting may take this share of the time at most. */
const MAX_SHARE = 0.05;
/** When to come back, in seconds: a full queue takes a while to be half empty. */
const RETRY_AFTER_S = 5;
/** Users whose jobs are counted: those heard of longest ago are counted anew. */
const MAX_USERS = 10_000;

export interface QueueDepthOptions {
  readonly sql: Sql;
  /** Jobs that may wait. */
  readonly max: number;
  /** What one user may have of them, from 0 to 1. */
  readonly share: number;
  readonly logger: Pick<ApiLogger, "debug">;
  /** Ends the counting. */
  readonly signal: AbortSignal;
}

/** What came of recording a job. */
type Recorded = { readonly ok: true; readonly position: number } | { readonly ok: false };

/** The queue as whoever submits jobs sees it. */
export interface Queue {
  /** Whether no more jobs are to be taken in. */
  readonly full: boolean;
  /** The problem `queue_full`. */
  problem(): Problem;
  /** Counts a job while it is recorded, and after that where it was. */
  enter<Result extends Recorded>(record: () => Promise<Result>): Promise<Result>;
}

/** What a count found. `position`: of the last event that it contains; `null`: there is no read model yet. */
interface Count {
  readonly position: number | null;
  readonly queued: number;
}

/** Waiting jobs: as counted last, and what was taken in here since. */
class Waiting {
  #counted = 0;
  /** The last event that the count contains. */
  #countedUpTo = 0;
  /** Where the log holds the jobs that were taken in here and that the last count did not contain. */
  #uncounted: number[] = [];
  /** Jobs that are being recorded. */
  #entering = 0;

  get depth(): number {
    return this.#counted + this.#uncounted.length + this.#entering;
  }

  async enter<Result extends Recorded>(record: () => Promise<Result>): Promise<Result> {
    this.#entering++;
    try {
      const result = await record();
      if (result.ok && result.position > this.#countedUpTo) this.#uncounted.push(result.position);
      return result;
    } finally {
      this.#entering--;
    }
  }

  learn({ position, queued }: Count): void {
    if (position === null) return;
    this.#counted = queued;
    this.#countedUpTo = position;
    this.#uncounted = this.#uncounted.filter((each) => each > position);
  }
}

export class QueueDepth implements Queue {
  readonly #options: QueueDepthOptions;
  readonly #waiting = new Waiting();
  /** By actor, the one heard of longest ago first. */
  readonly #users = new Map<string, UserQueue>();

  /** Starts to count. */
  constructor(options: QueueDepthOptions) {
    this.#options = options;
    void this.#run();
  }

  get full(): boolean {
    return this.#waiting.depth >= this.#options.max;
  }

  problem(): Problem {
    return queueFull(`${this.#waiting.depth} jobs wait, and at most ${this.#options.max} may.`);
  }

  enter<Result extends Recorded>(record: () => Promise<Result>): Promise<Result> {
    return this.#waiting.enter(record);
  }

  /** The queue as a caller may fill it: a user up to their share. Resolves when it is known how many of theirs wait. */
  async of(caller: Caller): Promise<Queue> {
    // Whom the read model knows as an owner.
    if (!caller.actor.startsWith("user:")) return this;
    const { sql } = this.#options;
    const known = this.#users.get(caller.actor);
    const queue = known ?? new UserQueue(this, { sql, owner: caller.actor, max: shareOf(caller, this.#options) });
    this.#users.delete(caller.actor);
    this.#users.set(caller.actor, queue);
    if (this.#users.size > MAX_USERS) this.#users.delete(this.#users.keys().next().value as string);
    // The database is away, or the read model was never built: what is taken in meanwhile is counted here.
    await queue.refresh().catch((error) => this.#options.logger.debug({ err: error }, "Cannot count a user's jobs"));
    return queue;
  }

  async #run(): Promise<void> {
    const { max, logger, signal } = this.#options;
    while (!signal.aborted) {
      const start = performance.now();
      // As above.
      await this.#count().catch((error) => logger.debug({ err: error }, "Cannot count waiting jobs"));
      const end = performance.now();
      do await pause(Math.max(COUNT_EVERY_MS.near, (end - start) / MAX_SHARE), signal);
      while (!signal.aborted && this.#waiting.depth <= max / 2 && performance.now() - end < COUNT_EVERY_MS.far);
    }
  }

  async #count(): Promise<void> {
    const { sql, max } = this.#options;
    // In one statement, so that the position is that of the rows. More than the limit need not be counted. An index
    // holds the jobs that are to run now, another those that are to run later.
    const [row] = await sql<[Count]>`
      select
        (select position from levqor_ops.projections where name = 'jobs' and live) as position,
        (select count(*)::int from (
          select from levqor_read.jobs where status = 'queued' and due_at is null
          union all
          select from levqor_read.jobs where status = 'queued' and due_at is not null
          limit ${max + 1}) as waiting) as queued`;
    this.#waiting.learn(row);
  }
}

/** One user's part of the queue. */
class UserQueue implements Queue {
  readonly #all: Queue;
  readonly #options: { readonly sql: Sql; readonly owner: string; readonly max: number };
  readonly #waiting = new Waiting();
  #counted_ms = Number.NEGATIVE_INFINITY;
  #counting: Promise<void> | undefined;

  constructor(all: Queue, options: { readonly sql: Sql; readonly owner: string; readonly max: number }) {
    this.#all = all;
    this.#options = options;
  }

  get full(): boolean {
    // Who looks again and again, as a bulk operation does, is to see it change.
    void this.refresh().catch(() => {});
    return this.#isMine || this.#all.full;
  }

  problem(): Problem {
    if (!this.#isMine) return this.#all.problem();
    return queueFull(`${this.#waiting.depth} jobs of yours wait, and at most ${this.#options.max} of one user may.`);
  }

  enter<Result extends Recorded>(record: () => Promise<Result>): Promise<Result> {
    return this.#all.enter(() => this.#waiting.enter(record));
  }

  /** Counts, where the last count is old; those that ask meanwhile share it. */
  async refresh(): Promise<void> {
    const every_ms = this.#waiting.depth > this.#options.max / 2 ? COUNT_EVERY_MS.near : COUNT_EVERY_MS.far;
    if (performance.now() - this.#counted_ms < every_ms) return;
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined;
      this.#counted_ms = performance.now();
    });
    await this.#counting;
  }

  get #isMine(): boolean {
    return this.#waiting.depth >= this.#options.max;
  }

  async #count(): Promise<void> {
    const { sql, owner, max } = this.#options;
    const [row] = await sql<[Count]>`
      select
        (select position from levqor_ops.projections where name = 'jobs' and live) as position,
        (select count(*)::int from (
          select from levqor_read.jobs where status = 'queued' and owner = ${owner} limit ${max + 1}) as waiting) as queued`;
    this.#waiting.learn(row);
  }
}

function queueFull(detail: string): Problem {
  return new Problem("queue_full", detail, { headers: { "retry-after": String(RETRY_AFTER_S) } });
}
