/** What one process at a time does for the vault: it ends keys whose time is over, and replaces master keys. */
import type { Repeating } from "../async/mod.ts";
import { type Sql, type SweepOptions, sweep } from "../db/mod.ts";
import { VaultKeyError } from "./errors.ts";
import type { KeyIdentity, MasterKeys, WrappedKey } from "./master_keys.ts";
import { endingClasses, periodOf, type VaultPeriods } from "./periods.ts";
import type { DestroyedKey } from "./vault.ts";

const RETIRE_BATCH = 500;
const REWRAP_BATCH = 200;
const EVERY_MS = 60_000;

export interface RetireOptions {
  readonly sql: Sql;
  readonly periods: VaultPeriods;
  /**
   * Called with keys that were destroyed because their time was over, again until it resolves: what it does must be the
   * same if it is done twice.
   */
  readonly on_retired: (keys: readonly DestroyedKey[]) => Promise<unknown>;
  /** Ends the pass after a batch. */
  readonly signal?: AbortSignal;
}

/** Destroys all keys whose time is over, in batches, and reports them. Resolves to how many it reported. */
export async function retireKeys({ sql, periods, on_retired, signal }: RetireOptions): Promise<number> {
  let reported = await reportRetired({ sql, on_retired });
  for (const kind of endingClasses) {
    const { kept_for } = periodOf(kind, periods);
    for (let isFull = true; isFull && !signal?.aborted; ) {
      const retired = await sql`
        select key_id from levqor_vault.retire(${kind}, ${kept_for}::interval, ${RETIRE_BATCH})`;
      isFull = retired.length === RETIRE_BATCH;
      if (retired.length > 0) reported += await reportRetired({ sql, on_retired });
    }
  }
  return reported;
}

async function reportRetired({ sql, on_retired }: Pick<RetireOptions, "sql" | "on_retired">): Promise<number> {
  let reported = 0;
  while (true) {
    const keys = await sql<DestroyedKey[]>`
      select key_id, subject, class from levqor_vault.keys where not reported order by key_id limit ${RETIRE_BATCH}`;
    if (keys.length === 0) return reported;
    await on_retired(keys);
    await sql`select levqor_vault.mark_reported(${keys.map(({ key_id }) => key_id)})`;
    reported += keys.length;
  }
}

export interface RewrapOptions {
  readonly sql: Sql;
  readonly master_keys: MasterKeys;
  readonly logger?: { error(fields: object, message: string): void } | undefined;
  /** Ends the pass after a batch. */
  readonly signal?: AbortSignal;
}

/**
 * Wraps all keys with the first master key that are wrapped with another, in batches. A key that cannot be unwrapped is
 * logged, and stays as it is. Resolves to how many were changed.
 */
export async function rewrapKeys({ sql, master_keys, logger, signal }: RewrapOptions): Promise<number> {
  const others = master_keys.ids.slice(1);
  let changed = 0;
  for (let after = ""; others.length > 0 && !signal?.aborted; ) {
    const rows = await sql<(KeyIdentity & WrappedKey)[]>`
      select key_id, subject, class, wrapped, master_key from levqor_vault.keys
      where wrapped is not null and master_key = any(${others as string[]}) and key_id > ${after}
      order by key_id limit ${REWRAP_BATCH}`;
    const last = rows.at(-1);
    if (!last) break;
    after = last.key_id;
    for (const row of rows) {
      try {
        const { wrapped, master_key } = master_keys.rewrap(row, row);
        const [result] = await sql<{ done: boolean }[]>`
          select levqor_vault.rewrap(${row.key_id}, ${row.master_key}, ${wrapped}, ${master_key}) as done`;
        if (result?.done) changed++;
      } catch (error) {
        if (!(error instanceof VaultKeyError)) throw error;
        logger?.error({ err: error }, "Cannot wrap a key of the vault again");
      }
    }
  }
  return changed;
}

/** With which master keys the keys of the vault are wrapped. */
export interface WrappingProgress {
  /** With the first one. */
  readonly current: number;
  /** With others that `VAULT_KEY` has: they are still to be wrapped again. */
  readonly old: number;
  /** With master keys that `VAULT_KEY` does not have, by their ids: nothing sealed with them can be opened. */
  readonly unknown: Readonly<Record<string, number>>;
}

/** Counts all keys: for operators, and at a start. */
export async function wrappingProgress(sql: Sql, { first, ids }: MasterKeys): Promise<WrappingProgress> {
  const rows = await sql<{ master_key: string; count: number }[]>`
    select master_key, count(*) as count from levqor_vault.keys where wrapped is not null group by master_key`;
  const unknown = rows.filter(({ master_key }) => !ids.includes(master_key));
  const counted = (some: typeof rows | typeof unknown) => some.reduce((sum, { count }) => sum + count, 0);
  const current = counted(rows.filter(({ master_key }) => master_key === first));
  return {
    current,
    old: counted(rows) - current - counted(unknown),
    unknown: Object.fromEntries(unknown.map(({ master_key, count }) => [master_key, count])),
  };
}

export type VaultUpkeepOptions = Omit<RetireOptions, "signal"> &
  RewrapOptions &
  Pick<SweepOptions, "holder" | "logger"> & {
    /** Milliseconds between two passes; a minute by default. */
    readonly every_ms?: number;
  };

/** Retires and wraps keys, in one process at a time, until it is stopped. */
export function keepVault({ every_ms = EVERY_MS, holder, logger, ...options }: VaultUpkeepOptions): Repeating {
  return sweep({ sql: options.sql, name: "vault", holder, every_ms, logger, signal: options.signal }, async (held) => {
    await retireKeys({ ...options, signal: held });
    const keys = await rewrapKeys({ ...options, logger, signal: held });
    if (keys > 0) logger?.info({ keys }, "Keys of personal data are wrapped with the first master key now");
  });
}
