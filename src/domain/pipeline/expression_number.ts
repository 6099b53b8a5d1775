/**
 * Numbers in expressions. JSON has one kind, CEL two: an integer written in an expression is a `bigint`, one from JSON
 * a `number`, or a `bigint` beyond 2^53. The two kinds mix; a result of integers is exact within 64 bits, or an error.
 */
import { exactNumber, excerpt } from "../../json/mod.ts";
import { ExpressionError } from "./expression_cost.ts";

export type Numeric = number | bigint;

/** In UTF-16 units: more than any number needs. */
export const MAX_NUMBER_LENGTH = 100;

const MIN_INTEGER = -(2n ** 63n);
/** Identifiers of other services may use the sign bit. */
const MAX_INTEGER = 2n ** 64n - 1n;

export function isNumeric(value: unknown): value is Numeric {
  return typeof value === "number" || typeof value === "bigint";
}

/**
 * Checks a number that is written with a point or an exponent: it is a double, and JSON must write that double as the
 * same number. Throws an {@link ExpressionError} that says what to write instead.
 */
export function checkLiteral(text: string): void {
  const nearest = String(Number(text));
  const exact = exactNumber(text);
  if (exact !== undefined && exact === exactNumber(nearest)) return;
  const written = excerpt(text, 64);
  if (typeof exact === "bigint") {
    throw new ExpressionError(`${written} would become ${nearest}: write the whole number ${exact}, which is exact`);
  }
  if (nearest === "Infinity") throw new ExpressionError(`${written} is larger than any number: write a text`);
  const double = /[.e]/.test(nearest) ? nearest : `${nearest}.0`;
  throw new ExpressionError(`${written} would become ${double}: write that, or a text`);
}

/** Whether it fits into 64 bits, signed or not. */
export function fits64Bits(integer: bigint): boolean {
  return integer >= MIN_INTEGER && integer <= MAX_INTEGER;
}

export type Arithmetic = "+" | "-" | "*" | "/" | "%";

export interface Operands {
  readonly left: Numeric;
  readonly right: Numeric;
  /** Both are certainly CEL integers, however large. */
  readonly are_ints: boolean;
}

/**
 * The result of two numbers. Throws an {@link ExpressionError} if integers take part and it would not be exact:
 *
 * - two of CEL's are integers, and use integer division;
 * - one beyond 2^53 and any other give an integer, or an error: doubles cannot represent their fractions;
 * - all others are JSON's. Integers are added and multiplied exactly; division, and calculations with fractions, use
 *   doubles.
 */
export function calculate(operator: Arithmetic, { left, right, are_ints }: Operands): Numeric {
  const hasLarge = isLarge(left) || isLarge(right);
  if (typeof left === "bigint" && typeof right === "bigint" && (are_ints || !hasLarge)) {
    return checked(INTEGERS[operator](left, right));
  }
  const [a, b] = [Number(left), Number(right)];
  if (hasLarge && Number.isFinite(a) && Number.isFinite(b)) return asJson(checked(exactly(operator, left, right)));
  // No integer has a remainder by zero.
  if (operator === "%" && typeof left !== typeof right && b === 0 && Number.isInteger(a)) throw byZero(operator);
  const value = DOUBLES[operator](a, b);
  if (operator === "/" || operator === "%" || Number.isSafeInteger(value)) return value;
  if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return value;
  return checked(INTEGERS[operator](BigInt(a), BigInt(b)));
}

export function negate(value: Numeric): Numeric {
  return typeof value === "bigint" ? checked(-value) : -value;
}

/** An integer from a number or a text. */
export function toInteger(value: Numeric | string): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" ? Number.isFinite(value) : /^[+-]?\d{1,20}$/.test(value)) {
    const integer = BigInt(typeof value === "number" ? Math.trunc(value) : value);
    if (fits64Bits(integer)) return integer;
  }
  throw new ExpressionError("int() takes a finite number or the digits of a whole one, within 64 bits");
}

/** The double nearest to a number or a text: an explicit conversion may change the number. */
export function toNumber(value: Numeric | string): number {
  if (typeof value !== "string") return Number(value);
  const isNumber = value.length <= MAX_NUMBER_LENGTH && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value);
  if (isNumber && Number.isFinite(Number(value))) return Number(value);
  throw new ExpressionError("double() takes a number, or a text that holds one");
}

const INTEGERS: Readonly<Record<Arithmetic, (left: bigint, right: bigint) => bigint>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => {
    if (right === 0n) throw byZero("/");
    return left / right;
  },
  "%": (left, right) => {
    if (right === 0n) throw byZero("%");
    return left % right;
  },
};

const DOUBLES: Readonly<Record<Arithmetic, (left: number, right: number) => number>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "%": (left, right) => left % right,
};

/** The integer result of two finite numbers. Throws an {@link ExpressionError} if it has a fraction. */
function exactly(operator: Arithmetic, left: Numeric, right: Numeric): bigint {
  const [one, other] = [inHalves(left), inHalves(right)];
  // Both with the same denominator, 2^halvings.
  const halvings = Math.max(one.halvings, other.halvings);
  const a = one.numerator << BigInt(halvings - one.halvings);
  const b = other.numerator << BigInt(halvings - other.halvings);
  const numerator = INTEGERS[operator](a, b);
  if (operator === "/") {
    if (numerator * b === a) return numerator;
    throw inexact(operator, left, right);
  }
  const denominator = operator === "*" ? 2 * halvings : halvings;
  if (BigInt.asUintN(denominator, numerator) !== 0n) throw inexact(operator, left, right);
  return numerator >> BigInt(denominator);
}

const double = new DataView(new ArrayBuffer(8));

/** A finite number as an integer halved a number of times: every double is one. */
function inHalves(value: Numeric): { numerator: bigint; halvings: number } {
  if (typeof value === "bigint" || Number.isInteger(value)) return { numerator: BigInt(value), halvings: 0 };
  double.setFloat64(0, value);
  const bits = double.getBigUint64(0);
  const exponent = Number(BigInt.asUintN(11, bits >> 52n));
  const digits = BigInt.asUintN(52, bits) + (exponent === 0 ? 0n : 2n ** 52n);
  return { numerator: value < 0 ? -digits : digits, halvings: 1_075 - Math.max(1, exponent) };
}

/** An integer of JSON's. */
function asJson(integer: bigint): Numeric {
  return isLarge(integer) ? integer : Number(integer);
}

/** Whether it is an integer beyond 2^53, where JSON's are exact as well as CEL's. */
export function isLarge(value: Numeric): boolean {
  return typeof value === "bigint" && !Number.isSafeInteger(Number(value));
}

function checked(integer: bigint): bigint {
  if (fits64Bits(integer)) return integer;
  const written = excerpt(String(integer), 64);
  throw new ExpressionError(
    `integer overflow: ${written} is not from -2^63 to 2^64 - 1; pass larger ones on as text created elsewhere`,
  );
}

function inexact(operator: Arithmetic, left: Numeric, right: Numeric): ExpressionError {
  return new ExpressionError(
    `${left} ${operator} ${right} is not a whole number, and none beyond 2^53 has an exact fraction: write int(…) around both sides for whole numbers, or double(…) around both for the nearest`,
  );
}

function byZero(operator: "/" | "%"): ExpressionError {
  return new ExpressionError(operator === "/" ? "division by zero" : "modulo by zero");
}
