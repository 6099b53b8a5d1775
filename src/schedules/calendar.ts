/**
 * The instants that a cron expression names in a time zone.
 *
 * **Where clocks change**, two kinds of expressions differ. Times that are named (`30 2 * * *`, also lists and ranges
 * such as `0 9-17 * * *`) happen once: one that the clock passes over comes at the moment after the gap, one that
 * comes twice counts the first time. Intervals (a `*` or a step in the seconds, minutes or hours) go with the
 * clock: what it passes over is left out, what it repeats comes again.
 */
import { Cron } from "croner";

/** An expression or a time zone cannot be used; the message completes "…cron " or "…time_zone ". */
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

/** Instants are milliseconds since 1970, whole seconds. */
export interface Calendar {
  /** The first instant after a time. */
  next(after: number): number;
}

/** No colon: the library would take a date for an expression that names one instant. */
const EXPRESSION = /^(?:@[a-z]+|[\dA-Za-z*?,/#+-]+(?: +[\dA-Za-z*?,/#+-]+){4,5})$/;
/** No offset such as `+02:00`, which knows of no summer. */
const TIME_ZONE = /^[A-Za-z][\w+/-]*$/;

/** Calendars kept: many schedules share an expression, and to read one takes longer than to find an instant. */
const MAX_KEPT = 1_000;
const kept = new Map<string, Calendar>();

/** Reads a cron expression. Throws `CalendarError`; `next` does so where no instant ever comes. */
export function openCalendar(options: CalendarOptions): Calendar {
  const key = JSON.stringify([options.cron, options.time_zone]);
  const known = kept.get(key);
  if (known) return known;
  const calendar = readCalendar(options);
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(key, calendar);
  return calendar;
}

function readCalendar({ cron, time_zone }: CalendarOptions): Calendar {
  checkTimeZone(time_zone);
  const parsed = parse(cron, time_zone);
  const next = (after: number) => {
    const found = parsed.nextRun(new Date(after));
    if (!found) throw new CalendarError("names no time that ever comes", { field: "cron" });
    return found.getTime();
  };
  return { next };
}

function checkTimeZone(name: string): void {
  if (!TIME_ZONE.test(name) || !isKnown(name)) {
    throw new CalendarError("must be a time zone of the IANA database, for example Europe/Berlin", {
      field: "time_zone",
    });
  }
}

function isKnown(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}

function parse(cron: string, timezone: string): Cron {
  if (!EXPRESSION.test(cron)) {
    throw new CalendarError(
      "must be a cron expression of five fields, or six with the seconds first, or a nickname: for example 0 9 * * MON-FRI, or @daily",
      { field: "cron" },
    );
  }
  try {
    return new Cron(cron, { timezone, mode: "5-or-6-parts", fixedTimeRule: "no-wildcard", paused: true });
  } catch (error) {
    const reason = (error as Error).message.replace("CronPattern: ", "");
    throw new CalendarError(`is no cron expression: ${reason}`, { field: "cron", cause: error });
  }
}
