import { expect, test } from "bun:test";
import { Turns } from "../../../src/access/shares/turns.ts";

test("two read at once, one for each caller, and callers take turns however much one wants", async () => {
  const turns = new Turns();
  const done: string[] = [];
  const busy = new Set<string>();
  let most = 0;
  const read = (caller: string) =>
    turns.take(caller, async () => {
      expect(busy.has(caller)).toBe(false);
      busy.add(caller);
      most = Math.max(most, busy.size);
      await Bun.sleep(2);
      busy.delete(caller);
      done.push(caller);
    });
  const greedy = Array.from({ length: 30 }, () => read("greedy"));
  const others = ["a", "b", "c"].flatMap((caller) => [read(caller), read(caller)]);
  await Promise.all(others);
  expect(done.filter((caller) => caller === "greedy").length).toBeLessThan(10);
  await Promise.all(greedy);
  expect(most).toBe(2);
});

test("a read that fails ends only its own turn", async () => {
  const turns = new Turns();
  const failing = turns.take("a", () => Promise.reject(new Error("away")));
  const after = turns.take("a", async () => "read");
  expect(failing).rejects.toThrow("away");
  expect(await after).toBe("read");
});

test("halved, they leave everything else as much time as they take, whoever's turn it is", async () => {
  const turns = new Turns({ at_once: 1, halved: true });
  const pieces: { began: number; ended: number }[] = [];
  const piece = async () => {
    const began = performance.now();
    await Bun.sleep(20);
    pieces.push({ began, ended: performance.now() });
  };
  await Promise.all(["a", "b", "c", "d"].map((caller) => turns.take(caller, piece)));
  for (const [i, { began }] of pieces.entries()) {
    const before = pieces[i - 1];
    // Timers are at most a millisecond early.
    if (before) expect(began - before.ended).toBeGreaterThan(before.ended - before.began - 2);
  }
});
