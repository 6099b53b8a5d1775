/** Reading JSON so that every reader of the same text sees the same thing. */
import { endOfString, JSON_DEPTH_LIMIT, nestingOf } from "./depth.ts";
import { findFault } from "./fault.ts";
import { exactNumber, mayHoldInexact } from "./numbers.ts";
import { pointerTo } from "./pointer.ts";

export type JsonErrorCode = "malformed" | "too_deep" | "duplicate_key" | "number_not_representable";

/** So many places at most are named. */
const MAX_PLACES = 20;

/** Why a text is refused. Its message names what the text is, as {@link ReadOptions} say. */
export class JsonError extends Error {
  override readonly name = "JsonError";
  constructor(
    readonly code: JsonErrorCode,
    message: string,
    /** JSON pointers to what is meant, where it can be pointed to: the first {@link MAX_PLACES}. */
    readonly pointers: readonly string[] = [],
  ) {
    super(message);
  }
}

export interface ReadOptions {
  /** What the text is, for messages; "text" by default. */
  readonly what?: string;
}

/**
 * Parses a JSON text (RFC 8259) and refuses what readers disagree on (RFC 7493): objects that repeat a key, and numbers
 * that would change. Throws a {@link JsonError}.
 */
export function parseJson(text: string, { what = "text" }: ReadOptions = {}): unknown {
  const { value, keys, unheld } = read(text, what);
  if (unheld.length > 0) {
    const first = `the number at ${unheld[0]} is not an integer of 64 bits, and no double has exactly its value`;
    const others = unheld.length > 1 ? ` (and ${unheld.length - 1} more like it)` : "";
    throw new JsonError(
      "number_not_representable",
      `The ${what} has a number that cannot be kept unchanged: ${first}${others}. Send it as a string.`,
      unheld.slice(0, MAX_PLACES),
    );
  }
  // The parser keeps the last of two equal keys. As many keys in the value as in the text: none was lost.
  if (countKeys(value) !== keys) {
    const key = JSON.stringify(findDuplicateKey(text));
    throw new JsonError("duplicate_key", `An object of the ${what} repeats the key ${key}.`);
  }
  return value;
}

export interface ForeignJson {
  readonly value: unknown;
  /** JSON pointers to the numbers that no number here holds; each is its text in `value`, a string. */
  readonly kept_as_text: readonly string[];
}

/**
 * Parses what another service wrote, and keeps of it what can be kept: of equal keys the last one counts, and a number
 * that would change is given as its text. Throws a {@link JsonError} `malformed` or `too_deep`.
 *
 * @param options `depth`: levels at most, {@link JSON_DEPTH_LIMIT} by default
 */
export function parseForeignJson(text: string, options: ReadOptions & { depth?: number } = {}): ForeignJson {
  const { value, unheld } = read(text, options.what ?? "text", options.depth);
  return { value, kept_as_text: unheld };
}

/**
 * Reads back JSON that this service has written, or accepted and kept as it was: the caller knows its type. Throws what
 * `JSON.parse` throws.
 */
export function decodeJson<T = unknown>(text: string): T {
  return mayHoldInexact(text) ? JSON.parse(text, orNearest as Reviver) : JSON.parse(text);
}

/** A value in which a number that cannot be held is its text, the places of those, and how many keys the text names. */
function read(
  text: string,
  what: string,
  limit = JSON_DEPTH_LIMIT,
): { value: unknown; keys: number; unheld: string[] } {
  const { depth, keys } = nestingOf(text);
  if (depth > limit) {
    throw new JsonError("too_deep", `The ${what} is nested ${depth} levels deep; at most ${limit} are accepted.`);
  }
  const isSuspect = mayHoldInexact(text);
  const parsed = tryParse(text, isSuspect ? (orUnheld as Reviver) : undefined);
  if (!parsed.ok) throw new JsonError("malformed", `The ${what} is not valid JSON: ${faultOf(text)}.`);
  const unheld: string[] = [];
  return { value: isSuspect ? settle(parsed.value, { pointer: "", unheld }) : parsed.value, keys, unheld };
}

/** What the engine throws may quote the text: it goes no further. */
function tryParse(text: string, reviver: Reviver): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text, reviver) };
  } catch {
    return { ok: false };
  }
}

type Reviver = Parameters<typeof JSON.parse>[1];

/** A number that cannot be held, where it stands. */
class Unheld {
  constructor(readonly text: string) {}
}

function orUnheld(_key: string, value: unknown, { source }: { source: string }): unknown {
  return typeof value === "number" ? (exactNumber(source, value) ?? new Unheld(source)) : value;
}

function orNearest(_key: string, value: unknown, { source }: { source: string }): unknown {
  return typeof value === "number" ? (exactNumber(source, value) ?? value) : value;
}

/** Puts texts where numbers could not be held, and gathers where. The depth of the value is bounded. */
function settle(value: unknown, at: { pointer: string; unheld: string[] }): unknown {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Unheld) {
    at.unheld.push(at.pointer);
    return value.text;
  }
  if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) {
      if (typeof part !== "object") continue;
      value[index] = settle(part, { pointer: pointerTo(at.pointer, index), unheld: at.unheld });
    }
    return value;
  }
  for (const [key, part] of Object.entries(value)) {
    if (part === null || typeof part !== "object") continue;
    const settled = settle(part, { pointer: pointerTo(at.pointer, key), unheld: at.unheld });
    // Not an assignment: that of `__proto__` would set the prototype.
    if (settled !== part) Object.defineProperty(value, key, { value: settled });
  }
  return value;
}

/** Where a text is no JSON, and why. Of the text itself no more than a character is told: that could be anything. */
function faultOf(text: string): string {
  const { offset, expected } = findFault(text) ?? { offset: 0, expected: "JSON" };
  const before = text.slice(0, offset).split("\n");
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  const found = text.codePointAt(offset);
  const met = found === undefined ? "the text ends" : `there is ${JSON.stringify(String.fromCodePoint(found))}`;
  return `expected ${expected} at ${place}, but ${met}`;
}

/** The keys of all objects in a parsed value, whose depth is bounded. */
function countKeys(value: unknown): number {
  if (value === null || typeof value !== "object") return 0;
  if (Array.isArray(value)) {
    let count = 0;
    for (const item of value) count += countKeys(item);
    return count;
  }
  const keys = Object.keys(value);
  let count = keys.length;
  for (const key of keys) count += countKeys((value as Record<string, unknown>)[key]);
  return count;
}

/** The first key that an object of a valid JSON text repeats. */
function findDuplicateKey(text: string): string | undefined {
  const objects: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "{" || char === "[") objects.push(new Set());
    else if (char === "}" || char === "]") objects.pop();
    else if (char === '"') {
      const end = endOfString(text, i);
      let next = end + 1;
      while (/\s/.test(text.charAt(next))) next++;
      if (text[next] === ":") {
        const key = JSON.parse(text.slice(i, end + 1)) as string;
        const seen = objects.at(-1);
        if (seen?.has(key)) return key;
        seen?.add(key);
      }
      i = end;
    }
  }
  return undefined;
}
