import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { connect } from "../../src/db/mod.ts";
import { type Append, type AppendAllResult, type EventLog, LogUnavailableError, openLog } from "../../src/log/mod.ts";
import { appendOf, faultsOf, readAll } from "../support/events.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let logs: EventLog[];
let log: EventLog;
beforeAll(async () => {
  database = await testDatabase();
  logs = [openLog({ url: database.url }), openLog({ url: database.url })];
  log = logs[0] as EventLog;
});
afterAll(async () => {
  await Promise.all(logs.map((one) => one.close()));
  await database.drop();
});

const newStream = () => `test-${Bun.randomUUIDv7()}`;

describe("appends to several streams", () => {
  test("are recorded in one commit, in their order", async () => {
    const [a, b] = [newStream(), newStream()];
    const before = await log.head();
    const result = await log.appendAll([appendOf(a, 0, 2), appendOf(b, 0, 1)]);
    expect(result).toMatchObject({
      ok: true,
      appended: [
        { position: before + 1, version: 2 },
        { position: before + 3, version: 1 },
      ],
    });
    const events = await log.readRange(before, 10);
    expect(events.map(({ stream_id, version }) => [stream_id, version])).toEqual([
      [a, 1],
      [a, 2],
      [b, 1],
    ]);
    expect(events.every(({ recorded_at }) => result.ok && recorded_at === result.recorded_at)).toBe(true);
  });

  test("are refused together if one meets another version, and no others of the batch are", async () => {
    const [taken, free, alone] = [newStream(), newStream(), newStream()];
    await log.append(appendOf(taken, 0, 3));
    const [refused, other, third] = await Promise.all([
      log.appendAll([appendOf(free, 0, 2), appendOf(taken, 1, 2)]),
      log.append(appendOf(alone, 0)),
      log.appendAll([appendOf(newStream(), 0), appendOf(newStream(), 0)]),
    ]);
    expect(refused).toEqual({ ok: false, reason: "conflict", actual_versions: [0, 3] });
    expect(other.ok).toBe(true);
    expect(third.ok).toBe(true);
    expect(await log.readStream(free)).toEqual([]);
    expect(await log.readStream(taken)).toHaveLength(3);
  });

  test("of which one conflicts leave the single append that shares the batch alone", async () => {
    const [a, b] = [newStream(), newStream()];
    await log.append(appendOf(b, 0));
    const results = await Promise.all([
      log.append(appendOf(b, 0)),
      log.appendAll([appendOf(a, 0), appendOf(newStream(), 0)]),
    ]);
    expect(results).toMatchObject([{ ok: false, actual_version: 1 }, { ok: true }]);
  });

  test("name each stream once, and are no more than fit into a batch", async () => {
    const stream = newStream();
    expect(log.appendAll([])).rejects.toThrow("one at least");
    expect(log.appendAll([appendOf(stream, 0), appendOf(stream, 1)])).rejects.toThrow("each stream is named once");
    const halves = [appendOf(newStream(), 0, 1_000), appendOf(newStream(), 0, 1_000)];
    expect(await log.appendAll(halves)).toMatchObject({ ok: true });
    expect(log.appendAll([appendOf(newStream(), 0, 1_000), appendOf(newStream(), 0, 1_001)])).rejects.toThrow(
      "it is 2001 events",
    );
  });

  test("are passed to listeners as readers read them", async () => {
    const heard: unknown[] = [];
    const stop = log.onCommit(({ events }) => heard.push(...events));
    const before = await log.head();
    await log.appendAll([appendOf(newStream(), 0), appendOf(newStream(), 0, 2)]);
    stop();
    expect(heard).toEqual(await log.readRange(before, 10));
  });

  test("are refused once the log is closed", async () => {
    const closing = openLog({ url: database.url });
    await closing.close();
    expect(closing.appendAll([appendOf(newStream(), 0)])).rejects.toThrow(LogUnavailableError);
  });

  test("a process of the previous version appends with nine arguments", async () => {
    const stream = newStream();
    const sql = connect(database.url, { max: 1 });
    const [row] = await sql`
      select conflicts from levqor_log.append(${Bun.randomUUIDv7()}, 1, ${stream}, '0', '1', 'test.happened', '1', '{}', '{}')`;
    await sql.end();
    expect(row?.conflicts).toBeNull();
    expect(await log.readStream(stream)).toHaveLength(1);
  });
});

/** Who appends, to which of a few streams at once, how many events to each, and how far off its guesses are. */
const step = fc.record({
  writer: fc.nat(1),
  streams: fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 }),
  count: fc.integer({ min: 1, max: 3 }),
  off: fc.constantFrom(0, 0, 0, 1),
  turns: fc.nat(3),
});

test("any interleaving of appends is accepted completely or not at all, and leaves the log dense", async () => {
  let run = 0;
  let [taken, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const own = `run${run++}`;
      const versions = new Map<string, number>();
      const answers: { appends: Append[]; result: AppendAllResult }[] = [];
      await Promise.all(
        steps.map(async ({ writer, streams, count, off, turns }) => {
          for (let turn = 0; turn < turns; turn++) await Bun.sleep(0);
          const appends = streams.map((stream, index) => {
            const name = `test-${own}.${stream}`;
            return appendOf(name, (versions.get(name) ?? 0) + (index === 0 ? off : 0), count);
          });
          const result = await (logs[writer] as EventLog).appendAll(appends);
          answers.push({ appends, result });
          for (const [index, { stream_id }] of appends.entries()) {
            const now = result.ok ? result.appended[index]?.version : result.actual_versions[index];
            versions.set(stream_id, Math.max(versions.get(stream_id) ?? 0, now ?? 0));
          }
        }),
      );
      const singles = answers.flatMap(({ appends, result }) =>
        appends.map((append, index) => ({
          append,
          result: result.ok
            ? {
                ok: true as const,
                recorded_at: result.recorded_at,
                ...(result.appended[index] as { position: number; version: number }),
              }
            : { ok: false as const, reason: "conflict" as const, actual_version: result.actual_versions[index] ?? -1 },
        })),
      );
      // What earlier runs appended stands in the log as well.
      const mine = (await readAll(log)).filter(({ stream_id }) => stream_id.startsWith(`test-${own}.`));
      const acknowledged = singles.filter(({ result }) => result.ok);
      expect(mine).toHaveLength(acknowledged.reduce((sum, { append }) => sum + append.events.length, 0));
      expect((await faultsOf(log, acknowledged)).filter((fault) => !fault.startsWith("the log holds"))).toEqual([]);
      for (const { appends, result } of answers) {
        if (result.ok) taken++;
        else {
          refused++;
          expect(appends.some((append, index) => append.expected_version !== result.actual_versions[index])).toBe(true);
        }
      }
    }),
    { numRuns: 25 },
  );
  // The property would hold of a log that refuses everything, too.
  expect(Math.min(taken, refused)).toBeGreaterThan(0);
}, 60_000);

test("reading the first events returns one for each existing stream", async () => {
  const [a, b, none] = [newStream(), newStream(), newStream()];
  await log.append(appendOf(a, 0, 5));
  await log.append(appendOf(b, 0, 1));
  const events = await log.readFirst([a, none, b]);
  expect([...events.keys()].toSorted()).toEqual([a, b].toSorted());
  expect(events.get(a)).toEqual((await log.readStream(a, { limit: 1 }))[0]);
  expect(events.get(b)).toEqual((await log.readStream(b))[0]);
  expect((await log.readFirst([])).size).toBe(0);
});

describe("reading the newest events", () => {
  test("returns one for each existing stream, and the clock that dates events", async () => {
    const [a, b, none] = [newStream(), newStream(), newStream()];
    await log.append(appendOf(a, 0, 5));
    const appended = await log.append(appendOf(b, 0, 1));
    const { events, read_at } = await log.readLast([a, none, b]);
    expect([...events.keys()].toSorted()).toEqual([a, b].toSorted());
    expect(events.get(a)).toEqual((await log.readStream(a)).at(-1));
    expect(events.get(b)).toEqual((await log.readStream(b)).at(-1));
    expect(appended.ok && read_at > appended.recorded_at).toBe(true);
    expect((await log.readLast([none])).events.size).toBe(0);
    expect(log.readLast([])).rejects.toThrow("no stream is named");
  });

  test("of many streams after a version leaves out what came before", async () => {
    const [a, b] = [newStream(), newStream()];
    await log.append(appendOf(a, 0, 3));
    await log.append(appendOf(b, 0, 1));
    const found = await log.readStreams([a, b], { after_version: 1, limit: 10 });
    expect([...found].map(([stream, events]) => [stream, events.map(({ version }) => version)])).toEqual([[a, [2, 3]]]);
  });

  test("of many streams leaves out those that are longer than requested", async () => {
    const [short, long] = [newStream(), newStream()];
    const meta = { actor: "test", correlation_id: "test" };
    for (const [stream_id, length] of [
      [short, 20],
      [long, 600],
    ] as const) {
      const events = Array.from({ length: 2 }, () => ({ type: "test.happened", data: "x".repeat(length) }));
      await log.append({ stream_id, expected_version: 0, events, meta });
    }
    const found = await log.readStreams([short, long, newStream()], { limit: 10, max_length: 1_000 });
    expect([...found].map(([stream, events]) => [stream, events])).toEqual([[short, await log.readStream(short)]]);
    expect((await log.readStreams([long], { limit: 1, max_length: 1_000 })).get(long)).toHaveLength(1);
  });
});
