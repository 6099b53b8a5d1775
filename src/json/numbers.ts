/** Numbers that pass unchanged: what a number's text says and what becomes of it here is the same value, or is told. */

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/** No number of up to so many characters without an exponent loses anything as a double. */
const SAFE_LENGTH = 15;
/** No integer of 64 bits has more digits, and no double's shortest form. */
const MAX_DIGITS = 20;

/**
 * Whether a JSON text may hold a number that a double does not hold: quick, and right where it says no. A number begins
 * the text or follows a bracket, a colon, a comma or white space.
 */
export function mayHoldInexact(text: string): boolean {
  return SUSPECT.test(text);
}

const SUSPECT = /(?:^|[[:,\s])-?(?:\d[\d.]{15,}|[\d.]+[eE])/;

/**
 * The value of a JSON number: a `bigint` for an integer beyond ±(2^53 − 1) that 64 bits hold, signed or not; else a
 * `number`. `undefined` for what neither holds: `1e400`, `2^64`, `0.1234567890123456789`.
 *
 * @param nearest the double that the runtime reads the text as
 */
export function exactNumber(text: string, nearest: number): number | bigint | undefined {
  if (text.length <= SAFE_LENGTH && !/[eE]/.test(text)) return nearest;
  // The usual ones: few digits, in a range that has no gaps for them; and fractions as every program of today writes them.
  if (text.length <= SAFE_LENGTH && Math.abs(nearest) > 1e-290 && Math.abs(nearest) < 1e15) return nearest;
  if (!Number.isInteger(nearest) && String(nearest) === text) return nearest;
  const written = decimalOf(text);
  if (written === undefined) return undefined;
  if (written.exponent >= 0 && !Number.isSafeInteger(nearest)) {
    const digits = written.digits + "0".repeat(written.exponent);
    const integer = BigInt(text.startsWith("-") ? `-${digits}` : digits);
    if (integer >= INT64_MIN && integer <= UINT64_MAX) return integer;
  }
  const held = decimalOf(String(nearest));
  return held?.digits === written.digits && held.exponent === written.exponent ? nearest : undefined;
}

/** Whether a JavaScript number or integer is one that JSON can hold and {@link exactNumber} gives back. */
export function isHeld(value: number | bigint): boolean {
  return typeof value === "number" ? Number.isFinite(value) : value >= INT64_MIN && value <= UINT64_MAX;
}

interface Decimal {
  /** Without zeros at either end; empty for 0. */
  readonly digits: string;
  /** The value is `digits` times ten to this power. */
  readonly exponent: number;
}

/** A number's value without its sign; `undefined` where it has too many digits, or is too large, for anything here. */
function decimalOf(text: string): Decimal | undefined {
  const [, whole = "", fraction = "", power = "0"] = DECIMAL.exec(text) ?? [];
  const all = whole + fraction;
  let start = 0;
  let end = all.length;
  while (start < end && all.charCodeAt(start) === ZERO) start++;
  if (start === end) return { digits: "", exponent: 0 };
  while (all.charCodeAt(end - 1) === ZERO) end--;
  if (end - start > MAX_DIGITS) return undefined;
  const exponent = Number(power) - fraction.length + (all.length - end);
  // Beyond what any double says, and what `"0".repeat` should be asked for.
  return Math.abs(exponent) > 400 ? undefined : { digits: all.slice(start, end), exponent };
}

const DECIMAL = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const ZERO = 0x30;
