/** Whether an event is one that readers of the log can count on: its data fits the schema of its type. */
import { type TSchema, Type } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { catalogue } from "../../events/mod.ts";

/** Compiled when they are first needed: all together they take a tenth of a second. */
const checks = new Map<string, TypeCheck<TSchema>>();

/**
 * What of an event's data does not fit, with its place and without its value; `undefined` where all does, and of types that
 * the catalogue does not know.
 */
export function eventFault(type: string, data: unknown): string | undefined {
  const check = checks.get(type) ?? compile(type);
  if (!check || check.Check(data)) return undefined;
  const error = check.Errors(data).First();
  return `${error?.path || "/"}: ${error?.message ?? "it does not fit the schema"}`;
}

function compile(type: string): TypeCheck<TSchema> | undefined {
  const schemas: Readonly<Record<string, TSchema>> = catalogue;
  if (!Object.hasOwn(schemas, type)) return undefined;
  const check = TypeCompiler.Compile(Type.Unsafe(inUnits(schemas[type] as TSchema)));
  checks.set(type, check);
  return check;
}

/** Schemas count characters as JSON Schema does, in code points; the check counts UTF-16 units, of which each may have two. */
function inUnits(schema: TSchema): TSchema {
  const copy = { ...schema };
  for (const key of Reflect.ownKeys(schema)) {
    const part: unknown = Reflect.get(schema, key);
    if (key === "maxLength" && schema.type === "string") copy.maxLength = 2 * (part as number);
    else if (Array.isArray(part)) Reflect.set(copy, key, part.map(inPart));
    else Reflect.set(copy, key, inPart(part));
  }
  return copy;
}

function inPart(part: unknown): unknown {
  return part !== null && typeof part === "object" && !Array.isArray(part) ? inUnits(part as TSchema) : part;
}
