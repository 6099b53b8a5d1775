import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import type { StoredEvent } from "../../events/mod.ts";
import { applyChanges, openCheckpoint } from "../../src/projector/checkpoint.ts";
import { Folder } from "../../src/projector/fold.ts";
import { type Row, Table } from "../../src/projector/table.ts";
import { roundsDuring } from "../support/rounds.ts";
import { type House, type Note, notes, openHouse, rowsOf, stored } from "./support.ts";

let house: House;
const table = new Table(notes);

beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house[Symbol.asyncDispose]());

/** Any text, rich in what is special to Postgres, to JSON or to the ways of writing. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom(
      "\0",
      "\ud800",
      "\udc00",
      "\u001e",
      "\u001f",
      "\\",
      '"',
      "\t",
      "\n",
      "\r",
      "{",
      ",",
      "NULL",
      "😀",
    ),
  }),
);
const time = fc
  .tuple(fc.date({ min: new Date("1970-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }), fc.nat(999))
  .map(([date, micros]) => date.toISOString().replace("Z", `${String(micros).padStart(3, "0")}Z`));
const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 4 });
const columns = fc.record(
  {
    id: nullable(fc.uuid().chain((id) => fc.constantFrom(id, id.toUpperCase()))),
    small: nullable(fc.integer()),
    big: nullable(fc.maxSafeInteger()),
    real: nullable(fc.double({ noNaN: true, noDefaultInfinity: true })),
    flag: nullable(fc.boolean()),
    at: nullable(time),
    data: nullable(fc.oneof(fc.jsonValue(), text, fc.dictionary(text, text))),
  },
  { requiredKeys: [] },
);
const key = fc.oneof(fc.constantFrom("a", "b", "c", "d\0", "d\ufffd", "\ud800x", "\ufffdx", ""), text);
const note: fc.Arbitrary<Note> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ key, set: columns }) },
  { weight: 1, arbitrary: fc.record({ key, remove: fc.constant(true) }) },
);

/** Folds the events into an empty table in batches of these sizes, in turn. */
async function tableAfter(events: readonly StoredEvent[], sizes: readonly number[], cached_rows: number) {
  const { sql } = house;
  await sql`drop view if exists levqor_read.notes`;
  await sql`drop table if exists levqor_read.notes_v1`;
  await sql`delete from levqor_ops.projections`;
  let from = await openCheckpoint(sql, table);
  const folder = new Folder(table, { load: (keys) => table.load(sql, keys), cached_rows });
  for (let i = 0, turn = 0; i < events.length; turn++) {
    const size = sizes[turn % sizes.length] as number;
    const changes = await folder.fold(events.slice(i, i + size));
    expect(changes.poison).toBeUndefined();
    expect(await applyChanges(sql, table, { changes, from })).toBe(true);
    changes.commit();
    from = { ...from, position: changes.position };
    i += size;
  }
  return { rows: await rowsOf(sql, table.name), position: from.position };
}

test("however the events are cut into batches and whatever is cached, the table is the same", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(note, { minLength: 1, maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 6 }),
      async (events, sizes, cached) => {
        const oneByOne = await tableAfter(stored(events), [1], 1);
        const inBatches = await tableAfter(stored(events), sizes, cached);
        const atOnce = await tableAfter(stored(events), [events.length], 1_000);
        expect(inBatches).toEqual(oneByOne);
        expect(atOnce).toEqual(oneByOne);
        expect(oneByOne.position).toBe(events.length);
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);

test("large events that are folded at once let others take their turn", async () => {
  const events = stored(Array.from({ length: 20 }, (_, i) => ({ key: `${i}`, set: { data: "x".repeat(200_000) } })));
  const folder = new Folder(table, { load: async () => new Map() });
  expect(await roundsDuring(() => folder.fold(events))).toBeGreaterThanOrEqual(9);
});

test("every way of writing keeps every value, and reading returns what was written", async () => {
  const { sql } = house;
  const copies = { upsert: new Table(notes, "levqor_read.upserted"), append: new Table(notes, "levqor_read.appended") };
  for (const copy of Object.values(copies)) await copy.create(sql);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key.map(wellFormed), { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(columns),
      async (keys, sets) => {
        const rows = keys.map((key) => {
          const empty = { id: null, small: null, big: null, real: null, flag: null, at: null, data: null };
          return table.canonicalRow({ key, ...empty, ...sets.next().value, saw: key, count: 1 }, undefined);
        });
        const written = new Map(rows.map((row): [string, Row] => [row.key as string, row]));
        for (const [way, copy] of Object.entries(copies)) {
          await sql.unsafe(`truncate ${copy.name}`);
          await copy[way as keyof typeof copies](sql, rows);
          expect(await copy.load(sql, keys)).toEqual(written);
          await copy.upsert(sql, rows);
          expect(await copy.load(sql, keys)).toEqual(written);
          await copy.delete(sql, keys.slice(1));
          expect([...(await copy.load(sql, keys)).keys()]).toEqual(keys.slice(0, 1));
        }
      },
    ),
    { numRuns: 100 },
  );
}, 60_000);

function wellFormed(value: string): string {
  return value.toWellFormed().replaceAll("\0", "\ufffd");
}

test.each([
  [{ small: 1.5 }, "Column small: expected an integer from -2147483648 to 2147483647, found 1.5"],
  [{ big: 2 ** 53 }, "Column big: expected an integer"],
  [{ real: "1" }, 'Column real: expected a finite number, found "1"'],
  [{ flag: 1 }, "Column flag: expected a boolean, found 1"],
  [{ at: "2026-01-02 03:04:05" }, 'Column at: expected an RFC 3339 time in UTC with at most microseconds, found "2026'],
  [{ at: "2026-13-02T03:04:05Z" }, "Column at: expected an RFC 3339 time"],
  [{ id: "42" }, 'Column id: expected a UUID, found "42"'],
])("a value that does not fit its column is poison: %o", async (set, message) => {
  const folder = new Folder(table, { load: async () => new Map() });
  const changes = await folder.fold(stored([{ key: "a", set: { small: 1 } }, { key: "b", set }, { key: "c" }]));
  expect(changes.poison?.position).toBe(2);
  expect(changes.poison?.message).toStartWith(`test.noted test-1@2 (position 2): ${message}`);
  expect(changes.inserted.map(({ key }) => key)).toEqual(["a"]);
  expect(changes.position).toBe(1);
});

test("an event that cannot be decoded is poison; one before it that folds badly comes first", async () => {
  const folder = new Folder(table, { load: async () => new Map() });
  const events = stored([{ key: "a" }, { key: "b" }, { key: "c" }]);
  const broken = events.with(2, { ...(events[2] as StoredEvent), data_json: "{" });
  expect((await folder.fold(broken)).poison?.position).toBe(3);
  const twice = broken.with(1, stored([{ key: "-" }, { key: "b", poison: "no" }])[1] as StoredEvent);
  expect((await folder.fold(twice)).poison?.position).toBe(2);
});
