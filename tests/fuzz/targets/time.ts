/** Times in requests. */
import { match, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { MAX_TIME, parseTime } from "../../../events/time.ts";
import type { FuzzTarget } from "../target.ts";

const MINUTE_MS = 60_000;
const MAX_OFFSET = 24 * 60 - 1;

const shaped = fc.stringMatching(/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{0,12})?([Zz]|[+-]\d\d:\d\d)?$/);

export const time: FuzzTarget = {
  name: "time",
  properties: {
    "any text is read or refused, and what is read lies within the range and can be written for Postgres": fc.property(
      fc.oneof(shaped, fc.string({ unit: "binary" })),
      (text) => {
        const reading = parseTime(text);
        if ("fault" in reading) return match(reading.fault, /^must .*[^.]$/);
        const at = reading.instant.epochMilliseconds;
        strictEqual(at >= 0 && at <= MAX_TIME, true);
        const written = reading.instant.toString({ smallestUnit: "microsecond", roundingMode: "ceil" });
        match(written, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      },
    ),
    "a time within the range is read as what it is, whatever its offset, case and precision": fc.property(
      fc.integer({ min: MAX_OFFSET * MINUTE_MS, max: MAX_TIME - MAX_OFFSET * MINUTE_MS }),
      fc.integer({ min: -MAX_OFFSET, max: MAX_OFFSET }),
      fc.boolean(),
      fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 30 }),
      (at, offset, isLower, digits) => {
        const two = (n: number) => String(n).padStart(2, "0");
        const local = new Date(at + offset * MINUTE_MS).toISOString().slice(0, -1);
        const size = Math.abs(offset);
        const text = `${local}${digits}${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
        const reading = parseTime(isLower ? text.toLowerCase() : text);
        strictEqual("fault" in reading ? reading.fault : reading.instant.epochMilliseconds, at);
      },
    ),
  },
};
