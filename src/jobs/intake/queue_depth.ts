/**
 * How many jobs wait, so that intake responds with 429 rather than fall over.
 *
 * The read model's queued jobs are counted as described in `tallies.ts`. Several processes that accept jobs together
 * overshoot by at most what the others accept between two counts, that is within {@link COUNT_EVERY_MS} near the limit
 * (later only if counting itself takes longer than a twentieth of that).
 *
 * A caller may have a share of all waiting jobs, whether submitted, replayed or fired by their schedules. What
 * schedules fire counts, but is not refused.
 */
import type { Logger } from "pino";
import type { Caller } from "../../access/mod.ts";
import {
  CallerTallies,
  type CallerTally,
  type Count,
  countRows,
  type RecordOutcome,
  Tally,
} from "../../access/shares/tallies.ts";
import { pause } from "../../async/pause.ts";
import type { Sql } from "../../db/mod.ts";

/** The interval of counts: while more than half of the limit waits, and below that. */
const COUNT_EVERY_MS = { near: 1_000, far: 5_000 };
/** The share of time that counting may take. */
const MAX_SHARE = 0.05;
export interface QueueDepthOptions {
  readonly sql: Sql;
  /** The maximum number of waiting jobs. */
  readonly max: number;
  /** The share that one caller may have, from 0 to 1. */
  readonly share: number;
  readonly logger: Pick<Logger, "debug">;
  /** Ends the counting. */
  readonly signal: AbortSignal;
}

/** How many jobs wait, of all callers or of one, and how many may. */
export interface Depth {
  readonly whose: "all" | "caller";
  readonly waiting: number;
  readonly max: number;
}

/** The queue for a submitter. */
export interface Queue {
  /** Whether no more jobs are accepted. */
  readonly full: boolean;
  /** Why it is full. */
  depth(): Depth;
  /** Counts a job while it is being recorded, and then at its position. */
  enter<Result extends RecordOutcome>(record: () => Promise<Result>): Promise<Result>;
}

export class QueueDepth implements Queue {
  readonly #options: QueueDepthOptions;
  readonly #waiting = new Tally();
  readonly #callers: CallerTallies;

  /** Starts to count. */
  constructor(options: QueueDepthOptions) {
    this.#options = options;
    this.#callers = new CallerTallies({
      ...options,
      every_ms: COUNT_EVERY_MS,
      count: (charged_to, limit) => this.#countOf(charged_to, limit),
    });
    void this.#run();
  }

  get full(): boolean {
    return this.#waiting.depth >= this.#options.max;
  }

  depth(): Depth {
    return { whose: "all", waiting: this.#waiting.depth, max: this.#options.max };
  }

  enter<Result extends RecordOutcome>(record: () => Promise<Result>): Promise<Result> {
    return this.#waiting.enter(record);
  }

  /** The queue as a caller may fill it: up to their share. Resolves when it is known how many of theirs wait. */
  async of(caller: Caller): Promise<Queue> {
    const own = await this.#callers.of(caller);
    return own ? new OwnQueue(this, own) : this;
  }

  /** Not `every`: how soon it counts again depends on the count, and on how long that took. */
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
    // More than the limit need not be counted. One index has the jobs to run now, another those to run later.
    const rows = sql`
      select from levqor_read.jobs where status = 'queued' and due_at is null
      union all
      select from levqor_read.jobs where status = 'queued' and due_at is not null
      limit ${max + 1}`;
    this.#waiting.learn(await countRows(sql, "jobs", rows));
  }

  #countOf(charged_to: string, limit: number): Promise<Count> {
    const { sql } = this.#options;
    const rows = sql`select from levqor_read.jobs where status = 'queued' and charged_to = ${charged_to} limit ${limit}`;
    return countRows(sql, "jobs", rows);
  }
}

/** One caller's part of the queue. */
class OwnQueue implements Queue {
  readonly #all: Queue;
  readonly #own: CallerTally;

  constructor(all: Queue, own: CallerTally) {
    this.#all = all;
    this.#own = own;
  }

  get full(): boolean {
    // A caller who looks again and again, as a bulk operation does, must see changes.
    void this.#own.refresh().catch(() => {});
    return this.#own.left === 0 || this.#all.full;
  }

  depth(): Depth {
    const { left, depth, max } = this.#own;
    return left > 0 ? this.#all.depth() : { whose: "caller", waiting: depth, max };
  }

  enter<Result extends RecordOutcome>(record: () => Promise<Result>): Promise<Result> {
    return this.#all.enter(() => this.#own.enter(record));
  }
}
