/**
 * Limits the number of schedules, pipelines, keys, organisations and workflow limits, in total and per caller: they are counted before
 * one is added.
 */

import type { Caller } from "../../access/mod.ts";
import { CallerTallies, type Count, countRows, type RecordOutcome, Tally } from "../../access/shares/tallies.ts";
import type { Sql } from "../../db/mod.ts";
import type { EventLog } from "../../log/types.ts";
import { ORGS_OF_ONE_USER_MAX, STORED_MAX } from "../limits.ts";
import type { ApiLogger } from "../options.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";
import { onceBuilt } from "./read_model.ts";

/** The read models whose rows are counted, what they are called, and how to reduce them. */
const KINDS = {
  schedules: { what: "schedules exist", yours: "schedules are yours", mend: "delete one that is not needed" },
  pipelines: {
    what: "pipelines exist",
    yours: "pipelines are yours",
    mend: "change one that is not needed (PUT), or submit jobs with their own steps",
  },
  keys: {
    what: "issued keys are valid",
    yours: "valid keys were issued by you",
    mend: "revoke one that is not needed",
  },
  orgs: {
    what: "organisations exist",
    yours: "organisations were created by you",
    mend: "use one that exists",
  },
  workflow_limits: {
    what: "workflows have limits",
    yours: "workflows have limits that you set first",
    mend: "let jobs share a workflow's name",
  },
} as const;

export type StoredKind = keyof typeof KINDS;

export interface StoredThingsOptions {
  readonly sql: Sql;
  readonly log: Pick<EventLog, "readStream">;
  /** {@link STORED_MAX} by default. */
  readonly max?: number | undefined;
  /** The share that one caller may have, from 0 to 1. */
  readonly share: number;
  readonly logger: Pick<ApiLogger, "debug">;
  readonly wait_ms?: number | undefined;
}

interface Adding<Result> {
  readonly caller: Caller;
  /** Its position; `null`: under a name that is certainly new. */
  readonly stream_id: string | null;
  /** Throws a problem if a new one must not be added. */
  readonly check?: () => void;
  readonly record: () => Promise<Result>;
}

/** The counts of one kind. */
interface Tallies {
  readonly all: Tally;
  readonly callers: CallerTallies;
}

export class StoredThings {
  readonly #options: StoredThingsOptions;
  readonly #max: number;
  readonly #tallies: Record<StoredKind, Tallies>;

  constructor(options: StoredThingsOptions) {
    this.#options = options;
    this.#max = options.max ?? STORED_MAX;
    this.#tallies = {
      schedules: this.#talliesOf("schedules"),
      pipelines: this.#talliesOf("pipelines"),
      keys: this.#talliesOf("keys"),
      orgs: this.#talliesOf("orgs"),
      workflow_limits: this.#talliesOf("workflow_limits"),
    };
  }

  #talliesOf(kind: StoredKind): Tallies {
    const { share, logger } = this.#options;
    const callers = new CallerTallies({
      ...(kind === "orgs" ? { max: ORGS_OF_ONE_USER_MAX, share: 1 } : { max: this.#max, share }),
      every_ms: { near: 0, far: 0 },
      count: (charged_to, limit) => this.#count(kind, { limit, charged_to }),
      logger,
    });
    return { all: new Tally(), callers };
  }

  /**
   * Records one that may be new; for an existing one nothing is checked or counted. A single process enforces the limit exactly.
   * Throws the problem `too_many_stored`.
   */
  async add<Result extends RecordOutcome>(
    kind: StoredKind,
    { caller, stream_id, check, record }: Adding<Result>,
  ): Promise<Result> {
    const { log, wait_ms } = this.#options;
    const max = this.#max;
    if (stream_id !== null && (await log.readStream(stream_id, { limit: 1 })).length > 0) return await record();
    check?.();
    const { all, callers } = this.#tallies[kind];
    all.learn(await onceBuilt(() => this.#count(kind, { limit: max }), wait_ms));
    const own = await callers.of(caller);
    const { what, yours, mend } = KINDS[kind];
    if (all.depth >= max) {
      throw new Problem(problems.too_many_stored, `${all.depth} ${what}; the maximum is ${max}: ${mend}.`);
    }
    if (own?.left === 0) {
      const detail = `${own.depth} ${yours}; the maximum for one caller is ${own.max}: ${mend}.`;
      throw new Problem(problems.too_many_stored, detail);
    }
    return await all.enter(() => (own ? own.enter(record) : record()));
  }

  /** Of one caller, or of all. */
  #count(kind: StoredKind, { limit, charged_to }: { limit: number; charged_to?: string }): Promise<Count> {
    const { sql } = this.#options;
    const owned = charged_to === undefined ? sql`` : sql`and charged_to = ${charged_to}`;
    const counted = {
      schedules: sql`levqor_read.schedules where true`,
      pipelines: sql`levqor_read.pipelines where true`,
      keys: sql`levqor_read.keys where revoked_at is null and (expires_at is null or expires_at > now())`,
      orgs: sql`levqor_read.orgs where true`,
      workflow_limits: sql`levqor_read.workflow_limits where true`,
    };
    return countRows(sql, kind, sql`select from ${counted[kind]} ${owned} limit ${limit}`);
  }
}
