/** A read model's table: creating, reading and writing it. */

import type { Column, ColumnType, Projection } from "../../projections/projection.ts";
import type { Sql, Transaction } from "../db/mod.ts";
import { decodeJson } from "../json/mod.ts";
import { canonical } from "./columns.ts";

/** A pool or a transaction. */
export type Connection = Sql | Transaction;

/** A row whose columns are all in their canonical form (`columns.ts`). */
export type Row = Record<string, unknown>;

/** A key as projections have it, and its id: the value if it has one column, else JSON. */
export interface Key {
  readonly value: string | Row;
  readonly id: string;
}

export type TableKind = "table" | "unlogged table" | "temporary table";

const SCHEMA = "levqor_read";
const IDENTIFIER = /^[a-z][a-z0-9_]{0,40}$/;
/** The table of a version of a read model, or of a rebuilt copy under another name. */
export class Table {
  readonly projection: Projection;
  /** The qualified name in SQL. */
  readonly name: string;
  readonly #columns: readonly { name: string; type: ColumnType; canonical: (value: unknown) => unknown }[];
  /** The columns of the key. */
  readonly key: readonly string[];
  readonly #keyColumns: readonly { name: string; canonical: (value: unknown) => unknown }[];
  /** The key's column, if it has only one. */
  readonly #onlyKey: { name: string; canonical: (value: unknown) => unknown } | undefined;
  readonly #json: readonly string[];
  readonly #select: string;
  readonly #names: string;
  readonly #onConflict: string;

  /** @param name for a copy; the table of the projection's version by default */
  constructor(projection: Projection, name?: string) {
    const columns = Object.entries(projection.columns);
    for (const identifier of [projection.name, ...columns.map(([column]) => column)]) {
      if (!IDENTIFIER.test(identifier)) throw new Error(`Cannot name a table or column "${identifier}"`);
    }
    this.projection = projection;
    this.name = name ?? `${SCHEMA}.${projection.name}_v${projection.version}`;
    this.#columns = columns.map(([column, declared]) => ({
      name: column,
      type: declared.type,
      canonical: canonical(declared),
    }));
    this.key = typeof projection.key === "string" ? [projection.key] : projection.key;
    this.#keyColumns = this.key.map((column) => {
      const declared = projection.columns[column] as Column;
      if (declared.nullable) throw new Error(`Cannot key ${projection.name} by ${column}: it may be null`);
      return { name: column, canonical: canonical(declared) };
    });
    this.#onlyKey = this.#keyColumns.length === 1 ? this.#keyColumns[0] : undefined;
    this.#json = columns.filter(([, { type }]) => type === "json").map(([column]) => column);
    const names = columns.map(([column]) => column).join(", ");
    const others = columns.filter(([column]) => !this.key.includes(column));
    const set = others.map(([column]) => `${column} = excluded.${column}`).join(", ");
    this.#onConflict = `on conflict (${this.key.join(", ")}) do ${set ? `update set ${set}` : "nothing"}`;
    this.#names = names;
    this.#select = `select ${names} from ${this.name}`;
  }

  /** Creates the table with its primary key, without its other indexes. */
  async create(sql: Connection, kind: TableKind = "table"): Promise<void> {
    const columns = Object.entries(this.projection.columns).map(
      ([column, { type, nullable }]) =>
        // Compares bytes rather than by a language's rules: the same everywhere, and faster.
        `${column} ${type}${type === "text" ? ' collate "C"' : ""}${nullable ? "" : " not null"}`,
    );
    await sql.unsafe(`create ${kind} ${this.name} (${columns.join(", ")}, primary key (${this.key.join(", ")}))`);
  }

  async createIndexes(sql: Connection): Promise<void> {
    for (const index of this.projection.indexes ?? []) await sql.unsafe(`create index on ${this.name} ${index}`);
  }

  /** Makes the view `levqor_read.<name>` show this table. Call it in a transaction. */
  async show(sql: Connection): Promise<void> {
    const view = `${SCHEMA}.${this.projection.name}`;
    // Not "create or replace": a new version may have other columns.
    await sql.unsafe(`drop view if exists ${view}`);
    await sql.unsafe(`create view ${view} as ${this.#select}`);
  }

  /**
   * The canonical form of a projection's key: a text, or an object if it has several columns. Throws `TypeError` if it does
   * not fit its columns.
   */
  canonicalKey(key: unknown): Key {
    if (this.#onlyKey) {
      const value = this.#onlyKey.canonical(key) as string;
      return { value, id: value };
    }
    const value: Row = {};
    for (const { name, canonical } of this.#keyColumns) {
      try {
        value[name] = canonical((key as Row | undefined)?.[name]);
      } catch (error) {
        throw new TypeError(`Key column ${name}: ${(error as Error).message}`, { cause: error });
      }
    }
    return { value, id: this.idOf(value) };
  }

  /** The {@link Key.id} of a row whose columns are in their canonical form. */
  idOf(row: Row): string {
    if (this.#onlyKey) return row[this.#onlyKey.name] as string;
    return JSON.stringify(this.key.map((column) => row[column]));
  }

  /** Parses a key that somebody typed: the column's value, or a JSON array of several. Returns its id; throws `TypeError`. */
  parseKey(text: string): string {
    if (this.key.length === 1) return this.canonicalKey(text).id;
    let values: unknown;
    try {
      values = decodeJson(text);
    } catch {
      // Reported below.
    }
    if (!Array.isArray(values) || values.length !== this.key.length) {
      throw new TypeError(
        `expected a JSON array of ${this.key.join(", ")}, found ${JSON.stringify(text.slice(0, 100))}`,
      );
    }
    const given: unknown[] = values;
    return this.canonicalKey(Object.fromEntries(this.key.map((column, i) => [column, given[i]]))).id;
  }

  /** Ids as a JSON array, for a statement's parameter. */
  idsJson(ids: readonly string[]): string {
    // An id of several columns is JSON already.
    return this.key.length === 1 ? JSON.stringify(ids) : `[${ids.join(",")}]`;
  }

  /** A table expression `k` of the ids in a parameter, and the condition that a row of `alias` has that key. */
  #ids(parameter: string, alias: string): { from: string; where: string } {
    const typed = this.key.map((column) => ({ column, type: this.projection.columns[column]?.type }));
    if (typed.length === 1) {
      const [{ column, type }] = typed as [{ column: string; type: ColumnType }];
      return { from: `json_array_elements_text(${parameter}::json) as k`, where: `${alias}.${column} = k::${type}` };
    }
    const where = typed.map(({ column, type }, i) => `${alias}.${column} = (k->>${i})::${type}`).join(" and ");
    return { from: `json_array_elements(${parameter}::json) as k`, where };
  }

  /** A row that a fold made, in canonical form. Values that are the same as in `before`, which is canonical, are not converted. */
  canonicalRow(row: Row, before: Row | undefined): Row {
    let result = row;
    for (const column of this.#columns) {
      const value = row[column.name];
      if (before !== undefined && Object.is(before[column.name], value)) continue;
      let fit: unknown;
      try {
        fit = column.canonical(value);
      } catch (error) {
        throw new TypeError(`Column ${column.name}: ${(error as Error).message}`, { cause: error });
      }
      if (Object.is(fit, value)) continue;
      if (result === row) result = { ...row };
      result[column.name] = fit;
    }
    return result;
  }

  /** The rows of these keys, by id. */
  async load(sql: Connection, ids: readonly string[]): Promise<Map<string, Row>> {
    const { from, where } = this.#ids("$1", "t");
    // One index look-up per key, even if the table was empty when the statement was planned: then a comparison with an
    // array of keys was planned as a scan of the whole table.
    const statement = `
      select r.* from ${from}
      cross join lateral (${this.#select} t where ${where} limit 1) as r`;
    const rows = this.decoded(await sql.unsafe(statement, [this.idsJson(ids)], { prepare: true }));
    return new Map(rows.map((row) => [this.idOf(row), row]));
  }

  /** Rows as Postgres returned them, their JSON decoded in place. */
  decoded(rows: Row[]): Row[] {
    for (const row of rows) {
      for (const column of this.#json) if (row[column] !== null) row[column] = decodeJson(row[column] as string);
    }
    return rows;
  }

  /** A query of all rows, in order of key. */
  selectAll(): string {
    return `${this.#select} order by ${this.key.join(", ")}`;
  }

  /** Replaces rows, or adds them. */
  async upsert(sql: Connection, rows: readonly Row[]): Promise<void> {
    await sql.unsafe(this.upsertArrays({ first: 1 }), this.arrays(rows), { prepare: true });
  }

  /** Adds rows that are not in the table yet. */
  async append(sql: Connection, rows: readonly Row[]): Promise<void> {
    await sql.unsafe(this.insertArrays({ first: 1 }), this.arrays(rows), { prepare: true });
  }

  async delete(sql: Connection, ids: readonly string[]): Promise<void> {
    await sql.unsafe(this.deleteIn("$1"), [this.idsJson(ids)], { prepare: true });
  }

  /**
   * A statement that replaces or adds the rows whose columns are in the parameters from `$<first>` on, in the form of
   * {@link arrays}, if the table expression `when` has a row. Takes a third less time than rows as JSON.
   */
  upsertArrays(options: { first: number; when?: string }): string {
    return `${this.insertArrays(options)} ${this.#onConflict}`;
  }

  /** The same for rows that are not in the table yet, in a fifth less time. Fails if one is. */
  insertArrays({ first, when }: { first: number; when?: string }): string {
    const arrays = this.#columns.map(({ type }, i) => `$${first + i}::text::${type}[]`);
    const from = `${when ? `${when}, ` : ""}unnest(${arrays.join(", ")}) as u`;
    return `insert into ${this.name} (${this.#names}) select u.* from ${from}`;
  }

  /** Each column of the rows as an array in Postgres' syntax; `null` for a column without values, or if there are no rows. */
  arrays(rows: readonly Row[]): (string | null)[] {
    return this.#columns.map(({ name, type }) => {
      if (rows.every((row) => row[name] === null)) return null;
      const quoted = type === "text" || type === "json";
      const values = rows.map((row) => {
        const value = row[name];
        if (value === null) return "NULL";
        return quoted ? quote(type === "json" ? JSON.stringify(value) : (value as string)) : value;
      });
      return `{${values.join(",")}}`;
    });
  }

  /** A statement that removes the rows whose ids are in a parameter, in the form of {@link idsJson}. */
  deleteIn(parameter: string): string {
    const { from, where } = this.#ids(parameter, "r");
    // One index look-up per key, as in load.
    return `delete from ${this.name} where ctid = any(array(
      select (select r.ctid from ${this.name} r where ${where} limit 1)
      from ${from}))`;
  }
}

function quote(value: string): string {
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}
