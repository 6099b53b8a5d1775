/**
 * Times as callers write them: RFC 3339 with an offset, from 1970 to 9999. Every time from outside is parsed here, so
 * that the same text means the same, or is rejected for the same reason, everywhere.
 */

import { FormatRegistry, Type } from "@sinclair/typebox";

/**
 * The latest valid time, in milliseconds since 1970; the earliest is 0. Postgres and JSON cannot represent later ones.
 */
export const MAX_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** The parsed time, or what is wrong with the text; the fault completes "The value …". */
export type ParsedTime = { readonly instant: Temporal.Instant } | { readonly fault: string };

const FORM = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?$/i;
const LAST = Temporal.Instant.fromEpochMilliseconds(MAX_TIME);

/**
 * Parses a time. Offsets go up to ±23:59; nine digits of a fraction count. Leap seconds are rejected: Unix time, which
 * everything here uses, has none.
 */
export function parseTime(text: string): ParsedTime {
  const match = FORM.exec(text);
  if (!match) return { fault: "must be a time in RFC 3339, for example 2026-01-15T09:30:00Z" };
  const [, date, time, fraction = "", offset] = match;
  if (offset === undefined) return { fault: "must end with its offset from UTC: Z, or for example +01:00" };
  if (time?.endsWith(":60")) return { fault: "must not be a leap second: the seconds of a minute are 00 to 59" };
  let instant: Temporal.Instant;
  try {
    instant = Temporal.Instant.from(`${date}T${time}${fraction.slice(0, 10)}${offset}`);
  } catch {
    return { fault: "must not name a day, a time of day or an offset that does not exist" };
  }
  if (instant.epochMilliseconds < 0 || Temporal.Instant.compare(instant, LAST) > 0) {
    return { fault: "must lie between 1970-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z" };
  }
  return { instant };
}

/** Parses a time that was accepted before. Throws a `RangeError` if it is not one. */
export function instantOf(text: string): Temporal.Instant {
  const reading = parseTime(text);
  if ("fault" in reading) throw new RangeError(`Cannot read the time ${JSON.stringify(text)}: it ${reading.fault}`);
  return reading.instant;
}

/** RFC 3339 in UTC, with at most microseconds: what every part of the service can write, read and store in a column. */
export const Time = Type.String({ format: "utc-time" });

const UTC = /^(?!0000)\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?Z$/;

FormatRegistry.Set("utc-time", (text) => {
  if (!UTC.test(text)) return false;
  const day = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  // The parser reads 30 February as 2 March.
  return Number.isFinite(day) && new Date(day).toISOString().startsWith(text.slice(0, 10));
});

/** As callers write it: see {@link parseTime}. */
export const CallersTime = Type.String({ format: "callers-time" });

FormatRegistry.Set("callers-time", (text) => "instant" in parseTime(text));

/** A time of a filter as Postgres can read it, in UTC: rounded up to the precision of its rows, so that none is on another side of it. */
export function microseconds(time: string): string {
  return instantOf(time).toString({ smallestUnit: "microsecond", roundingMode: "ceil" });
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Milliseconds since 1970 as RFC 3339, UTC. */
export function toTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same, rounded up: what is due then is never early. */
export function toTimeAtLeast(ms: number): string {
  return toTime(Math.ceil(ms));
}

export function toTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : toTime(ms);
}

/** RFC 3339 as milliseconds since 1970. */
export function fromTimeOrNull(time: string | null): number | null {
  return time === null ? null : Date.parse(time);
}

/** Both times are RFC 3339. */
export function secondsAfter(time: string, seconds: number): string {
  return toTime(Date.parse(time) + seconds * 1000);
}

/** Milliseconds since 1970 as whole seconds. */
export function toUnixSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
