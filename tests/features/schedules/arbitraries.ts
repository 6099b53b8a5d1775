/** Cron expressions of all kinds, for tests. */
import fc from "fast-check";

const number = (min: number, max: number) => fc.integer({ min, max }).map(String);
const range = (min: number, max: number) =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
const stepped = (min: number, max: number) =>
  fc
    .tuple(fc.oneof(fc.constant("*"), range(min, max)), fc.integer({ min: 1, max: max - min + 1 }))
    .map(([of, by]) => `${of}/${by}`);
const entry = (min: number, max: number) => fc.oneof(number(min, max), range(min, max), stepped(min, max));

/** One field: stars, values, ranges, steps, lists. */
export function field(min: number, max: number): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom("*", "?"),
    fc.array(entry(min, max), { minLength: 1, maxLength: 3 }).map((all) => all.join(",")),
  );
}

const day = fc.oneof(
  field(1, 31),
  fc.constantFrom("L", "LW", "15,L"),
  number(1, 31).map((of) => `${of}W`),
);
const month = fc.oneof(field(1, 12), fc.constantFrom("JAN", "mar-may", "FEB,NOV"));
const name = fc.constantFrom("sun", "MON", "TUE", "Wed", "THU", "FRI", "SAT", "0", "7");
const weekday = fc.oneof(
  field(0, 6),
  field(0, 6).map((of) => `+${of}`),
  name,
  name.map((of) => `${of}L`),
  fc.tuple(name, number(1, 5)).map(([of, nth]) => `${of}#${nth}`),
  fc.constantFrom("MON-FRI", "FRI-SUN", "SAT-SUN", "SUN-TUE", "5-7", "+FRI#2,SUNL"),
);

/** Six fields, each of which is valid. */
export const expression: fc.Arbitrary<string> = fc
  .tuple(field(0, 59), field(0, 59), field(0, 23), day, month, weekday)
  .map((fields) => fields.join(" "));
