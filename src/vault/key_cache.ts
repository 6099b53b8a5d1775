/**
 * The keys that this process uses: created, unwrapped and kept in memory for as long as it is certain that they exist.
 *
 * A key that is destroyed must be used nowhere a second later. So a process may use what it has cached for
 * {@link FRESH_MS} after it last asked which keys were destroyed, by its own monotonic clock from **before** it asked;
 * then it has to ask again. Whoever destroys keys waits for {@link FORGOTTEN_MS} and knows that every process has asked,
 * or can use no key. The price is a query every {@link REFRESH_MS} per process while keys are used, which nobody waits
 * for, and none while they are not: after a second without use all keys are forgotten.
 *
 * As with leases, this fails if the machine sleeps, which stops its monotonic clock, between the answer and the use.
 */
import { randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Sql } from "../db/mod.ts";
import { VaultKeyError, VaultUnavailableError } from "./errors.ts";
import { gathered } from "./gathered.ts";
import type { MasterKeys } from "./master_keys.ts";
import { type KeyClass, sealsFor, type VaultPeriods } from "./periods.ts";

const REFRESH_MS = 400;
const FRESH_MS = 900;
/** A tenth more than a process may use a key unasked: clocks do not differ by so much. */
export const FORGOTTEN_MS = 1_000;
/** How long somebody waits for an answer in time before there is an error. */
const PATIENCE_MS = 5_000;
/** So many of each: a key takes about 300 bytes. */
const MAX_CACHED = 10_000;
/** More destroyed keys at once are not looked for one by one. */
const MAX_HEARD = 1_000;
const KEY_ID_BYTES = 16;

/** A key that exists. */
export interface LiveKey {
  readonly key_id: string;
  readonly subject: string;
  readonly class: KeyClass;
  readonly bytes: Uint8Array;
}

/** What seals for a subject: a key, or nothing any more, since it was erased. */
export type Sealing = LiveKey | { readonly key_id: string; readonly erased: true };

/** What is known of a key: it exists, it was destroyed, or it cannot be used, and why. */
export type KeyState = LiveKey | "destroyed" | VaultKeyError;

interface Row {
  readonly key_id: string;
  readonly wrapped: Uint8Array | null;
  readonly master_key: string | null;
}

interface Owner {
  readonly subject: string;
  readonly class: KeyClass;
}

/** In one text. */
function nameOf({ subject, class: kind }: Owner): string {
  return `${kind}\0${subject}`;
}

function ownerOf(name: string): Owner {
  const [kind = "", subject = ""] = name.split("\0");
  return { subject, class: kind as KeyClass };
}

export interface KeyCacheOptions {
  readonly sql: Sql;
  readonly master_keys: MasterKeys;
  readonly periods: VaultPeriods;
}

export class KeyCache {
  readonly #sql: Sql;
  readonly #masterKeys: MasterKeys;
  readonly #periods: VaultPeriods;
  /** By id. That a key was destroyed stays true. */
  readonly #keys = new LRUCache<string, LiveKey | "destroyed">({ max: MAX_CACHED });
  /** By class and subject. */
  readonly #sealing = new LRUCache<string, { readonly sealing: Sealing; readonly until: number }>({ max: MAX_CACHED });
  readonly #load = gathered((ids) => this.#fetch(ids));
  readonly #taking = gathered((names) => this.#take(names));
  /** The number of the last destruction heard of; -1 at the beginning. */
  #heard = -1;
  /** When the last answered question was asked. */
  #asked_at = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  #forgetting: Timer | undefined;

  constructor({ sql, master_keys, periods }: KeyCacheOptions) {
    this.#sql = sql;
    this.#masterKeys = master_keys;
    this.#periods = periods;
  }

  /** What seals for a subject now; a key is created if there is none. To be used at once. */
  async sealing(subject: string, kind: KeyClass): Promise<Sealing> {
    const name = nameOf({ subject, class: kind });
    return await this.#untilCertain(
      () => {
        const known = this.#sealing.get(name);
        return known && known.until > performance.now() ? known.sealing : undefined;
      },
      async () => {
        const fault = await this.#taking(name);
        if (fault) throw fault;
      },
    );
  }

  /** The states of keys now, by id. To be used at once. */
  async states(ids: readonly string[]): Promise<ReadonlyMap<string, KeyState>> {
    const faults = new Map<string, VaultKeyError>();
    return await this.#untilCertain(
      () => {
        const states = new Map<string, KeyState>();
        for (const id of ids) {
          const state = this.#keys.get(id) ?? faults.get(id);
          if (state === undefined) return undefined;
          states.set(id, state);
        }
        return states;
      },
      async () => {
        const missing = ids.filter((id) => !this.#keys.has(id) && !faults.has(id));
        const loaded = await Promise.all(missing.map(this.#load));
        for (const [index, fault] of loaded.entries()) if (fault) faults.set(missing[index] as string, fault);
      },
    );
  }

  /** Forgets keys that were destroyed. */
  forget(ids: readonly string[]): void {
    for (const id of ids) {
      const key = this.#keys.get(id);
      this.#keys.set(id, "destroyed");
      if (typeof key === "object") this.#sealing.delete(nameOf(key));
    }
  }

  /** Forgets all keys. */
  close(): void {
    clearTimeout(this.#forgetting);
    this.#forgetAll();
  }

  /** What is known, at a time when it is certain; `load` is called until it is. */
  async #untilCertain<Known>(known: () => Known | undefined, load: () => Promise<unknown>): Promise<Known> {
    const start = performance.now();
    while (true) {
      const age = performance.now() - this.#asked_at;
      if (age >= REFRESH_MS) {
        this.#asking ??= this.#ask().finally(() => {
          this.#asking = undefined;
        });
        if (age >= FRESH_MS) await this.#asking;
        else this.#asking.catch(() => {});
      }
      if (performance.now() - this.#asked_at < FRESH_MS) {
        const found = known();
        if (found !== undefined) return found;
        await load();
      }
      if (performance.now() - start > PATIENCE_MS) {
        throw new VaultUnavailableError(`Cannot use the vault: its database takes over ${FRESH_MS} ms to answer`);
      }
    }
  }

  /** Asks which keys were destroyed since it last did, and forgets them. */
  async #ask(): Promise<void> {
    const asked_at = performance.now();
    const after = this.#heard;
    const rows = await this.#sql<{ latest: number; key_id: string | null }[]>`
      select latest, destroyed.key_id from (
        select coalesce(max(destruction), 0) as latest from levqor_vault.keys where destruction is not null
      ) as newest left join lateral (
        select key_id from levqor_vault.keys where ${after}::bigint >= 0 and destruction > ${after}::bigint
        limit ${MAX_HEARD + 1}
      ) as destroyed on true`;
    const { latest = 0 } = rows[0] ?? {};
    const destroyed = rows.flatMap(({ key_id }) => key_id ?? []);
    // Fewer than before: the database was restored.
    if (destroyed.length > MAX_HEARD || latest < after) this.#forgetAll();
    else this.forget(destroyed);
    this.#heard = latest;
    this.#asked_at = asked_at;
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => this.#forgetAll(), asked_at + FORGOTTEN_MS - performance.now());
    this.#forgetting.unref();
  }

  #forgetAll(): void {
    this.#keys.clear();
    this.#sealing.clear();
  }

  /** Loads keys by id. Resolves to what is wrong with each that cannot be used. */
  async #fetch(ids: readonly string[]): Promise<ReadonlyMap<string, VaultKeyError>> {
    const heard = this.#heard;
    const rows = await this.#sql<(Row & { subject: string; class: KeyClass })[]>`
      select key_id, subject, class, wrapped, master_key from levqor_vault.keys where key_id = any(${ids as string[]})`;
    const faults = new Map(
      ids.map((key_id) => [key_id, new VaultKeyError(`Cannot use the key ${key_id}: the vault does not have it`)]),
    );
    for (const row of rows) {
      faults.delete(row.key_id);
      try {
        this.#keep(row, { owner: row, heard });
      } catch (error) {
        if (!(error instanceof VaultKeyError)) throw error;
        faults.set(row.key_id, error);
      }
    }
    return faults;
  }

  /** Loads what seals for subjects, by {@link nameOf}; new keys are created in one commit. Resolves to what is wrong with each that has no usable key. */
  async #take(names: readonly string[]): Promise<ReadonlyMap<string, VaultKeyError>> {
    const faults = new Map<string, VaultKeyError>();
    const owners = names.map(ownerOf);
    await Promise.all(
      [...new Set(owners.map((owner) => owner.class))].map(async (kind) => {
        const subjects = owners.filter((owner) => owner.class === kind).map(({ subject }) => subject);
        await this.#takeClass(kind, { subjects, faults });
      }),
    );
    return faults;
  }

  async #takeClass(
    kind: KeyClass,
    { subjects, faults }: { subjects: readonly string[]; faults: Map<string, VaultKeyError> },
  ): Promise<void> {
    const heard = this.#heard;
    const at = performance.now();
    const seals_for = sealsFor(kind, this.#periods);
    // A key of each, in case there is none, in the same order everywhere, to prevent deadlocks.
    const wanted = subjects.toSorted().map((subject) => {
      const key_id = randomBytes(KEY_ID_BYTES).toString("base64url");
      const { wrapped, master_key } = this.#masterKeys.create({ key_id, subject, class: kind });
      return { subject, key_id, wrapped: Buffer.from(wrapped).toString("hex"), master_key };
    });
    const column = (name: keyof (typeof wanted)[number]) => wanted.map((one) => one[name]);
    const rows = await this.#sql<(Row & { subject: string; left_ms: number | null })[]>`
      select wanted.subject, taken.key_id, taken.wrapped, taken.master_key,
        1000 * extract(epoch from taken.created_at + ${seals_for}::interval - clock_timestamp())::float8 as left_ms
      from unnest(${column("subject")}::text[], ${column("key_id")}::text[], ${column("wrapped")}::text[],
        ${column("master_key")}::text[]) as wanted (subject, key_id, wrapped, master_key)
      cross join lateral levqor_vault.take_key(wanted.subject, ${kind}, wanted.key_id, decode(wanted.wrapped, 'hex'),
        wanted.master_key, ${seals_for}::interval) as taken`;
    for (const row of rows) {
      const { subject } = row;
      const owner = { subject, class: kind };
      try {
        const key = this.#keep(row, { owner, heard });
        if (key === "destroyed") {
          const sealing = { key_id: row.key_id, erased: true } as const;
          this.#sealing.set(nameOf(owner), { sealing, until: Number.POSITIVE_INFINITY });
        } else if (key) {
          this.#sealing.set(nameOf(owner), { sealing: key, until: at + (row.left_ms ?? Number.POSITIVE_INFINITY) });
        }
      } catch (error) {
        if (!(error instanceof VaultKeyError)) throw error;
        faults.set(nameOf(owner), error);
      }
    }
  }

  /** Caches a key as it was read, unless keys have been destroyed since. */
  #keep(
    { key_id, wrapped, master_key }: Row,
    { owner, heard }: { owner: { subject: string; class: KeyClass }; heard: number },
  ): LiveKey | "destroyed" | undefined {
    const identity = { key_id, subject: owner.subject, class: owner.class };
    const key =
      wrapped === null || master_key === null
        ? "destroyed"
        : { ...identity, bytes: this.#masterKeys.unwrap({ wrapped, master_key }, identity) };
    if (this.#heard !== heard) return undefined;
    this.#keys.set(key_id, key);
    return key;
  }
}
