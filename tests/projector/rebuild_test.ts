// Slow: random lives of jobs, and a log of 60,000 events, are folded live and again from the beginning.
import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { jobs, metrics, type Projection, projections } from "../../projections/mod.ts";
import type { EventLog } from "../../src/log/mod.ts";
import { type Projector, rebuild, rebuildAt, startProjector, verify } from "../../src/projector/mod.ts";
import { meta } from "../support/events.ts";
import { append, type House, type Note, notes, openHouse, recordingLogger, rowsOf, until } from "./support.ts";

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

const projection = notes as unknown as Projection;

function start(...started: readonly Projection[]): Projector {
  const projector = startProjector({ ...house, projections: started, logger: recordingLogger() });
  running.push(projector);
  return projector;
}

async function leftovers(): Promise<string[]> {
  const rows = await house.sql<{ name: string }[]>`
    select relname as name from pg_class where relname like '%rebuilt%' and relkind = 'r'`;
  return rows.map(({ name }) => name);
}

/** Lives of jobs as the domain lets them be. */
const life = fc
  .record({
    workflow: fc.constantFrom("http", "slack", "my\u001eown"),
    callback: fc.boolean(),
    attempts: fc.array(fc.record({ heartbeats: fc.nat(2), ends: fc.constantFrom("released", "succeeded", "failed") }), {
      maxLength: 3,
    }),
    callbacks: fc.array(fc.constantFrom("attempted", "delivered", "failed", "requested"), { maxLength: 3 }),
  })
  .map(({ workflow, callback, attempts, callbacks }) => {
    const events: { type: string; data: unknown }[] = [
      {
        type: "job.submitted",
        data: { workflow, payload: {}, ...(callback && { callback_url: "https://example.com" }) },
      },
    ];
    let ended = false;
    for (const [i, { heartbeats, ends }] of attempts.entries()) {
      const attempt = i + 1;
      if (ended) break;
      events.push({ type: "job.started", data: { attempt, worker: `w${i}`, lease_seconds: 0.25 } });
      for (let n = 0; n < heartbeats; n++) events.push({ type: "job.heartbeat", data: { attempt, lease_seconds: 30 } });
      if (ends === "released") events.push({ type: "job.released", data: { attempt, reason: "worker_lost" } });
      if (ends === "succeeded") events.push({ type: "job.succeeded", data: { attempt, result: { ok: true } } });
      if (ends === "failed")
        events.push({ type: "job.failed", data: { attempt, error: { code: "x", message: "X." } } });
      ended = ends !== "released";
    }
    const tried = { webhook_id: "w", attempt: 1, status_code: 500, error: { code: "x", message: "X." } };
    for (const what of ended && callback ? callbacks : []) {
      const data = what === "requested" ? {} : { ...tried, retry_in_seconds: 0.5 };
      events.push({ type: `job.callback_${what}`, data });
    }
    return events;
  });

/** Appends all lives at once, an event at a time, so that they interleave. */
async function live(log: EventLog, lives: readonly { type: string; data: unknown }[][]): Promise<void> {
  await Promise.all(
    lives.map(async (events) => {
      const stream_id = `job-${crypto.randomUUID()}`;
      for (const [expected_version, event] of events.entries()) {
        const meta = { actor: "test", correlation_id: stream_id };
        const result = await log.append({ stream_id, expected_version, events: [event], meta });
        expect(result.ok).toBe(true);
      }
    }),
  );
}

test("whatever happens to jobs, the live read models equal their rebuilds", async () => {
  const projector = start(...projections);
  await projector.ready();
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 20 }), async (lives) => {
      await live(house.log, lives);
      // Not waited for: the comparison holds at whatever position the live table has.
      for (const each of projections.filter(readsJobs)) {
        const { different, differences, position } = await verify({ ...house, projection: each });
        expect({ name: each.name, different, differences }).toEqual({ name: each.name, different: 0, differences: [] });
        expect(position).toBeLessThanOrEqual(await house.log.head());
      }
    }),
    { numRuns: 15 },
  );
  const head = await house.log.head();
  expect(await projector.waitFor("jobs", head, 5_000)).toBe(true);
  const { rows, position } = await verify({ ...house, projection: jobs as unknown as Projection });
  const [submitted] = await house.sql`select count(*)::int as jobs from levqor_log.events where type = 'job.submitted'`;
  expect({ rows, position }).toEqual({ rows: submitted?.jobs, position: head });
}, 60_000);

function readsJobs({ reads }: Projection): boolean {
  return reads === "all" || reads.some((type) => type.startsWith("job."));
}

test("rows that many parts of a long log change, and forget in between, are rebuilt as they are live", async () => {
  const projector = start(projection);
  let head = 0;
  // Some 15 parts; most keys come back after the parts in which they were last seen left memory.
  let seed = 42;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let i = 0; i < 30; i++) {
    const batch = Array.from({ length: 2_000 }, () => ({ key: `k${random(30_000)}`, remove: random(10) === 0 }));
    head = await append(house.log, batch);
  }
  expect(await projector.waitFor("notes", head, 30_000)).toBe(true);
  const { rows, different } = await verify({ ...house, projection });
  expect(different).toBe(0);
  expect(rows).toBeGreaterThan(10_000);
}, 60_000);

test("verify and rebuild work under continuous appends and reads", async () => {
  const projector = start(projection);
  let appending = true;
  let head = 0;
  const note = (i: number): Note => (i % 11 === 10 ? { key: `k${i % 50}`, remove: true } : { key: `k${i % 50}` });
  const writing = (async () => {
    for (let i = 0; appending; i++) head = await append(house.log, [note(3 * i), note(3 * i + 1), note(3 * i + 2)]);
  })();
  await projector.ready();
  let seen = 0;
  const reading = (async () => {
    while (appending) seen += (await house.sql`select key from levqor_read.notes where count > ${0}`).length;
  })();
  for (let round = 0; round < 5; round++) {
    expect(await verify({ ...house, projection })).toMatchObject({ different: 0 });
    const reached = await rebuild({ ...house, projection });
    expect(reached).toBeLessThanOrEqual(await house.log.head());
    expect(await verify({ ...house, projection })).toMatchObject({ different: 0 });
  }
  appending = false;
  await Promise.all([writing, reading]);
  expect(seen).toBeGreaterThan(0);
  expect(await projector.waitFor("notes", head, 5_000)).toBe(true);
  expect(await verify({ ...house, projection })).toMatchObject({ different: 0, position: head });
  expect(await leftovers()).toEqual([]);
}, 30_000);

test("verify reports each row that differs: changed, missing, left over", async () => {
  const projector = start(projection);
  const head = await append(house.log, [
    { key: "a" },
    { key: "b", set: { data: { x: ["\0"] } } },
    { key: "c" },
    { key: "d" },
  ]);
  expect(await projector.waitFor("notes", head, 5_000)).toBe(true);
  await house.sql`update levqor_read.notes_v1 set count = 7 where key = 'a'`;
  await house.sql`update levqor_read.notes_v1 set data = '{"x":[]}' where key = 'b'`;
  await house.sql`delete from levqor_read.notes_v1 where key = 'c'`;
  await house.sql`insert into levqor_read.notes_v1 (key, saw, count) values ('z', '', 1)`;
  const { rows, different, differences } = await verify({ ...house, projection });
  expect({ rows, different }).toEqual({ rows: 4, different: 4 });
  expect(differences).toMatchObject([
    { key: "a", live: { count: 7 }, rebuilt: { count: 1 } },
    { key: "b", live: { data: { x: [] } }, rebuilt: { data: { x: ["\0"] } } },
    { key: "c", live: null, rebuilt: { count: 1 } },
    { key: "z", live: { count: 1 }, rebuilt: null },
  ]);

  expect(await rebuild({ ...house, projection })).toBe(head);
  expect(await verify({ ...house, projection })).toMatchObject({ different: 0 });
});

test("after a rebuild the runner forgets its cache of the replaced table", async () => {
  const projector = start(projection);
  expect(await projector.waitFor("notes", await append(house.log, [{ key: "a" }]), 5_000)).toBe(true);
  // The runner has read this row, and would go on from it.
  await house.sql`update levqor_read.notes_v1 set count = 100`;
  await projector.stop();
  const second = start(projection);
  expect(await second.waitFor("notes", await append(house.log, [{ key: "a" }]), 5_000)).toBe(true);
  expect(await rowsOf(house.sql, "levqor_read.notes")).toMatchObject([{ count: 101 }]);

  await rebuild({ ...house, projection });
  expect(await second.waitFor("notes", await append(house.log, [{ key: "a" }]), 5_000)).toBe(true);
  expect(await rowsOf(house.sql, "levqor_read.notes")).toMatchObject([{ count: 3 }]);
  expect(await verify({ ...house, projection })).toMatchObject({ different: 0 });
});

test("skipped events are skipped by rebuilds too; others are not", async () => {
  const projector = start(projection);
  const head = await append(house.log, [{ key: "a" }, { key: "a", poison: "I can't" }, { key: "a" }]);
  await until(async () => (await projector.status())[0]?.state === "poisoned");
  await expect(rebuild({ ...house, projection })).rejects.toThrow(/^Cannot rebuild notes: .* \(position 2\): I can't$/);
  expect(await verify({ ...house, projection })).toMatchObject({ position: 1, different: 0 });
  await projector.resume("notes", { skip: 2, meta });
  // The decision is an event, too.
  const decided = head + 1;
  expect(await projector.waitFor("notes", decided, 5_000)).toBe(true);
  expect(await verify({ ...house, projection })).toMatchObject({ position: decided, different: 0 });
  expect(await rebuild({ ...house, projection })).toBe(decided);
  expect(await rowsOf(house.sql, "levqor_read.notes")).toMatchObject([{ key: "a", count: 2 }]);
  expect(await verify({ ...house, projection })).toMatchObject({ position: decided, different: 0 });

  // The log alone says what is passed over: for this version.
  await projector.stop();
  await house.sql`delete from levqor_ops.projections where name = 'notes'`;
  await house.sql`drop table levqor_read.notes_v1 cascade`;
  expect(await rebuild({ ...house, projection })).toBe(decided);
  expect(await rowsOf(house.sql, "levqor_read.notes")).toMatchObject([{ key: "a", count: 2 }]);
  await expect(rebuild({ ...house, projection: { ...projection, version: 2 } })).rejects.toThrow("(position 2)");
});

test("a rebuild can also create a read model", async () => {
  const head = await append(house.log, [{ key: "a" }, { key: "b" }]);
  await expect(verify({ ...house, projection })).rejects.toThrow(
    "Cannot verify levqor_read.notes_v1: this version is not live",
  );
  expect(await rebuild({ ...house, projection })).toBe(head);
  expect(await rowsOf(house.sql, "levqor_read.notes")).toHaveLength(2);
  expect(await rebuild({ ...house, projection: metrics as unknown as Projection })).toBe(head);
});

test("rebuildAt shows the read model as it was", async () => {
  await append(house.log, [{ key: "a" }, { key: "b" }, { key: "a" }]);
  const { table, rows } = await rebuildAt(2, { ...house, projection });
  expect({ table, rows }).toEqual({ table: "levqor_read.notes_at_2", rows: 2 });
  expect(await rowsOf(house.sql, table)).toMatchObject([
    { key: "a", count: 1 },
    { key: "b", count: 1 },
  ]);
  await expect(rebuildAt(4, { ...house, projection })).rejects.toThrow("Cannot rebuild notes at 4: the log ends at 3");
});

test("an interrupted rebuild leaves nothing, and of two at once one waits", async () => {
  for (let i = 0; i < 5; i++)
    await append(
      house.log,
      Array.from({ length: 1_000 }, (_, k) => ({ key: `k${k}` })),
    );
  const stop = new AbortController();
  const interrupted = rebuild({
    ...house,
    projection,
    signal: stop.signal,
    on_progress: () => stop.abort(new Error("Enough")),
  });
  await expect(interrupted).rejects.toThrow("Enough");
  expect(await leftovers()).toEqual([]);

  const both = await Promise.allSettled([rebuild({ ...house, projection }), rebuild({ ...house, projection })]);
  expect(both.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  expect(await rowsOf(house.sql, "levqor_read.notes")).toHaveLength(1_000);
  expect(await leftovers()).toEqual([]);
});

test("the next rebuild cleans up what a killed one left", async () => {
  await house.sql`create table levqor_read.notes_v1_rebuilt_0badcafe ()`;
  await rebuild({ ...house, projection });
  expect(await leftovers()).toEqual([]);
});
