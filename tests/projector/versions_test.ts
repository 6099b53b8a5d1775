import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Projection } from "../../projections/mod.ts";
import { type Projector, rebuild, startProjector } from "../../src/projector/mod.ts";
import { meta } from "../support/events.ts";
import { append, type House, notes, openHouse, recordingLogger, rowsOf, until } from "./support.ts";

let house: House;
let running: Projector[] = [];

beforeEach(async () => {
  house = await openHouse();
});
afterEach(async () => {
  await Promise.all(running.map((projector) => projector.stop()));
  running = [];
  await house[Symbol.asyncDispose]();
});

const v1 = notes as unknown as Projection;

/** Counts in tens, and has a column more. */
const v2: Projection = {
  ...v1,
  version: 2,
  columns: { ...v1.columns, tens: { type: "int" } },
  evolve(row, event, key) {
    const after = v1.evolve(row, event, key);
    return after && { ...after, tens: ((row?.tens as number | undefined) ?? 0) + 10 };
  },
};

function start(...projections: Projection[]): Projector {
  const projector = startProjector({ ...house, projections, logger: recordingLogger(), batch: 3 });
  running.push(projector);
  return projector;
}

async function tables(): Promise<string[]> {
  const rows = await house.sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'levqor_read'::regnamespace and relkind in ('r', 'v') order by relname`;
  return rows.map(({ name }) => name);
}

async function isLive(projector: Projector, version: number): Promise<boolean> {
  return (await projector.status()).some((status) => status.version === version && status.live);
}

test("a new version is built beside the old one and takes its place", async () => {
  const old = start(v1);
  let head = await append(house.log, [{ key: "a" }, { key: "b" }, { key: "a" }]);
  expect(await old.waitFor("notes", head, 5_000)).toBe(true);
  await old.stop();
  expect(await tables()).toEqual(["notes", "notes_v1"]);

  const now = start(v2);
  await until(() => isLive(now, 2));
  expect(await rowsOf(house.sql, "levqor_read.notes")).toMatchObject([
    { key: "a", count: 2, tens: 20 },
    { key: "b", count: 1, tens: 10 },
  ]);
  head = await append(house.log, [{ key: "b" }]);
  expect(await now.waitFor("notes", head, 5_000)).toBe(true);
  expect(await tables()).toEqual(["notes", "notes_v2"]);
  expect(await house.sql`select indexdef from pg_indexes where tablename = 'notes_v2'`).toHaveLength(2);
});

test("while the new version is built, the old one continues and is what readers see", async () => {
  const poisoned: Projection = {
    ...v2,
    evolve(row, event, key) {
      if (event.position === 2) throw new Error("Not yet");
      return v2.evolve(row, event, key);
    },
  };
  const old = start(v1);
  await old.ready();
  await append(house.log, [{ key: "a" }, { key: "a" }]);
  const now = start(v1, poisoned);
  await until(async () => (await now.status()).some(({ state, version }) => state === "poisoned" && version === 2));

  const head = await append(house.log, [{ key: "a" }]);
  expect(await old.waitFor("notes", head, 5_000)).toBe(true);
  expect(await now.waitFor("notes", head, 5_000)).toBe(true);
  expect(await rowsOf(house.sql, "levqor_read.notes")).toMatchObject([{ key: "a", count: 3 }]);
  expect((await rowsOf(house.sql, "levqor_read.notes"))[0]).not.toHaveProperty("tens");

  expect(await now.resume("notes", { skip: 2, meta })).toMatchObject({ ok: true });
  await until(() => isLive(now, 2));
  expect(await rowsOf(house.sql, "levqor_read.notes")).toMatchObject([{ key: "a", count: 2, tens: 20 }]);
});

test("many events: the new version catches up while more keep coming", async () => {
  const old = start(v1);
  for (let i = 0; i < 40; i++) await append(house.log, [{ key: `k${i % 5}` }, { key: `k${i % 3}` }]);
  let appending = true;
  let head = 0;
  const writing = (async () => {
    while (appending) head = await append(house.log, [{ key: "k0" }]);
  })();
  const now = start(v2);
  await until(() => isLive(now, 2));
  appending = false;
  await writing;
  expect(await now.waitFor("notes", head, 5_000)).toBe(true);
  const rows = await rowsOf(house.sql, "levqor_read.notes");
  expect(rows.reduce((sum, { tens }) => sum + (tens as number), 0)).toBe(10 * head);
  await until(async () => (await old.status())[0]?.fault === "Cannot run levqor_read.notes_v1: version 2 is live");
}, 60_000);

test("an older program does not revert a newer read model, unless it is rebuilt on purpose", async () => {
  const now = start(v2);
  const head = await append(house.log, [{ key: "a" }]);
  expect(await now.waitFor("notes", head, 5_000)).toBe(true);
  await now.stop();

  const old = start(v1);
  await until(async () => (await old.status())[0]?.fault === "Cannot run levqor_read.notes_v1: version 2 is live");
  expect(await tables()).toEqual(["notes", "notes_v2"]);

  expect(await rebuild({ ...house, projection: v1 })).toBe(head);
  expect(await tables()).toEqual(["notes", "notes_v1"]);
  const next = await append(house.log, [{ key: "a" }]);
  expect(await old.waitFor("notes", next, 5_000)).toBe(true);
  expect(await rowsOf(house.sql, "levqor_read.notes")).toMatchObject([{ key: "a", count: 2 }]);
});
