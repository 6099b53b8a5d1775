/** Checkpoints of reactions. */
import type { Sql } from "../db/mod.ts";
import { type EventLog, type Poison, type PoisonColumns, withPoison } from "../log/mod.ts";
import type { Reaction } from "./reaction.ts";

export interface Checkpoint {
  readonly name: string;
  readonly version: number;
  readonly position: number;
  readonly poison?: Poison;
}

/** The checkpoints of the named reactions that have ever run. */
export async function readCheckpoints(sql: Sql, names: readonly string[]): Promise<Checkpoint[]> {
  const rows = await sql<(Omit<Checkpoint, "poison"> & PoisonColumns)[]>`
    select name, version, position, poison_position, poison_message
    from levqor_ops.reactions where name = any(${names}::text[])`;
  return rows.map(withPoison);
}

/**
 * Returns a reaction's checkpoint. One that has never run starts where its definition says, with what was recorded after
 * `since` (by default, from now on) or with the first event; a higher version continues, or
 * starts again if its definition says `start`.
 */
export async function openCheckpoint(
  { sql, log, since }: { sql: Sql; log: Pick<EventLog, "head">; since?: number | undefined },
  { name, version, from }: Reaction,
): Promise<Checkpoint> {
  const [known] = await readCheckpoints(sql, [name]);
  if (known && known.version >= version) return known;
  const position = from === "start" ? 0 : (since ?? (await log.head()));
  await sql`
    insert into levqor_ops.reactions as known (name, version, position) values (${name}, ${version}, ${position})
    on conflict (name) do update set version = excluded.version, updated_at = now(),
      position = case when ${from === "start"}::boolean then excluded.position else known.position end
    where known.version < excluded.version`;
  const [opened] = await readCheckpoints(sql, [name]);
  if (!opened) throw new Error(`Cannot start the reaction ${name}: its checkpoint was removed`);
  return opened;
}

/** A move of a reaction's position. */
export interface Move {
  readonly name: string;
  readonly version: number;
  /** The position that it must have, without being stopped. */
  readonly from: number;
  readonly to: number;
}

/** Moves positions, in one statement. Returns the names of the reactions that had the expected position. */
export async function movePositions(sql: Sql, moves: readonly Move[]): Promise<Set<string>> {
  const rows = await sql<{ name: string }[]>`
    update levqor_ops.reactions as known
    set position = move.to_position, updated_at = now()
    from rows from (
      unnest(${moves.map(({ name }) => name)}::text[]), unnest(${moves.map(({ version }) => version)}::bigint[]),
      unnest(${moves.map(({ from }) => from)}::bigint[]), unnest(${moves.map(({ to }) => to)}::bigint[])
    ) as move (name, version, from_position, to_position)
    where known.name = move.name and known.version = move.version and known.position = move.from_position
      and known.poison_position is null
    returning known.name`;
  return new Set(rows.map(({ name }) => name));
}

/** Stops a reaction at an event. Returns whether it had the expected position. */
export async function stopAt(
  sql: Sql,
  { name, version, from, to, poison }: Move & { readonly poison: Poison },
): Promise<boolean> {
  const result = await sql`
    update levqor_ops.reactions
    set position = ${to}, poison_position = ${poison.position}, poison_message = ${poison.message}, updated_at = now()
    where name = ${name} and version = ${version} and position = ${from} and poison_position is null`;
  return result.count === 1;
}

/** Resumes a reaction that is stopped at this event: with it, or after it. */
export async function clearPoison(
  sql: Sql,
  { name, position, skip }: { readonly name: string; readonly position: number; readonly skip: boolean },
): Promise<void> {
  const done = skip ? position : position - 1;
  await sql`
    update levqor_ops.reactions
    set position = ${done}, poison_position = null, poison_message = null, updated_at = now()
    where name = ${name} and poison_position = ${position}`;
}
