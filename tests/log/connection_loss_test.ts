// Slow: connections are broken at every stage of a commit, and silent ones have to time out.
/** A connection that breaks at any stage of a batch leaves no caller without a response and none with a false one. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { follow, inProcessBus } from "../../src/bus/mod.ts";
import { connect, type Sql } from "../../src/db/mod.ts";
import {
  AppendInDoubtError,
  type AppendResult,
  type EventLog,
  LogUnavailableError,
  openLog,
} from "../../src/log/mod.ts";
import { appendOf, faultsOf } from "../support/events.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { type BreakingProxy, startProxy, type Verdict } from "../support/proxy.ts";

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await testDatabase();
  sql = connect(database.url, { max: 1 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

type Answer = AppendResult | "in_doubt" | "unavailable";

async function answerOf(result: Promise<AppendResult>): Promise<Answer> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof AppendInDoubtError) return "in_doubt";
    if (error instanceof LogUnavailableError) return "unavailable";
    throw error;
  }
}

async function withProxy(
  options: { append_timeout_ms?: number },
  body: (log: EventLog, proxy: BreakingProxy) => Promise<void>,
): Promise<void> {
  const proxy = await startProxy(database.url);
  const log = openLog({ url: proxy.url, append_timeout_ms: 5_000, attempt_timeout_ms: 300, ...options });
  try {
    // The connection and the statement are ready before anything breaks.
    await log.append(appendOf(`test-${Bun.randomUUIDv7()}`, 0));
    await body(log, proxy);
  } finally {
    await log.close();
    await proxy.close();
  }
}

/** Answers `verdict` to the `nth` chunk that carries a batch, or its answer, and passes all others. */
function once(verdict: Verdict, nth = 0) {
  let seen = 0;
  return (chunk: Buffer): Verdict =>
    (chunk.includes("test-") || chunk.length > 20) && seen++ === nth ? verdict : "pass";
}

async function countOf(prefix: string): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*) as count from levqor_log.events where starts_with(stream_id, ${prefix})`;
  return row.count;
}

describe("a batch is recorded exactly once, and its callers are told so, when its connection is", () => {
  const stages: Array<[string, (proxy: BreakingProxy) => void]> = [
    ["cut before the batch is sent", (proxy) => (proxy.onRequest = once("cut_before"))],
    ["cut in the middle of the batch", (proxy) => (proxy.onRequest = once("cut_within"))],
    ["cut right after the batch", (proxy) => (proxy.onRequest = once("cut_after"))],
    ["cut after the commit, before the answer", (proxy) => (proxy.onAnswer = once("cut_before"))],
    ["cut in the middle of the answer", (proxy) => (proxy.onAnswer = once("cut_within"))],
    ["cut right after the answer", (proxy) => (proxy.onAnswer = once("cut_after"))],
    ["frozen before the batch is sent", (proxy) => (proxy.onRequest = once("freeze"))],
    ["frozen before the answer", (proxy) => (proxy.onAnswer = once("freeze"))],
  ];
  test.each(stages)("%s", async (_, breakAt) => {
    await withProxy({}, async (log, proxy) => {
      const prefix = `test-${Bun.randomUUIDv7()}`;
      breakAt(proxy);
      const appends = Array.from({ length: 30 }, (_, i) => appendOf(`${prefix}.${i}`, 0, 1 + (i % 3)));
      const answers = await Promise.all(appends.map((append) => answerOf(log.append(append))));
      expect(answers.every((answer) => typeof answer === "object" && answer.ok)).toBe(true);
      expect(await countOf(prefix)).toBe(60);
    });
  });
});

test("a batch that is delivered after it was sent again is not applied twice", async () => {
  await withProxy({}, async (log, proxy) => {
    const prefix = `test-${Bun.randomUUIDv7()}`;
    proxy.onRequest = once("hold");
    expect(await log.append(appendOf(`${prefix}.a`, 0))).toMatchObject({ ok: true });
    proxy.release();
    expect(await log.append(appendOf(`${prefix}.b`, 0))).toMatchObject({ ok: true });
    await Bun.sleep(100);
    expect(await countOf(prefix)).toBe(2);
  });
});

test("a batch that was given up and is delivered later is rejected once the writer has moved on", async () => {
  await withProxy({ append_timeout_ms: 400 }, async (log, proxy) => {
    const prefix = `test-${Bun.randomUUIDv7()}`;
    proxy.onRequest = (chunk) => {
      if (!chunk.includes("test-")) return "pass";
      proxy.refusing = true;
      return "hold";
    };
    expect(await answerOf(log.append(appendOf(`${prefix}.a`, 0)))).toBe("in_doubt");
    proxy.onRequest = () => "pass";
    proxy.refusing = false;
    expect(await log.append(appendOf(`${prefix}.b`, 0))).toMatchObject({ ok: true });
    proxy.release();
    await Bun.sleep(200);
    expect(await countOf(`${prefix}.a`)).toBe(0);
    expect(await log.append(appendOf(`${prefix}.a`, 0))).toMatchObject({ ok: true });
  });
});

test("callers are told that nothing was recorded when the database is unreachable for too long", async () => {
  const proxy = await startProxy(database.url);
  await proxy.close();
  const log = openLog({ url: proxy.url, append_timeout_ms: 300 });
  const stream = `test-${Bun.randomUUIDv7()}`;
  expect(await answerOf(log.append(appendOf(stream, 0)))).toBe("unavailable");
  expect(await countOf(stream)).toBe(0);
  await log.close();
});

test("callers are told that nothing was recorded when the database accepts the connection and then stays silent", async () => {
  const proxy = await startProxy(database.url);
  proxy.onRequest = () => "freeze";
  const log = openLog({ url: proxy.url, append_timeout_ms: 1_500, attempt_timeout_ms: 600 });
  expect(await answerOf(log.append(appendOf(`test-${Bun.randomUUIDv7()}`, 0)))).toBe("unavailable");
  proxy.onRequest = () => "pass";
  expect(await answerOf(log.append(appendOf(`test-${Bun.randomUUIDv7()}`, 0)))).toMatchObject({ ok: true });
  await log.close();
  await proxy.close();
});

test("a follower whose connection goes silent continues with a new one", async () => {
  const proxy = await startProxy(database.url);
  const log = openLog({ url: proxy.url, read_timeout_ms: 500 });
  const bus = inProcessBus({ log, poll_ms: 20 });
  const stop = new AbortController();
  const stream = `test-${Bun.randomUUIDv7()}`;
  const after = await log.head();
  const source = follow({ log, bus, after, signal: stop.signal });
  await log.append(appendOf(stream, 0));
  expect((await source.next()).value).toMatchObject([{ stream_id: stream }]);

  proxy.silence();
  // By another process: this one must read it.
  const other = openLog({ url: database.url });
  await other.append(appendOf(stream, 1));
  expect((await source.next()).value).toMatchObject([{ stream_id: stream, version: 2 }]);

  stop.abort();
  await source.return();
  await bus.close();
  await Promise.all([log.close(), other.close()]);
  await proxy.close();
});

test("appends under load survive connections that are cut at random", async () => {
  const own = await testDatabase();
  const proxy = await startProxy(own.url);
  const log = openLog({ url: proxy.url, append_timeout_ms: 10_000, attempt_timeout_ms: 300 });
  const verdicts: Verdict[] = ["cut_before", "cut_within", "cut_after"];
  let cuts = 0;
  const sometimes = (chunk: Buffer): Verdict =>
    chunk.length > 100 && Math.random() < 0.03 ? (verdicts[cuts++ % 3] as Verdict) : "pass";
  proxy.onRequest = sometimes;
  proxy.onAnswer = sometimes;
  const answers: { append: ReturnType<typeof appendOf>; result: Answer }[] = [];
  const until = performance.now() + 2_000;
  await Promise.all(
    Array.from({ length: 32 }, async (_, caller) => {
      // However slow the machine: each kind of cut has been there, and the first again.
      for (let version = 0; performance.now() < until || cuts <= 3; version++) {
        const append = appendOf(`test-${caller}`, version);
        answers.push({ append, result: await answerOf(log.append(append)) });
      }
    }),
  );
  proxy.onRequest = proxy.onAnswer = () => "pass";
  expect(cuts).toBeGreaterThan(3);
  expect(answers.every(({ result }) => typeof result === "object" && result.ok)).toBe(true);
  expect(await faultsOf(log, answers)).toEqual([]);
  await log.close();
  await proxy.close();
  await own.drop();
}, 30_000);

describe("a database with a full disk", () => {
  const fill = `
    create function levqor_log.no_room() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$;
    create trigger no_room before insert on levqor_log.events_000000 for each row execute function levqor_log.no_room()`;
  const free = "drop function levqor_log.no_room() cascade";

  test("lets appends wait for it, as one that is down", async () => {
    const admin = connect(database.admin_url, { max: 1 });
    await withProxy({}, async (log) => {
      await admin.unsafe(fill);
      const waiting = Array.from({ length: 5 }, () => log.append(appendOf(`test-${Bun.randomUUIDv7()}`, 0)));
      await Bun.sleep(200);
      await admin.unsafe(free);
      expect((await Promise.all(waiting)).map(({ ok }) => ok)).toEqual([true, true, true, true, true]);
    }).finally(() => admin.end());
  });

  test("rejects them as unavailable when their time is up, and nothing of them is recorded", async () => {
    const admin = connect(database.admin_url, { max: 1 });
    await withProxy({ append_timeout_ms: 300 }, async (log) => {
      await admin.unsafe(fill);
      const stream = `test-${Bun.randomUUIDv7()}`;
      const answer = await answerOf(log.append(appendOf(stream, 0)));
      await admin.unsafe(free);
      expect(answer).toBe("unavailable");
      expect(await log.readStream(stream)).toEqual([]);
    }).finally(() => admin.end());
  });
});
