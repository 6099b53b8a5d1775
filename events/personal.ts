/**
 * Marks the parts of an event's data that say something about a person. Code that must treat personal data differently
 * finds them in the schemas, and does not have to know each event type.
 */
import type { TSchema } from "@sinclair/typebox";

const MARK = "x-personal";

/** Marks a part of an event's data as personal: text that a person wrote, or data that identifies one. */
export function personal<Schema extends TSchema>(schema: Schema): Schema {
  return { ...schema, [MARK]: true };
}

/**
 * JSON pointers to a schema's personal parts, with `*` for any item of an array or any key of a record. Nothing inside a
 * marked part is listed.
 */
export function personalPointers(schema: TSchema): readonly string[] {
  return [...new Set(pointersIn(schema, ""))];
}

function* pointersIn(schema: TSchema, path: string): Generator<string> {
  if (schema[MARK]) {
    yield path;
    return;
  }
  for (const [name, part] of partsOf(schema)) yield* pointersIn(part, name === undefined ? path : `${path}/${name}`);
}

/** The parts of a schema; `undefined` instead of a name: the part describes the value itself. */
function* partsOf(schema: TSchema): Generator<[name: string | undefined, part: TSchema]> {
  const { properties = {}, patternProperties = {}, items, anyOf = [], allOf = [] } = schema;
  for (const [name, part] of Object.entries<TSchema>(properties)) {
    yield [name.replaceAll("~", "~0").replaceAll("/", "~1"), part];
  }
  for (const part of Object.values<TSchema>(patternProperties)) yield ["*", part];
  for (const part of [items ?? []].flat() as TSchema[]) yield ["*", part];
  for (const part of [...anyOf, ...allOf] as TSchema[]) yield [undefined, part];
}
