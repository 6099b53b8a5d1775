/** Parses JSON so that every reader of the same text sees the same thing. */
import { randomBytes } from "node:crypto";
import { endOfString, JSON_DEPTH_LIMIT, nestingOf } from "./depth.ts";
import { findFault, isSpace } from "./fault.ts";
import { exactNumber, largeInteger, type NumberPlace, visitSuspects } from "./numbers.ts";
import { pointerTo } from "./pointer.ts";
import { excerpt } from "./text.ts";

export type JsonErrorCode =
  | "malformed"
  | "too_deep"
  | "duplicate_key"
  | "number_not_representable"
  | "too_many_numeric_keys";

/** At most this many places are reported. */
const MAX_PLACES = 20;

/**
 * In a text from outside: integers beyond ±(2^53 − 1), and numbers that cannot be represented. Each costs tens of times
 * more than others, whenever it is read or written. This many 19-digit ids fill a payload.
 */
const MAX_BEYOND_DOUBLES = 10_240;

/**
 * The same for keys that are array indices, which make an object several times slower to read and write, and for the
 * unused places in its array.
 */
const MAX_INDICES = 10_240;
const MAX_EMPTY = 1_000_000;

/** In characters, for a repeated key. */
const MAX_KEY_LENGTH = 64;

/** Why a text is rejected. Its message says what the text is, as set in {@link ReadOptions}. */
export class JsonError extends Error {
  override readonly name = "JsonError";
  constructor(
    readonly code: JsonErrorCode,
    message: string,
    /** JSON pointers to the places, if there are any: the first {@link MAX_PLACES}. */
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
 * Parses a JSON text (RFC 8259) and rejects what readers disagree on (RFC 7493): objects that repeat a key, and numbers
 * that would change. Throws a {@link JsonError}.
 */
export function parseJson(text: string, { what = "text" }: ReadOptions = {}): unknown {
  const { value, keys, unheld } = read(text, { what, depth: JSON_DEPTH_LIMIT });
  if (unheld.count > 0) {
    const [pointer] = unheld.pointers;
    const first = `the number at ${pointer} is not an integer of 64 bits, and no double has exactly its value`;
    const others = unheld.count > 1 ? ` (and ${unheld.count - 1} more like it)` : "";
    throw new JsonError(
      "number_not_representable",
      `The ${what} has a number that cannot be kept unchanged: ${first}${others}. Send it as a string.`,
      unheld.pointers,
    );
  }
  const repeated = repeatedKey({ text, value, keys });
  if (repeated !== undefined) {
    throw new JsonError(
      "duplicate_key",
      `An object of the ${what} repeats the key ${JSON.stringify(excerpt(repeated, MAX_KEY_LENGTH))}.`,
    );
  }
  return value;
}

/**
 * A key that an object of the text repeats. The parser keeps the last of equal keys: if value and text have the same
 * number, none was lost.
 */
function repeatedKey({ text, value, keys }: { text: string; value: unknown; keys: number }): string | undefined {
  return countKeys(value) === keys ? undefined : findDuplicateKey(text);
}

/** Numbers that cannot be represented. */
interface Unheld {
  /** At least this many: repeated keys all count. */
  readonly count: number;
  /** JSON pointers to the first {@link MAX_PLACES}. */
  readonly pointers: readonly string[];
}

export interface ForeignJson {
  readonly value: unknown;
  /** The numbers that cannot be represented; each is its text in `value`, a string. */
  readonly kept_as_text: Unheld;
  /** A key that an object has several times: its last value is kept. Absent if there is none. */
  readonly repeated_key?: string;
}

/**
 * Parses what another service wrote, and keeps what can be represented: of equal keys the last one counts, and a number
 * that would change is returned as its text. Throws a {@link JsonError} `malformed` or `too_deep`, or for too many
 * numbers `number_not_representable`, or for too many keys `too_many_numeric_keys`.
 *
 * @param options `depth`: the maximum number of levels, {@link JSON_DEPTH_LIMIT} by default
 */
export function parseForeignJson(text: string, options: ReadOptions & { depth?: number } = {}): ForeignJson {
  const { what = "text", depth = JSON_DEPTH_LIMIT } = options;
  const { value, keys, unheld } = read(text, { what, depth });
  const repeated_key = repeatedKey({ text, value, keys });
  return { value, kept_as_text: unheld, ...(repeated_key !== undefined && { repeated_key }) };
}

/**
 * Reads back JSON that this service has written, or accepted and stored unchanged: the caller knows its type. Throws
 * what `JSON.parse` throws.
 */
export function decodeJson<T = unknown>(text: string): T {
  // All other numbers are exact doubles, or strings by now.
  const pieces: Piece[] = [];
  visitSuspects(text, (number, { start, end }) => {
    const value = largeInteger(number);
    if (value !== undefined) pieces.push({ start, end, value });
  });
  return withPieces({ text, value: JSON.parse(text), pieces }) as T;
}

/** A value in which numbers that cannot be represented are text, those numbers, and how many keys the text has. */
function read(
  text: string,
  { what, depth: limit }: { what: string; depth: number },
): { value: unknown; keys: number; unheld: Unheld } {
  const { depth, keys, indices, places } = nestingOf(text);
  if (depth > limit) {
    throw new JsonError("too_deep", `The ${what} is nested ${depth} levels deep; at most ${limit} are accepted.`);
  }
  // Before it is parsed: parsing allocates the memory.
  if (indices > MAX_INDICES || places > MAX_EMPTY) throw tooManyIndices(what);
  const parsed = tryParse(text);
  if (!parsed.ok) throw new JsonError("malformed", `The ${what} is not valid JSON: ${faultOf(text)}.`);
  const pieces: Piece[] = [];
  let count = 0;
  visitSuspects(text, (number, { start, end }) => {
    const exact = exactNumber(number);
    if (typeof exact === "number") return;
    if (exact === undefined) count++;
    if (pieces.push({ start, end, value: exact ?? number }) > MAX_BEYOND_DOUBLES) throw tooManyNumbers(what);
  });
  const pointers: string[] = [];
  const value = withPieces({ text, value: parsed.value, pieces }, (piece, path) => {
    if (typeof piece === "string" && pointers.length < MAX_PLACES) pointers.push(path.reduce<string>(pointerTo, ""));
  });
  return { value, keys, unheld: { count, pointers } };
}

function tooManyNumbers(what: string): JsonError {
  const many = `more than ${MAX_BEYOND_DOUBLES} integers beyond 2^53 - 1 and numbers that cannot be kept unchanged`;
  return new JsonError("number_not_representable", `The ${what} has ${many}; more are taken as strings alone.`);
}

function tooManyIndices(what: string): JsonError {
  const many = `more than ${MAX_INDICES} keys that are whole numbers, as "7" is, or many that are large, in many objects`;
  return new JsonError("too_many_numeric_keys", `The ${what} has ${many}; begin such keys with a letter.`);
}

/** The engine's error may quote the text, so it is dropped. */
function tryParse(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

const [NEWLINE, QUOTE, COLON, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [
  0x0a, 0x22, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d,
];

type Path = readonly (string | number)[];

/** Takes the place of a number in a value until it is filled in. */
interface Piece extends NumberPlace {
  readonly value: bigint | string;
}

/**
 * The value of a valid text with bounded depth, with its pieces filled in. A reviver could do that, but would be called
 * for every value of the text, at ten times the cost of parsing it.
 */
function withPieces(
  { text, value, pieces }: { text: string; value: unknown; pieces: readonly Piece[] },
  onPiece?: (piece: bigint | string, path: Path) => void,
): unknown {
  if (pieces.length === 0) return value;
  // Each is parsed as a string with an unpredictable prefix and its index.
  const mark = randomBytes(9).toString("base64url");
  let marked = "";
  let at = 0;
  for (const [index, { start, end }] of pieces.entries()) {
    marked += `${text.slice(at, start)}"${mark}${index}"`;
    at = end;
  }
  marked += text.slice(at);
  const path: (string | number)[] = [];

  function pieceOf(string: string): unknown {
    if (!string.startsWith(mark)) return string;
    const { value: piece } = pieces[Number(string.slice(mark.length))] as Piece;
    onPiece?.(piece, path);
    return piece;
  }

  function settle(part: unknown): unknown {
    if (typeof part === "string") return pieceOf(part);
    if (part === null || typeof part !== "object") return part;
    const depth = path.length;
    if (Array.isArray(part)) {
      for (let index = 0; index < part.length; index++) {
        path[depth] = index;
        part[index] = settle(part[index]);
      }
    } else {
      const members = part as Record<string, unknown>;
      for (const key of Object.keys(members)) {
        path[depth] = key;
        const member = members[key];
        const settled = settle(member);
        if (settled !== member) put(members, { key, value: settled });
      }
    }
    path.length = depth;
    return part;
  }

  return settle(JSON.parse(marked));
}

/** Replaces the value of a parsed object's member. Only `__proto__` cannot be assigned to: that sets the prototype. */
function put(object: Record<string, unknown>, { key, value }: { key: string; value: unknown }): void {
  if (key === "__proto__") Object.defineProperty(object, key, { value });
  else object[key] = value;
}

/** Where a text is invalid JSON, and why. At most one character of the text is quoted: it could be anything. */
function faultOf(text: string): string {
  const { offset, expected } = findFault(text) ?? { offset: 0, expected: "JSON" };
  let line = 1;
  let start = 0;
  for (let at = 0; at < offset; at++) {
    if (text.charCodeAt(at) !== NEWLINE) continue;
    line++;
    start = at + 1;
  }
  const place = `line ${line}, column ${offset - start + 1}`;
  const found = text.codePointAt(offset);
  const met = found === undefined ? "the text ends" : `there is ${JSON.stringify(String.fromCodePoint(found))}`;
  return `expected ${expected} at ${place}, but ${met}`;
}

/** The keys of all objects in a parsed value of bounded depth. */
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
  // For each open array or object: its keys so far, once it has one.
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case OPEN_BRACE:
      case OPEN_BRACKET:
        open.push(undefined);
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        open.pop();
        break;
      case QUOTE: {
        const start = at;
        at = endOfString(text, start);
        if (!isColonNext(text, at + 1)) break;
        const written = text.slice(start + 1, at);
        const key = written.includes("\\") ? (JSON.parse(`"${written}"`) as string) : written;
        const seen = open.at(-1) ?? new Set();
        if (seen.has(key)) return key;
        open[open.length - 1] = seen.add(key);
      }
    }
  }
  return undefined;
}

/** Whether a colon follows, after white space or none. */
function isColonNext(text: string, from: number): boolean {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return text.charCodeAt(at) === COLON;
}
