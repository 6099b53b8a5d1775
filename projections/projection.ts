/**
 * A projection is a read model as data and pure functions: what it reads, its table, and a fold.
 * No I/O, no clock, no randomness: time comes from the event.
 */
import type { EventOf, EventType, KnownEvent } from "../events/mod.ts";

/**
 * Column types a read model may use. Values: `text`, `uuid` and `timestamptz` (RFC 3339, UTC, at most
 * microseconds) are strings, `json` is any JSON value, the others are numbers and booleans.
 */
export type ColumnType = "text" | "uuid" | "int" | "bigint" | "double precision" | "boolean" | "timestamptz" | "json";

export interface Column {
  readonly type: ColumnType;
  /** Whether it may be `null`; by default it may not. */
  readonly nullable?: boolean;
}

/** The event types that a projection reads, or every one. */
export type Reads = readonly EventType[] | "all";

/** The column, or the columns together, that identify a row. */
export type KeyColumns<Row extends object> = (keyof Row & string) | readonly (keyof Row & string)[];

/** An event of the types that a projection reads. */
export type ReadEvent<R extends Reads> = R extends readonly (infer T extends EventType)[] ? EventOf<T> : KnownEvent;

/** A row's key: the key column's value, or an object of the key columns if there are several. */
export type RowKey<Row extends object, Key extends KeyColumns<Row>> = Key extends readonly (infer C extends keyof Row)[]
  ? Readonly<Pick<Row, C>>
  : string;

/** The maximum number of rows that one event may concern: an event with more is poison. */
export const MAX_ROWS_PER_EVENT = 1_000;

/**
 * A read model as data and pure functions; created by {@link defineProjection}.
 *
 * `evolve` always sees a row as Postgres returns it, stored or not: UUIDs in lower case, timestamps without trailing
 * zeros, and U+FFFD in place of what Postgres text cannot represent (U+0000, lone surrogates). A value that does not
 * fit its column is a fault of the fold, and stops the projection as a throw does.
 */
export interface Projection<
  Row extends object = Record<string, unknown>,
  R extends Reads = Reads,
  // biome-ignore lint/suspicious/noExplicitAny: a list of projections has keys of any kind
  Key extends KeyColumns<Row> = any,
> {
  /** Snake case. The table is named `<name>_v<version>`, and a view `<name>` always shows the live version. */
  readonly name: string;
  /** Increase it whenever the columns or the fold change: the new version is built from the log beside the old one. */
  readonly version: number;
  readonly reads: R;
  readonly columns: Readonly<Record<keyof Row & string, Column>>;
  /** `text`, `uuid` or `timestamptz`; if there are several columns, also `int` or `bigint`. */
  readonly key: Key;
  /** What follows `on <table>` in `create index`, for example `(status, position) where status = 'queued'`. */
  readonly indexes?: readonly string[];
  /**
   * The rows that an event concerns, at most {@link MAX_ROWS_PER_EVENT}; duplicates are folded once. Absent: one row
   * per stream, whose key is the stream's id without the category; all types read must then be of one category.
   */
  keysOf?(event: ReadEvent<R>): readonly RowKey<Row, Key>[];
  /**
   * One of the event's rows after the event; `null` if there is none. A deleted row may be created again. Must not
   * change `row` in place. Throws if the event is invalid: then none of the event's rows changes.
   */
  evolve(row: Row | null, event: ReadEvent<R>, key: RowKey<Row, Key>): Row | null;
}

/** Checks a projection's types: `evolve` and `keysOf` see only events of the types that it reads. */
export function defineProjection<
  Row extends object,
  const R extends Reads,
  const Key extends KeyColumns<Row> = KeyColumns<Row>,
>(projection: Projection<Row, R, Key>): Projection<Row, R, Key> {
  return projection;
}
