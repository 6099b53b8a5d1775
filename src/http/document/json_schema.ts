/**
 * The schemas of requests and responses as JSON Schema, for readers that know nothing of this service: what is sealed in
 * the log is not sealed here.
 */
import { isPersonalMark } from "../../../events/personal.ts";
import { documentedFormat } from "../request/validation.ts";

/** Keywords whose value maps names to schemas. */
const MAPS = new Set(["properties", "patternProperties", "$defs"]);
/** Keywords whose value is data. */
const DATA = new Set(["const", "default", "enum", "example", "examples", "required"]);

/** A TypeBox schema, or a map of them: unions of constants become enums, our own formats what they stand for. */
export function toJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (schema === null || typeof schema !== "object") return schema;
  const { anyOf, format, ...rest } = schema as { anyOf?: { const?: unknown }[]; format?: string };
  if (anyOf?.every((option) => typeof option.const === "string")) {
    return { type: "string", enum: anyOf.map((option) => option.const), ...rest };
  }
  return Object.fromEntries([
    ...Object.entries(rest)
      .filter(([key]) => !isPersonalMark(key))
      .map(([key, value]) => [
        key,
        MAPS.has(key) ? mapOf(value as object) : DATA.has(key) ? value : toJsonSchema(value),
      ]),
    ...(format === undefined ? [] : Object.entries(documentedFormat(format))),
    ...(anyOf === undefined ? [] : [["anyOf", toJsonSchema(anyOf)]]),
  ]);
}

/** The same for each entry of a map: its keys are names, whatever they are. */
function mapOf(schemas: object): object {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, toJsonSchema(schema)]));
}
