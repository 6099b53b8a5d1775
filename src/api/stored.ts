/** How many schedules, pipelines, keys and limits of workflows there may be: a count is asked for before one is added. */
import type { Sql } from "../db/mod.ts";
import type { EventLog } from "../log/types.ts";
import { STORED_MAX } from "./limits.ts";
import { Problem } from "./problems.ts";
import { onceBuilt } from "./read_model.ts";
import { type Count, type Recorded, Tally } from "./tallies.ts";

/** The read models whose rows are counted, what they are called, and how there are fewer. */
const KINDS = {
  schedules: { what: "schedules are stored", mend: "delete one that is not needed" },
  pipelines: {
    what: "pipelines are stored",
    mend: "change one that is not needed (PUT), or run steps of the job's own",
  },
  keys: { what: "issued keys hold", mend: "revoke one that is not needed" },
  workflow_limits: { what: "workflows have limits settled", mend: "let jobs share a workflow's name" },
} as const;

export type StoredKind = keyof typeof KINDS;

export interface StoredThingsOptions {
  readonly sql: Sql;
  readonly log: Pick<EventLog, "readStream">;
  /** {@link STORED_MAX} by default. */
  readonly max?: number | undefined;
  readonly wait_ms?: number | undefined;
}

interface Adding<Result> {
  /** Where it is recorded; `null`: under a name that is new for certain. */
  readonly stream_id: string | null;
  readonly record: () => Promise<Result>;
}

export class StoredThings {
  readonly #options: StoredThingsOptions;
  readonly #tallies: Record<StoredKind, Tally> = {
    schedules: new Tally(),
    pipelines: new Tally(),
    keys: new Tally(),
    workflow_limits: new Tally(),
  };

  constructor(options: StoredThingsOptions) {
    this.#options = options;
  }

  /**
   * Records one that may be new; of one that is there already nothing is asked. A single process keeps to the limit exactly.
   * Throws the problem `too_many_stored`.
   */
  async add<Result extends Recorded>(kind: StoredKind, { stream_id, record }: Adding<Result>): Promise<Result> {
    const { log, wait_ms, max = STORED_MAX } = this.#options;
    if (stream_id !== null && (await log.readStream(stream_id, { limit: 1 })).length > 0) return await record();
    const tally = this.#tallies[kind];
    tally.learn(await onceBuilt(() => this.#count(kind, max), wait_ms));
    if (tally.depth >= max) {
      const { what, mend } = KINDS[kind];
      throw new Problem("too_many_stored", `${tally.depth} ${what}, and at most ${max} may: ${mend}.`);
    }
    return await tally.enter(record);
  }

  async #count(kind: StoredKind, limit: number): Promise<Count> {
    const { sql } = this.#options;
    const counted = {
      schedules: sql`levqor_read.schedules`,
      pipelines: sql`levqor_read.pipelines`,
      keys: sql`levqor_read.keys where revoked_at is null and (expires_at is null or expires_at > now())`,
      workflow_limits: sql`levqor_read.workflow_limits`,
    };
    const [row] = await sql<[Count]>`
      select
        (select position from levqor_ops.projections where name = ${kind} and live) as position,
        (select count(*)::int from (
          select from ${counted[kind]} limit ${limit}) as stored) as count`;
    return row;
  }
}
