/**
 * Checks values against TypeBox schemas as JSON Schema defines them: `minLength` and `maxLength` count characters (code
 * points), while TypeBox's own check counts UTF-16 units. Every check of the service is compiled here.
 *
 * A string schema with a length limit is compiled as one with a format that counts before it looks for a pattern;
 * reported errors refer to the schema as it was declared.
 */
import { FormatRegistry, Kind, type Static, type TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { DefaultErrorFunction, type ValueError, ValueErrorIterator, ValueErrorType } from "@sinclair/typebox/errors";
import { cutPointer } from "./pointer.ts";
import { hasLength } from "./text.ts";

/** A compiled check. */
export interface Check<Schema extends TSchema> {
  is(value: unknown): value is Static<Schema>;
  /** The errors, in order of the schema: each place once, with its pointer cut. */
  errors(value: unknown): Iterable<ValueError>;
}

/**
 * The check of a schema, compiled when it is first used: a process that starts would otherwise compile hundreds, and soon
 * needs a few.
 */
export function compileCheck<Schema extends TSchema>(schema: Schema): Check<Schema> {
  let compiled: TypeCheck<Schema> | undefined;
  const check = () => (compiled ??= TypeCompiler.Compile(inCharacters(schema) as Schema) as TypeCheck<Schema>);
  return {
    is: (value): value is Static<Schema> => check().Check(value),
    *errors(value) {
      yield* declared(check().Errors(value));
    },
  };
}

/** Errors against schemas as they were declared, including those nested in a union's options. */
function* declared(errors: Iterable<ValueError>): IterableIterator<ValueError> {
  // A missing property is found twice: as missing and as of the wrong type.
  const seen = new Set<string>();
  for (const error of errors) {
    if (seen.has(error.path)) continue;
    seen.add(error.path);
    const options = error.errors.map((option) => new ValueErrorIterator(declared(option)));
    yield { ...asDeclared(error), path: cutPointer(error.path), errors: options };
  }
}

/** The schema with a counting format wherever a length is limited; the schema itself if none is. */
function inCharacters(part: unknown): unknown {
  if (part === null || typeof part !== "object") return part;
  if (Array.isArray(part)) {
    const items = part.map(inCharacters);
    return items.every((item, index) => item === part[index]) ? part : items;
  }
  const schema = part as TSchema;
  if (schema[Kind] === "String") return counting(schema);
  let copy: TSchema | undefined;
  // A schema's kind is under a symbol, so it is copied without recursion.
  for (const [key, value] of Object.entries(schema)) {
    const counted = inCharacters(value);
    if (counted === value) continue;
    copy ??= { ...schema };
    copy[key] = counted;
  }
  return copy ?? schema;
}

function counting(schema: TSchema): TSchema {
  const { minLength, maxLength, pattern = "", format = "", ...rest } = schema;
  // If one character is enough, no text is too short by characters and long enough by units.
  if ((minLength ?? 0) <= 1 && maxLength === undefined) return schema;
  const name = `characters ${minLength ?? 0} ${maxLength ?? ""} ${format} ${pattern}`;
  // The length first: matching a pattern against a far too long text takes half a second.
  FormatRegistry.Set(name, (value) => whichFails(schema, value) === undefined);
  return { ...rest, format: name, [DECLARED]: schema } as unknown as TSchema;
}

const DECLARED = Symbol("declared");

/** Turns an error of a counting format into one of the declared length or format. */
function asDeclared(error: ValueError): ValueError {
  const schema = (error.schema as { [DECLARED]?: TSchema })[DECLARED];
  if (schema === undefined) return error;
  const type =
    error.type === ValueErrorType.StringFormat ? (whichFails(schema, error.value as string) ?? error.type) : error.type;
  const { path, value, errors } = error;
  const message = DefaultErrorFunction({ errorType: type, schema, path, value, errors });
  return { ...error, type, schema, message };
}

function whichFails({ minLength, maxLength, pattern, format }: TSchema, value: string): ValueErrorType | undefined {
  if (!hasLength(value, { min: minLength })) return ValueErrorType.StringMinLength;
  if (!hasLength(value, { max: maxLength })) return ValueErrorType.StringMaxLength;
  if (pattern !== undefined && !expressionOf(pattern).test(value)) return ValueErrorType.StringPattern;
  if (format !== undefined && !FormatRegistry.Get(format)?.(value)) return ValueErrorType.StringFormat;
  return undefined;
}

const expressions = new Map<string, RegExp>();

function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known) return known;
  // As JSON Schema has it. TypeBox has it otherwise: a pattern with \p needs a length that is limited.
  const expression = new RegExp(pattern, "u");
  expressions.set(pattern, expression);
  return expression;
}
