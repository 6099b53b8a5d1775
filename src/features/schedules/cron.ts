/**
 * Cron expressions, and the wall-clock times that they name. Time zones are the calendar's business.
 *
 * ```text
 *   second   0–59          left out: 0
 *   minute   0–59
 *   hour     0–23
 *   day      1–31          L: the last; 15W: the weekday nearest to the 15th, in its month; LW: the last weekday, alone
 *   month    1–12, JAN–DEC
 *   weekday  0–7, SUN–SAT  0 and 7 are Sunday; 5#2: the second Friday; 5L: the last; +… : see below
 * ```
 *
 * A field is a list of values, ranges (`9-17`), `*`, and either of the last two with a step (`9-17/2`); `?` is `*`. Where
 * day and weekday are both something else than `*`, either is enough; where the weekday begins with `+`, both must fit.
 */
import { DAY_MS } from "../../../events/time.ts";

/** A parsed expression. */
export interface Cron {
  /** In canonical form: without outer white space, and one space between fields. */
  readonly text: string;
  /** Whether it has explicit times of day, rather than intervals: seconds, minutes and hours without `*` and steps. */
  readonly is_fixed: boolean;
  /** The first time after another one, for a clock that never changes, in milliseconds since 1970 by that clock. */
  next(after: number, until: number): number | undefined;
}

/** A text is not a valid expression; the message completes "The expression …". */
export class CronError extends Error {
  override readonly name = "CronError";
}

interface Field {
  /** Its name for people. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
  /** What it accepts besides numbers. */
  readonly also?: string;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const SECOND: Field = { name: "second", min: 0, max: 59 };
const MINUTE: Field = { name: "minute", min: 0, max: 59 };
const HOUR: Field = { name: "hour", min: 0, max: 23 };
const DAY: Field = { name: "day of the month", min: 1, max: 31, also: ", L, LW, and days with W such as 15W" };
const MONTH: Field = { name: "month", min: 1, max: 12, names: MONTHS, also: " and JAN to DEC" };
const WEEKDAY: Field = {
  name: "day of the week",
  min: 0,
  max: 7,
  names: WEEKDAYS,
  also: ", SUN to SAT, and such as FRI#2 and FRIL",
};

const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * SUN"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

/**
 * Parses an expression, with any amount of white space. Throws a {@link CronError}, also if it matches only days that
 * no month has; what a time zone makes of its times is the calendar's business.
 */
export function parseCron(given: string): Cron {
  const text = given.trim().replace(/\s+/g, " ");
  const fields = fieldsOf(text);
  const [second = "", minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  const times = [valuesOf(second, SECOND), valuesOf(minute, MINUTE), valuesOf(hour, HOUR)] as const;
  const months = new Set(valuesOf(month, MONTH));
  const days = daysOf(day, weekday);
  if (
    ![...months].some((one) => lengthsOf(one).some((length) => WEEKDAYS.some((_, first) => days(first, length)[0])))
  ) {
    throw new CronError("matches days that no month has");
  }
  return {
    text,
    is_fixed: !/[*/]/.test(`${second}${minute}${hour}`),
    next: (after, until) => nextTime({ times, months, days }, after, until),
  };
}

/** Six of them, `*` for `?`. */
function fieldsOf(text: string): string[] {
  const fields = (NICKNAMES.get(text.toLowerCase()) ?? text).replaceAll("?", "*").split(" ");
  if (text.startsWith("@") && fields.length === 1) {
    throw new CronError(`has no nickname ${text}; use one of ${[...NICKNAMES.keys()].join(", ")}`);
  }
  if (fields.length === 5) return ["0", ...fields];
  if (fields.length === 6) return fields;
  const count = text === "" ? "none" : fields.length;
  throw new CronError(
    `must have five fields (minute, hour, day of the month, month, day of the week), or six with the second first; it has ${count}`,
  );
}

/** The values that a field matches, in order. */
function valuesOf(text: string, field: Field): number[] {
  const values = new Set(entriesOf(text, field).flatMap((entry) => [...rangeOf(entry, field)]));
  return [...values].sort((a, b) => a - b);
}

function entriesOf(text: string, { name }: Field): string[] {
  const entries = text.split(",");
  if (entries.includes("")) throw new CronError(`has an empty entry in its ${name}, "${text}"`);
  return entries;
}

/** The values of `*`, `5`, `1-5`, `*` and a step, or a range and a step. */
function* rangeOf(entry: string, field: Field): Generator<number> {
  const [range = "", step, ...more] = entry.split("/");
  const { name, min, max } = field;
  const has = `has "${entry}" as its ${name};`;
  // Sunday has two numbers: steps count it once.
  const last = field === WEEKDAY ? max - 1 : max;
  const [from, to] = range === "*" ? [min, last] : boundsOf(range, { field, has });
  if (from > to) throw new CronError(`${has} a range must go from the lower to the higher value`);
  if (step !== undefined && range !== "*" && !range.includes("-")) {
    throw new CronError(`${has} a step must follow * or a range: ${range}-${last}/${step}`);
  }
  const size = last - min + 1;
  const by = step === undefined ? 1 : numberIn(step);
  if (more.length > 0 || !(by >= 1 && by <= size)) throw new CronError(`${has} a step must be from 1 to ${size}`);
  for (let value = from; value <= to; value += by) yield field === WEEKDAY ? value % 7 : value;
}

function boundsOf(range: string, { field, has }: { field: Field; has: string }): [number, number] {
  const ends = range.split("-").map((end) => numberOf(end, field));
  const [from = Number.NaN, to = from] = ends;
  if (ends.length <= 2 && ends.every((end) => end >= field.min && end <= field.max)) {
    // SAT-SUN: at the end of a range, Sunday is the last day.
    return [from, field === WEEKDAY && to === 0 && from > 0 ? 7 : to];
  }
  throw new CronError(`${has} use ${field.min} to ${field.max}${field.also ?? ""}`);
}

/** A number, or a name's; `NaN` for anything else. */
function numberOf(text: string, { min, names }: Field): number {
  const named = names?.indexOf(text.toUpperCase()) ?? -1;
  return named >= 0 ? named + min : numberIn(text);
}

function numberIn(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

/** The days of a month that begins with a weekday (0: Sunday) and has this many days. */
type DaysOfMonth = (first: number, length: number) => readonly number[];

/** Whether a day of a month with a given length matches; the weekday is 0 for Sunday. */
type DayTest = (day: number, weekday: number, length: number) => boolean;

/** There are only 28 kinds of months: each is computed once. */
function daysOf(dayText: string, weekdayText: string): DaysOfMonth {
  const isMatch = matchOf(dayText, weekdayText);
  const known: (number[] | undefined)[] = [];
  return (first, length) => {
    const kind = first * 32 + length;
    known[kind] ??= Array.from({ length }, (_, i) => i + 1).filter((day) =>
      isMatch(day, (first + day - 1) % 7, length),
    );
    return known[kind];
  };
}

function matchOf(dayText: string, weekdayText: string): DayTest {
  const hasBoth = weekdayText.startsWith("+");
  const weekday = hasBoth ? weekdayText.slice(1) : weekdayText;
  const isDay = anyOf(entriesOf(dayText, DAY).map(dayTest));
  const isWeekday = anyOf(entriesOf(weekday, WEEKDAY).map(weekdayTest));
  if (hasBoth || dayText === "*" || weekday === "*") return (...of) => isDay(...of) && isWeekday(...of);
  return (...of) => isDay(...of) || isWeekday(...of);
}

function anyOf(tests: readonly DayTest[]): DayTest {
  return (...of) => tests.some((test) => test(...of));
}

function dayTest(entry: string): DayTest {
  if (/^L$/i.test(entry)) return (day, _, length) => day === length;
  if (/^LW$/i.test(entry)) return lastWeekday;
  const near = /^(\d+)W$/i.exec(entry);
  if (near) {
    const wanted = Number(near[1]);
    if (wanted < 1 || wanted > 31) {
      throw new CronError(`has "${entry}" as its ${DAY.name}; use 1W to 31W`);
    }
    return (day, weekday, length) => wanted <= length && day === nearestWeekday(wanted, weekday - day + wanted, length);
  }
  const values = new Set(rangeOf(entry, DAY));
  return (day) => values.has(day);
}

/**
 * The weekday of a month nearest to one of its days; that day's own weekday may be given beyond 7 (8: Monday) or below
 * 0.
 */
function nearestWeekday(day: number, weekday: number, length: number): number {
  const own = ((weekday % 7) + 7) % 7;
  if (own === 6) return day === 1 ? 3 : day - 1;
  if (own === 0) return day === length ? day - 2 : day + 1;
  return day;
}

function lastWeekday(day: number, weekday: number, length: number): boolean {
  return day === nearestWeekday(length, weekday - day + length, length);
}

function weekdayTest(entry: string): DayTest {
  const special = /^(.+?)(?:#(.*)|L)$/i.exec(entry);
  if (!special) {
    const values = new Set(rangeOf(entry, WEEKDAY));
    return (_, weekday) => values.has(weekday);
  }
  const [, name = "", nth] = special;
  const wanted = numberOf(name, WEEKDAY) % 7;
  const n = nth === undefined ? 1 : numberIn(nth);
  if (!(numberOf(name, WEEKDAY) <= 7 && n >= 1 && n <= 5)) {
    throw new CronError(
      `has "${entry}" as its ${WEEKDAY.name}; use one day from 0 to 7 or SUN to SAT before # and L, and 1 to 5 after #`,
    );
  }
  if (nth === undefined) return (day, weekday, length) => weekday === wanted && day > length - 7;
  return (day, weekday) => weekday === wanted && Math.ceil(day / 7) === n;
}

/** The lengths that a month may have. */
function lengthsOf(month: number): number[] {
  if (month === 2) return [28, 29];
  return [[4, 6, 9, 11].includes(month) ? 30 : 31];
}

interface Times {
  /** Seconds, minutes, hours. */
  readonly times: readonly [readonly number[], readonly number[], readonly number[]];
  readonly months: ReadonlySet<number>;
  readonly days: DaysOfMonth;
}

function nextTime({ times, ...dates }: Times, after: number, until: number): number | undefined {
  const from = Math.floor(after / 1000) * 1000 + 1000;
  for (const date of datesOf(dates, Math.floor(from / DAY_MS) * DAY_MS, until)) {
    const seconds = timeOfDay(times, (from - date) / 1000);
    if (seconds === undefined) continue;
    const at = date + seconds * 1000;
    return at <= until ? at : undefined;
  }
  return undefined;
}

/** The days between two times, each by its beginning. */
function* datesOf({ months, days }: Pick<Times, "months" | "days">, from: number, until: number): Generator<number> {
  const start = new Date(from);
  const year = start.getUTCFullYear();
  for (let month = start.getUTCMonth(), at = 0; at <= until; month++) {
    at = Date.UTC(year, month);
    if (!months.has((month % 12) + 1)) continue;
    const length = Math.round((Date.UTC(year, month + 1) - at) / DAY_MS);
    for (const day of days(new Date(at).getUTCDay(), length)) {
      const date = at + (day - 1) * DAY_MS;
      if (date >= from) yield date;
    }
  }
}

/** The first matching time of day from a given one on, in seconds; `undefined`: there is none left. */
function timeOfDay([seconds, minutes, hours]: Times["times"], from: number): number | undefined {
  const [first = 0] = seconds;
  for (const hour of hours) {
    if (hour * 3600 + 3599 < from) continue;
    for (const minute of minutes) {
      const at = hour * 3600 + minute * 60;
      if (at + 59 < from) continue;
      const second = at >= from ? first : seconds.find((one) => at + one >= from);
      if (second !== undefined) return at + second;
    }
  }
  return undefined;
}
