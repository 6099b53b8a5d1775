/**
 * Checks of values against TypeBox schemas, as JSON Schema means them: `minLength` and `maxLength` count characters
 * (code points), where TypeBox's own check counts UTF-16 units. Every check of the service is compiled here.
 *
 * A string schema that limits its length is compiled as one with a format of its own, which counts; in what is reported,
 * the schema stands as it was declared.
 */
import { FormatRegistry, Kind, type Static, type TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { DefaultErrorFunction, type ValueError, ValueErrorIterator, ValueErrorType } from "@sinclair/typebox/errors";
import { hasLength } from "./text.ts";

/** A compiled check. */
export interface Check<Schema extends TSchema> {
  is(value: unknown): value is Static<Schema>;
  /** What does not fit, in order of the schema. */
  errors(value: unknown): Iterable<ValueError>;
}

/** Compiles the check of a schema. */
export function compileCheck<Schema extends TSchema>(schema: Schema): Check<Schema> {
  const compiled = TypeCompiler.Compile(inCharacters(schema) as Schema) as TypeCheck<Schema>;
  return {
    is: (value): value is Static<Schema> => compiled.Check(value),
    *errors(value) {
      yield* declared(compiled.Errors(value));
    },
  };
}

/** Errors against schemas as they were declared; those of a union's options within one as well. */
function* declared(errors: Iterable<ValueError>): IterableIterator<ValueError> {
  for (const error of errors) {
    const options = error.errors.map((option) => new ValueErrorIterator(declared(option)));
    yield { ...asDeclared(error), errors: options };
  }
}

/** The schema with a counting format wherever a length is limited; itself where none is. */
function inCharacters(part: unknown): unknown {
  if (part === null || typeof part !== "object") return part;
  if (Array.isArray(part)) {
    const items = part.map(inCharacters);
    return items.every((item, index) => item === part[index]) ? part : items;
  }
  const schema = part as TSchema;
  if (schema[Kind] === "String") return counting(schema);
  let copy: TSchema | undefined;
  // A schema's kind is under a symbol, so it is not looked into, but copied.
  for (const [key, value] of Object.entries(schema)) {
    const counted = inCharacters(value);
    if (counted === value) continue;
    copy ??= { ...schema };
    copy[key] = counted;
  }
  return copy ?? schema;
}

function counting(schema: TSchema): TSchema {
  const { minLength, maxLength, format = "", ...rest } = schema;
  // No text is too short by characters and long enough by units where one is enough.
  if ((minLength ?? 0) <= 1 && maxLength === undefined) return schema;
  const name = `characters ${minLength ?? 0} ${maxLength ?? ""} ${format}`;
  const length = { min: minLength, max: maxLength };
  FormatRegistry.Set(name, (value) => hasLength(value, length) && (format === "" || isOfFormat(format, value)));
  return { ...rest, format: name, [DECLARED]: schema } as unknown as TSchema;
}

const DECLARED = Symbol("declared");

function isOfFormat(format: string, value: string): boolean {
  return FormatRegistry.Get(format)?.(value) ?? false;
}

/** An error of a counting format as one of the length or the format that was declared. */
function asDeclared(error: ValueError): ValueError {
  const schema = (error.schema as { [DECLARED]?: TSchema })[DECLARED];
  if (schema === undefined) return error;
  const type = error.type === ValueErrorType.StringFormat ? whichFails(schema, error.value as string) : error.type;
  const { path, value, errors } = error;
  const message = DefaultErrorFunction({ errorType: type, schema, path, value, errors });
  return { ...error, type, schema, message };
}

function whichFails({ minLength, maxLength }: TSchema, value: string): ValueErrorType {
  if (!hasLength(value, { min: minLength })) return ValueErrorType.StringMinLength;
  return hasLength(value, { max: maxLength }) ? ValueErrorType.StringFormat : ValueErrorType.StringMaxLength;
}
