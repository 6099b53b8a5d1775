import { expect, test } from "bun:test";
import { every } from "../../src/async/mod.ts";

test("work is done at once and again, never twice at a time, until it is stopped", async () => {
  const done = Promise.withResolvers<void>();
  let [doing, most, times] = [0, 0, 0];
  const work = async () => {
    most = Math.max(most, ++doing);
    await Bun.sleep(1);
    doing--;
    if (++times === 3) done.resolve();
  };
  const running = every(1, work, () => {});
  expect(doing).toBe(1);
  await done.promise;
  await running.stop();
  expect([doing, most]).toEqual([0, 1]);
  const before = times;
  await Bun.sleep(10);
  expect(times).toBe(before);
});

test("what it throws is told, and it is done again", async () => {
  const faults: unknown[] = [];
  const again = Promise.withResolvers<void>();
  const running = every(
    1,
    async () => {
      if (faults.length === 2) return again.resolve();
      throw faults.length;
    },
    (error) => void faults.push(error),
  );
  await again.promise;
  await running.stop();
  expect(faults).toEqual([0, 1]);
});

test("stop waits for what is being done, and ends a pause", async () => {
  const finish = Promise.withResolvers<void>();
  const running = every(
    60_000,
    () => finish.promise,
    () => {},
  );
  let isStopped = false;
  const stopped = running.stop().then(() => {
    isStopped = true;
  });
  await Bun.sleep(1);
  expect(isStopped).toBe(false);
  finish.resolve();
  await stopped;
  const pausing = every(
    60_000,
    async () => {},
    () => {},
  );
  await Bun.sleep(1);
  await pausing.stop();
});
