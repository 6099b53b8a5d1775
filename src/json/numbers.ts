/** Numbers that pass unchanged: a number's text and its parsed value are the same, or the difference is reported. */
import { endOfString } from "./depth.ts";

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/** A number of up to this many characters without an exponent loses nothing as a double. */
const SAFE_LENGTH = 15;
/** A normal double distinguishes all decimals with this many digits. */
const SAFE_DIGITS = 15;
/**
 * Digits before the point, or minus the zeros after it: of the least double, of the least normal one, of the largest.
 */
const [LEAST, NORMAL, LARGEST] = [-323, -305, 309];
/** The same for 2^53 and 2^64. */
const [UNSAFE_FROM, UNSAFE_TO] = [16, 20];
const TEN_TO = Array.from({ length: UNSAFE_TO + 1 }, (_, power) => 10n ** BigInt(power));
/** Integers with this many digits have 64 bits at most. */
const INT64_DIGITS = 18;
/** No 64-bit integer has more digits, nor does any double's shortest form. */
const MAX_DIGITS = 20;

const [QUOTE, PLUS, MINUS, POINT, ZERO, NINE, E] = [0x22, 0x2b, 0x2d, 0x2e, 0x30, 0x39, 0x65];

/** A number within a JSON text. */
export interface NumberPlace {
  readonly start: number;
  readonly end: number;
}

/**
 * Visits the numbers of a valid JSON text that could differ from the nearest double: those that are long, or have an
 * exponent. Texts without any are recognised at native speed.
 */
export function visitSuspects(text: string, visit: (number: string, place: NumberPlace) => void): void {
  if (!SUSPECT.test(text)) return;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === MINUS || isDigit(code)) {
      const start = at;
      let power = false;
      for (let next = code; isOfNumber(next); next = text.charCodeAt(++at)) power ||= (next | 0x20) === E;
      if (power || at - start > SAFE_LENGTH) visit(text.slice(start, at), { start, end: at });
      // What follows is not part of a number, and may begin a string.
      at--;
    }
  }
}

/** A number begins the text or follows a bracket, a colon, a comma or white space. */
const SUSPECT = /(?:^|[[:,\s])-?(?:\d[\d.]{15,}|[\d.]+[eE])/;

/**
 * The integer of up to 64 bits that a JSON number is, if it is beyond ±(2^53 − 1), where doubles are not exact.
 * `undefined` for all other numbers.
 */
export function largeInteger(text: string): bigint | undefined {
  return plainlyLarge(text) ?? largeIntegerOf(text, decimalOf(text));
}

/** An integer as ids are written: only digits, and so many that it is always beyond 2^53 and within 64 bits. */
function plainlyLarge(text: string): bigint | undefined {
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  const count = text.length - start;
  if (count <= UNSAFE_FROM || count > UNSAFE_TO - 1 - start || text.charCodeAt(start) === ZERO) return undefined;
  for (let at = start; at < text.length; at++) if (!isDigit(text.charCodeAt(at))) return undefined;
  return BigInt(text);
}

function largeIntegerOf(text: string, written: Decimal): bigint | undefined {
  const size = written.count + written.power;
  if (written.count === 0 || written.power < 0 || size < UNSAFE_FROM || size > UNSAFE_TO) return undefined;
  const digits = BigInt(digitsOf(text, written)) * (TEN_TO[written.power] as bigint);
  const integer = text.charCodeAt(0) === MINUS ? -digits : digits;
  if (size === UNSAFE_FROM && Number.isSafeInteger(Number(integer))) return undefined;
  return size <= INT64_DIGITS || (integer >= INT64_MIN && integer <= UINT64_MAX) ? integer : undefined;
}

/**
 * The value of a JSON number: a `bigint` for an integer beyond ±(2^53 − 1) that fits 64 bits, signed or not; otherwise
 * a `number`. `undefined` for what neither can represent: `1e400`, `2^64`, `0.1234567890123456789`.
 */
export function exactNumber(text: string): number | bigint | undefined {
  const plain = plainlyLarge(text);
  if (plain !== undefined) return plain;
  const written = decimalOf(text);
  const { count, power } = written;
  const size = count + power;
  if (count === 0) return Number(text);
  if (count > MAX_DIGITS || size < LEAST || size > LARGEST) return undefined;
  if (size >= UNSAFE_FROM && size <= UNSAFE_TO) {
    const integer = largeIntegerOf(text, written);
    if (integer !== undefined) return integer;
  } else if (count <= SAFE_DIGITS && size >= NORMAL && size < LARGEST) return Number(text);
  const nearest = Number(text);
  const shortest = String(nearest);
  if (shortest === text) return nearest;
  const held = decimalOf(shortest);
  const same = held.count === count && held.power === power && digitsOf(shortest, held) === digitsOf(text, written);
  return same ? nearest : undefined;
}

/** Whether a JavaScript number or integer is one that JSON can represent and {@link exactNumber} returns. */
export function isJsonNumber(value: number | bigint): boolean {
  return typeof value === "number" ? Number.isFinite(value) : value >= INT64_MIN && value <= UINT64_MAX;
}

/**
 * A number's absolute value: an integer of `count` digits, without leading and trailing zeros, times ten to the
 * `power`.
 */
interface Decimal {
  /** 0 for 0. */
  readonly count: number;
  readonly power: number;
  /** Where its digits are in the text, which may include the point. */
  readonly first: number;
  readonly last: number;
}

function decimalOf(text: string): Decimal {
  let first = -1;
  let last = -1;
  /** Digits up to the last non-zero one, the digits after it, and how many of all are after the point. */
  let count = 0;
  let zeros = 0;
  let fraction = 0;
  let pointed = false;
  let at = text.charCodeAt(0) === MINUS ? 1 : 0;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === POINT) pointed = true;
    else if (!isDigit(code)) break;
    else {
      if (pointed) fraction++;
      if (code !== ZERO) {
        if (first === -1) first = at;
        count += zeros + 1;
        zeros = 0;
        last = at;
      } else if (first !== -1) zeros++;
    }
  }
  return { count, power: exponentOf(text.slice(at + 1)) - fraction + zeros, first, last };
}

/** With an exponent beyond a thousand million, no digits that fit into memory could compensate. */
function exponentOf(text: string): number {
  return Math.max(-1e9, Math.min(1e9, Number(text)));
}

function digitsOf(text: string, { first, last }: Decimal): string {
  const digits = text.slice(first, last + 1);
  return digits.includes(".") ? digits.replace(".", "") : digits;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function isOfNumber(code: number): boolean {
  return isDigit(code) || code === POINT || code === MINUS || code === PLUS || (code | 0x20) === E;
}
