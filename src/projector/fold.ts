/** Folds events into rows, in memory. */
import { decode, decodeOnce, entityId, type KnownEvent, type StoredEvent } from "../../events/mod.ts";
import { MAX_ROWS_PER_EVENT } from "../../projections/projection.ts";
import { DECODED_PER_TURN, Pacer } from "../async/mod.ts";
import { type Poison, poisonAt } from "../log/mod.ts";
import { RowCache } from "./row_cache.ts";
import type { Key, Row, Table } from "./table.ts";

/**
 * Maximum number of rows that one {@link Changes} touches: of a batch whose events concern more, the first events are folded
 * and the rest is returned. This bounds memory, statements, and the rows that a rebuild has to cache.
 */
export const MAX_ROWS = 4_000;

/** The changes to a table that follow from a batch of events. */
export interface Changes {
  /** Rows that are not in the table yet. */
  readonly inserted: Row[];
  /** Rows of the table, with their new contents. */
  readonly updated: Row[];
  /** Ids of rows to be removed. */
  readonly deleted: string[];
  /** The last position that is contained. */
  readonly position: number;
  /** The event at which the fold stopped: neither it nor what follows is contained. */
  readonly poison?: Poison;
  /** Events of the batch to fold next: the limit of rows was reached before them. */
  readonly rest: readonly StoredEvent[];
  /** Call it when the changes are committed: the next batch starts from them. */
  commit(): void;
}

export interface FolderOptions {
  /** Reads rows of the table by id. */
  readonly load: (ids: readonly string[]) => Promise<Map<string, Row>>;
  /** Maximum number of rows kept in memory between batches; 20,000 by default. */
  readonly cached_rows?: number;
  /** Positions of events to skip. */
  readonly skipped?: ReadonlySet<number>;
  /** Whether nobody else reads the same events: then decoded events are not cached, which would cost a quarter of the fold. */
  readonly alone?: boolean;
  /** The id of the only row to fold; all by default. */
  readonly only?: string;
}

/** A key's row, as it is stored and as the batch changes it. */
interface Entry {
  readonly before: Row | null;
  after: Row | null;
}

interface Step {
  readonly event: KnownEvent;
  /** The key of its first row; most events concern one. */
  readonly key: Key;
  /** All its keys, each once, if there are several. */
  readonly keys: readonly Key[] | undefined;
}

interface Prepared {
  readonly steps: Step[];
  readonly poison?: Poison;
  /** How many events of the batch are contained. */
  readonly events: number;
}

/** Folds batch after batch. Caches the rows used last, so that few have to be read. */
export class Folder {
  readonly #pacer = new Pacer(DECODED_PER_TURN);
  readonly #table: Table;
  readonly #load: FolderOptions["load"];
  readonly #cache: RowCache<Row>;
  readonly #reads: ReadonlySet<string> | undefined;
  readonly #skipped: ReadonlySet<number>;
  readonly #only: string | undefined;
  readonly #decode: (stored: StoredEvent) => KnownEvent;

  constructor(table: Table, options: FolderOptions) {
    const { load, cached_rows = 20_000, skipped = new Set(), alone = false, only } = options;
    const { reads } = table.projection;
    this.#table = table;
    this.#load = load;
    this.#cache = new RowCache(cached_rows);
    this.#reads = reads === "all" ? undefined : new Set(reads);
    this.#skipped = skipped;
    this.#only = only;
    this.#decode = alone ? decode : decodeOnce;
  }

  /** Folds a batch: events in order, at least one. Nothing is kept until {@link Changes.commit}. */
  async fold(events: readonly StoredEvent[]): Promise<Changes> {
    const { steps, poison: unread, events: contained } = await this.#prepare(events);
    const entries = await this.#open(steps);
    const poison = this.#evolve(steps, entries) ?? unread;
    if (poison) return this.#changes(entries, { position: poison.position - 1, poison, rest: [] });
    const last = events[contained - 1];
    if (!last) throw new Error("Cannot fold an empty batch");
    return this.#changes(entries, { position: last.position, rest: events.slice(contained) });
  }

  /**
   * Decodes the events that the projection reads, up to the first one that cannot be decoded, has invalid keys, or would
   * exceed the limit of rows.
   */
  async #prepare(events: readonly StoredEvent[]): Promise<Prepared> {
    const steps: Step[] = [];
    let rows = 0;
    for (let index = 0; index < events.length; index++) {
      const stored = events[index] as StoredEvent;
      if (this.#reads?.has(stored.type) === false || this.#skipped.has(stored.position)) continue;
      try {
        const event = this.#decode(stored);
        const step = this.#stepOf(event);
        rows += step?.keys?.length ?? (step ? 1 : 0);
        if (rows > MAX_ROWS) return { steps, events: index };
        if (step) steps.push(step);
      } catch (error) {
        return { steps, poison: poisonAt(stored, error), events: index };
      }
      if (this.#pacer.did(stored.data_json.length)) await this.#pacer.turn();
    }
    return { steps, events: events.length };
  }

  /** `undefined`: the event concerns no row. Makes arrays only for several rows, since they cost a fifth of a fold. */
  #stepOf(event: KnownEvent): Step | undefined {
    const { projection } = this.#table;
    if (!projection.keysOf) return this.#single(event, entityId(event.stream_id));
    const given = projection.keysOf(event);
    if (given.length < 2) return given.length === 0 ? undefined : this.#single(event, given[0]);
    if (given.length > MAX_ROWS_PER_EVENT) {
      throw new RangeError(`The event concerns ${given.length} rows, more than ${MAX_ROWS_PER_EVENT}`);
    }
    const byId = new Map<string, Key>();
    for (const each of given) {
      const key = this.#table.canonicalKey(each);
      if (this.#only === undefined || this.#only === key.id) byId.set(key.id, key);
    }
    const [key, ...more] = byId.values();
    return key && { event, key, keys: more.length > 0 ? [key, ...more] : undefined };
  }

  #single(event: KnownEvent, given: unknown): Step | undefined {
    const key = this.#table.canonicalKey(given);
    return this.#only === undefined || this.#only === key.id ? { event, key, keys: undefined } : undefined;
  }

  /** The rows of all keys, from the cache or from the table. */
  async #open(steps: readonly Step[]): Promise<Map<string, Entry>> {
    const entries = new Map<string, Entry>();
    const missing = new Set<string>();
    // If each stream has its own row, it has none before the stream's first event.
    const ofStreams = this.#table.projection.keysOf === undefined;
    const open = (id: string, event: KnownEvent) => {
      if (entries.has(id) || missing.has(id)) return;
      const row = ofStreams && event.version === 1 ? null : this.#cache.get(id);
      if (row === undefined) missing.add(id);
      else entries.set(id, { before: row, after: row });
    };
    for (const { key, keys, event } of steps) {
      if (keys === undefined) open(key.id, event);
      else for (const { id } of keys) open(id, event);
    }
    if (missing.size > 0) {
      const rows = await this.#load([...missing]);
      for (const id of missing) {
        const row = rows.get(id) ?? null;
        entries.set(id, { before: row, after: row });
      }
    }
    return entries;
  }

  #evolve(steps: readonly Step[], entries: Map<string, Entry>): Poison | undefined {
    for (const { key, keys, event } of steps) {
      try {
        if (keys === undefined) {
          const entry = entries.get(key.id) as Entry;
          entry.after = this.#evolved(entry.after, event, key);
          continue;
        }
        // All rows of an event change, or none.
        const made = keys.map((key): [Entry, Row | null] => {
          const entry = entries.get(key.id) as Entry;
          return [entry, this.#evolved(entry.after, event, key)];
        });
        for (const [entry, row] of made) entry.after = row;
      } catch (error) {
        return poisonAt(event, error);
      }
    }
    return undefined;
  }

  /** A row after an event, in its canonical form. */
  #evolved(row: Row | null, event: KnownEvent, { id, value }: Key): Row | null {
    const made = this.#table.projection.evolve(row, event, value);
    if (made === row || made === null) return made;
    const after = this.#table.canonicalRow(made, row ?? undefined);
    const found = this.#table.idOf(after);
    if (found !== id) throw new Error(`The row's key is ${found}, the event's ${id}`);
    return after;
  }

  #changes(
    entries: ReadonlyMap<string, Entry>,
    end: { position: number; poison?: Poison; rest: readonly StoredEvent[] },
  ): Changes {
    const inserted: Row[] = [];
    const updated: Row[] = [];
    const deleted: string[] = [];
    for (const [id, { before, after }] of entries) {
      if (after === before) continue;
      if (after === null) deleted.push(id);
      else if (before === null) inserted.push(after);
      else updated.push(after);
    }
    const commit = () => {
      for (const [id, { after }] of entries) this.#cache.set(id, after);
    };
    return { inserted, updated, deleted, ...end, commit };
  }
}

/** Changes that stop at an event and contain nothing before it. */
export function poisonedChanges(event: StoredEvent, error: unknown): Changes {
  const poison = poisonAt(event, error);
  return { inserted: [], updated: [], deleted: [], position: poison.position - 1, poison, rest: [], commit() {} };
}
