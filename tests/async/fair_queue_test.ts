import { expect, test } from "bun:test";
import { FairQueue } from "../../src/async/mod.ts";

test("work is done one piece after another, its owners take turns, and a failure holds up nothing", async () => {
  const line = new FairQueue();
  const done: string[] = [];
  let running = 0;
  const piece = (whose: string, name: string) =>
    line.run(whose, async () => {
      expect(running++).toBe(0);
      await Bun.sleep(1);
      running--;
      done.push(name);
      if (name === "a2") throw new Error("in vain");
      return name;
    });
  const pieces = [piece("a", "a1"), piece("a", "a2"), piece("a", "a3"), piece("b", "b1")];
  const results = await Promise.allSettled(pieces);
  expect(done).toEqual(["a1", "a2", "b1", "a3"]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  expect(await piece("a", "later")).toBe("later");
});
