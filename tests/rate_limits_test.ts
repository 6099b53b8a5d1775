// Slow: three processes are flooded for longer than their exchange of counts takes, and quotas have to refill.
/** Three processes on one database, as seen by a client that floods them all. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { findFaketime } from "../scripts/torture/clock.ts";
import { connect, type Sql } from "../src/db/mod.ts";
import { type TestDatabase, testDatabase } from "./support/postgres.ts";
import { eventually, type ServiceProcess, startServiceProcess } from "./support/service.ts";

setDefaultTimeout(120_000);

const KEY = "k".repeat(24);
/** Which no flood comes with. */
const QUIET_KEY = "q".repeat(24);
const BURST = 20;
const ENTERPRISE = 300;

let database: TestDatabase;
let sql: Sql;
let services: ServiceProcess[];
let env: Record<string, string>;
beforeAll(async () => {
  database = await testDatabase();
  sql = connect(database.admin_url, { max: 1 });
  env = {
    LEVQOR_ROLE: "api",
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    API_KEYS: `${KEY},${QUIET_KEY}`,
    RATE_BURST: String(BURST),
    RATE_GLOBAL: "none",
    RATE_TIERS: `enterprise=${ENTERPRISE}`,
    TRUST_PROXY: "x-forwarded-for:1",
  };
  // The first one migrates.
  services = [await startServiceProcess(env), await startServiceProcess(env), await startServiceProcess(env)];
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.kill()));
  await sql.end();
  await database.drop();
});

/** Sends `times` requests, in turn to each process, `at_once` of them at a time; counts those that were admitted. */
async function flood(times: number, at_once: number, headers: Record<string, string>): Promise<number> {
  let sent = 0;
  let admitted = 0;
  const send = async () => {
    while (sent < times) {
      const service = services[sent++ % services.length] as ServiceProcess;
      const { status } = await fetch(`${service.url}/`, { headers });
      if (status !== 200 && status !== 429) throw new Error(`Got ${status}`);
      if (status === 200) admitted++;
    }
  };
  await Promise.all(Array.from({ length: at_once }, send));
  return admitted;
}

test("a client's requests to several processes are counted together", async () => {
  const headers = { "x-forwarded-for": "203.0.113.1" };
  let admitted = 0;
  for (let index = 0; index < 2 * BURST; index++) {
    const { status } = await fetch(`${services[index % 3]?.url}/`, { headers });
    if (status === 200) admitted++;
    // As fast as a person or a script that waits for its responses over a network.
    await Bun.sleep(150);
  }
  expect(admitted).toBeGreaterThanOrEqual(BURST);
  expect(admitted).toBeLessThanOrEqual(BURST + 2);
});

test("a flood of all three at once gets at most a limit from each, and nothing after that", async () => {
  const headers = { "x-forwarded-for": "203.0.113.2" };
  const admitted = await flood(400, 96, headers);
  expect(admitted).toBeGreaterThanOrEqual(BURST);
  expect(admitted).toBeLessThanOrEqual(3 * BURST);
  await Bun.sleep(1_000);
  expect(await flood(100, 96, headers)).toBe(0);
});

test("a key's flood, which lasts longer than an exchange, overshoots by what is admitted meanwhile", async () => {
  const admitted = await flood(1_200, 96, { "x-api-key": KEY });
  expect(admitted).toBeGreaterThanOrEqual(ENTERPRISE);
  expect(admitted).toBeLessThanOrEqual(3 * ENTERPRISE);
  // As all know by now, wherever one asks.
  await eventually(async () => (await flood(9, 1, { "x-api-key": KEY })) === 0);
});

test("a restart does not reset the limit on invalid keys, and locks out no valid key", async () => {
  const address = { "x-forwarded-for": "203.0.113.9" };
  const ask = async (key: string) => {
    const { status } = await fetch(`${services[0]?.url}/api/v1/jobs`, { headers: { ...address, "x-api-key": key } });
    return status;
  };
  const guess = () => ask(`guess ${Math.random()}`);
  for (let index = 0; index < BURST / 2; index++) expect(await guess()).toBe(401);
  expect(await guess()).toBe(429);
  // Told to the others within a tenth of a second, where the machine has time for it.
  const told = async () =>
    (await sql`select from levqor_ops.rate_counts group by scope, instance having sum(count) = ${BURST / 2}`).length >
    0;
  await eventually(told);
  await services[0]?.kill();
  services[0] = await startServiceProcess(env);
  expect(await ask(QUIET_KEY)).toBe(200);
  // It hears of them with the first one that it counts itself; a fresh budget would be as many as before.
  let fresh = 0;
  while ((await guess()) === 401) {
    fresh++;
    await Bun.sleep(500);
  }
  expect(fresh).toBeLessThan(BURST / 2);
  expect(await ask(QUIET_KEY)).toBe(200);
});

const faketime = findFaketime();

test.skipIf(!faketime)("a process whose clock is an hour fast counts by the database's", async () => {
  const clock = {
    LD_PRELOAD: `${faketime}`,
    FAKETIME: "+3600",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    NO_FAKE_STAT: "1",
  };
  const ahead = await startServiceProcess({ ...env, ...clock });
  try {
    const ask = () => fetch(`${ahead.url}/`, { headers: { "x-forwarded-for": "203.0.113.17" } });
    await ask();
    // By now it has exchanged.
    await Bun.sleep(1_000);
    const [, seconds] = /;t=(\d+)/.exec((await ask()).headers.get("ratelimit") ?? "") ?? [];
    // Not an hour; how much above a minute depends on how long the exchange took.
    expect(Number(seconds)).toBeWithin(1, 120);
  } finally {
    await ahead.kill();
  }
});
