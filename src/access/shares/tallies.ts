/**
 * Counts what callers create, so that one of them has no more than a share.
 *
 * Requests wait for no query: the rows of a read model are counted periodically, and this process adds what it has
 * recorded that the count does not include yet. So a single process enforces a limit exactly. If several record, each
 * learns of the others' at its next count.
 */
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { PendingQuery, Row } from "postgres";
import { chargedTo } from "../../../events/account.ts";
import type { Sql } from "../../db/mod.ts";
import type { Caller } from "../mod.ts";
import { shareOf } from "./shares.ts";

/** How many callers are remembered: the least recently seen ones are counted again. */
const MAX_CALLERS = 10_000;

/** The result of a count. `position`: of the last event that it includes; `null`: there is no read model yet. */
export interface Count {
  readonly position: number | null;
  readonly count: number;
}

/**
 * Counts rows of a read model, in one statement with the position that they reflect. `rows` selects them, no more than
 * need to be counted.
 */
export async function countRows(sql: Sql, name: string, rows: PendingQuery<Row[]>): Promise<Count> {
  const [row] = await sql<[Count]>`
    select
      (select position from levqor_ops.projections where name = ${name} and live) as position,
      (select count(*)::int from (${rows}) as counted) as count`;
  return row;
}

/** The outcome of recording one. */
export interface RecordOutcome {
  readonly ok: boolean;
  /** The position of what was recorded, if anything was. */
  readonly position?: number | undefined;
  /** It was recorded by an earlier request, and is counted already. */
  readonly replayed?: boolean;
}

/** How many there are: the last count, plus what was recorded here since. */
export class Tally {
  #counted = 0;
  /** The last event that the count includes. */
  #countedUpTo = 0;
  /** The positions of those that were recorded here and that the last count did not include. */
  #uncounted: number[] = [];
  /** Those that are being recorded. */
  #entering = 0;

  get depth(): number {
    return this.#counted + this.#uncounted.length + this.#entering;
  }

  /** Counts one while it is being recorded, and then at its position. */
  async enter<Result extends RecordOutcome>(record: () => Promise<Result>): Promise<Result> {
    this.#entering++;
    try {
      const result = await record();
      const { ok, replayed, position = 0 } = result;
      if (ok && !replayed && position > this.#countedUpTo) this.#uncounted.push(position);
      return result;
    } finally {
      this.#entering--;
    }
  }

  learn({ position, count }: Count): void {
    // Nothing older than what is already known.
    if (position === null || position < this.#countedUpTo) return;
    this.#counted = count;
    this.#countedUpTo = position;
    this.#uncounted = this.#uncounted.filter((each) => each > position);
  }
}

export interface CallerTalliesOptions {
  /** In all. */
  readonly max: number;
  /** The share that one caller may have, from 0 to 1. */
  readonly share: number;
  /** The interval of counts: while more than half of the share is used, and below that. */
  readonly every_ms: { readonly near: number; readonly far: number };
  /** Counts those of a caller (`chargedTo`), up to `limit`, in one statement with the position that they reflect. */
  readonly count: (charged_to: string, limit: number) => Promise<Count>;
  readonly logger: Pick<Logger, "debug">;
}

export class CallerTallies {
  readonly #options: CallerTalliesOptions;
  /** By caller. */
  readonly #tallies = new LRUCache<string, CallerTally>({ max: MAX_CALLERS });

  constructor(options: CallerTalliesOptions) {
    this.#options = options;
  }

  /** The caller's, counted; `undefined` for the operator, who may have all. */
  async of(caller: Caller): Promise<CallerTally | undefined> {
    const charged_to = caller.operator ? null : chargedTo(caller);
    if (charged_to === null) return undefined;
    const { count, every_ms } = this.#options;
    const max = shareOf(caller, this.#options);
    let tally = this.#tallies.get(charged_to);
    if (!tally) {
      tally = new CallerTally({ max, every_ms, count: () => count(charged_to, max + 1) });
      this.#tallies.set(charged_to, tally);
    }
    // The database is down, or the read model was never built: what is recorded meanwhile is counted here.
    await tally
      .refresh()
      .catch((error) => this.#options.logger.debug({ err: error }, "Cannot count what a caller has"));
    return tally;
  }
}

interface CallerTallyOptions extends Pick<CallerTalliesOptions, "every_ms"> {
  readonly max: number;
  readonly count: () => Promise<Count>;
}

/** What one caller has, out of what they may have. */
export class CallerTally {
  readonly #options: CallerTallyOptions;
  readonly #tally = new Tally();
  #counted_ms = Number.NEGATIVE_INFINITY;
  #counting: Promise<void> | undefined;

  constructor(options: CallerTallyOptions) {
    this.#options = options;
  }

  get depth(): number {
    return this.#tally.depth;
  }

  get max(): number {
    return this.#options.max;
  }

  /** How many more are allowed. */
  get left(): number {
    return Math.max(0, this.max - this.depth);
  }

  enter<Result extends RecordOutcome>(record: () => Promise<Result>): Promise<Result> {
    return this.#tally.enter(record);
  }

  /** Counts, if the last count is old; concurrent requests share it. */
  async refresh(): Promise<void> {
    const { near, far } = this.#options.every_ms;
    if (performance.now() - this.#counted_ms < (this.depth > this.max / 2 ? near : far)) return;
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined;
      this.#counted_ms = performance.now();
    });
    await this.#counting;
  }

  async #count(): Promise<void> {
    this.#tally.learn(await this.#options.count());
  }
}
