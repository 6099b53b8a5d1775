/** JSON files of `public/`, held against their schemas. */
import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { parseJson } from "../json/mod.ts";

/** Throws an `Error` that names the file, the place in it, and what is wrong there. */
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

/** Throws the same. */
export function checkSchema(schema: TSchema, { value, path }: { value: unknown; path: string }): void {
  const [fault] = Value.Errors(schema, value);
  if (!fault) return;
  const found = fault.value === undefined ? "" : `, found ${JSON.stringify(fault.value)}`;
  throw new Error(`Cannot read ${path}: ${fault.path || "/"}: ${fault.message}${found}`);
}
