/** The schemas that the API document names. Whoever has one declares it; the document gathers them. */
import type { TSchema } from "@sinclair/typebox";

const schemas = new Map<string, TSchema>();
const names = new Map<TSchema, string>();

/** Declares a schema under a name that no other has, and gives it back. */
export function component<Schema extends TSchema>(name: string, schema: Schema): Schema {
  if (schemas.has(name)) throw new Error(`Two schemas are called ${name}`);
  schemas.set(name, schema);
  names.set(schema, name);
  return schema;
}

/** What a schema was declared as. */
export function nameOf(schema: TSchema): string {
  const name = names.get(schema);
  if (name === undefined) throw new Error("The schema of a call has no name: declare it as a component");
  return name;
}

/** All that were declared, in the order of their names. */
export function components(): [name: string, schema: TSchema][] {
  return [...schemas].sort(([a], [b]) => (a < b ? -1 : 1));
}
