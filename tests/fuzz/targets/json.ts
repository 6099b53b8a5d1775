/** The JSON parser, which every request, response and message goes through. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  decodeJson,
  faultOfValue,
  JSON_DEPTH_LIMIT,
  JsonError,
  parseForeignJson,
  parseJson,
} from "../../../src/json/mod.ts";
import type { FuzzTarget } from "../target.ts";

/** Numbers as text, many of them at the edge of what can be represented. */
const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 24 });
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
  fc
    .tuple(
      fc.constantFrom(-(2n ** 63n), -(2n ** 53n), 2n ** 53n, 2n ** 63n, 2n ** 64n),
      fc.integer({ min: -2, max: 2 }),
    )
    .map(([edge, offset]) => String(edge + BigInt(offset))),
  fc
    .tuple(
      fc.constantFrom("", "-"),
      digits.map((text) => text.replace(/^0+(?=\d)/, "")),
      fc.option(digits, { nil: undefined }),
      fc.option(fc.tuple(fc.constantFrom("e", "E", "e+", "e-"), fc.nat(400)), { nil: undefined }),
    )
    .map(([sign, whole, fraction, power]) => {
      return `${sign}${whole}${fraction === undefined ? "" : `.${fraction}`}${power ? power.join("") : ""}`;
    }),
);

const space = fc.string({ unit: fc.constantFrom(" ", "\t", "\n", "\r"), maxLength: 2 });
const text = fc.oneof(
  fc.string({ unit: "binary" }).map((value) => JSON.stringify(value)),
  fc.constantFrom('"__proto__"', '"1e400"', '", 1e400"', '"\\u0000\\ud800"', '"\\\\"', '"\\"[{"'),
);

/** Valid JSON texts, with white space everywhere, and keys that may repeat. */
const { value: jsonText } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 5 }, number, text, fc.constantFrom("true", "false", "null"), tie("array"), tie("object")),
  array: fc
    .array(fc.tuple(space, tie("value"), space))
    .map((items) => `[${items.map((item) => item.join("")).join(",")}]`),
  object: fc
    .array(fc.tuple(space, text, space, tie("value"), space))
    .map((members) => `{${members.map(([a, key, b, value, c]) => `${a}${key}${b}:${value}${c}`).join(",")}}`),
}));

/** Texts that are nearly JSON. */
const nearlyJson = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'{}[]:,"\\ \n1-+.eEtrufalsn0x\u00e9') }),
  fc.tuple(jsonText, fc.nat(), fc.string({ maxLength: 2 })).map(([whole, at, inserted]) => {
    const cut = at % (whole.length + 1);
    return whole.slice(0, cut) + inserted + whole.slice(cut + (at % 3));
  }),
);
const anyText = fc.oneof(jsonText, nearlyJson, fc.string({ unit: "binary" }));

export const json: FuzzTarget = {
  name: "json",
  properties: {
    "what is refused is refused with a JsonError, and everything that JSON.parse refuses is": fc.property(
      anyText,
      (given) => {
        const native = attempt(() => JSON.parse(given));
        const strict = attempt(() => parseJson(given));
        if (!strict.ok) strictEqual(strict.error instanceof JsonError, true, String(strict.error));
        if (!native.ok) strictEqual(codeOf(strict), "malformed");
        else if (!strict.ok) strictEqual(codeOf(strict) === "malformed", false, "JSON.parse accepts it");
        const foreign = attempt(() => parseForeignJson(given));
        if (!foreign.ok) strictEqual(foreign.error instanceof JsonError, true, String(foreign.error));
        strictEqual(foreign.ok, native.ok);
        strictEqual(attempt(() => decodeJson(given)).ok, native.ok);
      },
    ),
    "what is accepted is what JSON.parse reads, but for the digits of large integers": fc.property(
      jsonText,
      (given) => {
        const strict = attempt(() => parseJson(given));
        if (!strict.ok) return;
        deepStrictEqual(nearest(strict.value), JSON.parse(given));
        deepStrictEqual(parseForeignJson(given), { value: strict.value, kept_as_text: { count: 0, pointers: [] } });
        deepStrictEqual(decodeJson(given), strict.value);
      },
    ),
    "what is written is read back as the same": fc.property(jsonText, (given) => {
      const { value } = parseForeignJson(given);
      strictEqual(faultOfValue(value), undefined);
      const written = JSON.stringify(value);
      deepStrictEqual(withoutNegativeZero(parseJson(written)), withoutNegativeZero(value));
    }),
    "a number passes with its exact value or is refused": fc.property(number, (given) => {
      const strict = attempt(() => parseJson(`[${given}]`));
      const value = strict.ok ? (strict.value as [number | bigint])[0] : undefined;
      if (value === undefined) {
        strictEqual(codeOf(strict), "number_not_representable");
        strictEqual(isRepresentable(given), false);
        return;
      }
      strictEqual(isRepresentable(given), true);
      strictEqual(sameDecimal(JSON.stringify(value), given), true, `${given} became ${value}`);
      strictEqual(typeof value === "bigint", isLargeInteger(given), `${given} is a ${typeof value}`);
    }),
    "levels are counted as they are, in texts and in values": fc.property(
      fc.array(fc.boolean(), { maxLength: JSON_DEPTH_LIMIT + 8 }),
      fc.constantFrom("1", '"[{"', "null", '"\\\\"'),
      (levels, inner) => {
        const given = levels.reduce<string>((text, isArray) => (isArray ? `[${text}]` : `{"a]}":${text}}`), inner);
        const isTooDeep = levels.length > JSON_DEPTH_LIMIT;
        strictEqual(codeOf(attempt(() => parseForeignJson(given))) === "too_deep", isTooDeep);
        strictEqual(faultOfValue(JSON.parse(given))?.code === "too_deep", isTooDeep);
      },
    ),
    "a key that an object repeats is found, however it is written": fc.property(
      fc.array(fc.string({ unit: fc.constantFrom("a", "\\", '"', "\u0000", "_") }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      (keys, escaped) => {
        const written = keys.map((key, index) => `${escaped[index] ? escapes(key) : JSON.stringify(key)}:0`);
        const strict = attempt(() => parseJson(`[{${written.join(",")}}]`));
        strictEqual(codeOf(strict) === "duplicate_key", new Set(keys).size < keys.length);
      },
    ),
  },
};

type Attempt = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

function attempt(read: () => unknown): Attempt {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    return { ok: false, error };
  }
}

function codeOf(attempted: Attempt): string | undefined {
  return attempted.ok || !(attempted.error instanceof JsonError) ? undefined : attempted.error.code;
}

/** Every integer as the double that JSON.parse reads. */
function nearest(value: unknown): unknown {
  return mapLeaves(value, (leaf) => (typeof leaf === "bigint" ? Number(leaf) : leaf));
}

/** JSON.stringify writes 0 for it. */
function withoutNegativeZero(value: unknown): unknown {
  return mapLeaves(value, (leaf) => (leaf === 0 ? 0 : leaf));
}

function mapLeaves(value: unknown, map: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapLeaves(item, map));
  if (value === null || typeof value !== "object") return map(value);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mapLeaves(part, map)]));
}

/** Computed with integers alone, and unlike the tested code: a number as `units / 10 ** scale`. */
function fractionOf(text: string): { units: bigint; scale: number } {
  const [mantissa = "", power = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const scale = fraction.length - Number(power);
  return scale < 0
    ? { units: BigInt(whole + fraction) * 10n ** BigInt(-scale), scale: 0 }
    : { units: BigInt(whole + fraction), scale };
}

function sameDecimal(one: string, other: string): boolean {
  const [a, b] = [fractionOf(one), fractionOf(other)];
  return a.units * 10n ** BigInt(b.scale) === b.units * 10n ** BigInt(a.scale);
}

function integerOf(text: string): bigint | undefined {
  const { units, scale } = fractionOf(text);
  const divisor = 10n ** BigInt(scale);
  return units % divisor === 0n ? units / divisor : undefined;
}

function isLargeInteger(text: string): boolean {
  const integer = integerOf(text);
  if (integer === undefined || integer < -(2n ** 63n) || integer >= 2n ** 64n) return false;
  return integer > BigInt(Number.MAX_SAFE_INTEGER) || integer < BigInt(Number.MIN_SAFE_INTEGER);
}

function isRepresentable(text: string): boolean {
  const double = Number(text);
  return isLargeInteger(text) || (Number.isFinite(double) && sameDecimal(String(double), text));
}

function escapes(key: string): string {
  return `"${Array.from(key, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;
}
