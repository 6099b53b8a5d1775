/**
 * Functions and methods of expressions. Text is measured in code points; each takes time at most proportional to its
 * input.
 */
import { ExpressionError, type Meter } from "./expression_cost.ts";
import { MAX_NUMBER_LENGTH, type Numeric, toInteger, toNumber } from "./expression_number.ts";
import { find, findLast, occursAt, offsetOf, sizeOf, split } from "./expression_text.ts";
import { type AnyKind, type Json, type JsonMap, type Kind, keysOf } from "./expression_values.ts";

/** One function or method. */
export interface Call {
  /** The types that it accepts, the receiver of a method first. */
  readonly takes: readonly (readonly AnyKind[])[];
  readonly gives: Kind;
  /** A whole number of CEL's. */
  readonly gives_int?: true;
  /** For values that fit one of `takes`. Throws an {@link ExpressionError}. */
  apply(values: readonly Json[], meter: Meter): Json;
}

const size: Call = {
  takes: [["text"], ["list"], ["map"]],
  gives: "number",
  gives_int: true,
  apply([value], meter) {
    if (typeof value === "string") {
      // A unit at a time.
      meter.text(value.length * 2);
      return BigInt(sizeOf(value));
    }
    if (Array.isArray(value)) return BigInt(value.length);
    return BigInt(keysOf(value as JsonMap, meter).length);
  },
};

/** Called as `size(x)`. */
export const FUNCTIONS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ["size", size],
  [
    "string",
    {
      takes: [["text"], ["number"], ["bool"]],
      gives: "text",
      apply: ([value]) => textOf(value as string | Numeric | boolean, "string"),
    },
  ],
  ["int", { ...numberFrom(toInteger), gives_int: true }],
  ["double", numberFrom(toNumber)],
  ["bool", { takes: [["bool"], ["text"]], gives: "bool", apply: ([value]) => toBool(value as boolean | string) }],
  [
    "join",
    {
      takes: [["list", "text"]],
      gives: "text",
      apply: ([list, separator], meter) => join(list as readonly Json[], separator as string, meter),
    },
  ],
  [
    "url_encode",
    {
      takes: [["text"], ["number"], ["bool"]],
      gives: "text",
      apply: ([value], meter) => urlEncode(textOf(value as string | Numeric | boolean, "url_encode"), meter),
    },
  ],
]);

/** Called as `x.size()`. */
export const METHODS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ["size", size],
  ["startsWith", ofTexts("bool", (text, part) => occursAt(text, part, 0))],
  ["endsWith", ofTexts("bool", (text, part) => occursAt(text, part, text.length - part.length))],
  ["contains", ofTexts("bool", (text, part, meter) => find(text, part, { meter }) >= 0)],
  ["lowerAscii", changed((text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()))],
  ["upperAscii", changed((text) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase()))],
  ["trim", changed((text) => text.trim())],
  ["indexOf", placed((text, part, { from, meter }) => find(text, part, { from: from ?? 0, meter }))],
  ["lastIndexOf", placed((text, part, { from, meter }) => findLast(text, part, { from: from ?? text.length, meter }))],
  [
    "substring",
    {
      takes: [
        ["text", "number"],
        ["text", "number", "number"],
      ],
      gives: "text",
      apply: ([text, start, end], meter) =>
        substring(text as string, { start: start as Numeric, end: end as Numeric | undefined, meter }),
    },
  ],
  [
    "split",
    {
      takes: [
        ["text", "text"],
        ["text", "text", "number"],
      ],
      gives: "list",
      apply: ([text, separator, limit = -1], meter) =>
        split(text as string, separator as string, { limit: place("split()", limit as Numeric), meter }),
    },
  ],
]);

/** A number from a number or a text; too long texts are not parsed. */
function numberFrom(apply: (value: Numeric | string) => Numeric): Call {
  return {
    takes: [["number"], ["text"]],
    gives: "number",
    apply([value], meter) {
      if (typeof value === "string") meter.spend(Math.min(value.length, MAX_NUMBER_LENGTH) >> 2);
      return apply(value as Numeric | string);
    },
  };
}

/** A method of a text that takes another one. */
function ofTexts(gives: Kind, apply: (text: string, part: string, meter: Meter) => Json): Call {
  return {
    takes: [["text", "text"]],
    gives,
    apply([text, part], meter) {
      meter.text((part as string).length);
      return apply(text as string, part as string, meter);
    },
  };
}

/** A method that returns a text like its receiver; each unit may be a match of its own. */
function changed(apply: (text: string) => string): Call {
  return {
    takes: [["text"]],
    gives: "text",
    apply([text], meter) {
      meter.spend((text as string).length);
      return apply(text as string);
    },
  };
}

/** A method that returns an index in a text, in code points, and accepts a start. */
function placed(search: (text: string, part: string, options: { from?: number; meter: Meter }) => number): Call {
  return {
    takes: [
      ["text", "text"],
      ["text", "text", "number"],
    ],
    gives: "number",
    gives_int: true,
    apply([given, part, start], meter) {
      const text = given as string;
      meter.text(text.length * 2);
      const from = start === undefined ? undefined : offset("the place to begin", start as Numeric, text);
      const at = search(text, part as string, { from, meter });
      return BigInt(at < 0 ? -1 : sizeOf(text.slice(0, at)));
    },
  };
}

function substring(
  text: string,
  { start, end, meter }: { start: Numeric; end: Numeric | undefined; meter: Meter },
): string {
  meter.text(text.length * 2);
  const from = offset("the start", start, text);
  const to = end === undefined ? text.length : offset("the end", end, text);
  if (to < from) throw new ExpressionError(`substring() ends at ${end}, before its start at ${start}`);
  return text.slice(from, to);
}

/** An index in code points as one in UTF-16 units. */
function offset(what: string, given: Numeric, text: string): number {
  const index = place(what, given);
  const at = index < 0 ? undefined : offsetOf(text, index);
  if (at !== undefined) return at;
  throw new ExpressionError(`${what} is ${index}; valid positions are 0 to ${sizeOf(text)}`);
}

function place(what: string, given: Numeric): number {
  const index = Number(given);
  if (Number.isSafeInteger(index)) return index;
  throw new ExpressionError(`${what} must be a whole number; it is ${given}`);
}

/** The elements of a list, as texts, with a separator between them. */
function join(list: readonly Json[], separator: string, meter: Meter): string {
  let length = 0;
  for (const element of list) {
    if (typeof element !== "string") throw new ExpressionError("join takes a list of texts: map them with string(x)");
    length += element.length + separator.length;
    meter.text(element.length + separator.length);
    meter.build(length - separator.length);
  }
  return (list as readonly string[]).join(separator);
}

function textOf(value: string | Numeric | boolean, name: string): string {
  if (typeof value !== "number" || Number.isFinite(value)) return String(value);
  throw new ExpressionError(`${name}() got a number that JSON cannot represent`);
}

function toBool(value: boolean | string): boolean {
  if (typeof value === "boolean") return value;
  if (/^(?:1|t|true|TRUE|True)$/.test(value)) return true;
  if (/^(?:0|f|false|FALSE|False)$/.test(value)) return false;
  throw new ExpressionError('bool() takes "true" or "false"');
}

/** As one part of a URL's path or query: everything but letters, digits and `-._~` becomes %XX. */
function urlEncode(text: string, meter: Meter): string {
  meter.spend(text.length);
  // However they are encoded, they change the path: /users/.. is /.
  if (text === "." || text === "..")
    throw new ExpressionError(`url_encode() cannot encode "${text}", which leads out of a path`);
  if (!text.isWellFormed()) throw new ExpressionError("url_encode() got half of a character (a lone surrogate)");
  const encoded = encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  meter.build(encoded.length);
  return encoded;
}
