import { expect, test } from "bun:test";
import { isOver, lastPeriod, type Period, periodAt } from "../../../src/features/summary/period.ts";

const at = Date.parse;

test("a day begins and ends at midnight UTC", () => {
  const [from, to] = ["2028-02-29T00:00:00.000Z", "2028-03-01T00:00:00.000Z"];
  expect(periodAt("day", "2028-02-29")).toEqual({ kind: "day", date: "2028-02-29", from, to });
});

test.each(["2025-12-29", "2025-12-31", "2026-01-01", "2026-01-04"])(
  "a week begins on Monday, whichever its day: %s",
  (date) => {
    const [from, to] = ["2025-12-29T00:00:00.000Z", "2026-01-05T00:00:00.000Z"];
    expect(periodAt("week", date)).toEqual({ kind: "week", date: "2025-12-29", from, to });
  },
);

test("what is not a day, or is before the first Monday of 1970, is in no period", () => {
  for (const date of ["2026-02-30", "2026-13-01", "yesterday", "1970-01-04", "0000-01-01", "10000-01-01"]) {
    expect(periodAt("day", date)).toBeUndefined();
  }
  expect(periodAt("week", "1970-01-05")?.date).toBe("1970-01-05");
});

test("a period is over a minute after its end", () => {
  const day = periodAt("day", "2026-01-15") as Period;
  expect([isOver(day, at("2026-01-16T00:00:59.999Z")), isOver(day, at("2026-01-16T00:01:00Z"))]).toEqual([false, true]);
});

test("the last period is the last one that is over", () => {
  expect(lastPeriod("day", at("2026-01-16T00:00:59.999Z")).date).toBe("2026-01-14");
  expect(lastPeriod("day", at("2026-01-16T00:01:00Z")).date).toBe("2026-01-15");
  expect(lastPeriod("week", at("2026-01-12T00:00:59.999Z")).date).toBe("2025-12-29");
  expect(lastPeriod("week", at("2026-01-12T00:01:00Z")).date).toBe("2026-01-05");
});
