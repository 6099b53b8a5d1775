import { describe, expect, test } from "bun:test";
import { Cron } from "croner";
import fc from "fast-check";
import { MAX_TIME } from "../../../events/time.ts";
import { openCalendar } from "../../../src/features/schedules/calendar.ts";
import { parseCron } from "../../../src/features/schedules/cron.ts";
import { expression, field } from "./arbitraries.ts";

const NOW = Date.parse("2026-01-15T09:30:00Z");

describe("an invalid expression is rejected with its field, its value and what is possible there", () => {
  const days = "use 1 to 31, L, LW, and days with W such as 15W";
  const weekdays = "use 0 to 7, SUN to SAT, and such as FRI#2 and FRIL";
  const five =
    "must have five fields (minute, hour, day of the month, month, day of the week), or six with the second first";
  test.each([
    ["60 * * * *", 'has "60" as its minute; use 0 to 59'],
    ["60 * * * * *", 'has "60" as its second; use 0 to 59'],
    ["0 24 * * *", 'has "24" as its hour; use 0 to 23'],
    ["0 0 0 * *", `has "0" as its day of the month; ${days}`],
    ["0 0 32 * *", `has "32" as its day of the month; ${days}`],
    ["0 0 1-32 * *", `has "1-32" as its day of the month; ${days}`],
    ["0 0 X * *", `has "X" as its day of the month; ${days}`],
    ["0 0 0W * *", 'has "0W" as its day of the month; use 1W to 31W'],
    ["0 0 L-3 * *", `has "L-3" as its day of the month; ${days}`],
    ["0 0 * 0 *", 'has "0" as its month; use 1 to 12 and JAN to DEC'],
    ["0 0 * 13 *", 'has "13" as its month; use 1 to 12 and JAN to DEC'],
    ["0 0 * FEBRUARY *", 'has "FEBRUARY" as its month; use 1 to 12 and JAN to DEC'],
    ["0 0 * * 8", `has "8" as its day of the week; ${weekdays}`],
    ["0 0 * * L", `has "L" as its day of the week; ${weekdays}`],
    ["0 0 * * -1", `has "-1" as its day of the week; ${weekdays}`],
    [
      "0 0 * * MON#6",
      'has "MON#6" as its day of the week; use one day from 0 to 7 or SUN to SAT before # and L, and 1 to 5 after #',
    ],
    ["0 0 * * +", 'has an empty entry in its day of the week, ""'],
    ["0 0 ++1 * *", `has "++1" as its day of the month; ${days}`],
    ["1,,2 * * * *", 'has an empty entry in its minute, "1,,2"'],
    [", * * * *", 'has an empty entry in its minute, ","'],
    ["*/0 * * * *", 'has "*/0" as its minute; a step must be from 1 to 60'],
    ["*/61 * * * *", 'has "*/61" as its minute; a step must be from 1 to 60'],
    ["*/ * * * *", 'has "*/" as its minute; a step must be from 1 to 60'],
    ["1-5/2/2 * * * *", 'has "1-5/2/2" as its minute; a step must be from 1 to 60'],
    ["* 0/25 * * *", 'has "0/25" as its hour; a step must follow * or a range: 0-23/25'],
    ["5-1 * * * *", 'has "5-1" as its minute; a range must go from the lower to the higher value'],
    ["* 22-4 * * *", 'has "22-4" as its hour; a range must go from the lower to the higher value'],
    ["1e1 * * * *", 'has "1e1" as its minute; use 0 to 59'],
    ["１ * * * *", 'has "１" as its minute; use 0 to 59'],
    ["1.5 * * * *", 'has "1.5" as its minute; use 0 to 59'],
    [`${"9".repeat(120)} * * * *`, `has "${"9".repeat(120)}" as its minute; use 0 to 59`],
    ["", `${five}; it has none`],
    [" \t\n ", `${five}; it has none`],
    ["* * * *", `${five}; it has 4`],
    ["* * * * * * *", `${five}; it has 7`],
    ["2026-10-10T10:00:00", `${five}; it has 1`],
    ["__proto__", `${five}; it has 1`],
    ["constructor", `${five}; it has 1`],
    [
      "@reboot",
      "has no nickname @reboot; use one of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly",
    ],
    ["0 0 30 2 *", "matches days that no month has"],
    ["0 0 31 2,4,6,9,11 *", "matches days that no month has"],
    ["0 0 30W 2 *", "matches days that no month has"],
    ["0 0 1-28 * +MON#5", "matches days that no month has"],
  ])("%p", (text, message) => {
    expect(() => parseCron(text)).toThrow(new Error(message));
  });
});

test.each([
  ["  0   9 * *\tMON-FRI\n", "0 9 * * MON-FRI"],
  ["\u00a00\u20099 * * 1", "0 9 * * 1"],
  [" @Daily ", "@Daily"],
])("white space around and between fields is ignored: %p", (given, text) => {
  expect(parseCron(given).text).toBe(text);
});

describe("the work is bounded", () => {
  test.each([
    ["* * 2 8-14 3 +SUN", "America/New_York", 0],
    ["* * 2 25-31 3 +SUN", "Europe/Berlin", 0],
    ["*/7 2 25-31 3 *", "Europe/Berlin", 100],
    ["* * * * * *", "Pacific/Kiritimati", 100],
    ["0 0 29 2 +MON", "America/St_Johns", 100],
    ["59 59 23 31 12 +SUN#5", "Africa/Casablanca", 100],
    ["0 0 0 1W,2W,3W,4W,5W,6W,7W,8W,29W,30W,31W 2 +SAT,SUN#1,SUN#2,FRIL", "UTC", 100],
  ])("the next hundred runs of %p in %s, or all there are, are found at once", (cron, time_zone, count) => {
    const began = performance.now();
    const { next } = openCalendar({ cron, time_zone });
    const instants: number[] = [];
    for (let at = next(NOW); at !== undefined && instants.length < 100; at = next(at)) instants.push(at);
    expect(instants).toHaveLength(count);
    // Some 20 ms; a search that goes second by second takes more than a minute.
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test("there are no instants after the year 9999", () => {
    const { next } = openCalendar({ cron: "0 0 1 1 *", time_zone: "UTC" });
    const last = Date.parse("9999-01-01T00:00:00Z");
    expect([next(last - 1), next(last), next(MAX_TIME)]).toEqual([last, undefined, undefined]);
  });
});

describe("a time zone", () => {
  test("is any of the database's, in any case", () => {
    for (const time_zone of [
      ...Intl.supportedValuesOf("timeZone"),
      "UTC",
      "GMT",
      "Etc/GMT+5",
      "US/Eastern",
      "EST5EDT",
    ]) {
      for (const name of [time_zone, time_zone.toLowerCase(), time_zone.toUpperCase()]) {
        expect(openCalendar({ cron: "@daily", time_zone: name }).time_zone).toBe(time_zone);
      }
    }
  });

  test("is not an offset, a time or anything else", () => {
    for (const time_zone of [
      "Mars/Olympus",
      "Z",
      "UTC+1",
      "+01:00",
      "-05",
      "local",
      "2026-01-01T00:00[UTC]",
      "\u0000",
    ]) {
      expect(() => openCalendar({ cron: "@daily", time_zone })).toThrow("must be a time zone of the IANA database");
    }
  });
});

describe("compared with croner, which works differently", () => {
  const time = fc.integer({ min: NOW, max: NOW + 40 * 365 * 86_400_000 });
  const options = { mode: "5-or-6-parts", fixedTimeRule: "no-wildcard", paused: true } as const;

  test("fields match the same times", () => {
    fc.assert(
      fc.property(expression, time, (cron, after) => {
        const other = new Cron(cron, { ...options, utcOffset: 0 });
        const first = other.nextRun(new Date(after))?.getTime();
        if (first === undefined) return expect(() => parseCron(cron)).toThrow("matches days that no month has");
        const { next } = openCalendar({ cron, time_zone: "UTC" });
        expect({ cron, at: next(after) }).toEqual({ cron, at: first });
        expect({ cron, at: next(first) }).toEqual({ cron, at: other.nextRun(new Date(first))?.getTime() });
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  test("clock changes mean the same", () => {
    const zone = fc.constantFrom(
      "America/New_York",
      "Europe/Berlin",
      "Australia/Lord_Howe",
      "Africa/Cairo",
      "Asia/Beirut",
    );
    const change = fc.constantFrom("2026-03-08T07:00Z", "2026-11-01T06:00Z", "2026-03-29T01:00Z", "2026-10-25T01:00Z");
    const near = fc
      .tuple(change, fc.integer({ min: -7_200, max: 7_200 }))
      .map(([at, by]) => Date.parse(at) + by * 1000);
    fc.assert(
      fc.property(field(0, 59), field(0, 23), zone, fc.oneof(time, near), (minute, hour, time_zone, after) => {
        const cron = `${minute} ${hour} * * *`;
        const other = new Cron(cron, { ...options, timezone: time_zone });
        const { next } = openCalendar({ cron, time_zone });
        let at = after;
        for (let i = 0; i < 4; i++) {
          const expected = other.nextRun(new Date(at))?.getTime() ?? Number.NaN;
          expect({ cron, time_zone, at, next: next(at) }).toEqual({ cron, time_zone, at, next: expected });
          at = expected;
        }
      }),
      { numRuns: 500 },
    );
  }, 60_000);
});
