/**
 * How many jobs wait, so that intake answers 429 rather than fall over.
 *
 * Nothing is asked for a request: the read model's queued jobs are counted now and then, and this process adds what it
 * has taken in that the count does not contain yet. So a single process keeps to the limit exactly. Where several take
 * jobs in, each learns of the others' at its next count: together they overshoot by at most what the others take in
 * between two counts, that is within {@link COUNT_EVERY_MS} near the limit (later only where counting itself takes
 * longer than a twentieth of that).
 */
import { pause } from "../async/pause.ts";
import type { Sql } from "../db/mod.ts";
import type { ApiLogger } from "./options.ts";
import { Problem } from "./problems.ts";

/** Between two counts: while more than half of the limit waits, and below that. */
const COUNT_EVERY_MS = { near: 1_000, far: 5_000 };
/** Counting may take this share of the time at most. */
const MAX_SHARE = 0.05;
/** When to come back, in seconds: a full queue takes a while to be half empty. */
const RETRY_AFTER_S = 5;

export interface QueueDepthOptions {
  readonly sql: Sql;
  /** Jobs that may wait. */
  readonly max: number;
  readonly logger: Pick<ApiLogger, "debug">;
  /** Ends the counting. */
  readonly signal: AbortSignal;
}

/** What came of recording a job. */
type Recorded = { readonly ok: true; readonly position: number } | { readonly ok: false };

export class QueueDepth {
  readonly #options: QueueDepthOptions;
  /** Queued jobs by the last count. */
  #counted = 0;
  /** The last event that the count contains. */
  #countedUpTo = 0;
  /** Where the log holds the jobs that were taken in here and that the last count did not contain. */
  #uncounted: number[] = [];
  /** Jobs that are being recorded. */
  #entering = 0;

  /** Starts to count. */
  constructor(options: QueueDepthOptions) {
    this.#options = options;
    void this.#run();
  }

  /** Whether no more jobs are to be taken in. */
  get full(): boolean {
    return this.#depth >= this.#options.max;
  }

  /** The problem `queue_full`. */
  problem(): Problem {
    const detail = `${this.#depth} jobs wait, and at most ${this.#options.max} may.`;
    return new Problem("queue_full", detail, { headers: { "retry-after": String(RETRY_AFTER_S) } });
  }

  /** Counts a job while it is recorded, and after that where it was. */
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

  get #depth(): number {
    return this.#counted + this.#uncounted.length + this.#entering;
  }

  async #run(): Promise<void> {
    const { max, logger, signal } = this.#options;
    while (!signal.aborted) {
      const start = performance.now();
      // The database is away, or the read model was never built: what is taken in meanwhile is counted here.
      await this.#count().catch((error) => logger.debug({ err: error }, "Cannot count waiting jobs"));
      const end = performance.now();
      do await pause(Math.max(COUNT_EVERY_MS.near, (end - start) / MAX_SHARE), signal);
      while (!signal.aborted && this.#depth <= max / 2 && performance.now() - end < COUNT_EVERY_MS.far);
    }
  }

  async #count(): Promise<void> {
    const { sql, max } = this.#options;
    // In one statement, so that the position is that of the rows. More than the limit need not be counted. An index
    // holds the jobs that are to run now, another those that are to run later.
    const [row] = await sql<[{ position: number | null; queued: number }]>`
      select
        (select position from levqor_ops.projections where name = 'jobs' and live) as position,
        (select count(*)::int from (
          select from levqor_read.jobs where status = 'queued' and due_at is null
          union all
          select from levqor_read.jobs where status = 'queued' and due_at is not null
          limit ${max + 1}) as waiting) as queued`;
    if (row.position === null) return;
    const upTo = row.position;
    this.#counted = row.queued;
    this.#countedUpTo = upTo;
    this.#uncounted = this.#uncounted.filter((position) => position > upTo);
  }
}
