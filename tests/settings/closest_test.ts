/** What was meant by a misspelt name. */
import { expect, test } from "bun:test";
import { closestName } from "../../src/settings/mod.ts";

const NAMES = ["jobs", "metrics", "support_threads"];

test.each([
  ["jbos", "jobs"],
  ["job", "jobs"],
  ["metrcs", "metrics"],
  ["suport-thread", "support_threads"],
  ["nope", undefined],
  ["x", undefined],
  ["threads", undefined],
])("%s: %s", (misspelt, meant) => {
  expect(closestName(misspelt, NAMES)).toBe(meant);
});
