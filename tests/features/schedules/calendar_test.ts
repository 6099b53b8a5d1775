import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CalendarError, firstInstant, openCalendar } from "../../../src/features/schedules/calendar.ts";

/** The first instants after a time, RFC 3339 without the seconds. */
function runs(cron: string, time_zone: string, { after, count }: { after: string; count: number }): string[] {
  const found: string[] = [];
  let at = Date.parse(after);
  while (found.length < count) {
    at = firstInstant({ cron, time_zone }, at);
    found.push(new Date(at).toISOString().replace(":00.000Z", "Z"));
  }
  return found;
}

describe("when the clock goes forward", () => {
  // New York, 8 March 2026: 02:00 EST (07:00 UTC) becomes 03:00 EDT.
  const after = "2026-03-08T04:30Z";

  test.each([
    ["30 2 * * *", ["2026-03-08T07:00Z", "2026-03-09T06:30Z"]],
    ["0,30 2 * * *", ["2026-03-08T07:00Z", "2026-03-09T06:00Z", "2026-03-09T06:30Z"]],
    ["15 1-3 * * *", ["2026-03-08T06:15Z", "2026-03-08T07:00Z", "2026-03-08T07:15Z", "2026-03-09T05:15Z"]],
  ])("the explicit time %s in the gap occurs at the end of the gap", (cron, expected) => {
    expect(runs(cron, "America/New_York", { after, count: expected.length })).toEqual(expected);
  });

  test.each([
    [
      "*/30 * * * *",
      ["2026-03-08T05:00Z", "2026-03-08T05:30Z", "2026-03-08T06:00Z", "2026-03-08T06:30Z", "2026-03-08T07:00Z"],
    ],
    ["*/30 2 * * *", ["2026-03-09T06:00Z", "2026-03-09T06:30Z"]],
    ["0 */2 * * *", ["2026-03-08T05:00Z", "2026-03-08T08:00Z", "2026-03-08T10:00Z"]],
  ])("the interval %s follows the clock", (cron, expected) => {
    expect(runs(cron, "America/New_York", { after, count: expected.length })).toEqual(expected);
  });

  test("a gap at midnight, and one of half an hour", () => {
    // Cairo, 24 April 2026: 00:00 becomes 01:00 (22:00 UTC the day before).
    expect(runs("30 0 * * *", "Africa/Cairo", { after: "2026-04-23T00:00Z", count: 2 })).toEqual([
      "2026-04-23T22:00Z",
      "2026-04-24T21:30Z",
    ]);
    // Lord Howe Island, 4 October 2026: 02:00 becomes 02:30 (15:30 UTC the day before).
    expect(runs("15 2 * * *", "Australia/Lord_Howe", { after: "2026-10-03T00:00Z", count: 2 })).toEqual([
      "2026-10-03T15:30Z",
      "2026-10-04T15:15Z",
    ]);
  });
});

describe("when the clock goes back", () => {
  // New York, 1 November 2026: 02:00 EDT (06:00 UTC) becomes 01:00 EST.
  const after = "2026-11-01T04:30Z";

  test.each([
    ["30 1 * * *", ["2026-11-01T05:30Z", "2026-11-02T06:30Z"]],
    ["0,30 1 * * *", ["2026-11-01T05:00Z", "2026-11-01T05:30Z", "2026-11-02T06:00Z"]],
    ["15 1-2 * * *", ["2026-11-01T05:15Z", "2026-11-01T07:15Z", "2026-11-02T06:15Z"]],
  ])("the explicit time %s occurs the first of two times", (cron, expected) => {
    expect(runs(cron, "America/New_York", { after, count: expected.length })).toEqual(expected);
  });

  test.each([
    [
      "*/30 * * * *",
      ["2026-11-01T05:00Z", "2026-11-01T05:30Z", "2026-11-01T06:00Z", "2026-11-01T06:30Z", "2026-11-01T07:00Z"],
    ],
    [
      "*/30 1 * * *",
      ["2026-11-01T05:00Z", "2026-11-01T05:30Z", "2026-11-01T06:00Z", "2026-11-01T06:30Z", "2026-11-02T06:00Z"],
    ],
    ["0 * * * *", ["2026-11-01T05:00Z", "2026-11-01T06:00Z", "2026-11-01T07:00Z"]],
  ])("the interval %s occurs in both hours", (cron, expected) => {
    expect(runs(cron, "America/New_York", { after, count: expected.length })).toEqual(expected);
  });
});

test("a year without a leap day, a day that a zone skipped", () => {
  expect(runs("0 0 29 2 *", "UTC", { after: "2026-03-01T00:00Z", count: 2 })).toEqual([
    "2028-02-29T00:00Z",
    "2032-02-29T00:00Z",
  ]);
  // Apia had no 30 December 2011.
  expect(runs("0 12 * * *", "Pacific/Apia", { after: "2011-12-29T00:00Z", count: 2 })).toEqual([
    "2011-12-29T22:00Z",
    "2011-12-30T22:00Z",
  ]);
});

test("seconds, nicknames, names, and the last day", () => {
  const after = "2026-01-30T12:00Z";
  expect(runs("@daily", "Europe/Berlin", { after, count: 1 })).toEqual(["2026-01-30T23:00Z"]);
  expect(runs("0 9 * JAN MON-FRI", "UTC", { after, count: 2 })).toEqual(["2027-01-01T09:00Z", "2027-01-04T09:00Z"]);
  expect(runs("0 0 L * *", "UTC", { after, count: 2 })).toEqual(["2026-01-31T00:00Z", "2026-02-28T00:00Z"]);
  const next = (after: number) => firstInstant({ cron: "*/10 * * * * *", time_zone: "UTC" }, after);
  expect(new Date(next(Date.parse("2026-01-30T12:00:05.999Z"))).toISOString()).toBe("2026-01-30T12:00:10.000Z");
});

test.each([
  "",
  "* * *",
  "* * * * * * *",
  "60 * * * *",
  "* * * * MONDAY",
  "5-1 * * * *",
  "*/0 * * * *",
  "@reboot",
  "@never",
  "2026-10-10T10:00:00",
  "0 0 30 2 *",
  "a b c d e",
])("%p is not an expression", (cron) => {
  expect(() => openCalendar({ cron, time_zone: "UTC" })).toThrow(CalendarError);
  try {
    openCalendar({ cron, time_zone: "UTC" });
  } catch (error) {
    expect((error as CalendarError).field).toBe("cron");
  }
});

test.each(["Mars/Olympus", "+02:00", "GMT+1", "", "Europe/Berlin "])("%p is not a time zone", (time_zone) => {
  expect(() => openCalendar({ cron: "* * * * *", time_zone })).toThrow(/time zone/);
});

describe("against a clock read minute by minute", () => {
  const zone = fc.constantFrom("UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu");
  /** Around the days on which clocks change in those zones, too. */
  const day = fc.constantFrom("2026-03-08", "2026-04-04", "2026-04-23", "2026-10-03", "2026-10-29", "2026-11-01");
  const step = fc.constantFrom(1, 5, 7, 15, 30);

  function localTime(format: Intl.DateTimeFormat, at: number): { hour: number; minute: number } {
    const [hour, minute] = format.format(at).split(":").map(Number) as [number, number];
    return { hour, minute };
  }

  test("an interval matches exactly the minutes at which the clock shows it", () => {
    const asked = fc.record({
      time_zone: zone,
      date: day,
      every: step,
      hour: fc.option(fc.integer({ min: 0, max: 23 })),
    });
    fc.assert(
      fc.property(asked, ({ time_zone, date, every, hour }) => {
        const cron = `*/${every} ${hour ?? "*"} * * *`;
        const format = new Intl.DateTimeFormat("en-GB", { timeZone: time_zone, hour: "2-digit", minute: "2-digit" });
        const from = Date.parse(`${date}T00:00Z`) - 12 * 3_600_000;
        const expected: number[] = [];
        for (let at = from; at < from + 48 * 3_600_000; at += 60_000) {
          const shown = localTime(format, at);
          if (shown.minute % every === 0 && (hour === null || shown.hour === hour)) expected.push(at);
        }
        const next = (after: number) => firstInstant({ cron, time_zone }, after);
        const found: number[] = [];
        for (let at = next(from - 1); at < from + 48 * 3_600_000; at = next(at)) found.push(at);
        expect(found).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test("the next instant is later, the same from any starting point, and a whole second", () => {
    const field = (max: number) => fc.integer({ min: 0, max }).map(String);
    const cron = fc
      .tuple(fc.oneof(field(59), fc.constant("*/20")), fc.oneof(field(23), fc.constant("*"), fc.constant("1-3")))
      .map(([minute, hour]) => `${minute} ${hour} * * *`);
    const time = fc.integer({ min: Date.parse("2026-01-01"), max: Date.parse("2027-01-01") });
    fc.assert(
      fc.property(
        zone,
        cron,
        time,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (time_zone, expression, after, share) => {
          const next = (after: number) => firstInstant({ cron: expression, time_zone }, after);
          const instant = next(after);
          expect(instant).toBeGreaterThan(after);
          expect(instant % 1000).toBe(0);
          expect(next(instant - 1)).toBe(instant);
          expect(next(Math.floor(after + share * (instant - after - 1)))).toBe(instant);
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);
});
