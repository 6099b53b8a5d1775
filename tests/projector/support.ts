/** What the projector's tests share: a log with its database, and a projection that shows everything it does. */
import type { KnownEvent, StoredEvent } from "../../events/mod.ts";
import type { Projection, Reads } from "../../projections/projection.ts";
import { type Bus, inProcessBus } from "../../src/bus/mod.ts";
import type { Sql } from "../../src/db/mod.ts";
import type { EventLog } from "../../src/log/mod.ts";
import type { ProjectorLogger } from "../../src/projector/mod.ts";
import { openStore } from "../support/store.ts";

export interface House extends AsyncDisposable {
  readonly url: string;
  readonly sql: Sql;
  readonly log: EventLog;
  readonly bus: Bus;
}

/** A log with an in-process bus and a pool, by default without read models. `await using` closes it all. */
export async function openHouse({ read_models = false } = {}): Promise<House> {
  const store = await openStore({ read_models });
  const { sql, log } = store;
  const bus = inProcessBus({ log, poll_ms: 20 });
  return {
    get url() {
      return store.url();
    },
    sql,
    log,
    bus,
    async [Symbol.asyncDispose]() {
      await bus.close();
      await store.close();
    },
  };
}

export interface Said {
  readonly level: "info" | "warn" | "error";
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** A logger that remembers. */
export function recordingLogger(): ProjectorLogger & { readonly said: Said[] } {
  const said: Said[] = [];
  const at = (level: Said["level"]) => (fields: object, message: string) =>
    void said.push({ level, fields: fields as Said["fields"], message });
  return { said, info: at("info"), warn: at("warn"), error: at("error") };
}

/** Events of this type drive the projection {@link notes}. */
export interface Note {
  readonly key: string;
  /** Removes the row. */
  readonly remove?: boolean;
  /** Makes the fold throw. */
  readonly poison?: string;
  /** Columns to be set; `saw` and `count` are the fold's own. */
  readonly set?: Record<string, unknown>;
}

export type NoteRow = {
  key: string;
  id: string | null;
  small: number | null;
  big: number | null;
  real: number | null;
  flag: boolean | null;
  at: string | null;
  data: unknown;
  /** The row that the last fold got: folds that see another row leave another trace. */
  saw: string;
  count: number;
};

/** A projection with every type of column, whose rows show what each fold got. */
export const notes: Projection<NoteRow, Reads, "key"> = {
  name: "notes",
  version: 1,
  reads: ["test.noted" as never],
  columns: {
    key: { type: "text" },
    id: { type: "uuid", nullable: true },
    small: { type: "int", nullable: true },
    big: { type: "bigint", nullable: true },
    real: { type: "double precision", nullable: true },
    flag: { type: "boolean", nullable: true },
    at: { type: "timestamptz", nullable: true },
    data: { type: "json", nullable: true },
    saw: { type: "text" },
    count: { type: "int" },
  },
  key: "key",
  indexes: ["(count) where flag"],
  keysOf: (event) => [noteOf(event).key],
  evolve(row, event) {
    const note = noteOf(event);
    if (note.poison !== undefined) throw new Error(note.poison);
    if (note.remove) return null;
    const empty = { id: null, small: null, big: null, real: null, flag: null, at: null, data: null };
    const seen = row && JSON.stringify({ ...row, saw: row.saw.length });
    // With the event's own spelling of the key: the table's may differ.
    return { ...(row ?? { key: note.key, ...empty }), ...note.set, saw: seen ?? "", count: (row?.count ?? 0) + 1 };
  },
};

function noteOf(event: KnownEvent): Note {
  return event.data as unknown as Note;
}

/** Appends notes to a stream of their own, in one commit. Returns the last position. */
export async function append(log: EventLog, events: readonly Note[]): Promise<number> {
  const result = await log.append({
    stream_id: `test-${crypto.randomUUID()}`,
    expected_version: 0,
    events: events.map((data) => ({ type: "test.noted", data })),
    meta: { actor: "test", correlation_id: "test" },
  });
  if (!result.ok) throw new Error("A new stream cannot conflict");
  return result.position + events.length - 1;
}

/** Notes as the log would give them back. */
export function stored(events: readonly Note[]): StoredEvent[] {
  return events.map((data, i) => ({
    position: i + 1,
    stream_id: "test-1",
    version: i + 1,
    type: "test.noted",
    schema_version: 1,
    data_json: JSON.stringify(data),
    meta_json: '{"actor":"test","correlation_id":"test"}',
    recorded_at: "2026-01-02T03:04:05Z",
  }));
}

/** The whole table, in order of key. */
export async function rowsOf(sql: Sql, table: string): Promise<Record<string, unknown>[]> {
  return [...(await sql.unsafe(`select * from ${table} order by 1`))];
}

/** Waits until the condition holds; fails after 20 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Still not so after 20 s: ${condition}`);
    await Bun.sleep(5);
  }
}
