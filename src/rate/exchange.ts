/**
 * What the processes tell each other: how many requests each admitted of a scope in a slot. Counts are added up, so no
 * request waits for anybody: a process reports what changed and reads the others' counts of the same scopes, all in one
 * statement, {@link EVERY_MS} after the previous one or at once; and once more in the next round, because simultaneous
 * reports were missed. If nothing changes, there are no queries.
 *
 * Each process writes its own rows and always reports the whole count, so that a statement may be repeated if its
 * response was lost, and none waits for another's lock. The table is unlogged: a crash of Postgres discards at most a
 * minute. All processes number slots by the database's clock, which each asks for before it reports anything. While the
 * database is down each process continues alone, and reports the rest when it is back.
 */

import { hash } from "node:crypto";
import { every, Outage, type Repeating } from "../async/mod.ts";
import type { Sql } from "../db/mod.ts";
import { decodeJson } from "../json/mod.ts";
import { oldestSlot, SLOT_MS, slotAt, type Usage, WINDOW_MS } from "./usage.ts";

const EVERY_MS = 100;
/** After a fault. */
const RETRY_FIRST_MS = 250;
/** Scopes per statement, so that each is short: under 30 ms. The rest waits for the next round. */
const SCOPES_MAX = 2_000;
/** How many scopes may wait to be reported while the database is down; the rest is reported when it next changes. */
const WAITING_MAX = 20_000;
/** How long after they were written rows are deleted: when none of them counts any more. */
const SWEEP_MS = WINDOW_MS + 2 * SLOT_MS;
const KEPT_SLOTS = WINDOW_MS / SLOT_MS + 1;
/** A clock that differs from the database's by less is good enough. */
const CLOCK_TOLERANCE_MS = 500;

/** One scope of a policy. */
export interface Scope {
  readonly policy: string;
  /** An address, or a caller's identity. */
  readonly name: string;
  readonly usage: Usage;
  /** Its name in other processes. */
  key?: string;
  /** The clock correction when it was last counted. */
  base_ms: number;
  /** The first slot that may have changed since the last report. */
  told_slot: number;
  /** How many times it was refused here in its latest slot with a refusal. */
  refused: number;
  refused_slot: number;
}

export interface ExchangeLogger {
  warn(fields: object, message: string): void;
  info(message: string): void;
}

export interface ExchangeOptions {
  /** Its statements must fail within a second or two; see `connect`. */
  readonly sql: Sql;
  /** Identifies this process among the others; new at each start. */
  readonly instance: string;
  readonly logger: ExchangeLogger;
  /** The process's. */
  readonly clock?: Pick<Performance, "now" | "timeOrigin">;
}

export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #outage: Outage;
  readonly #changed = new Set<Scope>();
  /** What was reported in the last round. */
  #again: readonly Scope[] = [];
  #salt: string | undefined;
  readonly #clock: Pick<Performance, "now" | "timeOrigin">;
  /** Makes the clock's `now()` the database's time; the process's own until that is known. */
  #base_ms: number;
  /** By `performance.now()`. */
  #next_ms = 0;
  #timer: Timer | undefined;
  #round: Promise<void> | undefined;
  readonly #sweeping: Repeating;
  /** How many passes delete all that is here now: at first rows of processes that no longer exist. */
  #passes = 1;
  #stopped = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#clock = options.clock ?? performance;
    this.#base_ms = this.#clock.timeOrigin;
    const { logger } = options;
    this.#outage = new Outage({
      first_ms: RETRY_FIRST_MS,
      on_fault: (error) => {
        if (this.#stopped) return;
        logger.warn({ err: error }, "Cannot exchange rate limits: this process limits by itself");
      },
      on_recovery: () => logger.info("Rate limits are exchanged again"),
    });
    // Without a lease, which would cost a query every second, even when there is nothing to exchange.
    // Its faults are those of the connection, which the exchange reports.
    this.#sweeping = every(SWEEP_MS, () => this.#sweep(), { on_fault: () => {} });
  }

  /** Unix milliseconds by the database's clock, as far as it is known: all processes must number slots alike. */
  now(): number {
    return this.#clock.now() + this.#base_ms;
  }

  /** The correction that makes the clock the database's, as far as it is known. */
  get base_ms(): number {
    return this.#base_ms;
  }

  /**
   * What a scope has used, by the current time: what was counted before the clock was known to be wrong, or before the
   * database's was set, moves along. A step of less than half a slot is ignored.
   */
  usageOf(scope: Scope): Usage {
    if (scope.base_ms === this.#base_ms) return scope.usage;
    const slots = Math.round((this.#base_ms - scope.base_ms) / SLOT_MS);
    scope.base_ms = this.#base_ms;
    if (slots !== 0) {
      scope.usage.shift(slots);
      scope.told_slot = 0;
      this.changed(scope);
    }
    return scope.usage;
  }

  /** Schedules a report of a scope. */
  changed(scope: Scope): void {
    if (this.#changed.size < WAITING_MAX) this.#changed.add(scope);
    this.#wake();
  }

  /** Reports the rest, and ends. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await Promise.all([this.#sweeping.stop(), this.#round]);
    if (this.#changed.size > 0 && !this.#outage.isOn) await this.#run();
  }

  #wake(): void {
    if (this.#timer !== undefined || this.#round !== undefined || this.#stopped) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#round = this.#run().finally(() => {
          this.#round = undefined;
          if (this.#changed.size > 0 || this.#again.length > 0) this.#wake();
        });
      },
      Math.max(0, this.#next_ms - performance.now()),
    );
  }

  async #run(): Promise<void> {
    const changed = [...this.#changed.values().take(SCOPES_MAX)];
    for (const scope of changed) this.#changed.delete(scope);
    const started = performance.now();
    this.#next_ms = started + EVERY_MS;
    try {
      await this.#exchange(changed, new Set([...changed, ...this.#again]));
      this.#again = changed;
      this.#outage.worked();
    } catch (error) {
      for (const scope of changed) this.#changed.add(scope);
      this.#next_ms = performance.now() + this.#outage.failed(error);
    }
  }

  /** Reports what changed, and reads what the others reported of the requested scopes. */
  async #exchange(changed: readonly Scope[], asked: ReadonlySet<Scope>): Promise<void> {
    const { sql, instance } = this.#options;
    await this.#begin();
    const byKey = new Map([...asked].map((scope) => [this.#keyOf(scope), scope]));
    const now = this.now();
    const scopes: string[] = [];
    const slots: number[] = [];
    const counts: number[] = [];
    for (const scope of changed) {
      for (const [slot, count] of this.usageOf(scope).own(now)) {
        if (slot < scope.told_slot) continue;
        scopes.push(this.#keyOf(scope));
        slots.push(slot);
        counts.push(count);
      }
    }
    const sent = this.#clock.now();
    const [row] = await sql<[{ now_ms: number; others: string }]>`
      with told as (
        insert into levqor_ops.rate_counts as known (scope, slot, instance, count)
        select scope, slot, ${instance}, count
        from unnest(${scopes}::text[], ${slots}::bigint[], ${counts}::bigint[]) as admitted (scope, slot, count)
        on conflict (scope, slot, instance) do update set count = excluded.count
      )
      select
        (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms,
        (select coalesce(json_agg(json_build_array(scope, slot, count)), '[]') from (
          select scope, slot, sum(count) as count from levqor_ops.rate_counts
          where scope = any(${[...byKey.keys()]}::text[]) and slot >= ${oldestSlot(slotAt(now))} and instance <> ${instance}
          group by scope, slot) as heard) as others`;
    for (const scope of changed) scope.told_slot = slotAt(now);
    this.#setClock(row.now_ms, sent);
    const told = Map.groupBy(decodeJson<[key: string, slot: number, count: number][]>(row.others), ([key]) => key);
    for (const [key, scope] of byKey) {
      this.usageOf(scope).learn(
        this.now(),
        (told.get(key) ?? []).map(([, slot, count]) => [slot, count]),
      );
    }
    // The next pass may come too early for these rows; the one after it does not.
    if (scopes.length > 0) this.#passes = 2;
  }

  /**
   * Before anything is reported, the time must be known: a report from the future would count until that time has come.
   */
  async #begin(): Promise<void> {
    if (this.#salt !== undefined) return;
    const sent = this.#clock.now();
    const [row] = await this.#options.sql<[{ salt: string; now_ms: number }]>`
      select salt::text, (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms from levqor_ops.rate_salt`;
    this.#salt = row.salt;
    this.#setClock(row.now_ms, sent);
  }

  /** No table contains an address or a caller: only a hash that nobody can compute without the database's salt. */
  #keyOf(scope: Scope): string {
    scope.key ??= hash("sha256", `${this.#salt}\0${scope.policy}\0${scope.name}`, "base64url").slice(0, 22);
    return scope.key;
  }

  #setClock(database_ms: number, sent: number): void {
    const base_ms = database_ms - (sent + this.#clock.now()) / 2;
    if (Math.abs(base_ms - this.#base_ms) > CLOCK_TOLERANCE_MS) this.#base_ms = base_ms;
  }

  async #sweep(): Promise<void> {
    if (this.#passes === 0) return;
    this.#passes--;
    try {
      // By the database's own clock, which need not be known here yet.
      await this.#options.sql`
        delete from levqor_ops.rate_counts as known
        using (select floor(extract(epoch from now()) * 1000 / ${SLOT_MS}::int)::bigint as slot) as present
        where known.slot < present.slot - ${KEPT_SLOTS}::int or known.slot > present.slot + 1`;
    } catch (error) {
      this.#passes++;
      throw error;
    }
  }
}
