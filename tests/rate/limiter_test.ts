// Slow: quotas have to refill in real time, and a million addresses are counted.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { connect, databaseNow, type Sql } from "../../src/db/mod.ts";
import { RateLimiter, type RateLimits, setRateHeaders, type Verdict } from "../../src/rate/mod.ts";
import { SLOT_MS, slotAt, WINDOW_MS } from "../../src/rate/usage.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { startProxy } from "../support/proxy.ts";
import { eventually } from "../support/service.ts";

const LIMITS: RateLimits = { burst: 20, global: 200, tiers: { free: 60, pro: 600, enterprise: null } };

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await testDatabase();
  sql = connect(database.url, { max: 4, answer_timeout_ms: 2_000 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const limiters: RateLimiter[] = [];
afterEach(async () => {
  await Promise.all(limiters.splice(0).map((limiter) => limiter.stop()));
  await sql`delete from levqor_ops.rate_counts`;
});

interface Started {
  readonly limiter: RateLimiter;
  readonly warnings: string[];
  readonly refusals: string[];
}

/** A process's clock that is ahead of the database's by this much, and may be advanced. */
function clock(ahead_ms: number) {
  let advanced_ms = 0;
  return {
    timeOrigin: performance.timeOrigin + ahead_ms,
    now: () => performance.now() + advanced_ms,
    advance(ms: number) {
      advanced_ms += ms;
    },
  };
}

function start(options: { limits?: Partial<RateLimits>; sql?: Sql; clock?: ReturnType<typeof clock> } = {}): Started {
  const warnings: string[] = [];
  const refusals: string[] = [];
  const limiter = new RateLimiter({
    sql: options.sql ?? sql,
    clock: options.clock,
    instance: crypto.randomUUID(),
    logger: { warn: (_, message) => void warnings.push(message), info: (message) => void warnings.push(message) },
    limits: { ...LIMITS, ...options.limits },
    on_refusal: (policy) => void refusals.push(policy),
  });
  limiters.push(limiter);
  return { limiter, warnings, refusals };
}

/** How many of `times` requests are admitted. */
function admitted(times: number, take: () => Verdict | undefined): number {
  let count = 0;
  for (let index = 0; index < times; index++) if (take()?.admitted !== false) count++;
  return count;
}

describe("callers without a key", () => {
  test("each address has its burst, and all together have theirs", () => {
    const { limiter, refusals } = start();
    expect(admitted(50, () => limiter.anonymous("203.0.113.1"))).toBe(20);
    expect(refusals).toEqual(new Array(30).fill("address"));
    for (let index = 2; index <= 10; index++)
      expect(admitted(20, () => limiter.anonymous(`203.0.113.${index}`))).toBe(20);
    expect(limiter.anonymous("203.0.113.11")).toMatchObject({
      admitted: false,
      policy: { name: "global", quota: 200 },
    });
    expect(limiter.anonymous("203.0.113.1")).toMatchObject({ admitted: false, policy: { name: "address" } });
  });

  test("refusals do not count", () => {
    const { limiter } = start({ limits: { global: 30 } });
    expect(admitted(500, () => limiter.anonymous("203.0.113.1"))).toBe(20);
    expect(admitted(500, () => limiter.anonymous("203.0.113.2"))).toBe(10);
  });

  test("each limit can be off, independently of the other", () => {
    const { limiter } = start({ limits: { burst: null, global: null } });
    expect(limiter.anonymous("203.0.113.1")).toBeUndefined();
    expect(limiter.failed("203.0.113.1")).toBeUndefined();
    expect(limiter.page("203.0.113.1")).toBeUndefined();
    const together = start({ limits: { burst: null, global: 5 } }).limiter;
    expect(admitted(9, () => together.anonymous("203.0.113.1"))).toBe(5);
  });

  test("pages have their own limit", () => {
    const { limiter } = start();
    expect(admitted(400, () => limiter.page("203.0.113.1"))).toBe(300);
    expect(admitted(30, () => limiter.anonymous("203.0.113.1"))).toBe(20);
  });
});

test("repeated refusals are delayed; occasional ones are not", () => {
  const { limiter } = start({ limits: { burst: 1, global: null } });
  limiter.anonymous("203.0.113.1");
  const holds = Array.from({ length: 40 }, () => limiter.anonymous("203.0.113.1")?.hold_ms);
  // A new slot may have begun in the meantime, with its own patience.
  expect(holds.filter((hold) => hold === 0).length).toBeGreaterThanOrEqual(30);
  expect(holds.filter((hold) => hold === 1_000).length).toBeGreaterThan(0);
  limiter.anonymous("203.0.113.2");
  expect(limiter.anonymous("203.0.113.2")?.hold_ms).toBe(0);
});

describe("callers with a key", () => {
  test("have their tier's quota, wherever they call from", () => {
    const { limiter } = start();
    const free = { identity: "a", tier: "free" };
    expect(admitted(100, () => limiter.holder(free))).toBe(60);
    expect(admitted(100, () => limiter.holder({ identity: "b", tier: "free" }))).toBe(60);
    expect(admitted(700, () => limiter.holder({ identity: "c", tier: "pro" }))).toBe(600);
    expect(limiter.holder({ identity: "d", tier: "enterprise" })).toBeUndefined();
  });

  test("with a tier that no longer exists have that of free", () => {
    const { limiter } = start();
    const verdict = limiter.holder({ identity: "a", tier: "gold" });
    expect(verdict).toMatchObject({ admitted: true, policy: { name: "free", quota: 60 }, remaining: 59 });
  });

  test("failed keys: half of what callers without one have, which they use, too", () => {
    const { limiter } = start();
    expect(admitted(50, () => limiter.failed("203.0.113.1"))).toBe(10);
    expect(limiter.failed("203.0.113.1")).toMatchObject({ policy: { name: "failed-keys", quota: 10 } });
    expect(admitted(50, () => limiter.anonymous("203.0.113.1"))).toBe(10);
  });

  test("unknown tokens have their own limit", () => {
    const { limiter } = start();
    expect(admitted(50, () => limiter.failed("203.0.113.1"))).toBe(10);
    expect(admitted(4_000, () => limiter.newToken("203.0.113.1"))).toBe(3_000);
    expect(limiter.newToken("203.0.113.1")).toMatchObject({ policy: { name: "new-tokens", quota: 3_000 } });
    expect(limiter.newToken("203.0.113.2")).toMatchObject({ admitted: true });
    expect(start({ limits: { burst: null } }).limiter.newToken("203.0.113.1")).toBeUndefined();
  });

  test("routes that opt in have stricter policies on top", () => {
    const { limiter } = start();
    expect(admitted(50, () => limiter.route("errors", "a"))).toBe(5);
    expect(admitted(50, () => limiter.route("errors", "b"))).toBe(5);
    expect(admitted(1_000, () => limiter.route("releases", "a"))).toBe(600);
    expect(admitted(50, () => limiter.route("support", "203.0.113.1"))).toBe(5);
    expect(start({ limits: { burst: null } }).limiter.route("errors", "a")).toBeUndefined();
  });
});

describe("several processes", () => {
  test("what one admitted the others refuse, as soon as they know", async () => {
    const [one, two, three] = [start().limiter, start().limiter, start().limiter];
    expect(admitted(15, () => one.anonymous("203.0.113.1"))).toBe(15);
    await eventually(async () => (await rows()).length > 0);
    expect(admitted(1, () => two.anonymous("203.0.113.1"))).toBe(1);
    await eventually(() => remaining(two.anonymous("203.0.113.1")) <= 3);
    await eventually(() => !three.anonymous("203.0.113.1")?.admitted);
    await eventually(() => !one.anonymous("203.0.113.1")?.admitted && !two.anonymous("203.0.113.1")?.admitted);
  });

  test("simultaneous floods overshoot by one quota each at most, and it is paid back", async () => {
    const all = [start().limiter, start().limiter, start().limiter];
    let count = 0;
    for (const deadline = performance.now() + 3_000; performance.now() < deadline; await Bun.sleep(5)) {
      for (const limiter of all) count += admitted(10, () => limiter.anonymous("203.0.113.1"));
    }
    expect(count).toBeGreaterThanOrEqual(20);
    expect(count).toBeLessThanOrEqual(3 * 20);
    const waits = all.map((limiter) => (limiter.anonymous("203.0.113.1") as Verdict).reset_ms);
    // The whole of it fades from the 50th second on; until a quota of it is left takes so much longer.
    const fading = count > 20 ? ((count - 20) / count) * SLOT_MS : 0;
    for (const wait of waits) expect(wait).toBeGreaterThan(50_000 + fading - 3_000 - SLOT_MS);
  });

  test("there are no queries when nothing changes, and ten a second in a flood", async () => {
    let statements = 0;
    const counted = Object.assign(
      (...statement: Parameters<Sql>) => {
        statements++;
        return sql(...statement);
      },
      { unsafe: sql.unsafe, begin: sql.begin, end: sql.end },
    ) as Sql;
    const { limiter } = start({ sql: counted, limits: { tiers: { free: 1_000_000 } } });
    const began = performance.now();
    for (let round = 0; performance.now() - began < 2_000; round++) {
      admitted(100, () => limiter.holder({ identity: `key ${round % 50}`, tier: "free" }));
      await Bun.sleep(5);
    }
    const seconds = (performance.now() - began) / 1_000;
    expect(statements).toBeGreaterThan(3);
    // The salt and the first sweep are statements too.
    expect(statements).toBeLessThanOrEqual(10 * seconds + 4);
    await Bun.sleep(500);
    const settled = statements;
    await Bun.sleep(1_000);
    expect(statements).toBe(settled);
  });

  test("no address is stored anywhere, and another salt gives other names for them", async () => {
    const other = await testDatabase();
    const elsewhere = connect(other.url, { max: 2 });
    // The tests' databases are copies of one, so that they have its salt.
    const owner = connect(other.admin_url, { max: 1 });
    await owner`update levqor_ops.rate_salt set salt = gen_random_uuid()`;
    await owner.end();
    const limits = { burst: 20, global: null };
    start({ limits }).limiter.anonymous("203.0.113.1");
    start({ limits, sql: elsewhere }).limiter.anonymous("203.0.113.1");
    const [here] = await eventually(async () => (await rows()).length === 1 && (await rows()));
    const [there] = await eventually(async () => (await rows(elsewhere)).length === 1 && (await rows(elsewhere)));
    expect(here?.scope).toMatch(/^[\w-]{22}$/);
    expect(there?.scope).toMatch(/^[\w-]{22}$/);
    expect(here?.scope).not.toBe(there?.scope as string);
    await Promise.all(limiters.splice(0).map((limiter) => limiter.stop()));
    await elsewhere.end();
    await other.drop();
  });

  test.each([
    ["right", 0],
    ["an hour ahead", 3_600_000],
    ["an hour behind", -3_600_000],
  ])("old rows, and rows from the future, are deleted, by a process whose clock is %s", async (_, ahead_ms) => {
    const slot = slotAt(await databaseNow(sql));
    await sql`
      insert into levqor_ops.rate_counts values
      ('dead', ${slot - 60}, 'dead', 3), ('dead', ${slot}, 'dead', 3), ('dead', ${slot + 60}, 'dead', 3)`;
    start({ clock: clock(ahead_ms) });
    const left = await eventually(async () => (await rows()).length === 1 && (await rows()));
    expect(left).toMatchObject([{ slot }]);
  });

  test("a process that stops reports the rest before", async () => {
    const { limiter } = start();
    await eventually(async () => limiter.anonymous("203.0.113.9")?.admitted && (await rows()).length > 0);
    admitted(5, () => limiter.anonymous("203.0.113.1"));
    await limiter.stop();
    expect((await rows()).map(({ count }) => count)).toContain(5);
  });
});

describe.each([
  ["ahead", 5 * 60_000],
  ["an hour ahead", 3_600_000],
  ["behind", -5 * 60_000],
  ["an hour behind", -3_600_000],
])("a process whose clock is %s", (_, ahead_ms) => {
  const global = null;

  test("keeps what it counted before it knew the time, exactly as long as it counts", async () => {
    const own = clock(ahead_ms);
    const { limiter } = start({ clock: own, limits: { global } });
    const address = "203.0.113.1";
    expect(admitted(25, () => limiter.anonymous(address))).toBe(20);
    await eventually(async () => (await rows()).length > 0);
    // Another scope's round is over, and so is the first one's: the time is known.
    limiter.anonymous("203.0.113.2");
    await eventually(async () => (await rows()).length > 1);
    const refused = limiter.anonymous(address) as Verdict;
    expect(refused.admitted).toBe(false);
    expect(refused.reset_ms).toBeLessThanOrEqual(WINDOW_MS + SLOT_MS);
    own.advance(WINDOW_MS + 2 * SLOT_MS);
    expect(admitted(25, () => limiter.anonymous(address))).toBe(20);
  });

  test("reports the present time to the others", async () => {
    const { limiter } = start({ clock: clock(ahead_ms), limits: { global } });
    admitted(20, () => limiter.anonymous("203.0.113.1"));
    const told = await eventually(async () => (await rows()).length > 0 && (await rows()));
    const present = slotAt(await databaseNow(sql));
    for (const { slot } of told) expect(Number(slot)).toBeWithin(present - 2, present + 2);
    const other = start({ limits: { global } }).limiter;
    other.anonymous("203.0.113.1");
    await eventually(() => !other.anonymous("203.0.113.1")?.admitted);
  });
});

test("what was counted moves along when the database's clock is set, as another one's would", async () => {
  let set_ms = 0;
  const shifted = Object.assign(
    async (...statement: Parameters<Sql>) => {
      const answer = (await sql(...statement)) as unknown as { now_ms?: number }[];
      for (const row of answer) if (row.now_ms !== undefined) row.now_ms += set_ms;
      return answer;
    },
    { unsafe: sql.unsafe, begin: sql.begin, end: sql.end },
  ) as unknown as Sql;
  for (const by_ms of [-10 * 60_000, 10 * 60_000]) {
    const own = clock(0);
    const { limiter } = start({ clock: own, sql: shifted, limits: { global: null } });
    await eventually(async () => limiter.anonymous("203.0.113.9") && (await rows()).length > 0);
    expect(admitted(25, () => limiter.anonymous("203.0.113.1"))).toBe(20);
    const before = slotAt(await databaseNow(sql)) + set_ms / SLOT_MS;
    set_ms += by_ms;
    await eventually(async () => {
      limiter.anonymous("203.0.113.9");
      return (await rows()).some(({ slot }) => Math.abs(Number(slot) - before - by_ms / SLOT_MS) < 30);
    });
    expect(limiter.anonymous("203.0.113.1")).toMatchObject({ admitted: false });
    own.advance(WINDOW_MS + 2 * SLOT_MS);
    expect(admitted(25, () => limiter.anonymous("203.0.113.1"))).toBe(20);
    await sql`delete from levqor_ops.rate_counts`;
  }
});

describe("without the database", () => {
  test("each continues alone, says so once, and reports the rest when it is back", async () => {
    const proxy = await startProxy(database.url);
    const cut = connect(proxy.url, { max: 1, answer_timeout_ms: 1_000, connect_timeout_ms: 1_000 });
    proxy.refusing = true;
    const { limiter, warnings } = start({ sql: cut });
    expect(admitted(12, () => limiter.anonymous("203.0.113.1"))).toBe(12);
    await eventually(() => warnings.length > 0);
    expect(admitted(12, () => limiter.anonymous("203.0.113.1"))).toBe(8);
    await Bun.sleep(1_500);
    expect(warnings).toEqual(["Cannot exchange rate limits: this process limits by itself"]);
    expect(await rows()).toHaveLength(0);
    proxy.refusing = false;
    await eventually(async () => (await rows()).reduce((sum, { count }) => sum + count, 0) === 40);
    expect(warnings).toEqual([
      "Cannot exchange rate limits: this process limits by itself",
      "Rate limits are exchanged again",
    ]);
    const other = start().limiter;
    other.anonymous("203.0.113.1");
    await eventually(() => !other.anonymous("203.0.113.1")?.admitted);
    await limiter.stop();
    await cut.end({ timeout: 0 });
    await proxy.close();
  });

  test("a connection that goes silent counts nothing twice", async () => {
    const proxy = await startProxy(database.url);
    const cut = connect(proxy.url, { max: 1, answer_timeout_ms: 500 });
    const { limiter, warnings } = start({ sql: cut, limits: { global: null } });
    limiter.anonymous("203.0.113.1");
    await eventually(async () => (await rows()).length > 0);
    // The report arrives, and the response does not.
    proxy.onAnswer = () => "freeze";
    limiter.anonymous("203.0.113.1");
    await eventually(() => warnings.length > 0);
    proxy.onAnswer = () => "pass";
    limiter.anonymous("203.0.113.1");
    await eventually(() => warnings.length > 1);
    await eventually(async () => (await rows()).reduce((sum, { count }) => sum + count, 0) === 3);
    await limiter.stop();
    await cut.end({ timeout: 0 });
    await proxy.close();
  });
});

test("a million addresses take less than 64 MB", async () => {
  const { limiter } = start({ limits: { burst: 20, global: null } });
  Bun.gc(true);
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 1_000_000; index++) {
    limiter.failed(`2001:db8:${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}::/64`);
    if (index % 10_000 === 0) await Bun.sleep(0);
  }
  Bun.gc(true);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
  // And it still limits.
  expect(admitted(50, () => limiter.failed("203.0.113.1"))).toBe(10);
}, 60_000);

describe("headers", () => {
  function headersOf(verdict: Verdict | undefined): Record<string, string> {
    const headers = new Headers();
    setRateHeaders(headers, verdict as Verdict);
    return Object.fromEntries(headers);
  }

  test("for an admitted request", () => {
    const { limiter } = start();
    limiter.anonymous("203.0.113.1");
    const headers = headersOf(limiter.anonymous("203.0.113.1"));
    expect(headers["ratelimit-policy"]).toBe('"address";q=20;w=60, "global";q=200;w=60');
    expect(headers.ratelimit).toMatch(/^"address";r=18;t=(6\d|70)$/);
    expect(headers["x-ratelimit-limit"]).toBe("20");
    expect(headers["x-ratelimit-remaining"]).toBe("18");
    const reset = Number(headers["x-ratelimit-reset"]) - Date.now() / 1000;
    expect(reset).toBeGreaterThan(59);
    expect(reset).toBeLessThan(71);
    expect(headers["retry-after"]).toBeUndefined();
  });

  test("for a refusal: when to retry, which is not before the window that it names", () => {
    const { limiter } = start();
    admitted(20, () => limiter.anonymous("203.0.113.1"));
    const headers = headersOf(limiter.anonymous("203.0.113.1"));
    const [, t] = /^"address";r=0;t=(\d+)$/.exec(headers.ratelimit ?? "") ?? [];
    expect(headers["retry-after"]).toBe(t as string);
    expect(Number(t)).toBeGreaterThanOrEqual(50);
    expect(Number(t)).toBeLessThanOrEqual(61);
  });
});

interface Row {
  scope: string;
  slot: number;
  count: number;
}

function rows(from: Sql = sql) {
  return from<Row[]>`select scope, slot, count from levqor_ops.rate_counts order by 1, 2`;
}

function remaining(verdict: Verdict | undefined): number {
  return verdict?.remaining ?? Number.NaN;
}
