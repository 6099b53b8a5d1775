/** Cron expressions: any caller who may create a schedule writes them. */
import { strictEqual } from "node:assert/strict";
import { Cron } from "croner";
import fc from "fast-check";
import { type Calendar, CalendarError, openCalendar } from "../../../src/features/schedules/calendar.ts";
import { expression } from "../../features/schedules/arbitraries.ts";
import type { FuzzTarget } from "../target.ts";

/** Far more than the worst expression takes, far less than a search without an end. */
const MAX_MS = 1_000;

const zone = fc.constantFrom(
  "UTC",
  "America/New_York",
  "America/St_Johns",
  "Europe/Berlin",
  "Africa/Casablanca",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Kiritimati",
);
const after = fc.oneof(
  fc.date({ min: new Date("1970-01-01Z"), max: new Date("9999-12-31Z"), noInvalidDate: true }),
  fc.date({ min: new Date("2026-01-01Z"), max: new Date("2036-01-01Z"), noInvalidDate: true }),
);

/** Expressions, some of them with a character more or less. */
const nearly = fc
  .tuple(
    expression,
    fc.nat(),
    fc.nat(2),
    fc.string({ unit: fc.constantFrom(..."0123456789*?,/-+#LW @\tJANfri"), maxLength: 2 }),
  )
  .map(([whole, at, drop, inserted]) => {
    const cut = at % (whole.length + 1);
    return whole.slice(0, cut) + inserted + whole.slice(cut + drop);
  });
const anyText = fc.oneof(expression, nearly, fc.string({ unit: "binary", maxLength: 128 }));

export const cron: FuzzTarget = {
  name: "cron",
  properties: {
    "any text is read or refused with a CalendarError that names it well, in bounded work": fc.property(
      anyText,
      fc.oneof(zone, fc.string({ unit: "binary", maxLength: 16 })),
      after,
      (text, time_zone, from) => {
        const began = performance.now();
        instantsOf(read({ cron: text, time_zone }), { from: from.getTime(), count: 5 });
        const took = performance.now() - began;
        strictEqual(took < MAX_MS, true, `it took ${took} ms`);
      },
    ),
    "instants come in order, the same from wherever they are asked for, and when the clock shows what the fields name":
      fc.property(fc.oneof(expression, nearly), zone, after, (text, time_zone, from) => {
        const calendar = read({ cron: text, time_zone });
        const witness = witnessOf(text);
        let last = from.getTime();
        for (const instant of instantsOf(calendar, { from: last, count: 5 })) {
          strictEqual(instant > last, true, `${instant} does not come after ${last}`);
          strictEqual(instant % 1000, 0);
          strictEqual(calendar?.next(instant - 1), instant);
          last = instant;
          // An explicit time in the gap occurs at the end of the gap.
          const isMatch = witness?.match(shownAt(instant, time_zone)) ?? true;
          strictEqual(
            isMatch || isAfterGap(instant, time_zone),
            true,
            `${new Date(instant).toISOString()} is not named`,
          );
        }
      }),
    "what is read is read again from its one spelling": fc.property(anyText, zone, (text, time_zone) => {
      const calendar = read({ cron: ` ${text}\t`, time_zone: time_zone.toLowerCase() });
      if (!calendar) return;
      strictEqual(calendar.time_zone, time_zone);
      strictEqual(openCalendar(calendar).cron, calendar.cron);
    }),
  },
};

/** `undefined` if it is rejected as it should be. */
function read(options: { cron: string; time_zone: string }): Calendar | undefined {
  try {
    return openCalendar(options);
  } catch (error) {
    strictEqual(error instanceof CalendarError, true, String(error));
    strictEqual(/[^.]$/.test((error as Error).message), true, (error as Error).message);
    return undefined;
  }
}

function instantsOf(calendar: Calendar | undefined, { from, count }: { from: number; count: number }): number[] {
  const instants: number[] = [];
  for (let at = calendar?.next(from); at !== undefined && instants.length < count; at = calendar?.next(at)) {
    instants.push(at);
  }
  return instants;
}

/** Another parser's reading of the same fields; `undefined` if it supports less. */
function witnessOf(text: string): Cron | undefined {
  // Croner takes a list of `*` or `?` and `L` for `*` alone, and with a weekday keeps to that: of `*` and `5` it does not.
  if (/[*?][^\s]*,L|L,[^\s]*[*?]/i.test(text)) return undefined;
  try {
    return new Cron(text, { mode: "5-or-6-parts", utcOffset: 0, paused: true });
  } catch {
    return undefined;
  }
}

/** What the clock of a zone shows, as a time in UTC. */
function shownAt(instant: number, time_zone: string): Date {
  const shown = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(time_zone).toPlainDateTime();
  return new Date(`${shown.toString({ smallestUnit: "second" })}Z`);
}

function isAfterGap(instant: number, time_zone: string): boolean {
  return shownAt(instant, time_zone).getTime() - shownAt(instant - 1000, time_zone).getTime() > 1000;
}
