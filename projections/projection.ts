/**
 * A projection is a read model as data and pure functions: what it reads, its table, and a fold.
 * No I/O, no clock, no randomness: time comes from the event.
 */
import type { EventType, KnownEvent } from "../events/mod.ts";

/**
 * Column types a read model may use. Values: `text`, `uuid` and `timestamptz` (RFC 3339, UTC, at most
 * microseconds) are strings, `json` is any JSON value, the others are numbers and booleans.
 */
export type ColumnType = "text" | "uuid" | "int" | "bigint" | "double precision" | "boolean" | "timestamptz" | "json";

export interface Column {
  readonly type: ColumnType;
  /** Whether it may hold `null`; it may not by default. */
  readonly nullable?: boolean;
}

/**
 * A read model with one row per key.
 *
 * `evolve` always sees a row as Postgres gives it back, stored or not: UUIDs in lower case, timestamps
 * without trailing zeros, and U+FFFD in place of what Postgres text cannot hold (U+0000, lone surrogates).
 * A value that does not fit its column is a fault of the fold, and stops the projection like a throw.
 */
export interface Projection<Row extends object = Record<string, unknown>> {
  /** Snake case. The table is named `<name>_v<version>`, and a view `<name>` always shows the live version. */
  readonly name: string;
  /** Raise it whenever the columns or the fold change: the new version is built from the log beside the old one. */
  readonly version: number;
  /** The event types it reads, or every one. */
  readonly reads: readonly EventType[] | "all";
  readonly columns: Readonly<Record<keyof Row & string, Column>>;
  /** The column that holds the key. */
  readonly key: keyof Row & string;
  /** What follows `on <table>` in `create index`, for example `(status, position) where status = 'queued'`. */
  readonly indexes?: readonly string[];
  /** Which row an event concerns: the key column's value. `undefined`: none. */
  keyOf(event: KnownEvent): string | undefined;
  /**
   * Whether it is certain that there is no row before an event, so that none is looked for: the first event of a
   * stream of its own.
   */
  isFirstEvent?(event: KnownEvent): boolean;
  /** The row after the event; `null` removes it. Must not change `row` in place. Throws where the event makes no sense. */
  evolve(row: Row | undefined, event: KnownEvent): Row | null;
}
