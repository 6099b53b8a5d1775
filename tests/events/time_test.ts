import { describe, expect, test } from "bun:test";
import { instantOf, parseTime, secondsAfter, toTime, toTimeAtLeast, toUnixSeconds } from "../../events/time.ts";

const ms = (text: string) => {
  const reading = parseTime(text);
  return "fault" in reading ? reading.fault : reading.instant.epochMilliseconds;
};

describe("a time from outside", () => {
  test.each([
    ["2026-01-15T09:30:00Z", "2026-01-15T09:30:00.000Z"],
    ["2026-01-15t09:30:00z", "2026-01-15T09:30:00.000Z"],
    ["2026-01-15T09:30:00-00:00", "2026-01-15T09:30:00.000Z"],
    ["2026-01-15T09:30:00+23:59", "2026-01-14T09:31:00.000Z"],
    ["2026-01-15T09:30:00-23:59", "2026-01-16T09:29:00.000Z"],
    ["2026-01-15T09:30:00.1Z", "2026-01-15T09:30:00.100Z"],
    ["2026-01-15T09:30:00.123999999999999999999999999Z", "2026-01-15T09:30:00.123Z"],
    ["2024-02-29T23:59:59+02:00", "2024-02-29T21:59:59.000Z"],
    ["2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"],
    ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"],
    ["1969-12-31T23:00:00-01:00", "1970-01-01T00:00:00.000Z"],
    ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
    ["9999-12-31T23:59:59+14:00", "9999-12-31T09:59:59.000Z"],
  ])("%s is %s", (text, expected) => {
    expect(new Date(ms(text) as number).toISOString()).toBe(expected);
  });

  test.each([
    "",
    "banana",
    "now",
    "1768469400",
    "2026-01-15",
    "2026-01-15T09:30Z",
    "2026-01-15T09Z",
    "2026-01-15 09:30:00Z",
    "2026-01-15T09:30:00 Z",
    " 2026-01-15T09:30:00Z",
    "2026-01-15T09:30:00Z\n",
    "2026-01-15T09:30:00.Z",
    "2026-01-15T09:30:00,5Z",
    "2026-1-15T09:30:00Z",
    "20260115T093000Z",
    "2026-015T09:30:00Z",
    "2026-W03-4T09:30:00Z",
    "-000001-01-01T00:00:00Z",
    "+012026-01-15T09:30:00Z",
    "12026-01-15T09:30:00Z",
    "2026-01-15T09:30:00+0100",
    "2026-01-15T09:30:00+1:00",
    "2026-01-15T09:30:00+01:00:00",
    "2026-01-15T09:30:00Z[Europe/Berlin]",
    "2026-01-15T09:30:00 GMT",
    "Thu, 15 Jan 2026 09:30:00 GMT",
    "２０２６-01-15T09:30:00Z",
    "2026−01−15T09:30:00Z",
  ])("%p is invalid", (text) => {
    expect(ms(text)).toBe("must be a time in RFC 3339, for example 2026-01-15T09:30:00Z");
  });

  test("has an offset", () => {
    expect(ms("2026-01-15T09:30:00")).toBe("must end with its offset from UTC: Z, or for example +01:00");
  });

  test.each([
    "2026-02-29T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-32T00:00:00Z",
    "2026-01-15T24:00:00Z",
    "2026-01-15T25:00:00Z",
    "2026-01-15T09:60:00Z",
    "2026-01-15T09:30:61Z",
    "2026-01-15T09:30:00+24:00",
    "2026-01-15T09:30:00+01:60",
  ])("%s does not exist", (text) => {
    expect(ms(text)).toBe("must not name a day, a time of day or an offset that does not exist");
  });

  test("is not a leap second", () => {
    for (const text of ["2016-12-31T23:59:60Z", "2026-01-15T09:30:60.5Z"]) expect(ms(text)).toContain("leap second");
  });

  test.each([
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999999Z",
    "1970-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59.9991Z",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59-00:01",
  ])("%s is outside the valid range", (text) => {
    expect(ms(text)).toBe("must lie between 1970-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z");
  });
});

test("a text that was never accepted is a fault", () => {
  expect(() => instantOf("banana")).toThrow(RangeError);
});

test("a fraction of a millisecond is dropped, or counts as a whole one where nothing may come too early", () => {
  expect(toTime(1_000.9)).toBe("1970-01-01T00:00:01.000Z");
  expect(toTimeAtLeast(1_000.1)).toBe("1970-01-01T00:00:01.001Z");
  expect(toTimeAtLeast(1_001)).toBe("1970-01-01T00:00:01.001Z");
});

test("seconds are added to a recorded time, to the millisecond", () => {
  expect(secondsAfter("2026-01-15T09:30:00.123456Z", 0.5)).toBe("2026-01-15T09:30:00.623Z");
  expect(toUnixSeconds(1_999)).toBe(1);
});
