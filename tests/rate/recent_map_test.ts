import { expect, test } from "bun:test";
import { RecentMap } from "../../src/rate/recent_map.ts";

test("an entry is kept for its time after each use, and is gone within twice that", () => {
  const recent = new RecentMap<string>({ keep_ms: 100, max: 10 });
  let made = 0;
  const use = (now: number) => recent.use("a", now, () => `made ${++made}`);
  for (let now = 1_000; now < 3_000; now += 99) expect(use(now)).toBe("made 1");
  expect(recent.find("a")).toBe("made 1");
  recent.use("b", 3_100, () => "b");
  recent.use("b", 3_200, () => "b");
  recent.use("b", 3_300, () => "b");
  expect(recent.find("a")).toBeUndefined();
  expect(use(3_300)).toBe("made 2");
});

test("never more than twice the maximum, and none is dropped before as many others were used", () => {
  const recent = new RecentMap<number>({ keep_ms: 1_000_000, max: 100 });
  recent.use("first", 1, () => 0);
  for (let index = 1; index < 100; index++) recent.use(`other ${index}`, 1, () => index);
  expect(recent.find("first")).toBe(0);
  for (let index = 100; index < 1_000_000; index++) recent.use(`other ${index}`, 1, () => index);
  expect(recent.size).toBeLessThanOrEqual(200);
  expect(recent.find("first")).toBeUndefined();
  expect(recent.find("other 999999")).toBe(999_999);
});
