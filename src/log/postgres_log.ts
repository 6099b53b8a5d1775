import type { PendingQuery, Row } from "postgres";
import type { StoredEvent } from "../../events/envelope.ts";
import { connect, type Sql } from "../db/mod.ts";
import { Appender } from "./appender.ts";
import type {
  Append,
  AppendAllResult,
  AppendResult,
  Commit,
  EventLog,
  LastEvents,
  ReadLimits,
  WrittenBatch,
} from "./types.ts";

export interface LogOptions {
  /** The service's role: it may read, and append. */
  readonly url: string;
  /** How long an append may wait for the database before its caller is told; 15 s by default. */
  readonly append_timeout_ms?: number;
  /** A commit without a response after this long is retried on a new connection; 5 s by default. */
  readonly attempt_timeout_ms?: number;
  /** A read without a response after this long fails, and later ones use new connections; 30 s by default. */
  readonly read_timeout_ms?: number;
  /** The maximum number of connections for reading; 4 by default. Appending uses one more. */
  readonly read_connections?: number;
  /** Called for each batch of appends that was sent, with its outcome. */
  readonly on_batch?: (batch: WrittenBatch) => void;
}

/** Opens the log of a migrated database. */
export function openLog(options: LogOptions): EventLog {
  return new PostgresLog(options);
}

class PostgresLog implements EventLog {
  readonly #sql: Sql;
  readonly #appender: Appender;
  readonly #listeners = new Set<(commit: Commit) => void>();

  constructor({
    url,
    append_timeout_ms = 15_000,
    attempt_timeout_ms = 5_000,
    read_timeout_ms = 30_000,
    read_connections = 4,
    on_batch,
  }: LogOptions) {
    this.#sql = connect(url, {
      max: read_connections,
      application_name: "levqor-log",
      answer_timeout_ms: read_timeout_ms,
    });
    this.#appender = new Appender({
      url,
      timeout_ms: append_timeout_ms,
      attempt_timeout_ms,
      on_batch: on_batch && ((batch) => tell(on_batch, batch)),
      has_listeners: () => this.#listeners.size > 0,
      on_commit: (commit) => {
        for (const listener of this.#listeners) tell(listener, commit);
      },
    });
  }

  /** Of a stored event. */
  get #columns() {
    return this
      .#sql`position, stream_id, version, type, schema_version, data as data_json, meta as meta_json, recorded_at`;
  }

  append(append: Append): Promise<AppendResult> {
    return this.#appender.append(append);
  }

  appendAll(appends: readonly Append[]): Promise<AppendAllResult> {
    return this.#appender.appendAll(appends);
  }

  readStream(
    streamId: string,
    { after_version = 0, limit = 1_000_000, max_length }: { after_version?: number } & ReadLimits = {},
  ): Promise<StoredEvent[]> {
    if (max_length !== undefined) {
      const rows = this.#sql`
        select * from levqor_log.events
        where stream_id = ${streamId} and version > ${after_version}
        order by version limit ${limit}`;
      return this.#upTo(max_length, rows);
    }
    return this.#sql<StoredEvent[]>`
      select ${this.#columns}
      from levqor_log.events
      where stream_id = ${streamId} and version > ${after_version}
      order by version limit ${limit}`;
  }

  async readStreams(
    streamIds: readonly string[],
    {
      after_version = 0,
      limit,
      max_length,
    }: { after_version?: number; limit: number; max_length?: number | undefined },
  ): Promise<Map<string, StoredEvent[]>> {
    const rows = await (max_length === undefined
      ? this.#sql<StoredEvent[]>`
        select part.*
        from unnest(${streamIds as string[]}::text[]) as asked (id)
        cross join lateral (
          select ${this.#columns}
          from levqor_log.events
          where stream_id = asked.id and version > ${after_version} order by version limit ${limit}
        ) as part
        order by part.stream_id, part.version`
      : this.#sql<StoredEvent[]>`
        select part.*
        from unnest(${streamIds as string[]}::text[]) as asked (id)
        cross join lateral (
          select sum(octet_length(data::text)) as length from (
            select data from levqor_log.events
            where stream_id = asked.id and version > ${after_version} order by version limit ${limit}
          ) as datas
        ) as whole
        cross join lateral (
          select ${this.#columns}
          from levqor_log.events
          where stream_id = asked.id and version > ${after_version} and whole.length <= ${max_length}
          order by version limit ${limit}
        ) as part
        order by part.stream_id, part.version`);
    const streams = new Map<string, StoredEvent[]>();
    for (const event of rows) {
      const stream = streams.get(event.stream_id);
      if (stream) stream.push(event);
      else streams.set(event.stream_id, [event]);
    }
    return streams;
  }

  async readFirst(streamIds: readonly string[]): Promise<Map<string, StoredEvent>> {
    const rows = await this.#sql<StoredEvent[]>`
      select ${this.#columns}
      from levqor_log.events
      where stream_id = any(${streamIds as string[]}) and version = 1`;
    return new Map(rows.map((event) => [event.stream_id, event]));
  }

  async readLast(streamIds: readonly string[]): Promise<LastEvents> {
    // One index look-up for each stream; the clock comes with all of them, even those that do not exist.
    const rows = await this.#sql<((StoredEvent | { position: null }) & { read_at: string })[]>`
      select clock_timestamp() as read_at, last.*
      from unnest(${streamIds as string[]}::text[]) as asked (id)
      left join lateral (
        select ${this.#columns}
        from levqor_log.events where stream_id = asked.id order by version desc limit 1
      ) as last on true`;
    const [first] = rows;
    if (!first) throw new RangeError("Cannot read last events: no stream is named");
    const events = new Map<string, StoredEvent>();
    for (const { read_at: _, ...event } of rows) if (event.position !== null) events.set(event.stream_id, event);
    return { events, read_at: first.read_at };
  }

  readCategory(
    category: string,
    { types, from = "" }: Parameters<EventLog["readCategory"]>[1] = {},
  ): Promise<StoredEvent[]> {
    // From `key-` to before `key.`, the next character: a range of the index, because ids are compared byte by byte.
    return this.#sql<StoredEvent[]>`
      select ${this.#columns}
      from levqor_log.events
      where stream_id >= ${`${category}-${from}`} and stream_id < ${`${category}.`}
        ${types === undefined ? this.#sql`` : this.#sql`and type = any(${types as string[]})`}
      order by stream_id, version`;
  }

  readRange(after: number, limit: number, { max_length }: Pick<ReadLimits, "max_length"> = {}): Promise<StoredEvent[]> {
    // Positions are dense, so the limit is a range of positions: the plan is one index scan, whatever the statistics
    // say.
    if (max_length !== undefined) {
      const rows = this.#sql`
        select * from levqor_log.events
        where position > ${after} and position <= ${after + limit}`;
      return this.#upTo(max_length, rows);
    }
    return this.#sql<StoredEvent[]>`
      select ${this.#columns}
      from levqor_log.events
      where position > ${after} and position <= ${after + limit}
      order by position`;
  }

  /** As many of the events that a query selects as have no more characters of data together; the first in any case. */
  #upTo(max_length: number, rows: PendingQuery<Row[]>): Promise<StoredEvent[]> {
    return this.#sql<StoredEvent[]>`
      select ${this.#columns}
      from (
        select *, row_number() over up_to as nth, sum(length(data::text)) over up_to as sum
        from (${rows}) as events
        window up_to as (order by position rows unbounded preceding)
      ) as events
      where nth = 1 or sum <= ${max_length}
      order by position`;
  }

  async head(): Promise<number> {
    const [row] = await this.#sql<{ position: number }[]>`
      select position from levqor_log.events order by position desc limit 1`;
    return row?.position ?? 0;
  }

  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#appender.close();
    await this.#sql.end({ timeout: 1 });
  }
}

/**
 * A listener that throws ends the process, like any uncaught fault. Not from within the appender: if the process is not
 * ended at once, as while its main module is being run, everybody who appends meanwhile would wait for ever.
 */
function tell<News>(listener: (news: News) => void, news: News): void {
  try {
    listener(news);
  } catch (error) {
    reportError(error);
  }
}
