import { describe, expect, test } from "bun:test";
import { every, Outage } from "../../src/async/mod.ts";

const ignored = { on_fault: () => {} };

describe("repeated work", () => {
  test("is done at once and again, never twice at a time, until it is stopped", async () => {
    const done = Promise.withResolvers<void>();
    let [doing, most, times] = [0, 0, 0];
    const work = async () => {
      most = Math.max(most, ++doing);
      await Bun.sleep(1);
      doing--;
      if (++times === 3) done.resolve();
    };
    const running = every(1, work, ignored);
    expect(doing).toBe(1);
    await done.promise;
    await running.stop();
    expect([doing, most]).toEqual([0, 1]);
    const before = times;
    await Bun.sleep(10);
    expect(times).toBe(before);
  });

  test("may begin after the first delay", async () => {
    let times = 0;
    const begun = Promise.withResolvers<void>();
    const work = () => {
      times++;
      begun.resolve();
    };
    const running = every(1, work, { ...ignored, later: true });
    expect(times).toBe(0);
    await begun.promise;
    await running.stop();
    const never = every(60_000, work, { ...ignored, later: true });
    const before = times;
    await never.stop();
    expect(times).toBe(before);
  });

  test("that fails is reported once, done again, and reported when it works", async () => {
    const told: unknown[] = [];
    const again = Promise.withResolvers<void>();
    let times = 0;
    const work = async () => {
      times++;
      if (times <= 3 || times === 5) throw new Error(`${times}`);
      if (times === 6) again.resolve();
    };
    const running = every(1, work, {
      on_fault: (error) => told.push(error),
      on_recovery: () => told.push("works"),
    });
    await again.promise;
    await running.stop();
    // The last time may be the one that was stopped.
    expect(told.slice(0, 3)).toEqual([new Error("1"), "works", new Error("5")]);
    expect(told.length).toBeLessThanOrEqual(4);
  });

  test("may throw at once", async () => {
    const told = Promise.withResolvers<unknown>();
    const work = () => {
      throw new Error("at once");
    };
    const running = every(60_000, work, { on_fault: told.resolve });
    expect(await told.promise).toEqual(new Error("at once"));
    await running.stop();
  });

  test("that takes long can report that it works", async () => {
    const told: unknown[] = [];
    const works = Promise.withResolvers<void>();
    let times = 0;
    const running = every(
      1,
      async ({ signal, worked }) => {
        if (++times === 1) throw new Error("down");
        worked();
        works.resolve();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
      { on_fault: (error) => told.push(error), on_recovery: () => told.push("works") },
    );
    await works.promise;
    expect(told).toEqual([new Error("down"), "works"]);
    await running.stop();
  });

  test("is stopped after what is being done, which learns of it; a delay ends at once", async () => {
    const finish = Promise.withResolvers<void>();
    let isAsked = false;
    const work = async ({ signal }: { signal: AbortSignal }) => {
      signal.addEventListener("abort", () => {
        isAsked = true;
      });
      await finish.promise;
    };
    const running = every(60_000, work, ignored);
    let isStopped = false;
    const stopped = running.stop().then(() => {
      isStopped = true;
    });
    await Bun.sleep(1);
    expect([isAsked, isStopped]).toEqual([true, false]);
    finish.resolve();
    await stopped;
    const pausing = every(60_000, async () => {}, ignored);
    await Bun.sleep(1);
    await pausing.stop();
  });

  test("is stopped by a signal, too", async () => {
    const stopping = new AbortController();
    const running = every(60_000, async () => {}, { ...ignored, signal: stopping.signal });
    stopping.abort();
    await running.stopped;
    let times = 0;
    await every(1, () => times++, { ...ignored, signal: stopping.signal }).stopped;
    expect(times).toBe(0);
  });
});

describe("an outage", () => {
  test("begins with the first failure and ends with the next success", () => {
    const told: unknown[] = [];
    const outage = new Outage({
      first_ms: 100,
      on_fault: (error) => told.push(error),
      on_recovery: () => told.push("over"),
    });
    outage.worked();
    expect([outage.isOn, ...told]).toEqual([false]);
    outage.failed(1);
    outage.failed(2);
    expect(outage.isOn).toBe(true);
    outage.worked();
    outage.worked();
    expect([outage.isOn, ...told]).toEqual([false, 1, "over"]);
  });

  test.each([
    ["work of 100 ms: up to 5 s", 100, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]],
    ["rarer work: as it is", 30_000, [30_000, 30_000]],
  ])("delays retries longer each time; %s", (_, first_ms, steps) => {
    const outage = new Outage({ first_ms, on_fault: () => {} });
    for (const step of [...steps, undefined, ...steps]) {
      if (step === undefined) outage.worked();
      else expect(outage.failed("down")).toBeWithin(step / 2, step + 1);
    }
  });
});
