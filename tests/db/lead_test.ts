import { describe, expect, test } from "bun:test";
import { type LeadOptions, lead } from "../../src/db/mod.ts";
import { aborted, fileDatabase } from "./support.ts";

const database = fileDatabase();

const options = (name: string, holder: string): LeadOptions => ({
  sql: database.sql,
  name,
  holder,
  task: "count",
  retry_ms: 5,
});

/** Remembers what was logged, and resolves when the recovery was. */
function recorded() {
  const lines: unknown[] = [];
  const recovered = Promise.withResolvers<void>();
  const logger: LeadOptions["logger"] = {
    warn: (...line) => void lines.push(line),
    info: (...line) => {
      lines.push(line);
      recovered.resolve();
    },
  };
  return { lines, logger, recovered: recovered.promise };
}

describe("a leader", () => {
  test("is one process, which ends its term before another follows at a stop", async () => {
    const steps: string[] = [];
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const one = lead(options("followed", "one"), async (held) => {
      steps.push("one begins");
      first.resolve();
      await aborted(held);
      await Bun.sleep(5);
      steps.push("one ends");
    });
    await first.promise;
    const prepared = Promise.withResolvers<void>();
    const prepare = async () => prepared.resolve();
    const other = lead({ ...options("followed", "other"), prepare }, async (held) => {
      steps.push("other begins");
      second.resolve();
      await aborted(held);
    });
    // It stands by.
    await prepared.promise;
    await one.stop();
    await second.promise;
    expect(steps).toEqual(["one begins", "one ends", "other begins"]);
    await other.stop();
    expect(await database.sql`select from levqor_ops.leases where name = 'followed'`).toHaveLength(0);
  });

  test("that cannot work reports it once and tries again; its latest fault is known until it works", async () => {
    const { lines, logger } = recorded();
    const works = Promise.withResolvers<void>();
    const faults: unknown[] = [];
    let left = 3;
    const leading = lead({ ...options("failing", "one"), logger }, async (held, worked) => {
      faults.push(leading.fault);
      if (left-- > 0) throw new Error(`${left} to go`);
      worked();
      faults.push(leading.fault);
      works.resolve();
      await aborted(held);
    });
    await works.promise;
    expect(faults).toEqual([undefined, "2 to go", "1 to go", "0 to go", undefined]);
    expect(lines).toEqual([
      [{ err: new Error("2 to go"), lease: "failing" }, "Cannot count; retrying"],
      [{ lease: "failing" }, "Able to count again"],
    ]);
    await leading.stop();
  });

  test("that fails leaves the work to another", async () => {
    const [failed, followed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const broken = lead({ ...options("left", "broken"), retry_ms: 1_000 }, async () => {
      failed.resolve();
      throw new Error("only here");
    });
    await failed.promise;
    const sound = lead(options("left", "sound"), async (held) => {
      followed.resolve();
      await aborted(held);
    });
    await followed.promise;
    await Promise.all([broken.stop(), sound.stop()]);
  });

  test("serves another term when one has ended by itself", async () => {
    const thrice = Promise.withResolvers<void>();
    const { lines, logger } = recorded();
    let terms = 0;
    const leading = lead({ ...options("renewed", "one"), logger }, async () => {
      if (++terms === 3) thrice.resolve();
    });
    await thrice.promise;
    await leading.stop();
    expect(lines).toEqual([]);
  });

  test("does not lead before its preparation has succeeded", async () => {
    const { lines, logger, recovered } = recorded();
    const steps: string[] = [];
    let left = 2;
    const prepare = async () => {
      steps.push("prepare");
      if (left-- > 0) throw new Error("not ready");
    };
    const leading = lead({ ...options("prepared", "one"), logger, prepare }, async (held, worked) => {
      steps.push("lead");
      worked();
      await aborted(held);
    });
    await recovered;
    await leading.stop();
    expect(steps).toEqual(["prepare", "prepare", "prepare", "lead"]);
    expect(lines).toHaveLength(2);
  });

  test("that has nothing to do counts as working after a while", async () => {
    const { logger, recovered } = recorded();
    let terms = 0;
    const leading = lead({ ...options("idle", "one"), logger }, async (held) => {
      if (++terms === 1) throw new Error("down");
      await aborted(held);
    });
    await recovered;
    expect([terms, leading.fault]).toEqual([2, undefined]);
    await leading.stop();
  }, 20_000);
});
