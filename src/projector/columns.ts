/**
 * The canonical form of every value: the one in which Postgres returns it. A row that a fold has just made equals the same
 * row read from its table, so a fold's result does not depend on caching.
 */

import { MAX_INT } from "../../events/number.ts";
import type { Column, ColumnType } from "../../projections/projection.ts";
import { decodeJson } from "../json/mod.ts";

type Canonical = (value: unknown) => unknown;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** As far as a pattern can tell: Postgres rejects 30 February. */
const TIMESTAMP = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?Z$/;
/** What Postgres cannot store in text, and every surrogate, paired or not: {@link text} tells them apart. */
const SUSPECT = /[\0\ud800-\udfff]/;

/** Added to a number, it turns negative zero, which JSON does not have, into 0. */
const NO_SIGN = 0;

const byType: Record<ColumnType, Canonical> = {
  text,
  uuid,
  int: (value) => integer(value, -MAX_INT - 1, MAX_INT),
  bigint: (value) => integer(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  "double precision": number,
  boolean,
  timestamptz,
  json,
};

/** Returns the function that converts a column's values to their canonical form. It throws `TypeError` if one does not fit. */
export function canonical(column: Column): Canonical {
  const ofType = byType[column.type];
  return (value) => {
    if (value !== null && value !== undefined) return ofType(value);
    if (column.nullable) return null;
    throw new TypeError(`expected ${column.type}, found ${value}`);
  };
}

function text(value: unknown): string {
  if (typeof value !== "string") throw unfit("text", value);
  return SUSPECT.test(value) ? value.toWellFormed().replaceAll("\0", "\ufffd") : value;
}

function uuid(value: unknown): string {
  if (typeof value === "string") {
    if (UUID.test(value)) return value;
    const lower = value.toLowerCase();
    if (UUID.test(lower)) return lower;
  }
  throw unfit("a UUID", value);
}

function integer(value: unknown, min: number, max: number): number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    throw unfit(`an integer from ${min} to ${max}`, value);
  }
  return (value as number) + NO_SIGN;
}

function number(given: unknown): number {
  // JSON does not distinguish a large double from an integer.
  const value = typeof given === "bigint" ? Number(given) : given;
  if (!Number.isFinite(value)) throw unfit("a finite number", value);
  return (value as number) + NO_SIGN;
}

function boolean(value: unknown): boolean {
  if (typeof value !== "boolean") throw unfit("a boolean", value);
  return value;
}

function timestamptz(value: unknown): string {
  if (typeof value !== "string" || !TIMESTAMP.test(value)) {
    throw unfit("an RFC 3339 time in UTC with at most microseconds", value);
  }
  if (!value.endsWith("0Z") || value.length === "2026-01-02T03:04:05Z".length) return value;
  return value.replace(/\.?0+Z$/, "Z");
}

/** A copy, as JSON stores it. JSON's `null` is the column's NULL. */
function json(value: unknown): unknown {
  const written = JSON.stringify(value);
  if (written === undefined) throw unfit("a JSON value", value);
  return decodeJson(written);
}

function unfit(expected: string, value: unknown): TypeError {
  const found = typeof value === "string" ? JSON.stringify(value.slice(0, 100)) : String(value);
  return new TypeError(`expected ${expected}, found ${found}`);
}
