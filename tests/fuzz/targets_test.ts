/** A number of inputs of each fuzz target; `npm run fuzz` tries many more. `FUZZ_SEED` says which. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { fuzz } from "./target.ts";
import { targets } from "./targets/mod.ts";

const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

test.each(targets.map((target) => [`${target.name} with the seed ${SEED}`, target] as const))(
  "nothing is found in %s",
  async (_name, target) => {
    expect((await fuzz(target, { seed: SEED, runs: 300 })).finding).toBeUndefined();
  },
  60_000,
);

test("of what is found, the smallest input is reported, and the seed reproduces it", async () => {
  const target = {
    name: "words",
    properties: { "no text has an x": fc.property(fc.string(), (text) => !text.includes("x")) },
  };
  const { finding } = await fuzz(target, { seed: 7, runs: 10_000 });
  expect(finding).toEqual({ property: "no text has an x", seed: 7, input: '["x"]', fault: expect.any(String) });
  expect((await fuzz(target, { seed: 7, runs: 10_000 })).finding).toEqual(finding);
});

test("running out of time is not a finding", async () => {
  const slow = fc.asyncProperty(fc.string(), () => Bun.sleep(20));
  const until = performance.now() + 100;
  const { tried, finding } = await fuzz({ name: "slow", properties: { slow } }, { seed: 1, runs: 10_000, until });
  expect(tried).toBeLessThan(100);
  expect(finding).toBeUndefined();
});
