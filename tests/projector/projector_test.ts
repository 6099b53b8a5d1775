// Slow: connections go silent until they are replaced, and leases are lost.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { decode } from "../../events/mod.ts";
import type { Projection } from "../../projections/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { type Projector, startProjector } from "../../src/projector/mod.ts";
import { meta } from "../support/events.ts";
import { startProxy } from "../support/proxy.ts";
import { eventually } from "../support/service.ts";
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

const SHOWN = "levqor_read.notes";

function start(options: Partial<Parameters<typeof startProjector>[0]> = {}) {
  const logger = recordingLogger();
  const projector = startProjector({ ...house, projections: [notes], logger, ...options });
  running.push(projector);
  return { projector, logger };
}

async function stateOf(projector: Projector, name = "notes", version = 1) {
  return (await projector.status()).find((status) => status.name === name && status.version === version);
}

/** Two projections of the same events, of which one is called `other`. */
const other: Projection = { ...(notes as unknown as Projection), name: "other" };

test("events appended before the start and after it are in the read model", async () => {
  await append(house.log, [{ key: "a" }, { key: "b" }]);
  const { projector } = start();
  await append(house.log, [{ key: "a" }, { key: "b", remove: true }]);
  const head = await append(house.log, [{ key: "c" }]);
  expect(await projector.waitFor("notes", head, 5_000)).toBe(true);
  expect(await rowsOf(house.sql, SHOWN)).toMatchObject([
    { key: "a", count: 2 },
    { key: "c", count: 1 },
  ]);
  expect(await projector.status()).toEqual([
    { name: "notes", version: 1, state: "running", live: true, position: head, lag: 0 },
  ]);
});

test("ready: every read model can be queried, even if empty", async () => {
  const { projector } = start();
  await projector.ready();
  expect(await rowsOf(house.sql, SHOWN)).toEqual([]);
});

test("a read model resumes where it stopped", async () => {
  const first = start();
  expect(await first.projector.waitFor("notes", await append(house.log, [{ key: "a" }]), 5_000)).toBe(true);
  await first.projector.stop();
  expect((await stateOf(first.projector))?.state).toBe("stopped");

  const head = await append(house.log, [{ key: "a" }]);
  expect((await stateOf(first.projector))?.lag).toBe(1);
  expect(await start().projector.waitFor("notes", head, 5_000)).toBe(true);
  expect(await rowsOf(house.sql, SHOWN)).toMatchObject([{ key: "a", count: 2 }]);
});

test("events that a projection does not read move it along", async () => {
  const { projector } = start();
  const appended = await house.log.append({
    stream_id: "elsewhere-1",
    expected_version: 0,
    events: [{ type: "elsewhere.happened", data: {} }],
    meta: { actor: "test", correlation_id: "test" },
  });
  expect(appended.ok && (await projector.waitFor("notes", appended.position, 5_000))).toBe(true);
  expect(await rowsOf(house.sql, SHOWN)).toEqual([]);
});

test("poison stops only its projection, with everything before it applied, and is reported", async () => {
  const picky: Projection = {
    ...other,
    evolve: (row, event, key) =>
      notes.evolve(row as never, { ...event, data: { ...event.data, poison: undefined } } as never, key as string),
  };
  const { projector, logger } = start({ projections: [notes, picky] });
  const head = await append(house.log, [{ key: "a" }, { key: "b", poison: "I can't" }, { key: "c" }]);

  expect(await projector.waitFor("other", head, 5_000)).toBe(true);
  expect(await projector.waitFor("notes", head - 2, 5_000)).toBe(true);
  await until(() => logger.said.some(({ level }) => level === "error"));
  expect(await rowsOf(house.sql, SHOWN)).toMatchObject([{ key: "a" }]);
  expect(await rowsOf(house.sql, "levqor_read.other")).toMatchObject([{ key: "a" }, { key: "b" }, { key: "c" }]);
  const poison = { position: 2, message: expect.stringMatching(/^test\.noted test-.*@2 \(position 2\): I can't$/) };
  expect(await stateOf(projector)).toMatchObject({ state: "poisoned", position: 1, lag: 2, poison });
  expect(await stateOf(projector, "other")).toMatchObject({ state: "running", position: 3 });
  expect(logger.said).toMatchObject([
    { level: "error", fields: { projection: "notes", position: 2 }, message: expect.stringContaining("I can't") },
  ]);
  expect(await projector.waitFor("notes", head, 20)).toBe(false);
});

test("poison is still reported after a restart, and by other processes", async () => {
  const first = start();
  await append(house.log, [{ key: "b", poison: "I can't" }]);
  await until(async () => (await stateOf(first.projector))?.state === "poisoned");
  const replica = start();
  expect(await stateOf(replica.projector)).toMatchObject({ state: "poisoned", poison: { position: 1 } });
  await first.projector.stop();
  await until(() => replica.logger.said.some(({ level }) => level === "error"));
});

test("resume continues with the event that was poison, once its fold accepts it", async () => {
  let cured = false;
  const curable: Projection = {
    ...(notes as unknown as Projection),
    evolve(row, event, key) {
      const data = cured ? { ...event.data, poison: undefined } : event.data;
      return notes.evolve(row as never, { ...event, data } as never, key as string);
    },
  };
  const { projector } = start({ projections: [curable] });
  const head = await append(house.log, [{ key: "a", poison: "I can't" }, { key: "b" }]);
  await until(async () => (await stateOf(projector))?.state === "poisoned");

  expect(await projector.resume("notes", { meta })).toMatchObject({ ok: true, version: 1, position: 1 });
  await until(async () => (await stateOf(projector))?.state === "poisoned");
  cured = true;
  expect(await projector.resume("notes", { meta })).toMatchObject({ ok: true });
  expect(await projector.waitFor("notes", head, 5_000)).toBe(true);
  expect(await rowsOf(house.sql, SHOWN)).toMatchObject([{ key: "a" }, { key: "b" }]);
  expect(await projector.resume("notes", { meta })).toEqual({ ok: false, version: 1, stopped_at: undefined });
});

test("resume with skip skips the event, even from a process that does not run the projection", async () => {
  const { projector } = start();
  const replica = start();
  const head = await append(house.log, [{ key: "a" }, { key: "a", poison: "I can't" }, { key: "a" }]);
  await until(async () => (await stateOf(projector))?.state === "poisoned");
  expect(await replica.projector.resume("notes", { skip: 3, meta })).toEqual({ ok: false, version: 1, stopped_at: 2 });
  expect(await replica.projector.resume("notes", { skip: 2, reason: "It makes no sense.", meta })).toMatchObject({
    ok: true,
    position: 2,
  });
  expect(await projector.waitFor("notes", head, 5_000)).toBe(true);
  expect(await rowsOf(house.sql, SHOWN)).toMatchObject([{ key: "a", count: 2 }]);
  expect(await projector.resume("nots", { meta })).toBeUndefined();
  const [decided] = (await house.log.readStream("projection-notes")).map(decode);
  expect(decided).toMatchObject({
    type: "projection.resumed",
    data: { projection: "notes", version: 1, position: 2, skip: true, reason: "It makes no sense." },
    meta,
  });
});

test("a row that Postgres rejects is poison too, found within its batch", async () => {
  const indexed: Projection = { ...(notes as unknown as Projection), indexes: ["(saw)"] };
  const bulky: Projection = {
    ...indexed,
    evolve(row, event, key) {
      const after = notes.evolve(row as never, event, key as string);
      // More than an index entry can hold, and not to be compressed.
      const noise = () => Array.from({ length: 200 }, () => crypto.randomUUID()).join();
      return after && after.key === "big" ? { ...after, saw: noise() } : after;
    },
  };
  const events = ["a", "b", "c", "d", "big", "e"].map((key) => ({ key }));
  await append(house.log, events);
  const { projector } = start({ projections: [bulky] });
  await until(async () => (await stateOf(projector))?.state === "poisoned");
  expect(await stateOf(projector)).toMatchObject({
    position: 4,
    poison: { position: 5, message: expect.stringContaining("index row size") },
  });
  expect(await rowsOf(house.sql, SHOWN)).toHaveLength(4);
  expect(await projector.resume("notes", { skip: 5, meta })).toMatchObject({ ok: true });
  expect(await projector.waitFor("notes", 6, 5_000)).toBe(true);
});

test("a key that Postgres rejects when its row is looked up is poison too, and not retried for ever", async () => {
  const dated: Projection = {
    ...(notes as unknown as Projection),
    name: "dated",
    columns: { key: { type: "timestamptz" }, seen: { type: "boolean" } },
    indexes: [],
    evolve: (_, event) => ({ key: (event.data as unknown as { key: string }).key, seen: true }),
  };
  const days = ["28", "29", "30", "28"].map((day) => ({ key: `2028-02-${day}T00:00:00Z` }));
  await append(house.log, days);
  const { projector } = start({ projections: [dated] });
  await until(async () => (await stateOf(projector, "dated"))?.state === "poisoned");
  expect(await stateOf(projector, "dated")).toMatchObject({
    position: 2,
    poison: { position: 3, message: expect.stringContaining("out of range") },
  });
  expect(await rowsOf(house.sql, "levqor_read.dated")).toHaveLength(2);
});

test("one process runs a projection; another stands by and takes over when it stops", async () => {
  const projectors = [start().projector, start().projector, start().projector];
  const head = await append(house.log, [{ key: "a" }]);
  for (const projector of projectors) expect(await projector.waitFor("notes", head, 5_000)).toBe(true);
  for (let round = 0; round < 3; round++) {
    const states = await Promise.all(projectors.map(async (projector) => (await stateOf(projector))?.state));
    expect(states.filter((state) => state === "running")).toHaveLength(1);
    const runner = projectors[states.indexOf("running")] as Projector;
    await runner.stop();
    projectors.splice(projectors.indexOf(runner), 1);
    const next = await append(house.log, [{ key: "a" }]);
    for (const projector of projectors) expect(await projector.waitFor("notes", next, 5_000)).toBe(true);
    if (projectors.length > 0) {
      const running = async () =>
        (await Promise.all(projectors.map((p) => stateOf(p)))).some((s) => s?.state === "running");
      await until(running);
    }
  }
}, 60_000);

test("if two run the same projection, the fence lets each event in once", async () => {
  const { projector, logger } = start({ batch: 5 });
  await projector.ready();
  let head = 0;
  const writing = (async () => {
    for (let i = 0; i < 300; i++) head = await append(house.log, [{ key: `k${i % 7}` }]);
  })();
  // As if the holder had been frozen: another takes the lease, and the first does not know it yet.
  const thief = start({ batch: 3 });
  for (let round = 0; round < 10; round++) {
    await house.sql`delete from levqor_ops.leases`;
    await Bun.sleep(40);
  }
  await writing;
  expect(await projector.waitFor("notes", head, 10_000)).toBe(true);
  const rows = await rowsOf(house.sql, SHOWN);
  expect(rows.reduce((sum, { count }) => sum + (count as number), 0)).toBe(300);
  expect([...logger.said, ...thief.logger.said].filter(({ level }) => level === "error")).toEqual([]);
}, 30_000);

test("a checkpoint that someone else moved stops the writer before it writes", async () => {
  const { projector, logger } = start();
  expect(await projector.waitFor("notes", await append(house.log, [{ key: "a" }]), 5_000)).toBe(true);
  await house.sql`update levqor_ops.projections set position = 0`;
  await house.sql`delete from levqor_read.notes_v1`;
  const head = await append(house.log, [{ key: "a" }]);
  await until(() =>
    logger.said.some(({ message }) =>
      message.startsWith("Another process moved the checkpoint of levqor_read.notes_v1"),
    ),
  );
  // What it held in memory is forgotten: both events are folded again, each once.
  expect(await projector.waitFor("notes", head, 10_000)).toBe(true);
  expect(await rowsOf(house.sql, SHOWN)).toMatchObject([{ key: "a", count: 2 }]);
});

test("broken connections are reopened, and nothing is folded twice", async () => {
  const own = connect(house.url, { application_name: "to-be-cut" });
  const { projector } = start({ sql: own, batch: 4 });
  await projector.ready();
  let head = 0;
  for (let i = 0; i < 20; i++) {
    head = await append(
      house.log,
      Array.from({ length: 10 }, (_, k) => ({ key: `k${k}` })),
    );
    await house.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'to-be-cut'`;
    await Bun.sleep(10);
  }
  await until(async () => (await house.sql`select position from levqor_ops.projections`)[0]?.position === head);
  const rows = await rowsOf(house.sql, SHOWN);
  expect(rows.map(({ count }) => count)).toEqual(Array(10).fill(20));
  await projector.stop();
  await own.end({ timeout: 1 });
}, 60_000);

test("silent connections are replaced, and nothing is folded twice", async () => {
  const proxy = await startProxy(house.url);
  const own = connect(proxy.url, { answer_timeout_ms: 1_000 });
  const { projector } = start({ sql: own });
  await projector.ready();
  for (let silence = 1; silence <= 3; silence++) {
    await append(house.log, [{ key: "a" }, { key: "b" }]);
    proxy.silence();
    const head = await append(house.log, [{ key: "a" }]);
    // The lease of the term that went silent has to run out first: 4 s.
    await eventually(async () => (await house.sql`select position from levqor_ops.projections`)[0]?.position === head);
  }
  expect(await rowsOf(house.sql, SHOWN)).toMatchObject([
    { key: "a", count: 6 },
    { key: "b", count: 3 },
  ]);
  await projector.stop();
  await own.end({ timeout: 0 });
  await proxy.close();
}, 60_000);

test("a read model follows within milliseconds", async () => {
  const { projector } = start();
  await projector.waitFor("notes", await append(house.log, [{ key: "warm" }]), 5_000);
  const waits: number[] = [];
  for (let i = 0; i < 30; i++) {
    const head = await append(house.log, [{ key: `k${i}` }]);
    const before = performance.now();
    expect(await projector.waitFor("notes", head, 5_000)).toBe(true);
    waits.push(performance.now() - before);
    expect(await rowsOf(house.sql, SHOWN)).toHaveLength(i + 2);
  }
  const median = waits.sort((a, b) => a - b)[15] as number;
  // Some 2 ms on an idle machine; a poll of the log would show as more than the limit.
  expect(median).toBeLessThan(100);
});
