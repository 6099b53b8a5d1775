/**
 * Rebuilds a read model from the log: to compare it with the live one, to replace the live one, or to show it as it was at
 * an earlier position. Folds the same events with the same code as the runner.
 */

import type { Projection } from "../../projections/projection.ts";
import { holdLease, inTransaction, type Sql, withSession } from "../db/mod.ts";
import { decodeJson } from "../json/mod.ts";
import type { EventLog } from "../log/mod.ts";
import { liveCheckpoint, replaceLive } from "./checkpoint.ts";
import { type Changes, Folder, MAX_ROWS } from "./fold.ts";
import { skippedPositions } from "./resume.ts";
import { scan } from "./scan.ts";
import { type Connection, type Row, Table } from "./table.ts";

export interface RebuildOptions {
  readonly sql: Sql;
  readonly log: Pick<EventLog, "readRange" | "readStream" | "head">;
  readonly projection: Projection;
  /** Called after each batch with the last position that is contained and the one to reach. */
  readonly on_progress?: (position: number, until: number) => void;
  /** Ends the work with its reason; nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** A row that differs between the tables; `null` where it is missing. */
export interface Difference {
  /** A JSON array where it has several columns. */
  readonly key: string;
  readonly live: Row | null;
  readonly rebuilt: Row | null;
}

export interface Verification {
  readonly name: string;
  readonly version: number;
  /** The position at which both tables were compared. */
  readonly position: number;
  /** Rows of the rebuilt table. */
  readonly rows: number;
  /** How many rows differ. */
  readonly different: number;
  /** The first 100 of them, in order of key. */
  readonly differences: readonly Difference[];
}

/** Maximum number of differences that are reported row by row. */
const MAX_DIFFERENCES = 100;

/** Maximum number of events left to fold while readers wait for the rebuilt table. */
const MAX_REST = 1_000;

/** Parts that are written concurrently, in order: so Postgres is busy while the next one is folded. */
const MAX_WRITES = 2;

/**
 * As many rows as these parts can touch: rows that wait to be written or are being written, deletions included, must still
 * be cached when the next part reads rows from the table.
 */
const CACHED_ROWS = (1 + MAX_WRITES) * MAX_ROWS;

/**
 * Rebuilds a read model and compares it row by row with the live one at the same position: the last events are folded while
 * a snapshot shows the live table unchanged, so nobody waits.
 *
 * Throws if this version of the read model is not live, and at a poison event.
 */
export function verify(options: RebuildOptions): Promise<Verification> {
  const { projection } = options;
  const live = new Table(projection);
  return withShadow(options, "unlogged table", async (table, held) => {
    const { sql } = held;
    const before = await liveCheckpoint(sql, live);
    const build = await Build.open(held, table);
    await build.until(before.position);
    await sql.unsafe(`analyze ${table.name}`);
    const compareAtOnePosition = async (connection: Connection) => {
      const { position } = await liveCheckpoint(connection, live);
      if (position < build.position) {
        throw new Error(`Cannot verify ${live.name}: it went back to position ${position}`);
      }
      await build.until(position, connection);
      return {
        name: projection.name,
        version: projection.version,
        position,
        ...(await compare(connection, { live, rebuilt: table })),
      };
    };
    return await inTransaction(sql, compareAtOnePosition, { isolation: "repeatable read" });
  });
}

/**
 * Rebuilds a read model and replaces the live table by the new one, in one transaction. Clears poison, and skips the events
 * that an operator decided to skip. Makes this version live even if a higher one is: this rolls a deployment back.
 *
 * Throws at a poison event.
 *
 * @returns the position that the table contains
 */
export function rebuild(options: RebuildOptions): Promise<number> {
  const { log, projection } = options;
  const live = new Table(projection);
  return withShadow(options, "table", async (table, held) => {
    const { sql } = held;
    const build = await Build.open(held, table);
    await build.until(await log.head());
    await table.createIndexes(sql);
    for (let head = await log.head(); build.position < head - MAX_REST; head = await log.head())
      await build.until(head);
    return await inTransaction(sql, (connection) =>
      replaceLive(connection, {
        live,
        rebuilt: table,
        catchUp: async (position) => {
          if (position > build.position) await build.until(position, connection);
          return build.position;
        },
      }),
    );
  });
}

/** A read model as it was at a position. */
export interface PastReadModel {
  /** The table with its rows, `levqor_read.<name>_at_<position>`; the caller drops it. */
  readonly table: string;
  readonly rows: number;
}

/** Rebuilds a read model as it was at a position, with today's fold, into a separate table. */
export function rebuildAt(position: number, options: RebuildOptions): Promise<PastReadModel> {
  const { log, projection } = options;
  return withShadow(options, "table", async (table, held) => {
    const { sql } = held;
    const head = await log.head();
    if (position > head) throw new Error(`Cannot rebuild ${projection.name} at ${position}: the log ends at ${head}`);
    const build = await Build.open(held, table);
    await build.until(position);
    await table.createIndexes(sql);
    const name = `${projection.name}_at_${position}`;
    await sql.unsafe(`drop table if exists levqor_read.${name}`);
    await sql.unsafe(`alter table ${table.name} rename to ${name}`);
    return { table: `levqor_read.${name}`, rows: await countRows(sql, `levqor_read.${name}`) };
  });
}

/** How many rows of a past read model are read at once. */
const ROWS_PER_FETCH = 1_000;

/**
 * Shows the rows of a read model as it was at a position, with today's fold, in order of key. They are folded into a
 * temporary table: memory stays bounded, nothing that others see is written or locked, and Postgres drops the table with
 * its session, however this ends.
 *
 * Throws at a poison event, and if the log ends before the position.
 *
 * @returns how many rows there were
 */
export function rowsAt(
  position: number,
  options: RebuildOptions & {
    /** The key of the only row to fold and show, as {@link Table.parseKey} parses it; all by default. */
    readonly key?: string | undefined;
    /** Called with some rows at a time; the next ones are read after it resolves. */
    readonly on_rows: (rows: readonly Row[]) => Promise<void>;
  },
): Promise<number> {
  const { sql, log, projection, key, on_rows, signal } = options;
  return withSession(sql, async (session) => {
    const head = await log.head();
    if (position > head) throw new Error(`Cannot show ${projection.name} at ${position}: the log ends at ${head}`);
    const table = new Table(projection, `pg_temp.${projection.name}_at`);
    const only = key === undefined ? undefined : table.parseKey(key);
    await table.create(session, "temporary table");
    const build = await Build.open({ ...options, sql: session }, table, only);
    await build.until(position, session);
    await session.unsafe("begin read only");
    await session.unsafe(`declare past no scroll cursor for ${table.selectAll()}`);
    let shown = 0;
    while (true) {
      signal?.throwIfAborted();
      const rows = table.decoded([...(await session.unsafe(`fetch ${ROWS_PER_FETCH} from past`))]);
      if (rows.length === 0) return shown;
      shown += rows.length;
      await on_rows(rows);
    }
  });
}

/**
 * Calls `body` with an empty table beside the live one, and drops it afterwards unless it was renamed. One at a time per
 * read model, across all processes: others wait.
 */
async function withShadow<T>(
  options: RebuildOptions,
  kind: "table" | "unlogged table",
  body: (table: Table, options: RebuildOptions) => Promise<T>,
): Promise<T> {
  const { sql, projection, signal = new AbortController().signal } = options;
  const prefix = `${projection.name}_v${projection.version}_rebuilt_`;
  const holder = crypto.randomUUID();
  // A unique name: if the lease is lost, the next holder drops this table, and this process cannot write into that holder's.
  const table = new Table(projection, `levqor_read.${prefix}${holder.slice(0, 8)}`);
  const lease = { sql, name: `rebuild:${projection.name}`, holder, signal };
  const result = await holdLease(lease, async (held) => {
    for (const left of await leftTables(sql, prefix)) await sql.unsafe(`drop table if exists levqor_read.${left}`);
    await table.create(sql, kind);
    try {
      return { value: await body(table, { ...options, signal: held }) };
    } finally {
      await sql.unsafe(`drop table if exists ${table.name}`);
    }
  });
  signal.throwIfAborted();
  return (result as { value: T }).value;
}

/** Tables of rebuilds that were killed. */
async function leftTables(sql: Sql, prefix: string): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'levqor_read'::regnamespace and relkind = 'r' and starts_with(relname, ${prefix})`;
  return rows.map(({ name }) => name);
}

/** The part of changes that is written. */
type Written = Pick<Changes, "inserted" | "updated" | "deleted">;

/** Folds the log into a table. While one batch is written, the next is folded and the one after it read. */
class Build {
  readonly #options: RebuildOptions;
  readonly #table: Table;
  readonly #folder: Folder;
  #connection: Connection;
  #position = 0;
  /**
   * Changes of the last part, not yet written, so that a row that the next part changes too is written once. By key; `row`
   * is `undefined` if it was removed; `stored`: whether it is in the table.
   */
  #pending = new Map<string, { row: Row | undefined; stored: boolean }>();

  /** A build that skips the events that an operator decided to skip. */
  static async open(options: RebuildOptions, table: Table, only?: string): Promise<Build> {
    return new Build(options, { table, only, skipped: await skippedPositions(options.log, options.projection) });
  }

  private constructor(
    options: RebuildOptions,
    { table, only, skipped }: { table: Table; only: string | undefined; skipped: ReadonlySet<number> },
  ) {
    this.#options = options;
    this.#table = table;
    this.#connection = options.sql;
    this.#folder = new Folder(table, {
      load: (keys) => table.load(this.#connection, keys),
      cached_rows: CACHED_ROWS,
      skipped,
      alone: true,
      ...(only !== undefined && { only }),
    });
  }

  /** The last position that the table contains. */
  get position(): number {
    return this.#position;
  }

  /** Folds up to a position; with `transaction`, reads and writes on that connection only. */
  async until(position: number, transaction?: Connection): Promise<void> {
    const { sql } = this.#options;
    this.#connection = transaction ?? sql;
    if (transaction) return this.#run(position, transaction);
    await withSession(sql, async (session) => {
      // Flushed by the commit that puts the table into use.
      await session`set synchronous_commit = off`;
      await this.#run(position, session);
    });
  }

  async #run(position: number, writer: Connection): Promise<void> {
    const { log, signal, on_progress } = this.#options;
    const writes: Promise<unknown>[] = [];
    const write = (settled: Written) => {
      const written = this.#write(writer, settled);
      written.catch(() => {});
      writes.push(written);
    };
    try {
      for await (const events of scan(log, { after: this.#position, until: position, signal })) {
        for (let rest = events; rest.length > 0; ) {
          const changes = await this.#folder.fold(rest);
          const { poison } = changes;
          if (poison) throw new Error(`Cannot rebuild ${this.#table.projection.name}: ${poison.message}`);
          if (writes.length === MAX_WRITES) await writes.shift();
          signal?.throwIfAborted();
          on_progress?.(this.#position, position);
          write(this.#settle(changes));
          changes.commit();
          this.#position = changes.position;
          rest = changes.rest;
        }
      }
      write(this.#settle({ inserted: [], updated: [], deleted: [] }));
    } finally {
      await Promise.all(writes);
    }
    on_progress?.(this.#position, position);
  }

  /** Adds a part's changes to the pending ones; returns the previous part's changes that this part did not touch. */
  #settle({ inserted, updated, deleted }: Written): Written {
    const before = this.#pending;
    this.#pending = new Map();
    const change = (id: string, { row, stored }: { row: Row | undefined; stored: boolean }) => {
      const known = before.get(id)?.stored ?? stored;
      before.delete(id);
      if (row || known) this.#pending.set(id, { row, stored: known });
    };
    for (const row of inserted) change(this.#table.idOf(row), { row, stored: false });
    for (const row of updated) change(this.#table.idOf(row), { row, stored: true });
    for (const id of deleted) change(id, { row: undefined, stored: true });

    const settled: { inserted: Row[]; updated: Row[]; deleted: string[] } = { inserted: [], updated: [], deleted: [] };
    for (const [id, { row, stored }] of before) {
      if (!row) settled.deleted.push(id);
      else if (stored) settled.updated.push(row);
      else settled.inserted.push(row);
    }
    return settled;
  }

  /** Sends all statements at once on one connection, which runs them in this order, before the next ones. */
  #write(writer: Connection, { inserted, updated, deleted }: Written): Promise<unknown> {
    return Promise.all([
      inserted.length > 0 && this.#table.append(writer, inserted),
      updated.length > 0 && this.#table.upsert(writer, updated),
      deleted.length > 0 && this.#table.delete(writer, deleted),
    ]);
  }
}

async function compare(
  sql: Connection,
  { live, rebuilt }: { live: Table; rebuilt: Table },
): Promise<Pick<Verification, "rows" | "different" | "differences">> {
  const { columns } = live.projection;
  const { key } = live;
  const missing = (side: string) => key.map((column) => `${side}.${column} is null`).join(" or ");
  const shown = key.length === 1 ? `${key[0]}::text` : `json_build_array(${key.join(", ")})::text`;
  // Postgres cannot compare values of type json, only their text.
  const values = (side: string) =>
    Object.entries(columns).map(([column, { type }]) => `${side}.${column}${type === "json" ? "::text" : ""}`);
  const rows = await sql.unsafe(
    `select ${shown} as key, row_to_json(l) as live, row_to_json(r) as rebuilt, count(*) over ()::int as different
     from ${live.name} l full join ${rebuilt.name} r using (${key.join(", ")})
     where ${missing("l")} or ${missing("r")} or row(${values("l")}) is distinct from row(${values("r")})
     order by ${key.join(", ")} limit ${MAX_DIFFERENCES}`,
  );
  return {
    rows: await countRows(sql, rebuilt.name),
    different: rows[0]?.different ?? 0,
    differences: rows.map((row) => ({
      key: row.key,
      live: decodeJson<Row | null>(row.live ?? "null"),
      rebuilt: decodeJson<Row | null>(row.rebuilt ?? "null"),
    })),
  };
}

async function countRows(sql: Connection, table: string): Promise<number> {
  const [row] = await sql.unsafe(`select count(*)::int as rows from ${table}`);
  return row?.rows;
}
