/** The named schemas of the API document. Their owners declare them; the document gathers them. */
import type { TSchema } from "@sinclair/typebox";

const schemas = new Map<string, TSchema>();
const names = new Map<TSchema, string>();

/** Declares a schema under a unique name, and returns it. */
export function component<Schema extends TSchema>(name: string, schema: Schema): Schema {
  if (schemas.has(name)) throw new Error(`Two schemas are called ${name}`);
  schemas.set(name, schema);
  names.set(schema, name);
  return schema;
}

/** The name under which a schema was declared. */
export function nameOf(schema: TSchema): string {
  const name = names.get(schema);
  if (name === undefined) throw new Error("The schema of a call has no name: declare it as a component");
  return name;
}

/** All declared schemas, in order of their names. */
export function components(): [name: string, schema: TSchema][] {
  return [...schemas].sort(([a], [b]) => (a < b ? -1 : 1));
}
