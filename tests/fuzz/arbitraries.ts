/** Values by JSON schema: valid ones, and those at the edge of what is valid. */
import fc from "fast-check";
import { type Json, resolve } from "../support/openapi.ts";

/** Stands for a value that an earlier response had under this name; its fallback if none had. */
export class Drawn {
  constructor(
    readonly name: string,
    readonly fallback: unknown,
  ) {}
}

/** Names of what one response returns and another request uses. */
const NAMES_SOMETHING = /_id$|^(?:id|attempt|cursor|error|name|step|from_step|version|workflow)$/;

/** Texts that have caused trouble somewhere. */
const ODD_TEXTS = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udfff\ud800",
  "\u202etxt.exe",
  "😀".repeat(40),
  "é",
  "\ufeff",
  "\r\nX-Injected: 1",
  "__proto__",
  "constructor",
  "../../etc/passwd",
  "'; drop table events; --",
  "<script>alert(1)</script>",
  "{{ 1 + 1 }}",
  "{{ payload.__proto__ }}",
  "{{",
  "null",
  "-1",
  "1e999",
  "x".repeat(5000),
];

/** What may replace an expected value. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 2 ** 53, -(2 ** 31) - 1, 1e308, 5e-324, [], {}, [[]], [null]),
  fc.constantFrom(...ODD_TEXTS),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.jsonValue({ maxDepth: 3 }),
);

export interface Values {
  /** What fits the schema. */
  of(schema: Json, name?: string): fc.Arbitrary<unknown>;
  /** An example, with values from earlier responses in place of ids. */
  like(example: unknown): fc.Arbitrary<unknown>;
  /** The same, where only ids are taken from earlier responses, and always. */
  example(example: unknown): unknown;
}

/** @param address where a callback or a call of a job may go without harm */
export function valuesOf(document: Json, address: string): Values {
  const made = new Map<Json, fc.Arbitrary<unknown>>();

  function of(given: Json, name?: string): fc.Arbitrary<unknown> {
    const schema = resolve(document, given);
    let values = made.get(schema);
    if (!values) {
      values = build(schema);
      made.set(schema, values);
    }
    return name !== undefined && NAMES_SOMETHING.test(name) ? drawn(name, values) : values;
  }

  function build(schema: Json): fc.Arbitrary<unknown> {
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const options = schema.anyOf ?? schema.oneOf;
    if (options) return fc.oneof(...options.map((option: Json) => of(option)));
    switch (schema.type) {
      case "object":
        return object(schema);
      case "array":
        return fc.array(of(schema.items ?? {}), lengths(schema.minItems, schema.maxItems, 4));
      case "string":
        return text(schema);
      case "integer":
      case "number":
        return number(schema);
      case "boolean":
        return fc.boolean();
      case "null":
        return fc.constant(null);
      default:
        return fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(...ODD_TEXTS));
    }
  }

  function object({ properties = {}, required = [], additionalProperties, examples = [] }: Json) {
    const named = Object.entries<Json>(properties).map(([name, schema]) => [name, of(schema, name)] as const);
    const own = fc.record(Object.fromEntries(named), { requiredKeys: required });
    if (named.length > 0 || additionalProperties === false) return own;
    const any = fc.dictionary(fc.string({ unit: "binary", maxLength: 10 }), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 4,
    });
    return fc.oneof(any, ...examples.map((example: unknown) => fc.constant(local(example))));
  }

  function text({ minLength = 0, maxLength, pattern, format, examples = [] }: Json): fc.Arbitrary<string> {
    if (format === "uuid") return fc.uuid();
    if (format === "uri") {
      return fc.constantFrom(
        address,
        `${address}hook?a=b#c`,
        "http://127.0.0.1:1/",
        "https://levqor.invalid/",
        "http://[::1]:1/",
      );
    }
    if (format === "date-time") return time();
    const longest = maxLength ?? 64;
    const edges = [minLength, longest].map((length) => "a".repeat(Math.min(length, 2048)));
    const free = fc.string({ unit: "binary", minLength, maxLength: Math.min(longest, 40) });
    const shaped = pattern ? matching(pattern, free) : free;
    const known = [...examples.map(local), ...edges];
    const fits = pattern ? new RegExp(pattern, "u") : /^/;
    return fc.oneof(
      shaped,
      fc.constantFrom(...known.filter((each) => fits.test(each)), ...(known.length ? [known[0]] : [])),
    );
  }

  /** Leads only to the test itself. */
  function local<T>(example: T): T {
    return JSON.parse(JSON.stringify(example).replace(/https:\/\/example\.com\//g, address));
  }

  function like(example: unknown): fc.Arbitrary<unknown> {
    return references(local(example));
  }

  return { of, like, example: (example) => withIds(local(example)) };
}

function withIds(value: unknown, name?: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withIds(item));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withIds(part, key)]));
  }
  return name !== undefined && /_id$|^attempt$/.test(name) ? new Drawn(name, value) : value;
}

function references(value: unknown, name?: string): fc.Arbitrary<unknown> {
  if (Array.isArray(value)) return fc.tuple(...value.map((item) => references(item)));
  if (value !== null && typeof value === "object") {
    return fc.record(Object.fromEntries(Object.entries(value).map(([key, part]) => [key, references(part, key)])));
  }
  const same = fc.constant(value);
  if (name === undefined || !NAMES_SOMETHING.test(name)) return same;
  // An id in an example belongs to nobody; a name may be that of something to be created.
  return name === "name" || name === "workflow" ? fc.oneof(same, same, drawn(name, same)) : drawn(name, same);
}

function drawn(name: string, fallback: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const draw = fallback.map((value) => new Drawn(name, value));
  return fc.oneof(draw, draw, draw, fallback);
}

function matching(pattern: string, otherwise: fc.Arbitrary<string>): fc.Arbitrary<string> {
  try {
    const matching = fc.stringMatching(new RegExp(pattern, "u"), { size: "small" });
    fc.sample(matching, 1);
    return matching;
  } catch {
    // It contains something that cannot be inverted, such as a range of surrogates.
    const fits = new RegExp(pattern, "u");
    return otherwise.filter((value) => fits.test(value));
  }
}

function time(): fc.Arbitrary<string> {
  const soon = fc
    .integer({ min: -86_400, max: 86_400 })
    .map((seconds) => new Date(Date.UTC(2026, 0, 15) + seconds * 1000));
  const dates = fc.oneof(
    soon,
    fc.date({ min: new Date("0001-01-02"), max: new Date("9999-12-30"), noInvalidDate: true }),
  );
  return fc.oneof(
    dates.map((date) => date.toISOString()),
    dates.map((date) => date.toISOString().replace(/\.\d+Z$/, "+05:30")),
    fc.constantFrom(
      "2026-02-28T23:59:60Z",
      "0001-01-01T00:00:00Z",
      "9999-12-31T23:59:59.999999999Z",
      "2026-01-15t00:00:00z",
    ),
  );
}

function number({
  type,
  minimum,
  maximum,
  exclusiveMinimum,
  examples = [],
  default: usual,
}: Json): fc.Arbitrary<number> {
  const step = type === "integer" ? 1 : 0.5;
  const min = minimum ?? (exclusiveMinimum === undefined ? -(2 ** 31) : exclusiveMinimum + step);
  const max = Math.max(min, maximum ?? 2 ** 31);
  const edges = [min, max, Math.min(min + step, max), ...examples, ...(usual === undefined ? [] : [usual])];
  const small = { min: Math.ceil(min), max: Math.floor(Math.min(max, min + 100)) };
  const inside = type === "integer" ? fc.integer(small) : fc.double({ min, max, noNaN: true });
  return fc.oneof(fc.constantFrom(...edges), inside);
}

function lengths(min = 0, max = min + 4, most = 4) {
  return { minLength: min, maxLength: Math.max(min, Math.min(max, most)) };
}
