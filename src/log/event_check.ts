/** Whether an event is one that readers of the log can count on: its data fits the schema of its type. */
import type { TSchema } from "@sinclair/typebox";
import { catalogue } from "../../events/mod.ts";
import { type Check, compileCheck } from "../json/mod.ts";

/** Compiled when they are first needed: all together they take a tenth of a second. */
const checks = new Map<string, Check<TSchema>>();

/**
 * What of an event's data does not fit, with its place and without its value; `undefined` where all does, and of types that
 * the catalogue does not know.
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
