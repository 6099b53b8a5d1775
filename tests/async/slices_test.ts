import { expect, test } from "bun:test";
import { inSlices } from "../../src/async/mod.ts";

/** Longer than a slice. */
function work(): void {
  const until = performance.now() + 6;
  while (performance.now() < until);
}

test("all work that is sliced at the same time shares one slice per turn of the event loop", async () => {
  const done: string[] = [];
  const slices = ["a", "b", "c"].map((name) =>
    inSlices([1, 2], (item) => {
      work();
      done.push(name + item);
    }),
  );
  expect(done).toEqual(["a1"]);
  const turns: number[] = [];
  while (done.length < 6) {
    await new Promise(setImmediate);
    turns.push(done.length);
  }
  expect(turns.every((count, turn) => count - (turns[turn - 1] ?? 1) <= 1)).toBe(true);
  await Promise.all(slices);
  expect(done).toEqual(["a1", "a2", "b1", "c1", "b2", "c2"]);
});

test("work no longer than a slice is done at once", async () => {
  // The slice of this turn may have been used.
  await new Promise(setImmediate);
  const done: number[] = [];
  const slices = inSlices([1, 2, 3], (item) => done.push(item));
  expect(done).toEqual([1, 2, 3]);
  await slices;
});
