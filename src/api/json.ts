/** Reading JSON so that every reader of the same text sees the same thing. */
import { findFault } from "./json_fault.ts";
import { JSON_DEPTH_LIMIT } from "./limits.ts";
import { Problem } from "./problems.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Parses a JSON text (RFC 8259) and refuses what readers disagree on (RFC 7493): objects that repeat
 * a key. `what` the text is, problems say. Throws the problems `malformed_json`, `json_too_deep` and `duplicate_key`.
 */
export function parseJson(text: string, what: "body" | "message" = "body"): unknown {
  const shape = measure(text);
  if (shape.depth > JSON_DEPTH_LIMIT) {
    throw new Problem(
      "json_too_deep",
      `The ${what} is nested ${shape.depth} levels deep; at most ${JSON_DEPTH_LIMIT} are taken.`,
    );
  }
  const parsed = tryParse(text);
  if (!parsed.ok) throw new Problem("malformed_json", `The ${what} is not valid JSON: ${parsed.reason}.`);
  const { value } = parsed;
  // The parser keeps the last of two equal keys. As many keys in the value as in the text: none was lost.
  if (countKeys(value) !== shape.keys) {
    const key = findDuplicateKey(text);
    throw new Problem("duplicate_key", `An object of the ${what} repeats the key ${JSON.stringify(key)}.`);
  }
  return value;
}

function tryParse(text: string): { ok: true; value: unknown } | { ok: false; reason: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, reason: faultOf(text) };
  }
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

/** How deep a JSON text nests, and how many keys it names. Strings are skipped at native speed. */
function measure(text: string): { depth: number; keys: number } {
  let depth = 0;
  let deepest = 0;
  let keys = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case COLON:
        keys++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > deepest) deepest = depth;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
    }
  }
  return { depth: deepest, keys };
}

/** The index of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = start;
  while (true) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}

/** The keys of all objects in a parsed value. Its depth is bounded by `JSON_DEPTH_LIMIT`. */
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
    const code = text.charCodeAt(i);
    if (code === 0x7b || code === 0x5b) objects.push(new Set());
    else if (code === 0x7d || code === 0x5d) objects.pop();
    else if (code === QUOTE) {
      const end = endOfString(text, i);
      let next = end + 1;
      while (/\s/.test(text.charAt(next))) next++;
      if (text.charCodeAt(next) === COLON) {
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
