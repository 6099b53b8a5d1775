// Slow: leases of four seconds have to expire.
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { clearLeases, connect, holdLease, type Sql } from "../../src/db/mod.ts";
import { startProxy } from "../support/proxy.ts";
import { aborted, fileDatabase } from "./support.ts";

const database = fileDatabase();

const never = new AbortController().signal;

/** Holds a lease until `stop`; `had` resolves when it is held, `lost` when it no longer is. */
function holding(name: string, options: { holder: string; ttl_ms?: number; sql?: Sql }) {
  const stopping = new AbortController();
  const had = Promise.withResolvers<number>();
  const lost = Promise.withResolvers<number>();
  const ended = holdLease({ sql: database.sql, name, signal: stopping.signal, ...options }, async (held) => {
    had.resolve(performance.now());
    await aborted(held);
    lost.resolve(performance.now());
  });
  return {
    had: had.promise,
    lost: lost.promise,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

describe("a lease", () => {
  test("has one holder at any time, however many want it", async () => {
    let holders = 0;
    let most = 0;
    let turns = 0;
    await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        holdLease({ sql: database.sql, name: "crowded", holder: `holder-${n}`, signal: never }, async () => {
          most = Math.max(most, ++holders);
          turns++;
          await Bun.sleep(20);
          holders--;
        }),
      ),
    );
    expect({ most, turns }).toEqual({ most: 1, turns: 8 });
  }, 60_000);

  test("returns what the work returned, and rethrows what it threw", async () => {
    const options = { sql: database.sql, name: "answer", holder: "a", signal: never };
    expect(await holdLease(options, async () => 42)).toBe(42);
    await expect(holdLease(options, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  });

  test("is renewed for as long as the work takes", async () => {
    // Long enough that a busy machine does not keep a from renewing in time.
    const first = holding("long", { holder: "a", ttl_ms: 3_000 });
    await first.had;
    const second = holding("long", { holder: "b" });
    expect(await Promise.race([second.had, Bun.sleep(4_500).then(() => "still a's")])).toBe("still a's");
    await first.stop();
    await second.had;
    await second.stop();
  });

  test("goes to a successor at once when it is given up", async () => {
    const first = holding("passed-on", { holder: "a", ttl_ms: 600_000 });
    await first.had;
    const second = holding("passed-on", { holder: "b" });
    await Bun.sleep(50);
    const given = performance.now();
    await first.stop();
    // Sooner than it would expire.
    expect((await second.had) - given).toBeLessThan(20_000);
    await second.stop();
  });

  test("is not waited for once the signal has fired", async () => {
    const first = holding("wanted", { holder: "a" });
    await first.had;
    let ran = false;
    await holdLease({ sql: database.sql, name: "wanted", holder: "b", signal: AbortSignal.timeout(100) }, async () => {
      ran = true;
    });
    expect(ran).toBe(false);
    await first.stop();
  });

  test("of a killed process expires within four seconds, and is another's then", async () => {
    const script = `
      const { connect, holdLease } = await import(${JSON.stringify(join(import.meta.dir, "../../src/db/mod.ts"))});
      const sql = connect(${JSON.stringify(database.url)});
      await holdLease({ sql, name: "killed", holder: "child", signal: new AbortController().signal }, async () => {
        console.log("held");
        await Bun.sleep(60_000);
      });`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await child.stdout.getReader().read();
    child.kill("SIGKILL");
    const [row] = await database.sql<{ left_ms: number }[]>`
      select (extract(epoch from expires_at - clock_timestamp()) * 1000)::float8 as left_ms
      from levqor_ops.leases where name = 'killed'`;
    expect(row?.left_ms).toBeLessThanOrEqual(4_000);
    const killed = performance.now();
    const heir = holding("killed", { holder: "heir" });
    // A poll more, and what a busy machine adds.
    expect((await heir.had) - killed).toBeLessThan(9_000);
    await heir.stop();
  });

  test("is known to be lost by a frozen process as soon as it thaws", async () => {
    const script = `
      const { connect, holdLease } = await import(${JSON.stringify(join(import.meta.dir, "../../src/db/mod.ts"))});
      const sql = connect(${JSON.stringify(database.url)});
      await holdLease({ sql, name: "frozen", holder: "child", ttl_ms: 600, signal: new AbortController().signal }, async (held) => {
        console.log("held");
        while (!held.aborted) await Bun.sleep(5);
        console.log(held.reason.message);
      });
      await sql.end();`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill("SIGSTOP");
    const heir = holding("frozen", { holder: "heir" });
    await heir.had;
    child.kill("SIGCONT");
    const woke = performance.now();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toStartWith("Lost the lease frozen: ");
    expect(performance.now() - woke).toBeLessThan(20_000);
    await child.exited;
    await heir.stop();
  }, 60_000);

  test("is given up in time by a holder that is cut off, while nobody else has it", async () => {
    const proxy = await startProxy(database.url);
    const cut = connect(proxy.url, { max: 1 });
    const first = holding("cut-off", { holder: "a", ttl_ms: 900, sql: cut });
    await first.had;
    proxy.onRequest = () => "freeze";
    const second = holding("cut-off", { holder: "b", ttl_ms: 900 });
    const lost = await first.lost;
    expect(lost).toBeLessThan(await second.had);
    await Promise.all([first.stop(), second.stop()]);
    await proxy.close();
    await cut.end({ timeout: 0 });
  }, 60_000);

  test("that was lost is not renewed, although its work has not ended", async () => {
    const proxy = await startProxy(database.url);
    const cut = connect(proxy.url, { max: 1, answer_timeout_ms: 500 });
    const stopping = new AbortController();
    const had = Promise.withResolvers<AbortSignal>();
    const goOn = Promise.withResolvers<void>();
    const options = { sql: cut, name: "stubborn", holder: "a", ttl_ms: 900, signal: stopping.signal };
    const ended = holdLease(options, async (held) => {
      had.resolve(held);
      await goOn.promise;
    });
    const held = await had.promise;
    proxy.stall(true);
    await aborted(held);
    proxy.stall(false);
    const second = holding("stubborn", { holder: "b" });
    await second.had;
    goOn.resolve();
    await ended;
    await second.stop();
    await proxy.close();
    await cut.end({ timeout: 0 });
  }, 60_000);

  test("costs no separate statement: those of a process are taken, renewed and waited for together", async () => {
    const proxy = await startProxy(database.url);
    const counted = connect(proxy.url, { max: 1 });
    await counted`select 1`;
    let requests = 0;
    proxy.onRequest = () => {
      requests++;
      return "pass";
    };
    const ttl_ms = 3_000;
    const began = performance.now();
    const first = Array.from({ length: 50 }, (_, n) => holding(`many-${n}`, { holder: "a", ttl_ms }));
    await Promise.all(first.map(({ had }) => had));
    const other = connect(proxy.url, { max: 1 });
    const second = Array.from({ length: 50 }, (_, n) => holding(`many-${n}`, { holder: "b", sql: other }));
    const third = Array.from({ length: 50 }, (_, n) => holding(`more-${n}`, { holder: "a", ttl_ms, sql: counted }));
    await Promise.all(third.map(({ had }) => had));
    await Bun.sleep(3_000);
    const seconds = (performance.now() - began) / 1000;
    // Each process: two a second while it wants some, and each statement is prepared once more, and taken, at the
    // start.
    expect(requests).toBeLessThan(20 + 4 * seconds);
    await Promise.all([...first, ...third].map(({ stop }) => stop()));
    await Promise.all(second.map(({ had }) => had));
    await Promise.all(second.map(({ stop }) => stop()));
    await counted.end();
    await other.end();
    await proxy.close();
  }, 30_000);

  test("is free at once if all other holders are known to be dead", async () => {
    await database.sql`insert into levqor_ops.leases values ('left', 'dead', now() + interval '1 hour')`;
    await clearLeases(database.sql);
    const next = holding("left", { holder: "a" });
    await next.had;
    await next.stop();
  });
});
