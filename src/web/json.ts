/** JSON files of `public/`, checked against their schemas. */
import type { Static, TSchema } from "@sinclair/typebox";
import { type Check, compileCheck, parseJson } from "../json/mod.ts";

/** Throws an `Error` with the file, the place in it, and what is wrong there. */
export function parseJsonFile<Schema extends TSchema>(
  schema: Schema,
  { text, path }: { text: string; path: string },
): Static<Schema> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  checkSchema(schema, { value, path });
  return value as Static<Schema>;
}

/** Compiled once for all files of a kind. */
const checks = new WeakMap<TSchema, Check<TSchema>>();

/** Throws the same. */
export function checkSchema(schema: TSchema, { value, path }: { value: unknown; path: string }): void {
  let check = checks.get(schema);
  if (!check) {
    check = compileCheck(schema);
    checks.set(schema, check);
  }
  const [fault] = check.errors(value);
  if (!fault) return;
  const found = fault.value === undefined ? "" : `, found ${JSON.stringify(fault.value)}`;
  throw new Error(`Cannot read ${path}: ${fault.path || "/"}: ${fault.message}${found}`);
}
