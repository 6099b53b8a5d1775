import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { uptimeByDay } from "../../projections/uptime.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const at = (time: string) => Date.parse(time);

/** Hours as the read model has them, out of the minutes that are up. */
function hoursOf(minutes: Iterable<number>) {
  const hours = new Map<number, string[]>();
  for (const minute of minutes) {
    const start = Math.floor((minute * MINUTE) / HOUR) * HOUR;
    const marks = hours.get(start) ?? Array.from({ length: 60 }, () => "0");
    marks[minute - start / MINUTE] = "1";
    hours.set(start, marks);
  }
  return [...hours].map(([start, marks]) => ({ hour: new Date(start).toISOString(), minutes: marks.join("") }));
}

function* minutesBetween(from: string, to: string) {
  for (let minute = at(from) / MINUTE; minute < at(to) / MINUTE; minute++) yield minute;
}

describe("uptime by day", () => {
  test("is empty before the first start", () => {
    expect(uptimeByDay([], { now: at("2026-01-02T00:00:00Z"), first_started_at: null, days: 90 })).toEqual({
      uptime_percent: null,
      days: [],
      outages: [],
    });
  });

  test("counts from the first start's minute to the last whole one", () => {
    const rows = hoursOf(minutesBetween("2026-01-02T03:10:00Z", "2026-01-02T03:16:00Z"));
    const options = { now: at("2026-01-02T03:15:30Z"), first_started_at: "2026-01-02T03:10:20Z", days: 90 };
    expect(uptimeByDay(rows, options)).toEqual({
      uptime_percent: 100,
      days: [{ date: "2026-01-02", uptime_percent: 100, minutes_up: 5, minutes_down: 0 }],
      outages: [],
    });
  });

  test("has no figure for a day before its first whole minute", () => {
    const options = { now: at("2026-01-02T00:00:30Z"), first_started_at: "2026-01-02T00:00:10Z", days: 90 };
    expect(uptimeByDay([], options)).toEqual({
      uptime_percent: null,
      days: [{ date: "2026-01-02", uptime_percent: null, minutes_up: 0, minutes_down: 0 }],
      outages: [],
    });
  });

  test("rounds down: one minute of a day is not nothing", () => {
    const minutes = [...minutesBetween("2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z")];
    minutes.splice(100, 1);
    const options = { now: at("2026-01-03T00:00:00Z"), first_started_at: "2026-01-02T00:00:00Z", days: 90 };
    const { days, outages } = uptimeByDay(hoursOf(minutes), options);
    expect(days[0]).toEqual({ date: "2026-01-02", uptime_percent: 99.93, minutes_up: 1439, minutes_down: 1 });
    expect(outages).toEqual([
      { from: "2026-01-02T01:40:00.000Z", to: "2026-01-02T01:41:00.000Z", minutes: 1, ongoing: false },
    ]);
  });

  test("shows an outage over midnight as one, and on both days", () => {
    const rows = hoursOf(minutesBetween("2026-01-01T23:00:00Z", "2026-01-01T23:50:00Z"));
    const options = { now: at("2026-01-02T00:10:00Z"), first_started_at: "2026-01-01T23:00:00Z", days: 90 };
    const { days, outages } = uptimeByDay(rows, options);
    expect(days.map(({ minutes_down }) => minutes_down)).toEqual([10, 10]);
    expect(outages).toEqual([
      { from: "2026-01-01T23:50:00.000Z", to: "2026-01-02T00:10:00.000Z", minutes: 20, ongoing: true },
    ]);
  });

  test("covers a number of days, and nothing before them", () => {
    const rows = hoursOf(minutesBetween("2025-12-01T00:00:00Z", "2025-12-01T01:00:00Z"));
    const options = { now: at("2026-01-02T12:00:00Z"), first_started_at: "2025-12-01T00:00:00Z", days: 3 };
    const { days, outages } = uptimeByDay(rows, options);
    expect(days.map(({ date }) => date)).toEqual(["2025-12-31", "2026-01-01", "2026-01-02"]);
    expect(outages).toEqual([
      { from: "2025-12-31T00:00:00.000Z", to: "2026-01-02T12:00:00.000Z", minutes: 3_600, ongoing: true },
    ]);
  });

  test("adds up, whatever was up: every minute is in one day, and every minute down in one outage", () => {
    const start = at("2026-01-01T00:00:00Z") / MINUTE;
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 3 * 1_440 - 1 }), { maxLength: 300 }),
        fc.integer({ min: 0, max: 1_440 }),
        fc.integer({ min: 1, max: 3 * 1_440 }),
        (up, begin, length) => {
          const first = start + begin;
          const now = (first + length) * MINUTE;
          const options = { now, first_started_at: new Date(first * MINUTE).toISOString(), days: 90 };
          const { days, outages } = uptimeByDay(hoursOf(up.map((minute) => start + minute)), options);
          const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
          const wanted = up.filter((minute) => minute >= begin && minute < begin + length).length;
          expect(sum(days.map(({ minutes_up }) => minutes_up))).toBe(wanted);
          expect(sum(days.map(({ minutes_down }) => minutes_down))).toBe(length - wanted);
          expect(sum(outages.map(({ minutes }) => minutes))).toBe(length - wanted);
          for (const outage of outages) {
            expect(at(outage.to) - at(outage.from)).toBe(outage.minutes * MINUTE);
            expect(outage.ongoing).toBe(at(outage.to) === now);
          }
          expect(days.length).toBe(Math.floor(now / DAY) - Math.floor((first * MINUTE) / DAY) + 1);
        },
      ),
    );
  });
});
