/** A connection that goes silent keeps nobody waiting for longer than promised. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { connect, inTransaction, type Sql } from "../../src/db/mod.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { type BreakingProxy, startProxy } from "../support/proxy.ts";
import { eventually } from "../support/service.ts";

const LIMIT_MS = 700;
const NO_ANSWER = `The database did not answer within ${LIMIT_MS} ms`;

let database: TestDatabase;
let direct: Sql;
beforeAll(async () => {
  database = await testDatabase();
  direct = connect(database.url, { max: 1 });
});
afterAll(async () => {
  await direct.end();
  await database.drop();
});

let proxy: BreakingProxy;
let sql: Sql;
beforeEach(async () => {
  proxy = await startProxy(database.url);
  sql = connect(proxy.url, { max: 2, answer_timeout_ms: LIMIT_MS });
  await Promise.all([sql`select 1`, sql`select 2`]);
});
afterEach(async () => {
  await sql.end({ timeout: 0 });
  await proxy.close();
});

test("a statement on a silent connection fails in time, and the next one uses another connection", async () => {
  proxy.silence();
  const began = performance.now();
  await expect(sql`select 1`.then()).rejects.toThrow(NO_ANSWER);
  expect(performance.now() - began).toBeGreaterThanOrEqual(LIMIT_MS - 1);
  const [row] = await sql`select 3 as n`;
  expect(row?.n).toBe(3);
});

test("statements that wait behind a silent one fail in time, too, and all others continue", async () => {
  proxy.silence();
  const failed = await Promise.allSettled(Array.from({ length: 9 }, (_, n) => sql.unsafe(`select ${n}`)));
  expect(failed.map((each) => (each as PromiseRejectedResult).reason?.message)).toEqual(Array(9).fill(NO_ANSWER));
  expect(await Promise.all([sql`select 1 as n`, sql`select 2 as n`])).toMatchObject([[{ n: 1 }], [{ n: 2 }]]);
});

test("statements under way on the replaced connections continue", async () => {
  const limit_ms = 3_000;
  await using patient = closing(connect(proxy.url, { max: 2, answer_timeout_ms: limit_ms }));
  await direct`select pg_advisory_lock(1)`;
  const slow = patient.sql`select pg_sleep(60)`.then();
  slow.catch(() => {});
  await Bun.sleep(limit_ms / 2);
  const later = patient.sql`select pg_advisory_lock_shared(1), 2 as n`.then();
  await expect(slow).rejects.toThrow("The database did not answer");
  await direct`select pg_advisory_unlock(1)`;
  expect(await later).toMatchObject([{ n: 2 }]);
});

test("a statement that takes too long is cancelled on the server", async () => {
  const running = () => direct<{ count: number }[]>`
    select count(*)::int as count from pg_stat_activity where state = 'active' and query like 'select pg_sleep(61%'`;
  const slow = sql.unsafe("select pg_sleep(61)").then();
  slow.catch(() => {});
  await eventually(async () => (await running())[0]?.count === 1);
  await expect(slow).rejects.toThrow(NO_ANSWER);
  await eventually(async () => (await running())[0]?.count === 0);
});

const statements: ReadonlyArray<[name: string, pattern: string]> = [
  ["begins", "begin isolation"],
  ["works", "create temp table"],
  ["commits", "commit"],
];
test.each(statements)("a transaction that goes silent as it %s fails in time", async (_, pattern) => {
  proxy.onRequest = (chunk) => (chunk.includes(pattern) ? "freeze" : "pass");
  const began = performance.now();
  const transaction = inTransaction(sql, async (each) => {
    await each.unsafe("select 1");
    await each.unsafe("create temp table silent (n int)");
    await each.unsafe("select 2");
  });
  await expect(transaction).rejects.toThrow(/NO_ANSWER|did not answer|CONNECTION_DESTROYED/);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test("a transaction's own work may take longer than a statement", async () => {
  const answer = await inTransaction(sql, async (transaction) => {
    await transaction.unsafe("select 1");
    await Bun.sleep(LIMIT_MS * 1.5);
    const [row] = await transaction.unsafe("select 2 as n");
    return row?.n;
  });
  expect(answer).toBe(2);
});

test("a pool that is closed after a silence lets its process exit", async () => {
  proxy.silence();
  await expect(sql`select 1`.then()).rejects.toThrow(NO_ANSWER);
  const began = performance.now();
  await sql.end({ timeout: 0 });
  expect(performance.now() - began).toBeLessThan(10_000);
  await expect(sql`select 1`.then()).rejects.toThrow("CONNECTION_ENDED");
});

function closing(sql: Sql) {
  return { sql, [Symbol.asyncDispose]: () => sql.end({ timeout: 0 }) };
}
