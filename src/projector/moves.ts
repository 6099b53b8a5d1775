/**
 * Moves the checkpoints of read models that a batch of events did not change. Most events change two or three read models, and
 * all others follow: those that ask within a turn of the event loop move in one statement.
 */
import type { Sql } from "../db/mod.ts";
import type { Checkpoint } from "./checkpoint.ts";

interface Move extends Pick<Checkpoint, "name" | "version" | "generation"> {
  /** Where it was read. */
  readonly from: number;
  readonly position: number;
}

interface Asked {
  readonly move: Move;
  readonly moved: PromiseWithResolvers<boolean>;
}

/**
 * A row that somebody else has locked, such as a rebuild that replaces the table, is skipped: the others need not wait for it.
 * Like other changes of a checkpoint, this commits asynchronously.
 */
const STATEMENT = `
  with free as (
    select name, version, asked.position
    from levqor_ops.projections
    join json_to_recordset($1::text::json)
      as asked (name text, version int, generation int, "from" bigint, position bigint) using (name, version)
    where projections.generation = asked.generation and projections.position = asked."from" and poison_position is null
    for update of projections skip locked
  )
  update levqor_ops.projections set position = free.position, updated_at = now()
  from free where projections.name = free.name and projections.version = free.version
  returning projections.name, projections.version, set_config('synchronous_commit', 'off', true)`;

export class CheckpointMoves {
  readonly #sql: Sql;
  #asked: Asked[] = [];
  #moving = false;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Moves a checkpoint to a position if it is still where the caller read it and nobody has locked it. Rejects if the database
   * cannot be reached.
   *
   * @returns whether it was moved
   */
  move({ name, version, generation, position: from }: Checkpoint, position: number): Promise<boolean> {
    const moved = Promise.withResolvers<boolean>();
    this.#asked.push({ move: { name, version, generation, from, position }, moved });
    if (!this.#moving) void this.#moveAll();
    return moved.promise;
  }

  async #moveAll(): Promise<void> {
    this.#moving = true;
    while (this.#asked.length > 0) {
      // The other read models have been given the same events, and are about to ask.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#moveTogether(this.#asked.splice(0));
    }
    this.#moving = false;
  }

  async #moveTogether(asked: readonly Asked[]): Promise<void> {
    try {
      const rows = await this.#sql.unsafe<Pick<Move, "name" | "version">[]>(
        STATEMENT,
        [JSON.stringify(asked.map(({ move }) => move))],
        { prepare: true },
      );
      const done = new Set(rows.map(({ name, version }) => `${name}_v${version}`));
      for (const { move, moved } of asked) moved.resolve(done.has(`${move.name}_v${move.version}`));
    } catch (error) {
      for (const { moved } of asked) moved.reject(error);
    }
  }
}
