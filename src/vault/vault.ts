/**
 * The vault: keys of persons, outside the log, with which the personal parts of events are sealed before they are
 * recorded, and opened when somebody may read them.
 *
 * - **subject**: whose data it is, for example `user:<id>`: of visible ASCII, and itself not personal.
 * - **class**: what data is kept for. A subject has keys in each class; retention is the end of a key.
 * - **sealed**: encrypted with a key of the subject, for one place: it opens in no other event and no other part.
 * - **erased**: its key was destroyed. For a subject that is erased in a class, there is never a key in it again, so what
 *   is still running for it leaves nothing readable.
 */

import { LRUCache } from "lru-cache";
import { eventId } from "../../events/envelope.ts";
import { type PersonalClass, replaceParts, Sealed, sealedText } from "../../events/personal.ts";
import { pause } from "../async/mod.ts";
import type { Sql } from "../db/mod.ts";
import { BlindIndex, type BlindValue, type Claim } from "./blind_index.ts";
import { SealedValueError, VaultKeyError } from "./errors.ts";
import { gathered } from "./gathered.ts";
import { FORGOTTEN_MS, KeyCache, type KeyState } from "./key_cache.ts";
import type { MasterKeys } from "./master_keys.ts";
import type { VaultPeriods } from "./periods.ts";
import { openText, parseSealedText, type SealedText, sealText } from "./sealed_text.ts";

const SUBJECT = /^[a-z][a-z_]{0,31}:[!-~]{1,300}$/;
/** More are destroyed in several transactions. */
const MAX_SUBJECTS = 500;
/** Uses of evidence are noted once a day. */
const NOTE_MS = 24 * 60 * 60 * 1_000;
const MAX_NOTED = 10_000;

/** An event's place in the log, which is known before it is recorded. */
export interface EventPlace {
  readonly stream_id: string;
  readonly version: number;
}

export interface SealOptions {
  readonly event: EventPlace;
  /** Those of one class: `personalPointers(schema, { kept_as: "trace" })`. */
  readonly pointers: readonly string[];
  readonly subject: string;
  readonly class: PersonalClass;
}

export interface SealedData {
  readonly data: unknown;
  /** The subject had been erased: the parts are sealed without their values, and open as erased. */
  readonly erased: boolean;
  /** The key of the parts; absent if there were none, or the subject was erased. */
  readonly key_id?: string;
}

export interface OpenOptions {
  readonly event: EventPlace;
  /** Those of all classes: `personalPointers(schema)`. */
  readonly pointers: readonly string[];
}

export interface OpenedData {
  readonly data: unknown;
  /** JSON pointers to the parts that were erased, which are `null`. */
  readonly erased: readonly string[];
}

/** A key that was destroyed. */
export interface DestroyedKey {
  readonly key_id: string;
  readonly subject: string;
  readonly class: PersonalClass;
}

export interface VaultOptions {
  readonly sql: Sql;
  readonly master_keys: MasterKeys;
  readonly periods: VaultPeriods;
}

export class Vault {
  readonly #sql: Sql;
  readonly #keys: KeyCache;
  readonly #index: BlindIndex;
  readonly #isAlive = gathered((ids) => this.#alive(ids));
  /** When uses of evidence were noted last, by subject. */
  readonly #noted = new LRUCache<string, number>({ max: MAX_NOTED });

  constructor(options: VaultOptions) {
    this.#sql = options.sql;
    this.#keys = new KeyCache(options);
    this.#index = new BlindIndex(options.sql, this.#keys);
  }

  /**
   * Seals some parts of an event's data with the key of a subject, which is created if there is none. Nothing is changed
   * in place. Throws `VaultKeyError`, `VaultUnavailableError`, and what the database throws.
   */
  async sealData(data: unknown, { event, pointers, subject, class: kind }: SealOptions): Promise<SealedData> {
    checkSubject(subject);
    let isThere = false;
    replaceParts(data, pointers, (value) => {
      isThere ||= !(value instanceof Sealed);
      return value;
    });
    if (!isThere) return { data, erased: false };
    if (kind === "evidence") await this.noteUse(subject, kind);
    const sealing = await this.#keys.sealing(subject, kind);
    // Nothing is awaited from here on: the key exists now.
    const sealed = replaceParts(data, pointers, (value, { pointer }) =>
      value instanceof Sealed ? value : new Sealed(sealText(value, { sealing, context: contextOf(event, pointer) })),
    );
    if ("erased" in sealing) return { data: sealed, erased: true };
    return { data: sealed, erased: false, key_id: sealing.key_id };
  }

  /**
   * Whether what was sealed can still be opened. To be asked after the append, by whoever must not call an event recorded
   * that was erased before it was: a key may be destroyed between sealing and the commit.
   */
  async confirm({ erased, key_id }: Pick<SealedData, "erased" | "key_id">): Promise<boolean> {
    if (erased) return false;
    return key_id === undefined || (await this.#isAlive(key_id)) === true;
  }

  /**
   * Opens the sealed parts of an event's data. Those whose key was destroyed are `null`, and listed. Nothing is changed
   * in place. Throws {@link SealedValueError} if one does not open.
   */
  async openData(data: unknown, { event, pointers }: OpenOptions): Promise<OpenedData> {
    const parts = new Map<string, SealedText>();
    replaceParts(data, pointers, (value, { pattern }) => {
      const text = sealedText(value);
      if (text === undefined || parts.has(text)) return value;
      const part = parseSealedText(text);
      if (!part) throw cannotOpen({ event, pattern }, "it does not have the form of a sealed value of this version");
      parts.set(text, part);
      return value;
    });
    if (parts.size === 0) return { data, erased: [] };
    const states = await this.#keys.states([...new Set([...parts.values()].map(({ key_id }) => key_id))]);
    const erased: string[] = [];
    const opened = replaceParts(data, pointers, (value, { pointer, pattern }) => {
      const part = parts.get(sealedText(value) ?? "");
      if (!part) return value;
      const key = states.get(part.key_id) as KeyState;
      if (key === "destroyed") {
        erased.push(pointer);
        return null;
      }
      if (key instanceof VaultKeyError) throw cannotOpen({ event, pattern }, key.message, key);
      const plain = openText(part, { key, context: contextOf(event, pointer) });
      if (plain === undefined) throw cannotOpen({ event, pattern }, "it was changed, or belongs elsewhere");
      return plain;
    });
    return { data: opened, erased };
  }

  /**
   * Destroys the keys of subjects in some classes, for ever: there will never be others. With their profiles, what the
   * blind index says of them is removed. When it resolves, no process uses these keys any more. It may be repeated, and
   * should be after a failure. Resolves to the keys that existed.
   */
  async destroy(subjects: string | readonly string[], classes: readonly PersonalClass[]): Promise<DestroyedKey[]> {
    const all = [subjects].flat();
    all.forEach(checkSubject);
    const destroyed: DestroyedKey[] = [];
    for (let at = 0; at < all.length; at += MAX_SUBJECTS) {
      const some = all.slice(at, at + MAX_SUBJECTS);
      const rows = await this.#sql<DestroyedKey[]>`
        select key_id, subject, class from levqor_vault.destroy(${some}, ${classes as string[]})`;
      this.#keys.forget(rows.map(({ key_id }) => key_id));
      destroyed.push(...rows);
    }
    // Even if there was none: the one who destroyed them may not have waited.
    await pause(FORGOTTEN_MS, NEVER);
    return destroyed;
  }

  /** Loads, or creates, what is going to seal for a subject, while something else is done. */
  prepare(subject: string, kind: PersonalClass): void {
    checkSubject(subject);
    // Whoever seals meets the fault.
    this.#keys.sealing(subject, kind).catch(() => {});
  }

  /** Whether a subject was erased in a class: what is sealed for it from now on is lost. Creates its key if it was not. */
  async isErased(subject: string, kind: PersonalClass): Promise<boolean> {
    checkSubject(subject);
    return "erased" in (await this.#keys.sealing(subject, kind));
  }

  /**
   * Those of some subjects whose erasure in some classes the vault does not know: it was restored from before then. They are to
   * be destroyed again.
   */
  async revived(subjects: readonly string[], classes: readonly PersonalClass[]): Promise<string[]> {
    const rows = await this.#sql<{ subject: string }[]>`
      select distinct subject from unnest(${subjects as string[]}::text[]) as s (subject), unnest(${classes as string[]}::text[]) as c (class)
      where exists (
        select from levqor_vault.keys k where k.subject = s.subject and k.class = c.class and k.wrapped is not null
      ) or not exists (
        select from levqor_vault.keys k
        where k.subject = s.subject and k.class = c.class and k.destroyed_by = 'erasure'
      )`;
    return rows.map(({ subject }) => subject);
  }

  /** In which classes a subject was erased, and when. */
  async destroyed(subject: string): Promise<{ class: PersonalClass; destroyed_at: string }[]> {
    return await this.#sql<{ class: PersonalClass; destroyed_at: string }[]>`
      select class, min(destroyed_at) as destroyed_at from levqor_vault.keys
      where subject = ${subject} and destroyed_by = 'erasure' group by class order by class`;
  }

  /** Lets the time of a class that counts from the last use begin again: somebody relied on what is sealed in it. */
  async noteUse(subject: string, kind: "evidence"): Promise<void> {
    checkSubject(subject);
    const now = performance.now();
    if (now - (this.#noted.get(subject) ?? Number.NEGATIVE_INFINITY) < NOTE_MS) return;
    await this.#sql`select levqor_vault.note_use(${subject}, ${kind})`;
    this.#noted.set(subject, now);
  }

  /** Makes a value a subject's, if it is nobody else's: of many who claim one value, one has it. */
  async claim(wanted: BlindValue, subject: string): Promise<Claim> {
    checkSubject(subject);
    return await this.#index.claim(wanted, subject);
  }

  /** The subject whose value it is. */
  find(wanted: BlindValue): Promise<string | undefined> {
    return this.#index.find(wanted);
  }

  /** Makes a subject's value nobody's. Resolves to whether it was the subject's. */
  release(owned: BlindValue, subject: string): Promise<boolean> {
    return this.#index.release(owned, subject);
  }

  /** A name for a value, the same each time, from which the value cannot be found: 64 hex digits. */
  async pseudonym(of: BlindValue): Promise<string> {
    return (await this.#index.hash(of)).toString("hex");
  }

  /** Forgets all keys. */
  close(): void {
    this.#keys.close();
  }

  async #alive(ids: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
    const rows = await this.#sql<{ key_id: string }[]>`
      select key_id from levqor_vault.keys where key_id = any(${ids as string[]}) and wrapped is not null`;
    return new Map(rows.map(({ key_id }) => [key_id, true]));
  }
}

const NEVER = new AbortController().signal;

function checkSubject(subject: string): void {
  if (!SUBJECT.test(subject)) {
    throw new TypeError("Cannot use a subject: it must be a kind, a colon and 1 to 300 visible ASCII characters");
  }
}

/** What a value is sealed for. */
function contextOf(event: EventPlace, pointer: string): string {
  return `${eventId(event)}#${pointer}`;
}

/** `pattern`: the pointer with `*`, since a key of a record may be personal. */
function cannotOpen(
  { event, pattern }: { event: EventPlace; pattern: string },
  reason: string,
  cause?: Error,
): SealedValueError {
  return new SealedValueError(`Cannot open the sealed value at ${eventId(event)}#${pattern}: ${reason}`, { cause });
}
