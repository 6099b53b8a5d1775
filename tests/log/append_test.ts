import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { decode, type StoredEvent } from "../../events/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { type EventLog, LogUnavailableError, openLog } from "../../src/log/mod.ts";
import { appendOf, meta } from "../support/events.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let log: EventLog;
beforeAll(async () => {
  database = await testDatabase();
  log = openLog({ url: database.url });
});
afterAll(async () => {
  await log.close();
  await database.drop();
});

const newStream = () => `test-${Bun.randomUUIDv7()}`;

describe("append", () => {
  test("records events at the end of their stream and of the log", async () => {
    const stream = newStream();
    const before = await log.head();
    const result = await log.append(appendOf(stream, 0, 3));
    expect(result).toMatchObject({ ok: true, version: 3 });
    const events = await log.readStream(stream);
    expect(events.map((event) => event.version)).toEqual([1, 2, 3]);
    expect(events.map((event) => event.position)).toEqual([before + 1, before + 2, before + 3]);
    expect(events[0]?.recorded_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect(result).toMatchObject({ position: before + 1, recorded_at: events[0]?.recorded_at });
  });

  test("rejects a wrong expected version and reports the actual one", async () => {
    const stream = newStream();
    await log.append(appendOf(stream, 0, 2));
    for (const expected of [0, 1, 3]) {
      expect(await log.append(appendOf(stream, expected))).toEqual({
        ok: false,
        reason: "conflict",
        actual_version: 2,
      });
    }
    expect(await log.readStream(stream)).toHaveLength(2);
  });

  test("fails a conflicting append alone, not its batch", async () => {
    const taken = newStream();
    await log.append(appendOf(taken, 0));
    const streams = [newStream(), taken, newStream(), newStream()];
    const results = await Promise.all(streams.map((stream) => log.append(appendOf(stream, 0, 2))));
    expect(results.map((result) => result.ok)).toEqual([true, false, true, true]);
  });

  test("lets one of many simultaneous appends to a stream win", async () => {
    const stream = newStream();
    const results = await Promise.all(Array.from({ length: 20 }, () => log.append(appendOf(stream, 0))));
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(results.filter((result) => !result.ok && result.actual_version === 1)).toHaveLength(19);
  });

  test("accepts simultaneous appends that follow one another on one stream", async () => {
    const stream = newStream();
    const results = await Promise.all([0, 1, 2].map((version) => log.append(appendOf(stream, version))));
    expect(results.every((result) => result.ok)).toBe(true);
  });

  test("keeps the exact bytes of JSON text", async () => {
    const stream = newStream();
    const data_json = '{ "b": 1.0,\n\t"a": "\\u0000 \\ud800 é 🟢", "a": 2 }';
    await log.append({ stream_id: stream, expected_version: 0, events: [{ type: "test.happened", data_json }], meta });
    expect((await log.readStream(stream))[0]?.data_json).toBe(data_json);
  });

  test("keeps NUL and lone surrogates of values", async () => {
    const stream = newStream();
    const data = { nul: "\u0000", lone: "\ud800", separator: "\u001e" };
    await log.append({ stream_id: stream, expected_version: 0, events: [{ type: "test.happened", data }], meta });
    expect(JSON.parse((await log.readStream(stream))[0]?.data_json ?? "")).toEqual(data);
  });

  test("rejects an append that the database cannot store, and accepts the others of its batch", async () => {
    const bad = { type: "test.happened", data_json: "{secret: not JSON" };
    const results = await Promise.allSettled([
      log.append(appendOf(newStream(), 0)),
      log.append({ stream_id: newStream(), expected_version: 0, events: [bad], meta }),
      log.append(appendOf(newStream(), 0)),
    ]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(String((results[1] as PromiseRejectedResult).reason)).toMatch(
      /^AppendRefusedError: Cannot append to test-.*not valid JSON/,
    );
    expect(Bun.inspect((results[1] as PromiseRejectedResult).reason)).not.toContain("secret");
  });

  test.each([
    ["a stream id without category", { ...appendOf("x", 0) }, /stream id/],
    ["a separator in a stream id", { ...appendOf("test-\u001e", 0) }, /stream id/],
    [
      "a separator in JSON text",
      { ...appendOf("test-1", 0), events: [{ type: "test.x", data_json: '"\u001e"' }] },
      /not valid JSON/,
    ],
    ["an event type without category", { ...appendOf("test-1", 0), events: [{ type: "x", data: 1 }] }, /type/],
    ["no events", { ...appendOf("test-1", 0), events: [] }, /holds 1 to 2000/],
    ["more events than a batch holds", appendOf("test-1", 0, 2_001), /holds 1 to 2000/],
    ["a negative version", appendOf("test-1", -1), /expected version -1/],
    ["a fractional version", appendOf("test-1", 0.5), /expected version 0.5/],
  ])("rejects %s", async (_, append, message) => {
    expect(log.append(append)).rejects.toThrow(message);
  });

  test("accepts the largest append, and rejects one character more", async () => {
    const sized = (length: number) => ({
      ...appendOf(newStream(), 0),
      events: [{ type: "test.happened", data_json: `"${"x".repeat(length - 2 - JSON.stringify(meta).length)}"` }],
    });
    expect(await log.append(sized(16_000_000))).toMatchObject({ ok: true });
    expect(log.append(sized(16_000_001))).rejects.toThrow("at most 16000000");
    expect(await log.append(appendOf(newStream(), 0, 2_000))).toMatchObject({ ok: true, version: 2_000 });
  });

  test("crosses from one partition to the next", async () => {
    const own = await testDatabase();
    const admin = connect(own.admin_url, { max: 1 });
    const partitioned = openLog({ url: own.url });
    try {
      const edge = 100_000_000;
      await admin`insert into levqor_log.events values (${edge - 3}, 'test-before', 1, 'test.x', 1, '{}', '{}', now())`;
      const stream = newStream();
      expect(await partitioned.append(appendOf(stream, 0, 5))).toMatchObject({ ok: true, position: edge - 2 });
      expect(await partitioned.append(appendOf(stream, 0))).toMatchObject({ ok: false, actual_version: 5 });
      expect((await partitioned.readStream(stream)).map((event) => event.position)).toEqual(
        [-2, -1, 0, 1, 2].map((offset) => edge + offset),
      );
      const tables = await admin`select distinct tableoid::regclass::text as name from levqor_log.events order by 1`;
      expect(tables.map((table) => table.name)).toEqual(["levqor_log.events_000000", "levqor_log.events_000001"]);
    } finally {
      await partitioned.close();
      await admin.end();
      await own.drop();
    }
  });

  test("changes no row: under an old snapshot each change would leave one more version to skip", async () => {
    const own = await testDatabase();
    const admin = connect(own.admin_url, { max: 1 });
    const appending = openLog({ url: own.url });
    try {
      for (let i = 0; i < 20; i++) await appending.append(appendOf(newStream(), 0));
      await appending.close();
      const counted = () => admin`
        select coalesce(sum(n_tup_ins), 0)::int as inserted, coalesce(sum(n_tup_upd + n_tup_del), 0)::int as changed
        from pg_stat_user_tables where schemaname = 'levqor_log'`;
      let [tables] = await counted();
      // A session's counts are seen when it has ended.
      for (; tables?.inserted < 40; [tables] = await counted()) await Bun.sleep(20);
      expect(tables).toEqual({ inserted: 40, changed: 0 });
    } finally {
      await admin.end();
      await own.drop();
    }
  });

  test("knows a writer's last batch after its earlier ones were deleted", async () => {
    const own = await testDatabase();
    const sql = connect(own.url, { max: 1 });
    try {
      const writer = crypto.randomUUID();
      const send = (batch: number) => sql`
        select first_position from levqor_log.append(
          ${writer}, ${batch}, ${`test-${batch}`}, '0', '1', 'test.happened', '1', '{}', '{}')`;
      expect([...(await send(999))]).toEqual([{ first_position: 1 }]);
      expect([...(await send(1000))]).toEqual([{ first_position: 2 }]);
      expect([...(await send(1000))]).toEqual([{ first_position: 2 }]);
      expect(send(999)).rejects.toThrow("comes after its batch 1000");
    } finally {
      await sql.end();
      await own.drop();
    }
  });

  test("notifies listeners of each commit, in order, with its events", async () => {
    const commits: number[] = [];
    const stop = log.onCommit(({ last, events }) => {
      expect(events.at(-1)?.position).toBe(last);
      commits.push(...events.map((event) => event.position));
    });
    const before = await log.head();
    await Promise.all(Array.from({ length: 50 }, () => log.append(appendOf(newStream(), 0, 2))));
    stop();
    await log.append(appendOf(newStream(), 0));
    expect(commits).toEqual(Array.from({ length: 100 }, (_, i) => before + 1 + i));
  });

  test("gives listeners what readers read", async () => {
    const heard: unknown[] = [];
    const stop = log.onCommit(({ events }) => heard.push(...events));
    const stream = newStream();
    await log.append(appendOf(stream, 0, 3));
    stop();
    expect(heard).toEqual([...(await log.readStream(stream))]);
  });

  test("passes on to listeners what was already parsed and is small: the same as readers parse", async () => {
    const heard: StoredEvent[] = [];
    const stop = log.onCommit(({ events }) => heard.push(...events));
    const stream = newStream();
    const values = [{ n: 1 }, { text: "x".repeat(5_000) }];
    await log.append({
      stream_id: stream,
      expected_version: 0,
      events: values.map((data) => ({ type: "test.happened", data_json: JSON.stringify(data), data })),
      meta,
    });
    stop();
    expect(heard.map(({ parsed }) => parsed)).toEqual([{ data: { n: 1 }, meta }, undefined]);
    expect(heard.map(decode)).toEqual((await log.readStream(stream)).map(decode));
  });

  test("rejects appends once closed, after accepted ones are recorded", async () => {
    const closing = openLog({ url: database.url });
    const stream = newStream();
    const last = closing.append(appendOf(stream, 0));
    const closed = closing.close();
    expect(closing.append(appendOf(stream, 1))).rejects.toThrow(LogUnavailableError);
    expect(await last).toMatchObject({ ok: true });
    await closed;
  });
});

test("a listener that throws ends the process, like any uncaught fault, and nobody waits in vain", async () => {
  const script = `
    const { openLog } = await import(${JSON.stringify(new URL("../../src/log/mod.ts", import.meta.url).pathname)});
    const log = openLog({ url: ${JSON.stringify(database.url)} });
    log.onCommit(() => { throw new Error("I cannot listen"); });
    for (let version = 0; version < 3; version++) {
      const result = await log.append({
        stream_id: "${newStream()}", expected_version: version, meta: ${JSON.stringify(meta)},
        events: [{ type: "test.happened", data: {} }],
      });
      console.log(result.version);
    }`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "pipe", "pipe"] });
  const [out, said] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect({ out, code: await child.exited }).toEqual({ out: "1\n2\n3\n", code: 1 });
  expect(said).toContain("I cannot listen");
});
