import { describe, expect, test } from "bun:test";
import { connect, type SweepOptions, sweep } from "../../src/db/mod.ts";
import { startProxy } from "../support/proxy.ts";
import { fileDatabase } from "./support.ts";

const database = fileDatabase();

const silent = { warn() {}, info() {} };
const options = (name: string, holder: string): SweepOptions => ({
  sql: database.sql,
  name,
  holder,
  every_ms: 5,
  logger: silent,
});

/** Counts passes, and resolves when there have been so many. */
function counted() {
  let count = 0;
  const awaited: { at: number; resolve: () => void }[] = [];
  return {
    get count() {
      return count;
    },
    pass: async () => {
      count++;
      for (const { at, resolve } of awaited) if (count >= at) resolve();
    },
    reaches: (at: number) => new Promise<void>((resolve) => (count >= at ? resolve() : awaited.push({ at, resolve }))),
  };
}

describe("a sweep", () => {
  test("is made by one process, and by another when that one stops", async () => {
    const [one, other] = [counted(), counted()];
    const first = sweep(options("shared", "one"), one.pass);
    await one.reaches(1);
    const second = sweep(options("shared", "other"), other.pass);
    await one.reaches(5);
    expect(other.count).toBe(0);
    await first.stop();
    const made = one.count;
    await other.reaches(3);
    expect(one.count).toBe(made);
    await second.stop();
  });

  test("that fails is reported once, made again, and reported when it works", async () => {
    const told: unknown[] = [];
    const logger: SweepOptions["logger"] = {
      warn: (fields, message) => told.push([fields, message]),
      info: (fields, message) => told.push([fields, message]),
    };
    let left = 3;
    const { pass, reaches } = counted();
    const failing = sweep({ ...options("failing", "one"), logger }, async () => {
      if (left-- > 0) throw new Error(`${left} to go`);
      await pass();
    });
    await reaches(2);
    await failing.stop();
    expect(told).toEqual([
      [{ err: new Error("2 to go"), lease: "failing" }, "Cannot sweep; retrying"],
      [{ lease: "failing" }, "Able to sweep again"],
    ]);
  });

  test("that fails in one process alone is made by another", async () => {
    const { pass, reaches } = counted();
    const failed = Promise.withResolvers<void>();
    const broken = sweep({ ...options("handed-over", "broken"), every_ms: 50 }, async () => {
      failed.resolve();
      throw new Error("only here");
    });
    await failed.promise;
    const sound = sweep(options("handed-over", "sound"), pass);
    await reaches(3);
    await Promise.all([broken.stop(), sound.stop()]);
  });

  test("continues when the database is back", async () => {
    const proxy = await startProxy(database.url);
    const through = connect(proxy.url, { answer_timeout_ms: 500 });
    const { pass, reaches } = counted();
    const warned = Promise.withResolvers<void>();
    const recovered = Promise.withResolvers<void>();
    const logger: SweepOptions["logger"] = { warn: () => warned.resolve(), info: () => recovered.resolve() };
    const sweeping = sweep({ ...options("cut-off", "one"), sql: through, logger }, async () => {
      await through`select 1`;
      await pass();
    });
    await reaches(1);
    proxy.refusing = true;
    proxy.cut();
    await warned.promise;
    proxy.refusing = false;
    await recovered.promise;
    await sweeping.stop();
    await through.end({ timeout: 1 });
    await proxy.close();
  });

  test("that is stopped ends its pass first, and gives the lease up", async () => {
    const begun = Promise.withResolvers<AbortSignal>();
    const finish = Promise.withResolvers<void>();
    const stopping = new AbortController();
    const slow = sweep({ ...options("slow", "one"), signal: stopping.signal }, async (held) => {
      begun.resolve(held);
      await finish.promise;
    });
    const held = await begun.promise;
    stopping.abort();
    expect(held.aborted).toBe(true);
    finish.resolve();
    await slow.stopped;
    expect(await database.sql`select from levqor_ops.leases where name = 'slow'`).toHaveLength(0);
  });
});
