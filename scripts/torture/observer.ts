/**
 * Watches the log from outside, on a separate connection, and notes what it contained when: so that what happened
 * outside can be ordered before or after an event by our own clock alone.
 */
import { connect, type Sql } from "../../src/db/mod.ts";

export interface LogEvent {
  readonly position: number;
  readonly stream_id: string;
  readonly version: number;
  readonly type: string;
  // What the checks expect of an event's data they check piece by piece.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly data: any;
  readonly meta: { readonly actor: string; readonly account?: string; readonly subject?: string };
  /** Milliseconds since 1970, by Postgres's clock. */
  readonly recorded_at: number;
}

const EVERY_MS = 150;
const PAGE = 2_000;
/** A query without a response after this long is given up, with its connection. */
const TIMEOUT_MS = 5_000;

/** What the log contained at a moment: milliseconds since 1970 by our clock. */
interface Sample {
  /** When the query was sent, and when the response had arrived. */
  readonly asked: number;
  readonly answered: number;
  readonly head: number;
}

/** When the log reached this state. */
export class Timeline {
  readonly #samples: Sample[] = [];

  add(sample: Sample): void {
    this.#samples.push(sample);
  }

  /** A moment at which the event at `position` was certainly recorded; infinity if none is known. */
  recordedBy(position: number): number {
    return this.#samples.find(({ head }) => head >= position)?.answered ?? Number.POSITIVE_INFINITY;
  }

  /** A moment at which the event at `position` was certainly not recorded yet. */
  notRecordedAt(position: number): number {
    return this.#samples.findLast(({ head }) => head < position)?.asked ?? Number.NEGATIVE_INFINITY;
  }
}

export class Observer {
  readonly timeline = new Timeline();
  /** Every event that was ever seen, by position. */
  readonly seen: LogEvent[] = [];
  readonly #url: string;
  #sql: Sql;
  #stopping = false;
  readonly #watching: Promise<void>;

  constructor(url: string) {
    this.#url = url;
    this.#sql = this.#connect();
    this.#watching = this.#watch();
  }

  /** Watches no more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#watching;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#sql.end({ timeout: 1 }).catch(() => {});
  }

  /** The whole log, read again. */
  async readAll(): Promise<LogEvent[]> {
    const all: LogEvent[] = [];
    while (true) {
      const page = await this.#read(all.at(-1)?.position ?? 0);
      all.push(...page);
      if (page.length < PAGE) return all;
    }
  }

  async #watch(): Promise<void> {
    while (!this.#stopping) {
      const asked = Date.now();
      const events = await this.#tryToRead(this.seen.at(-1)?.position ?? 0);
      if (events) {
        this.seen.push(...events);
        this.timeline.add({ asked, answered: Date.now(), head: this.seen.at(-1)?.position ?? 0 });
        if (events.length === PAGE) continue;
      }
      await Bun.sleep(EVERY_MS);
    }
  }

  async #tryToRead(after: number): Promise<LogEvent[] | undefined> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error("late")), TIMEOUT_MS);
    try {
      return await Promise.race([this.#read(after), late]);
    } catch {
      this.#sql.end({ timeout: 0 }).catch(() => {});
      this.#sql = this.#connect();
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(after: number): Promise<LogEvent[]> {
    const rows = await this.#sql<
      { position: number; stream_id: string; version: number; type: string; data: string; meta: string; at: string }[]
    >`
      select position, stream_id, version, type, data, meta, recorded_at as at from levqor_log.events
      where position > ${after} order by position limit ${PAGE}`;
    return rows.map(({ data, meta, at, ...event }) => ({
      ...event,
      data: JSON.parse(data),
      meta: JSON.parse(meta),
      recorded_at: Date.parse(at),
    }));
  }

  #connect(): Sql {
    return connect(this.#url, { max: 1, application_name: "torture-observer" });
  }
}
