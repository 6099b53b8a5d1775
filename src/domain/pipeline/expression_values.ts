/** The values of expressions: JSON's, with exact integers; and their operators. */
import { excerpt, JSON_DEPTH_LIMIT } from "../../json/mod.ts";
import { ExpressionError, type Meter } from "./expression_cost.ts";
import { type Arithmetic, calculate, fits64Bits, isLarge, isNumeric, type Numeric } from "./expression_number.ts";
import { compareTexts } from "./expression_text.ts";

export type Json = null | boolean | Numeric | string | readonly Json[] | JsonMap;
export interface JsonMap {
  [key: string]: Json;
}

/** The cost of calculating with an integer beyond 2^53, in units, in addition to the operator's. */
const LARGE_COST = 20;

export type Kind = "null" | "bool" | "number" | "text" | "list" | "map";
/** `any`: it is not known in advance, or does not matter. */
export type AnyKind = Kind | "any";

export function kindOf(value: Json): Kind {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
    case "bigint":
      return "number";
    case "string":
      return "text";
    default:
      if (value === null) return "null";
      return Array.isArray(value) ? "list" : "map";
  }
}

/** With its article, for an error message. */
export function describe(kind: AnyKind): string {
  return kind === "any" ? "any value" : kind === "null" ? "null" : kind === "bool" ? "true or false" : `a ${kind}`;
}

export function couldBe(kind: AnyKind, other: AnyKind | undefined): boolean {
  return kind === other || kind === "any" || other === "any";
}

export function isMap(value: Json): value is JsonMap {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Sets an own property, whatever the key, even `__proto__`. */
export function setOwn(map: JsonMap, key: string, value: Json): void {
  if (key !== "__proto__") map[key] = value;
  else Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
}

/** The value at a key of a map or an index of a list; `undefined`: none. Reads only own properties. */
export function member(value: Json, name: Json): Json | undefined {
  if (Array.isArray(value)) return isNumeric(name) ? value[Number(name)] : undefined;
  return isMap(value) && typeof name === "string" && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** A map's keys. Their number is not known in advance: their cost is metered as soon as it is. */
export function keysOf(map: JsonMap, meter: Meter): readonly string[] {
  const keys = Object.keys(map);
  meter.spend(1 + keys.length);
  return keys;
}

/** Whether two values are equal: numbers if they are exactly equal, values of different types never. */
function equal(left: Json, right: Json, meter: Meter): boolean {
  meter.spend(1);
  if (typeof left === "string" && typeof right === "string") {
    if (left.length !== right.length) return false;
    meter.text(left.length);
    return left === right;
  }
  if (typeof left === typeof right && typeof left !== "object") return left === right;
  // A bigint and a number compare by value, not as doubles; as doubles first, which is faster.
  if (isNumeric(left) && isNumeric(right)) return Number(left) === Number(right) && left >= right && left <= right;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((one, i) => equal(one, right[i], meter));
  }
  if (!isMap(left) || !isMap(right)) return left === right;
  const keys = keysOf(left, meter);
  if (keysOf(right, meter).length !== keys.length) return false;
  return keys.every((key) => {
    // In both of them.
    meter.property(key);
    meter.property(key);
    return Object.hasOwn(right, key) && equal(left[key] as Json, right[key] as Json, meter);
  });
}

export type Operator = "==" | "!=" | "in" | "+" | "-" | "*" | "/" | "%" | "<" | "<=" | ">" | ">=";
interface Signature {
  readonly takes: readonly (readonly [AnyKind, AnyKind])[];
  /** Absent: what it takes. */
  readonly gives?: Kind;
}

const NUMBERS: Signature = { takes: [["number", "number"]], gives: "number" };
const ORDERED: Signature = {
  takes: [
    ["number", "number"],
    ["text", "text"],
    ["bool", "bool"],
  ],
  gives: "bool",
};
const ANY: Signature = { takes: [["any", "any"]], gives: "bool" };

export const OPERATORS: Readonly<Record<Operator, Signature>> = {
  "==": ANY,
  "!=": ANY,
  in: {
    takes: [
      ["any", "list"],
      ["text", "map"],
    ],
    gives: "bool",
  },
  "+": {
    takes: [
      ["number", "number"],
      ["text", "text"],
      ["list", "list"],
    ],
  },
  "-": NUMBERS,
  "*": NUMBERS,
  "/": NUMBERS,
  "%": NUMBERS,
  "<": ORDERED,
  "<=": ORDERED,
  ">": ORDERED,
  ">=": ORDERED,
};

export function isArithmetic(operator: Operator): operator is Arithmetic {
  return OPERATORS[operator] === NUMBERS || operator === "+";
}

/** The result of an operator. Throws an {@link ExpressionError} for operands that it does not accept. */
export function applyOperator(operator: Operator, { left, right, meter, are_ints = false }: Operands): Json {
  switch (operator) {
    case "==":
      return equal(left, right, meter);
    case "!=":
      return !equal(left, right, meter);
    case "in":
      if (Array.isArray(right)) return right.some((one) => equal(left, one, meter));
      if (isMap(right) && typeof left === "string") {
        meter.key(left);
        return Object.hasOwn(right, left);
      }
      break;
    case "+":
      if (typeof left === "string" && typeof right === "string") return joinedTexts(left, right, meter);
      if (Array.isArray(left) && Array.isArray(right)) return joinedLists(left, right, meter);
      break;
  }
  if (isArithmetic(operator)) {
    if (!isNumeric(left) || !isNumeric(right)) throw meaningless(operator, left, right);
    if (isLarge(left) || isLarge(right)) meter.spend(LARGE_COST);
    return calculate(operator, { left, right, are_ints });
  }
  if (operator !== "in") return ordered(operator, { left, right, meter });
  throw meaningless(operator, left, right);
}

interface Operands {
  readonly left: Json;
  readonly right: Json;
  readonly meter: Meter;
  /** Both are CEL integers, however large. */
  readonly are_ints?: boolean;
}

function ordered(operator: Operator, { left, right, meter }: Operands): boolean {
  if (isNumeric(left) && isNumeric(right)) return compare(operator, left, right);
  if (typeof left === "boolean" && typeof right === "boolean") return compare(operator, Number(left), Number(right));
  if (typeof left !== "string" || typeof right !== "string") throw meaningless(operator, left, right);
  // A unit at a time.
  meter.text(Math.min(left.length, right.length) * 2);
  return compare(operator, compareTexts(left, right), 0);
}

function meaningless(operator: Operator, left: Json, right: Json): ExpressionError {
  return new ExpressionError(`${describe(kindOf(left))} ${operator} ${describe(kindOf(right))} has no meaning`);
}

function compare(operator: Operator, left: Numeric, right: Numeric): boolean {
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    default:
      return left >= right;
  }
}

function joinedLists(left: readonly Json[], right: readonly Json[], meter: Meter): readonly Json[] {
  meter.spend(left.length + right.length);
  return left.concat(right);
}

function joinedTexts(left: string, right: string, meter: Meter): string {
  meter.text(left.length + right.length);
  meter.build(left.length + right.length);
  return left + right;
}

/** A value as plain JSON. Throws an {@link ExpressionError} if it is not JSON, a `CostError` if it is too long. */
export function toJson(value: Json, meter: Meter, depth = 0): Json {
  meter.spend(1);
  switch (typeof value) {
    case "string":
      meter.text(value.length);
      meter.output(value.length + 2);
      return value;
    case "boolean":
      meter.output(value ? 4 : 5);
      return value;
    case "bigint":
    case "number":
      return numberAsJson(value, meter);
  }
  if (value === null) {
    meter.output(4);
    return null;
  }
  if (depth === JSON_DEPTH_LIMIT)
    throw new ExpressionError(`it results in lists and maps nested more than ${JSON_DEPTH_LIMIT} levels deep`);
  if (Array.isArray(value)) {
    meter.output(2 + Math.max(0, value.length - 1));
    return value.map((one) => toJson(one, meter, depth + 1));
  }
  const map: JsonMap = {};
  const keys = keysOf(value as JsonMap, meter);
  meter.output(2 + Math.max(0, keys.length - 1));
  for (const key of keys) {
    meter.text(key.length);
    meter.property(key);
    meter.output(key.length + 3);
    setOwn(map, key, toJson((value as JsonMap)[key] as Json, meter, depth + 1));
  }
  return map;
}

function numberAsJson(value: Numeric, meter: Meter): Numeric {
  const isHeld = typeof value === "bigint" ? fits64Bits(value) : Number.isFinite(value);
  if (!isHeld) throw new ExpressionError("it results in a number that JSON cannot represent");
  meter.number(value);
  meter.output(lengthOf(value));
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Of a number as JSON has it. */
function lengthOf(value: Numeric): number {
  if (typeof value === "bigint" || !Number.isSafeInteger(value)) return String(value).length;
  let length = value < 0 ? 2 : 1;
  for (let bound = 10; bound <= Math.abs(value); bound *= 10) length++;
  return length;
}

/** A value as it is inserted in the middle of a text, or returned by `string()`. */
export function asText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The beginning of a value, in an error message. */
export function shown(value: unknown): string {
  return excerpt(JSON.stringify(value) ?? String(value), 100);
}
