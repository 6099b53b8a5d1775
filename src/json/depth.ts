/**
 * How deep JSON may nest: its readers are recursive, this service as well as Postgres. And which of its keys turn
 * objects into arrays.
 */

/**
 * Levels of arrays and objects in any JSON value from outside. Postgres parses `json` recursively and rejects what
 * overflows its stack (from about 21,000 levels), and so does the runtime: the limit stays far below.
 */
export const JSON_DEPTH_LIMIT = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const [ZERO, NINE] = [0x30, 0x39];

/** Of an array. */
const MAX_INDEX = 2 ** 32 - 2;
/** Ten digits, each as an escape. */
const MAX_WRITTEN_INDEX = 60;
/**
 * JavaScriptCore stores members whose keys are array indices in an array of the object, with 8 bytes for each index
 * below the largest: `{"999":0}` takes 8 KB. From this index on it does not extend the array.
 */
const MAX_GAP = 1_000;

export interface Nesting {
  readonly depth: number;
  /** How many keys its objects have. */
  readonly keys: number;
  /** How many of these are array indices. */
  readonly indices: number;
  /** Unused places in the arrays that the engine allocates for those. */
  readonly places: number;
}

/** How deep a JSON text nests, and which keys it has. Strings are skipped at native speed; no recursion. */
export function nestingOf(text: string): Nesting {
  let depth = 0;
  let deepest = 0;
  let keys = 0;
  let indices = 0;
  let places = 0;
  // Of the last string.
  let start = 0;
  let end = 0;
  /** For each open object: where its array ends. */
  const ends: number[] = [];
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        start = i;
        i = end = endOfString(text, i);
        break;
      case COLON: {
        keys++;
        const index = arrayIndex(text, start + 1, end);
        if (index === undefined) break;
        indices++;
        const next = ends[depth] ?? 0;
        if (index < next || index >= MAX_GAP) break;
        places += index - next;
        ends[depth] = index + 1;
        break;
      }
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > deepest) deepest = depth;
        ends[depth] = 0;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
    }
  }
  return { depth: deepest, keys, indices, places };
}

/** The array index that a key is, as it is written from `start` to before `end`. */
function arrayIndex(text: string, start: number, end: number): number | undefined {
  if (end - start > MAX_WRITTEN_INDEX) return undefined;
  let index: number | undefined;
  for (let at = start; at < end; at++) {
    let code = text.charCodeAt(at);
    if (code === BACKSLASH && text.startsWith("u00", at + 1)) {
      code = Number.parseInt(text.slice(at + 4, at + 6), 16);
      at += 5;
    }
    // No leading zeros.
    if (!(code >= ZERO && code <= NINE) || index === 0) return undefined;
    index = (index ?? 0) * 10 + code - ZERO;
  }
  return index !== undefined && index <= MAX_INDEX ? index : undefined;
}

/** Whether a valid JSON text nests deeper than `limit`. For most texts this is clear at native speed. */
export function isDeeperThan(limit: number, text: string): boolean {
  // Each level is opened and closed.
  return text.length > 2 * limit && hasMoreBrackets(limit, text) && nestingOf(text).depth > limit;
}

/** Whether a text has more than `limit` opening brackets, in strings or not. */
function hasMoreBrackets(limit: number, text: string): boolean {
  let count = 0;
  for (const bracket of ["[", "{"]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++count > limit) return true;
    }
  }
  return false;
}

/** The index of the quote that ends the string which begins at `start`. */
export function endOfString(text: string, start: number): number {
  let end = start;
  while (true) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}
