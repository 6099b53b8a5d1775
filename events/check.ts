/** Whether an event is one that readers of the log can count on: its data fits the schema of its type. */
import { type TSchema, Type } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";

/** Compiled when they are first needed: all together they take a tenth of a second. */
const checks = new WeakMap<TSchema, TypeCheck<TSchema>>();

/** What does not fit a schema, with its place and without its value; `undefined` where all does. */
export function faultOf(schema: TSchema, value: unknown): string | undefined {
  let check = checks.get(schema);
  if (!check) {
    check = TypeCompiler.Compile(Type.Unsafe(inUnits(schema)));
    checks.set(schema, check);
  }
  if (check.Check(value)) return undefined;
  const error = check.Errors(value).First();
  return `${error?.path || "/"}: ${error?.message ?? "it does not fit the schema"}`;
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
