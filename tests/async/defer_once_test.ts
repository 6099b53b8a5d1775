import { expect, test } from "bun:test";
import { deferOnce } from "../../src/async/mod.ts";

test("calls at the same time are one, after everything that is under way", async () => {
  const done: string[] = [];
  const work = deferOnce(() => done.push("work"));
  work();
  queueMicrotask(() => done.push("another microtask"));
  work();
  done.push("the caller");
  expect(done).toEqual(["the caller"]);
  await Promise.resolve();
  expect(done).toEqual(["the caller", "work", "another microtask"]);
  await Promise.resolve();
  expect(done).toHaveLength(3);
});

test("a call by the work itself has it done again", async () => {
  let left = 3;
  const work = deferOnce(() => {
    if (--left > 0) work();
  });
  work();
  expect(left).toBe(3);
  for (let turn = 0; turn < 3; turn++) await Promise.resolve();
  expect(left).toBe(0);
});
