/** How deep JSON may nest: whoever reads it goes down recursively, this service as well as Postgres. */

/**
 * Levels of arrays and objects in any JSON value that comes from outside. Postgres parses `json` recursively and
 * refuses what overflows its stack (from about 21,000 levels), and so does the runtime: the limit stays far below.
 */
export const JSON_DEPTH_LIMIT = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** How deep a JSON text nests, and how many keys it names. Strings are skipped at native speed; no recursion. */
export function nestingOf(text: string): { depth: number; keys: number } {
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

/** Whether a valid JSON text nests deeper than `limit`. Most texts show at native speed that they do not. */
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
