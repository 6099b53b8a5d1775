/** Checks values against schemas; errors are collected only if a check has failed. */

import { FormatRegistry, type Static, type TObject, type TSchema } from "@sinclair/typebox";
import { type ValueError, ValueErrorType } from "@sinclair/typebox/errors";
import { jobEvents } from "../../../events/job.ts";
import { catalogue, categories } from "../../../events/mod.ts";
import { PipelineName, Step } from "../../../events/pipeline.ts";
import { parseTime } from "../../../events/time.ts";
import { compileCheck, cutPointer, excerpt } from "../../json/mod.ts";
import { queryOf } from "../context.ts";
import { type FieldError, MAX_ERRORS, Problem } from "../problem.ts";
import { problems } from "../problems.ts";
import { NOT_BLANK, PRINTABLE, SubjectName } from "../schema.ts";

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export type Validator<Schema extends TSchema> = (value: unknown) => Static<Schema>;

/** Errors about a value's type. */
const TYPES: ReadonlySet<ValueErrorType> = new Set([
  ValueErrorType.Array,
  ValueErrorType.Boolean,
  ValueErrorType.Integer,
  ValueErrorType.Literal,
  ValueErrorType.Null,
  ValueErrorType.Number,
  ValueErrorType.Object,
  ValueErrorType.String,
]);

/** How much of an error's message `detail` repeats: a long list is given once. */
const MAX_QUOTED_LENGTH = 200;

const EVENT_TYPES = Object.keys(catalogue).sort();
const STREAM_ID = new RegExp(`^(?:${categories.join("|")})-${PRINTABLE.slice(1, -"*$".length)}+$`);
const JOB_EVENT_TYPES = Object.keys(jobEvents);

interface Format {
  readonly check: (value: string) => boolean;
  /** The error for an invalid value. */
  readonly message: string | ((value: string) => string);
  /** The JSON Schema equivalent, for readers that do not know the format. */
  readonly documented?: object;
}

/** A list of event types, separated by commas. */
function listOf(types: readonly string[]): Format {
  const known = new Set(types);
  // All that fit into an error's message, or else where to find them.
  const all = types.length > JOB_EVENT_TYPES.length ? "/docs/events lists them" : types.join(", ");
  const one = `(?:${types.map((type) => type.replaceAll(".", "\\.")).join("|")})`;
  return {
    check: (value) => value.split(",").every((type) => known.has(type)),
    message: (value) => {
      const unknown = value.split(",").find((type) => !known.has(type));
      return `must list event types, separated by commas; ${JSON.stringify(unknown)} is not one of them: ${all}`;
    },
    documented: { pattern: `^${one}(?:,${one})*$` },
  };
}

/** An address as in RFC 5321, without quoted local parts and address literals; domains in other scripts are in Punycode. */
const EMAIL = (() => {
  const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
  const label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
  return new RegExp(`^${atom}(?:\\.${atom})*@(?:${label}\\.)+${label}$`);
})();

/** The string formats that requests use. */
const formats: Record<string, Format> = {
  "http-url": {
    check: (value) => httpUrlFault(value) === "",
    message: httpUrlFault,
    documented: { format: "uri", pattern: "^[Hh][Tt][Tt][Pp][Ss]?:" },
  },
  "job-event-type": {
    check: isJobEventType,
    message: `must be one of ${JOB_EVENT_TYPES.join(", ")}`,
    documented: { enum: JOB_EVENT_TYPES },
  },
  "job-event-types": listOf(JOB_EVENT_TYPES),
  "event-types": listOf(EVENT_TYPES),
  "stream-id": {
    check: (value) => STREAM_ID.test(value),
    message: `must be a category, a hyphen and an id, such as job-0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70; categories: ${categories.join(", ")}`,
    documented: { pattern: STREAM_ID.source },
  },
  "date-time": { check: (value) => timeFault(value) === "", message: timeFault },
  email: {
    check: (value) => EMAIL.test(value),
    message: "must be an e-mail address such as ada@example.com, without a name",
    documented: { format: "email", pattern: EMAIL.source },
  },
  "error-code": {
    check: (value) => /^[a-z][a-z0-9_]*$/.test(value),
    message: "must be snake_case: lower-case letters, digits and underscores, starting with a letter",
    documented: { pattern: "^[a-z][a-z0-9_]*$" },
  },
  uuid: { check: (value) => UUID.test(value), message: "must be a UUID" },
};

const SOMETHING = new RegExp(`^${NOT_BLANK}`, "u");

/** The error for a text that does not match its pattern. */
const patterns: Record<string, string> = {
  [PipelineName.pattern as string]: "must be 1 to 128 lower-case letters, digits, - and _, not starting with - or _",
  [Step.properties.id.pattern as string]: "must be 1 to 64 lower-case letters, digits and _, starting with a letter",
  [SubjectName.pattern as string]: "must be neither . nor .., and must not contain control characters",
};

for (const [name, { check }] of Object.entries(formats)) FormatRegistry.Set(name, check);

/** A format in JSON Schema. */
export function documentedFormat(name: string): object {
  return formats[name]?.documented ?? { format: name };
}

/** A compiled check that returns the value, typed, or throws the problem `validation_failed`. */
export function validator<Schema extends TSchema>(
  schema: Schema,
  toPointer: (path: string) => string = (path) => path,
): Validator<Schema> {
  const check = compileCheck(schema);
  return (value) => {
    if (check.is(value)) return value;
    const errors: FieldError[] = [];
    for (const error of check.errors(value)) {
      const { path, message } = told(error);
      errors.push({ pointer: toPointer(path), message });
      if (errors.length === MAX_ERRORS) break;
    }
    throw invalid(errors);
  };
}

/** Parses a query string according to `schema`; unknown and repeated parameters are rejected. */
export function queryReader<Schema extends TObject>(schema: Schema): (request: Request) => Static<Schema> {
  const check = validator(schema, (path) => `?${path.slice(1)}`);
  return (request) => {
    const value: Record<string, unknown> = Object.create(null);
    for (const [name, text] of new URLSearchParams(queryOf(request))) {
      if (Object.hasOwn(value, name)) throw invalid([{ pointer: `?${name}`, message: "is given more than once" }]);
      const isInteger = schema.properties[name]?.type === "integer" && /^-?(?:0|[1-9]\d*)$/.test(text);
      value[name] = isInteger ? integerOf(text) : text;
    }
    return check(value);
  };
}

/** The problem `validation_failed`. */
export function invalid(errors: readonly FieldError[]): Problem {
  const first = errors[0];
  const others = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  const detail = first
    ? `${cutPointer(first.pointer) || "The body"} ${excerpt(first.message.replace(/\.$/, ""), MAX_QUOTED_LENGTH)}${others}.`.replace(
        /…\.$/,
        "…",
      )
    : "The request does not match its schema.";
  return new Problem(problems.validation_failed, detail, { errors });
}

/** Of `PRINTABLE` and its kin only control characters and blank texts are excluded; any other pattern speaks for itself. */
function patternMessage(pattern: string, value: string): string {
  if (pattern.includes(NOT_BLANK) && !SOMETHING.test(value)) return "must not be blank";
  return pattern.includes("[\\ud800-\\udbff][\\udc00-\\udfff]")
    ? "must not contain control characters"
    : `must match ${pattern}`;
}

function describe(error: ValueError): string {
  const { schema } = error;
  switch (error.type) {
    case ValueErrorType.ObjectRequiredProperty:
      return "is missing";
    case ValueErrorType.ObjectAdditionalProperties:
      return "is not supported here";
    case ValueErrorType.Object:
      return "must be an object";
    case ValueErrorType.Boolean:
      return "must be true or false";
    case ValueErrorType.Array:
      return "must be an array";
    case ValueErrorType.ArrayMinItems:
      return `must have at least ${schema.minItems} ${schema.minItems === 1 ? "entry" : "entries"}`;
    case ValueErrorType.ArrayMaxItems:
      return `must have at most ${schema.maxItems} entries`;
    case ValueErrorType.ObjectMinProperties:
      return `must have at least ${schema.minProperties} field${schema.minProperties === 1 ? "" : "s"}`;
    case ValueErrorType.String:
      return "must be a string";
    case ValueErrorType.StringMinLength:
      return `must have at least ${schema.minLength} character${schema.minLength === 1 ? "" : "s"}`;
    case ValueErrorType.StringMaxLength:
      return `must have at most ${schema.maxLength} characters`;
    case ValueErrorType.StringPattern:
      return patterns[schema.pattern] ?? patternMessage(schema.pattern, error.value as string);
    case ValueErrorType.StringFormat:
      return formatMessage(schema.format, error.value as string);
    case ValueErrorType.Integer:
    case ValueErrorType.Number:
      return numberMessage(error);
    case ValueErrorType.NumberMinimum:
    case ValueErrorType.IntegerMinimum:
      return `must be at least ${schema.minimum}`;
    case ValueErrorType.NumberMaximum:
    case ValueErrorType.IntegerMaximum:
      return `must be at most ${schema.maximum}`;
    default:
      return error.message.replace(/^Expected/, "must be");
  }
}

/** Where a value is invalid, and what is expected there. */
function told(error: ValueError): { path: string; message: string } {
  const { type, path, schema } = error;
  if (type !== ValueErrorType.Union) return { path, message: describe(error) };
  const options: { const?: unknown }[] = schema.anyOf;
  if (options.every((option) => option.const !== undefined)) {
    return { path, message: `must be one of ${options.map((option) => option.const).join(", ")}` };
  }
  const first = error.errors.map((option) => option.First()).filter((found) => found !== undefined);
  // The first option with the value's own type is the one that was meant.
  const meant = first.find((found) => found.path !== path || !isOfType(found));
  if (meant) return told(meant);
  const expected = [...new Set(first.map((found) => told(found).message.replace(/^must be /, "")))];
  return { path, message: `must be ${expected.join(" or ")}` };
}

/** Whether the value has the wrong type. */
function isOfType({ type, value }: ValueError): boolean {
  const isNumeric = type === ValueErrorType.Integer || type === ValueErrorType.Number;
  return TYPES.has(type) && !(isNumeric && typeof value === "bigint");
}

/** JSON has only numbers; that large integers are `bigint` here is an internal matter. */
function numberMessage({ schema, value, type }: ValueError): string {
  if (typeof value === "bigint") {
    if (value > 0 && schema.maximum !== undefined) return `must be at most ${schema.maximum}`;
    if (value < 0 && schema.minimum !== undefined) return `must be at least ${schema.minimum}`;
  }
  return type === ValueErrorType.Integer ? "must be an integer" : "must be a number";
}

function isJobEventType(value: string): boolean {
  return Object.hasOwn(jobEvents, value);
}

/** Empty if a text is an http or https URL without credentials. */
function httpUrlFault(value: string): string {
  // The parser drops white space and control characters silently; a URL has none.
  if (/[\s\p{Cc}]/u.test(value)) return "must not contain white space or control characters; write a space as %20";
  if (!/^https?:/i.test(value)) return "must be a URL that starts with http:// or https://";
  const url = URL.parse(value);
  if (!url) {
    const port = /^https?:[/\\]*[^/?#\\]*:(\d+)(?:[/?#\\]|$)/i.exec(value)?.[1];
    return Number(port) > 65_535 ? "must have a port up to 65535" : "must be an http or https URL with a valid host";
  }
  return url.username === "" && url.password === "" ? "" : "must not contain credentials (user:password@)";
}

/** Exact: an integer that a double cannot represent is a `bigint`. */
function integerOf(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

/** Empty if a text is a time. */
function timeFault(value: string): string {
  const reading = parseTime(value);
  return "fault" in reading ? reading.fault : "";
}

function formatMessage(name: string, value: string): string {
  const { message = `must be a ${name}` } = formats[name] ?? {};
  return typeof message === "string" ? message : message(value);
}
