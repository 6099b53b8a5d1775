/** Folds events into rows, in memory. */
import { decode, decodeOnce, type KnownEvent, type StoredEvent } from "../../events/mod.ts";
import { DECODED_PER_TURN, Pacer } from "../async/mod.ts";
import { RowCache } from "./row_cache.ts";
import type { Row, Table } from "./table.ts";

/** An event on which a fold throws. */
export interface Poison {
  readonly position: number;
  /** What was thrown, and at which event. */
  readonly message: string;
}

/** What a batch of events does to a table. */
export interface Changes {
  /** Rows that are not in the table yet. */
  readonly inserted: Row[];
  /** Rows that are, with their new contents. */
  readonly updated: Row[];
  /** Keys of rows to be removed. */
  readonly deleted: string[];
  /** The last position that is contained. */
  readonly position: number;
  /** The event at which the fold stopped: it and what follows is not contained. */
  readonly poison?: Poison;
  /** To be called when the changes are committed: the next batch starts from here. */
  commit(): void;
}

export interface FolderOptions {
  /** Reads rows of the table by key. */
  readonly load: (keys: readonly string[]) => Promise<Map<string, Row>>;
  /** Rows kept in memory between batches at most; 20,000 by default. */
  readonly cached_rows?: number;
  /** Positions of events to be passed over. */
  readonly skipped?: ReadonlySet<number>;
  /** Whether nobody else reads the same events: then they are not remembered decoded, which costs a quarter of the fold. */
  readonly alone?: boolean;
}

/** The part of the fold that a key is in: the row as it is stored, and as the batch leaves it. */
interface Entry {
  readonly before: Row | undefined;
  after: Row | undefined;
}

interface Step {
  readonly key: string;
  readonly event: KnownEvent;
}

/** Folds batch after batch. Keeps the rows used last, so that few have to be read. */
export class Folder {
  readonly #pacer = new Pacer(DECODED_PER_TURN);
  readonly #table: Table;
  readonly #load: FolderOptions["load"];
  readonly #cache: RowCache<Row>;
  readonly #reads: ReadonlySet<string> | undefined;
  readonly #skipped: ReadonlySet<number>;
  readonly #decode: (stored: StoredEvent) => KnownEvent;

  constructor(table: Table, { load, cached_rows = 20_000, skipped = new Set(), alone = false }: FolderOptions) {
    const { reads } = table.projection;
    this.#table = table;
    this.#load = load;
    this.#cache = new RowCache(cached_rows);
    this.#reads = reads === "all" ? undefined : new Set(reads);
    this.#skipped = skipped;
    this.#decode = alone ? decode : decodeOnce;
  }

  /** Folds a batch: events in order, at least one. Nothing is kept until {@link Changes.commit}. */
  async fold(events: readonly StoredEvent[]): Promise<Changes> {
    const { steps, poison: unread } = await this.#prepare(events);
    const entries = await this.#open(steps);
    const poison = this.#evolve(steps, entries) ?? unread;
    const last = events.at(-1);
    if (!last) throw new Error("Cannot fold an empty batch");
    return this.#changes(entries, poison ? { position: poison.position - 1, poison } : { position: last.position });
  }

  /** Decodes what the projection reads, up to the first event that cannot be decoded or has no fitting key. */
  async #prepare(events: readonly StoredEvent[]): Promise<{ steps: Step[]; poison?: Poison }> {
    const steps: Step[] = [];
    for (const stored of events) {
      if (this.#reads?.has(stored.type) === false || this.#skipped.has(stored.position)) continue;
      try {
        const event = this.#decode(stored);
        const key = this.#table.projection.keyOf(event);
        if (key !== undefined) steps.push({ key: this.#table.canonicalKey(key), event });
      } catch (error) {
        return { steps, poison: poisonAt(stored, error) };
      }
      if (this.#pacer.did(stored.data_json.length)) await this.#pacer.turn();
    }
    return { steps };
  }

  /** The rows of all keys, from memory or else from the table. */
  async #open(steps: readonly Step[]): Promise<Map<string, Entry>> {
    const entries = new Map<string, Entry>();
    const missing = new Set<string>();
    for (const { key, event } of steps) {
      if (entries.has(key) || missing.has(key)) continue;
      const row = this.#table.projection.isFirstEvent?.(event) ? null : this.#cache.get(key);
      if (row === undefined) missing.add(key);
      else entries.set(key, { before: row ?? undefined, after: row ?? undefined });
    }
    if (missing.size > 0) {
      const rows = await this.#load([...missing]);
      for (const key of missing) entries.set(key, { before: rows.get(key), after: rows.get(key) });
    }
    return entries;
  }

  #evolve(steps: readonly Step[], entries: Map<string, Entry>): Poison | undefined {
    const { projection } = this.#table;
    for (const { key, event } of steps) {
      const entry = entries.get(key) as Entry;
      try {
        const made = projection.evolve(entry.after, event);
        if (made === entry.after) continue;
        const row = made === null ? undefined : this.#table.canonicalRow(made, entry.after);
        if (row && row[projection.key] !== key) {
          throw new Error(`The row's key is ${row[projection.key]}, the event's ${key}`);
        }
        entry.after = row;
      } catch (error) {
        return poisonAt(event, error);
      }
    }
    return undefined;
  }

  #changes(entries: ReadonlyMap<string, Entry>, end: { position: number; poison?: Poison }): Changes {
    const inserted: Row[] = [];
    const updated: Row[] = [];
    const deleted: string[] = [];
    for (const [key, { before, after }] of entries) {
      if (after === before) continue;
      if (after === undefined) deleted.push(key);
      else if (before === undefined) inserted.push(after);
      else updated.push(after);
    }
    const commit = () => {
      for (const [key, { after }] of entries) this.#cache.set(key, after ?? null);
    };
    return { inserted, updated, deleted, ...end, commit };
  }
}

/** Changes that stop at an event and contain nothing before it. */
export function poisoned(event: StoredEvent, error: unknown): Changes {
  const poison = poisonAt(event, error);
  return { inserted: [], updated: [], deleted: [], position: poison.position - 1, poison, commit() {} };
}

function poisonAt(
  event: { stream_id: string; version: number; position: number; type: string },
  error: unknown,
): Poison {
  const cause = error instanceof Error ? error.message : String(error);
  const { position } = event;
  return { position, message: `${event.type} ${event.stream_id}@${event.version} (position ${position}): ${cause}` };
}
