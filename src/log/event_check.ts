/** Checks that an event is one that readers of the log can rely on: its data matches the schema of its type. */
import type { TSchema } from "@sinclair/typebox";
import { catalogue } from "../../events/mod.ts";
import { type Check, compileCheck } from "../json/mod.ts";

/** Compiled on first use: all together they take a tenth of a second. */
const checks = new Map<string, Check<TSchema>>();

/**
 * What is wrong with an event's data, with its place and without its value; `undefined` if nothing is, or the catalogue
 * does not know the type.
 */
export function eventFault(type: string, data: unknown): string | undefined {
  const check = checks.get(type) ?? compile(type);
  if (!check || check.is(data)) return undefined;
  const [error] = check.errors(data);
  return `${error?.path || "/"}: ${error?.message ?? "it does not fit the schema"}`;
}

function compile(type: string): Check<TSchema> | undefined {
  const schemas: Readonly<Record<string, TSchema>> = catalogue;
  if (!Object.hasOwn(schemas, type)) return undefined;
  const check = compileCheck(schemas[type] as TSchema);
  checks.set(type, check);
  return check;
}
