import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect, type Sql } from "../../src/db/mod.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { startProxy } from "../support/proxy.ts";

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

test("JSON and times come back as text, big integers as numbers", async () => {
  const [row] = await sql`
    select '{ "a":1 }'::json as json, timestamptz '2026-01-02 03:04:05.678901+02' as time, 9007199254740991::bigint as big`;
  expect(row).toEqual({ json: '{ "a":1 }', time: "2026-01-02T01:04:05.678901Z", big: 9_007_199_254_740_991 });
});

test.each([[[]], [["a"]], [["a b", "c,d", 'e"f', "g\\h", "{}", "", "null", "é🟢"]]])(
  "an array of texts arrives as it was sent: %j",
  async (texts) => {
    const [row] = await sql`select array_to_json(${texts}::text[]) as json`;
    expect(JSON.parse(row?.json)).toEqual(texts);
  },
);

test("an array of big integers arrives and comes back", async () => {
  const numbers = [1, -2, 9_007_199_254_740_991];
  const [row] = await sql`select ${numbers}::bigint[] as numbers, '{}'::bigint[] as none`;
  expect(row).toEqual({ numbers, none: [] });
});

// An unhandled rejection fails the test, too: it would end the service.
test.each(Array.from({ length: 12 }, (_, i) => i + 1))(
  "a connection that breaks at its response %i fails only its own query",
  async (breaking) => {
    const proxy = await startProxy(database.url);
    let answers = 0;
    proxy.onAnswer = () => (++answers === breaking ? "cut_before" : "pass");
    const cut = connect(proxy.url, { max: 1 });
    for (let n = 0; answers < breaking; n++) {
      await cut`select ${n}::int as n`.catch((error: Error) => expect(error).toBeInstanceOf(Error));
    }
    const [row] = await cut`select 1 as n`;
    expect(row?.n).toBe(1);
    await cut.end({ timeout: 1 });
    await proxy.close();
  },
);

describe("after a statement that failed when some of its rows had arrived, the next result begins with its first row", () => {
  test("on the same connection", async () => {
    const one = connect(database.url, { max: 1 });
    await expect(one`select 1 / (3 - n) from generate_series(1, 5) as n`.execute()).rejects.toThrow("division by zero");
    expect([...(await one<{ n: number }[]>`select 7 as n`)]).toEqual([{ n: 7 }]);
    await one.end();
  });

  test("on the connection that replaces it", async () => {
    const one = connect(database.url, { max: 1 });
    const ends = one`
      select n, case when n = 3 then pg_terminate_backend(pg_backend_pid()) end from generate_series(1, 5) as n`;
    await expect(ends.execute()).rejects.toThrow();
    expect([...(await one<{ n: number }[]>`select 7 as n`)]).toEqual([{ n: 7 }]);
    await one.end();
  });
});

test("long responses on many connections are received one by one, each in its own turn of the event loop", async () => {
  const pool = connect(database.url, { max: 8 });
  /** Of the responses since the event loop last turned. */
  let now = 0;
  let most = 0;
  let isOver = false;
  const count = () => {
    most = Math.max(most, now);
    now = 0;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const lengths = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      const [row] = await pool`select repeat(${String(n % 10)}, 2000000) as text`;
      now++;
      return row?.text.length;
    }),
  );
  isOver = true;
  await pool.end({ timeout: 1 });
  expect(new Set(lengths)).toEqual(new Set([2_000_000]));
  // Two of the client's turns may fall between two of this test's.
  expect(most).toBeLessThanOrEqual(2);
});
