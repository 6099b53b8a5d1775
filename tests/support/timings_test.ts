/** How long the files of tests take, as `npm test -- --update-timings` recorded it. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import recorded from "../timings.json" with { type: "json" };

const ROOT = join(import.meta.dir, "../..");
const SLOW_MS = 10_000;
const times = Object.entries<number>(recorded.files);

test("a file that takes over 10 s says why in its first line", async () => {
  const silent: string[] = [];
  for (const [file] of times.filter(([, ms]) => ms > SLOW_MS)) {
    const [first = ""] = (await Bun.file(join(ROOT, file)).text()).split("\n", 1);
    if (!/^\/\/ Slow: .{20,}\.$/.test(first)) silent.push(file);
  }
  expect(silent).toEqual([]);
});

test("only files that are there are listed", () => {
  expect(times.map(([file]) => file).filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
