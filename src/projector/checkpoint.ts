/** Checkpoints of read models: reading them, moving them under a fence, and replacing one version by the next. */
import { inTransaction, type Sql, type Transaction } from "../db/mod.ts";
import { type Poison, type PoisonColumns, withPoison } from "../log/mod.ts";
import type { Changes } from "./fold.ts";
import { type Connection, Table } from "./table.ts";

/** The checkpoint of a version of a read model. */
export interface Checkpoint {
  readonly name: string;
  readonly version: number;
  /** Whether readers see this version. */
  readonly live: boolean;
  /** The last event that the table contains. */
  readonly position: number;
  /** Incremented when a rebuilt table replaces this one. */
  readonly generation: number;
  /** The event at which the fold stopped. */
  readonly poison?: Poison;
}

const SELECT = `select name, version, live, position, generation, poison_position, poison_message
  from levqor_ops.projections`;

/** The indexes of a large read model take minutes. */
const INDEX_TIMEOUT_MS = 10 * 60_000;

/** Every version of the named read models, in order of name and version. */
export async function readCheckpoints(sql: Connection, names: readonly string[]): Promise<Checkpoint[]> {
  const rows: (Omit<Checkpoint, "poison"> & PoisonColumns)[] = await sql.unsafe(
    `${SELECT} where name = any(array(select json_array_elements_text($1::json))) order by name, version`,
    [JSON.stringify(names)],
    { prepare: true },
  );
  return rows.map(withPoison);
}

/** This version's checkpoint; `undefined` if it has never run. */
export async function readCheckpoint(sql: Connection, { projection }: Table): Promise<Checkpoint | undefined> {
  const versions = await readCheckpoints(sql, [projection.name]);
  return versions.find(({ version }) => version === projection.version);
}

/** This version's checkpoint. Throws if the version is not live. */
export async function liveCheckpoint(sql: Connection, table: Table): Promise<Checkpoint> {
  const checkpoint = await readCheckpoint(sql, table);
  if (!checkpoint?.live) throw new Error(`Cannot verify ${table.name}: this version is not live`);
  return checkpoint;
}

/**
 * Creates the version's table and checkpoint if they are missing. The first version of a read model is live at once; a
 * higher one is built beside the live one.
 *
 * @returns the version's checkpoint, or that of a higher live version, which has replaced it
 */
export async function openCheckpoint(sql: Sql, table: Table): Promise<Checkpoint> {
  const { name } = table.projection;
  const known = current(await readCheckpoints(sql, [name]), table);
  if (known) return known;
  return inTransaction(sql, async (transaction) => {
    await lockVersions(transaction, name);
    const versions = await readCheckpoints(transaction, [name]);
    const created = current(versions, table);
    if (created) return created;
    const live = versions.some((checkpoint) => checkpoint.live);
    await table.create(transaction);
    if (!live) {
      await table.createIndexes(transaction);
      await table.show(transaction);
    }
    return insertCheckpoint(transaction, table, { live: !live });
  });
}

/** The version's own checkpoint, or that of a higher one that is live. */
function current(versions: readonly Checkpoint[], { projection }: Table): Checkpoint | undefined {
  const higher = versions.find(({ live, version }) => live && version > projection.version);
  return higher ?? versions.find(({ version }) => version === projection.version);
}

async function insertCheckpoint(sql: Connection, table: Table, { live }: { live: boolean }): Promise<Checkpoint> {
  const { name, version } = table.projection;
  await sql.unsafe("insert into levqor_ops.projections (name, version, live) values ($1, $2, $3)", [
    name,
    version,
    live,
  ]);
  return { name, version, live, position: 0, generation: 0 };
}

/** Lets one process at a time change versions, until the end of the transaction. */
async function lockVersions(sql: Connection, name: string): Promise<void> {
  await sql.unsafe("select pg_advisory_xact_lock(hashtext('levqor_read'), hashtext($1))", [name]);
}

/**
 * Writes a batch's changes and moves the checkpoint, in one statement, if the checkpoint is still where the caller
 * read it. The commit is asynchronous: a crash of Postgres may roll back table and checkpoint together, and the same events
 * are folded again.
 *
 * @returns whether the changes were written; if not, another process has moved the checkpoint
 */
export async function applyChanges(
  sql: Connection,
  table: Table,
  { changes, from }: { changes: Changes; from: Checkpoint },
): Promise<boolean> {
  const { inserted, updated, deleted, position, poison } = changes;
  const { name, version } = table.projection;
  const parameters = [
    deleted.length > 0 ? table.idsJson(deleted) : null,
    name,
    version,
    from.generation,
    from.position,
    position,
    poison?.position ?? null,
    poison?.message ?? null,
    ...table.arrays([...inserted, ...updated]),
  ];
  const rows = { first: 9, when: "moved" };
  const statement = `
    with moved as (
      update levqor_ops.projections
      set position = $6::bigint, poison_position = $7::bigint, poison_message = $8::text, updated_at = now()
      where name = $2::text and version = $3::int and generation = $4::int and position = $5::bigint
        and poison_position is null
      returning set_config('synchronous_commit', 'off', true)
    ), written as (
      ${updated.length > 0 ? table.upsertArrays(rows) : table.insertArrays(rows)}
    ), deleted as (
      ${table.deleteIn("$1")} and exists (select from moved)
    )
    select count(*)::int as moved from moved`;
  const [row] = await sql.unsafe(statement, parameters, { prepare: true });
  return row?.moved === 1;
}

/** Clears a read model's poison at a position, unless another event has stopped it since. */
export async function clearPoison(sql: Sql, { projection: { name, version } }: Table, position: number): Promise<void> {
  await sql.unsafe(
    `update levqor_ops.projections set poison_position = null, poison_message = null, updated_at = now()
     where name = $1::text and version = $2::int and poison_position = $3::bigint`,
    [name, version, position],
  );
}

/**
 * Makes a version that was built beside the live one live, and drops the others.
 *
 * @returns whether it is live now; `false` if a higher version is
 */
export function promote(sql: Sql, table: Table): Promise<boolean> {
  const { name, version } = table.projection;
  const putInPlace = async (transaction: Transaction) => {
    await lockVersions(transaction, name);
    const others = (await readCheckpoints(transaction, [name])).filter((checkpoint) => checkpoint.version !== version);
    if (others.some((checkpoint) => checkpoint.live && checkpoint.version > version)) return false;
    await table.createIndexes(transaction);
    await table.show(transaction);
    await dropVersions(
      transaction,
      table,
      others.filter((checkpoint) => checkpoint.version < version),
    );
    await transaction.unsafe("update levqor_ops.projections set live = true where name = $1 and version = $2", [
      name,
      version,
    ]);
    return true;
  };
  return inTransaction(sql, putInPlace, { answer_timeout_ms: INDEX_TIMEOUT_MS });
}

/** Drops versions of a table's read model. No view may show them. */
async function dropVersions(sql: Connection, table: Table, versions: readonly Checkpoint[]): Promise<void> {
  const { projection } = table;
  for (const { name, version } of versions) {
    await sql.unsafe(`drop table if exists ${new Table({ ...projection, version }).name}`);
    await sql.unsafe("delete from levqor_ops.projections where name = $1 and version = $2", [name, version]);
  }
}

/**
 * Replaces the live table by a rebuilt one and drops every other version. Call it in a transaction: until its end the live
 * table is locked, and readers wait.
 *
 * @returns the position that the table contains
 */
export async function replaceLive(
  sql: Connection,
  options: {
    readonly live: Table;
    readonly rebuilt: Table;
    /** Folds the rebuilt table up to at least a position, in the same transaction. Returns the position it contains. */
    readonly catchUp: (position: number) => Promise<number>;
  },
): Promise<number> {
  const { live, rebuilt, catchUp } = options;
  const { name, version } = live.projection;
  await lockVersions(sql, name);
  // Readers lock the view, then the table; the runner locks the table, then the checkpoint. Any other order here could
  // deadlock with them.
  await sql.unsafe(`drop view if exists levqor_read.${name}`);
  for (const each of await readCheckpoints(sql, [name])) {
    await sql.unsafe(`lock table ${new Table({ ...live.projection, version: each.version }).name}`);
  }
  await sql.unsafe("select 1 from levqor_ops.projections where name = $1 for update", [name]);
  const versions = await readCheckpoints(sql, [name]);
  const mine = versions.find((checkpoint) => checkpoint.version === version);
  const position = await catchUp(mine?.position ?? 0);
  await dropVersions(sql, live, versions);
  await sql.unsafe(`drop table if exists ${live.name}`);
  await sql.unsafe(`alter table ${rebuilt.name} rename to ${name}_v${version}`);
  await live.show(sql);
  await sql.unsafe(
    `insert into levqor_ops.projections (name, version, live, position, generation)
     values ($1, $2, true, $3, $4)`,
    [name, version, position, (mine?.generation ?? 0) + 1],
  );
  return position;
}
