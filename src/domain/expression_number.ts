/**
 * Numbers in expressions. JSON has one kind, CEL two: a whole number written in an expression is a `bigint`, one of
 * JSON's a `number`, or a `bigint` beyond 2^53. The two kinds mix; whole numbers are exact within 64 bits.
 */
import { exactNumber, excerpt } from "../json/mod.ts";
import { ExpressionError } from "./expression_cost.ts";

export type Numeric = number | bigint;

/** In UTF-16 units: more than any number needs. */
export const MAX_NUMBER_LENGTH = 100;

const MIN_INTEGER = -(2n ** 63n);
const MAX_INTEGER = 2n ** 63n - 1n;
/** Identifiers of other services may use the sign's bit: such are read, compared and passed on. */
const MAX_UNSIGNED = 2n ** 64n - 1n;

export function isNumeric(value: unknown): value is Numeric {
  return typeof value === "number" || typeof value === "bigint";
}

/**
 * Checks a number that is written with a point or an exponent: it is a double, and JSON says of that double what was
 * written. Throws an {@link ExpressionError} that says what to write instead.
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

/** Whether 64 bits hold it, with a sign or without. */
export function fits(integer: bigint): boolean {
  return integer >= MIN_INTEGER && integer <= MAX_UNSIGNED;
}

export function add(left: Numeric, right: Numeric): Numeric {
  return exact(left, right, { ofNumbers: (a, b) => a + b, ofIntegers: (a, b) => a + b });
}

export function subtract(left: Numeric, right: Numeric): Numeric {
  return exact(left, right, { ofNumbers: (a, b) => a - b, ofIntegers: (a, b) => a - b });
}

export function multiply(left: Numeric, right: Numeric): Numeric {
  return exact(left, right, { ofNumbers: (a, b) => a * b, ofIntegers: (a, b) => a * b });
}

/** Two whole numbers of CEL's divide without a rest, those of JSON with a fraction, where 2^53 leaves room for one. */
export function divide(left: Numeric, right: Numeric): Numeric {
  const isWhole = typeof left === typeof right || isLarge(left) || isLarge(right);
  if (typeof left === "number" && typeof right === "number") return left / right;
  if (!isWhole || !isInteger(left) || !isInteger(right)) return Number(left) / Number(right);
  if (right === 0n || right === 0) throw new ExpressionError("division by zero");
  return checked(BigInt(left) / BigInt(right));
}

export function modulo(left: Numeric, right: Numeric): Numeric {
  if ((typeof left === "number" && typeof right === "number") || !isInteger(left) || !isInteger(right)) {
    return Number(left) % Number(right);
  }
  if (right === 0n || right === 0) throw new ExpressionError("modulo by zero");
  return likeBoth(checked(BigInt(left) % BigInt(right)), left, right);
}

export function negate(value: Numeric): Numeric {
  return typeof value === "bigint" ? checked(-value) : -value;
}

/** A whole number from a number or a text. */
export function toInteger(value: Numeric | string): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" ? Number.isFinite(value) : /^[+-]?\d{1,20}$/.test(value)) {
    const integer = BigInt(typeof value === "number" ? Math.trunc(value) : value);
    if (fits(integer)) return integer;
  }
  throw new ExpressionError("int() takes a finite number or the digits of a whole one, within 64 bits");
}

/** A number, as JSON has it, from a number or a text. */
export function toNumber(value: Numeric | string): number {
  if (typeof value !== "string") return Number(value);
  const isNumber = value.length <= MAX_NUMBER_LENGTH && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value);
  if (isNumber && Number.isFinite(Number(value))) return Number(value);
  throw new ExpressionError("double() takes a number, or a text that is one");
}

/** Exact where both are whole; JSON's where one is a fraction, or beyond what JSON's reader takes as whole. */
function exact(
  left: Numeric,
  right: Numeric,
  of: { ofNumbers: (a: number, b: number) => number; ofIntegers: (a: bigint, b: bigint) => bigint },
): Numeric {
  if (typeof left === "bigint" && typeof right === "bigint") return checked(of.ofIntegers(left, right));
  if (!isInteger(left) || !isInteger(right)) return of.ofNumbers(Number(left), Number(right));
  const quick = of.ofNumbers(Number(left), Number(right));
  if (Number.isSafeInteger(quick) && !isLarge(left) && !isLarge(right)) return quick;
  return likeBoth(checked(of.ofIntegers(BigInt(left), BigInt(right))), left, right);
}

/** JSON's kind of number, where one of the two was and it can be. */
function likeBoth(integer: bigint, left: Numeric, right: Numeric): Numeric {
  if (typeof left === "bigint" && typeof right === "bigint") return integer;
  return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
}

function isInteger(value: Numeric): boolean {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

function isLarge(value: Numeric): boolean {
  return typeof value === "bigint" && !Number.isSafeInteger(Number(value));
}

function checked(integer: bigint): bigint {
  if (integer >= MIN_INTEGER && integer <= MAX_INTEGER) return integer;
  throw new ExpressionError(`integer overflow: ${integer} is not from -2^63 to 2^63 - 1`);
}
