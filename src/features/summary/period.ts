/** The periods of summaries: days and weeks, in UTC. */
import { DAY_MS, toTime } from "../../../events/time.ts";

export const kinds = ["day", "week"] as const;
export type PeriodKind = (typeof kinds)[number];

export interface Period {
  readonly kind: PeriodKind;
  /** Its first day: `2026-01-15`. */
  readonly date: string;
  /** RFC 3339, UTC; `to` is the first moment after it. */
  readonly from: string;
  readonly to: string;
}

const DAYS = { day: 1, week: 7 } as const;
/** After a period's end, how long it takes to be over for every process, whatever its clock says. */
const SETTLED_MS = 60_000;

/** The first day that summaries know: a Monday. */
const FIRST_DATE = "1970-01-05";

/** The period that a day belongs to: weeks begin on Monday. `undefined`: there is no such day, or it is before 1970-01-05. */
export function periodAt(kind: PeriodKind, date: string): Period | undefined {
  const at = Date.parse(`${date}T00:00:00Z`);
  // The 30th of February is read as the 2nd of March.
  if (Number.isNaN(at) || toTime(at).slice(0, 10) !== date || date < FIRST_DATE) return undefined;
  return period(kind, at);
}

/** The last period that is over. */
export function lastPeriod(kind: PeriodKind, now: number): Period {
  return period(kind, Date.parse(period(kind, now - SETTLED_MS).from) - DAY_MS);
}

/** Whether it is over. */
export function isOver({ to }: Period, now: number): boolean {
  return now >= Date.parse(to) + SETTLED_MS;
}

/** How many days it has. */
export function daysOf({ kind }: Period): number {
  return DAYS[kind];
}

function period(kind: PeriodKind, at: number): Period {
  const day = Math.floor(at / DAY_MS);
  // 1970-01-01 was a Thursday.
  const first = kind === "day" ? day : day - ((day + 3) % 7);
  const from = toTime(first * DAY_MS);
  return { kind, date: from.slice(0, 10), from, to: toTime((first + DAYS[kind]) * DAY_MS) };
}
