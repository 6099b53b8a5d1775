/**
 * The instants that a cron expression matches in a time zone.
 *
 * **When clocks change**, two kinds of expressions differ. Explicit times (`30 2 * * *`, also lists and ranges such as
 * `0 9-17 * * *`) occur once: a time in the gap occurs at the end of the gap, a repeated time the first time. Intervals
 * (a `*` or a step in the seconds, minutes or hours) follow the clock: what it skips is left out, what it repeats
 * occurs again.
 *
 * The work is bounded by the years that are searched, whatever the expression: a month, and a clock change, is one step
 * each ([decision 83](../../docs/decisions/0083-a-cron-of-our-own.md)).
 */

import { DAY_MS, MAX_TIME } from "../../../events/time.ts";
import { HORIZON_YEARS } from "../../domain/schedule.ts";
import { type Cron, CronError, parseCron } from "./cron.ts";

/** An expression or a time zone is invalid; the message completes "…cron " or "…time_zone ". */
export class CalendarError extends Error {
  override readonly name = "CalendarError";
  readonly field: keyof CalendarOptions;

  constructor(message: string, { field, cause }: { field: keyof CalendarOptions; cause?: unknown }) {
    super(message, { cause });
    this.field = field;
  }
}

export interface CalendarOptions {
  readonly cron: string;
  /** An IANA name. */
  readonly time_zone: string;
}

/** The options in canonical form: without needless white space, the time zone as the database writes it. */
export interface Calendar extends CalendarOptions {
  /**
   * The first instant after a time, in milliseconds since 1970, a whole second. `undefined`: there is none within
   * {@link HORIZON_YEARS}, or before the year 10000.
   */
  next(after: number): number | undefined;
}

/** No offset such as `+02:00`, which has no daylight saving time. */
const TIME_ZONE = /^[A-Za-z][\w+/-]*$/;

/** A cache: many schedules share an expression, and parsing one takes longer than finding an instant. */
const MAX_KEPT = 1_000;
const kept = new Map<string, Calendar>();

/** Parses a cron expression. Throws `CalendarError`. */
export function openCalendar(options: CalendarOptions): Calendar {
  const key = JSON.stringify([options.cron, options.time_zone]);
  const known = kept.get(key);
  if (known) return known;
  const calendar = readCalendar(options);
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(key, calendar);
  return calendar;
}

/** The first instant after a time. Throws `CalendarError`, also if there is none. */
export function firstInstant(options: CalendarOptions, after: number): number {
  const instant = openCalendar(options).next(after);
  if (instant !== undefined) return instant;
  const message = `matches no time within ${HORIZON_YEARS} years in ${options.time_zone}`;
  throw new CalendarError(message, { field: "cron" });
}

function readCalendar(options: CalendarOptions): Calendar {
  const time_zone = timeZone(options.time_zone);
  const cron = parse(options.cron);
  return { cron: cron.text, time_zone, next: (after) => nextInstant(cron, { time_zone, after }) };
}

/** A time zone as the database writes it. */
function timeZone(name: string): string {
  try {
    if (TIME_ZONE.test(name)) return new Temporal.ZonedDateTime(0n, name).timeZoneId;
  } catch {
    // Unknown.
  }
  const message = "must be a time zone of the IANA database, for example Europe/Berlin";
  throw new CalendarError(message, { field: "time_zone" });
}

function parse(text: string): Cron {
  try {
    return parseCron(text);
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    throw new CalendarError(error.message, { field: "cron", cause: error });
  }
}

/** Goes from one clock change of the zone to the next: in between, the offset is constant. */
function nextInstant(cron: Cron, { time_zone, after }: { time_zone: string; after: number }): number | undefined {
  const until = Math.min(after + HORIZON_YEARS * 366 * DAY_MS, MAX_TIME);
  for (let from = Math.floor(after / 1000) * 1000 + 1000; from <= until; ) {
    const zoned = new Temporal.ZonedDateTime(BigInt(from) * 1_000_000n, time_zone);
    const offset = offsetOf(zoned);
    let shown = from + offset;
    if (cron.is_fixed) {
      const began = zoned.add({ milliseconds: 1 }).getTimeZoneTransition("previous");
      const change = began ? began.epochMilliseconds : Number.NEGATIVE_INFINITY;
      const before = began ? offsetOf(began.subtract({ milliseconds: 1 })) : offset;
      if (change === from && isInGap(cron, { from: change + before, to: change + offset })) return change;
      // After being set back, the clock repeats what it has shown.
      shown = Math.max(shown, change + before);
    }
    const next = cron.next(shown - 1, until + offset);
    if (next === undefined) return undefined;
    const end = zoned.getTimeZoneTransition("next")?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
    if (next - offset < end) return next - offset;
    // The clock shows no matching time before `next`, and is never two days off.
    from = Math.max(end, next - 2 * DAY_MS);
  }
  return undefined;
}

/** Whether an explicit time falls into the gap; a whole skipped day is not made up for. */
function isInGap(cron: Cron, { from, to }: { from: number; to: number }): boolean {
  const start = Math.max(from, Math.floor(to / DAY_MS) * DAY_MS);
  return start < to && cron.next(start - 1, to - 1) !== undefined;
}

function offsetOf(zoned: Temporal.ZonedDateTime): number {
  return Math.round(zoned.offsetNanoseconds / 1e6);
}
