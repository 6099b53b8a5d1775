/** Where a text stops being JSON, so that its author can fix it: engines do not say, or quote the text. */

export interface JsonFault {
  /** In UTF-16 code units, from 0. */
  readonly offset: number;
  /** What would have to be there, to follow "expected". */
  readonly expected: string;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /true|false|null/y;
/** In a string: characters that need no escape. */
const PLAIN = /[ !#-[\]-\uffff]+/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Whether a UTF-16 unit is JSON white space. */
export function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

/**
 * The first fault of a text by RFC 8259; `undefined` if it has none. The text nests no deeper than the stack allows.
 */
export function findFault(text: string): JsonFault | undefined {
  let at = 0;
  let fault: JsonFault | undefined;

  function stop(expected: string): false {
    fault ??= { offset: at, expected };
    return false;
  }

  function skip(pattern: RegExp): boolean {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  }

  function space(): void {
    while (isSpace(text.charCodeAt(at))) at++;
  }

  function value(): boolean {
    space();
    const char = text[at];
    if (char === "{") return entries("}", member);
    if (char === "[") return entries("]", value);
    if (char === '"') return string();
    return skip(NUMBER) || skip(LITERAL) || stop("a value");
  }

  function entries(end: string, entry: () => boolean): boolean {
    at++;
    space();
    if (text[at] !== end) {
      while (entry()) {
        space();
        if (text[at] !== ",") break;
        at++;
      }
      if (fault) return false;
    }
    if (text[at] !== end) return stop(`a comma or ${end}`);
    at++;
    return true;
  }

  function member(): boolean {
    space();
    if (text[at] !== '"') return stop("a key in double quotes");
    if (!string()) return false;
    space();
    if (text[at] !== ":") return stop("a colon");
    at++;
    return value();
  }

  function string(): boolean {
    at++;
    while (true) {
      skip(PLAIN);
      const char = text[at];
      if (char === '"') break;
      if (char === undefined) return stop("the double quote that ends the string");
      if (char < " ") return stop("no control character within a string: it is written as an escape");
      if (!skip(ESCAPE))
        return stop('an escape that there is: \\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u with four hex digits');
    }
    at++;
    return true;
  }

  if (!value()) return fault;
  space();
  return at < text.length ? { offset: at, expected: "nothing after the value" } : undefined;
}
