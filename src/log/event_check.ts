/** Checks that an event is one that readers of the log can rely on: its data matches the schema of its type. */
import type { TSchema } from "@sinclair/typebox";
import type { ValueError } from "@sinclair/typebox/errors";
import { catalogue } from "../../events/mod.ts";
import { acceptingSealed, personalPointers, replaceParts, Sealed, sealedText } from "../../events/personal.ts";
import { compileCheck } from "../json/mod.ts";

/** What is wrong with an event's data, with its place and without its value; `undefined` if nothing is. */
type FaultOf = (data: unknown) => string | undefined;

/** Compiled on first use: all together they take a tenth of a second. */
const checks = new Map<string, FaultOf>();

/**
 * What is wrong with an event's data, with its place and without its value; `undefined` if nothing is, or the catalogue
 * does not know the type.
 */
export function eventFault(type: string, data: unknown): string | undefined {
  return (checks.get(type) ?? compile(type))?.(data);
}

/**
 * The check of events of one schema. Personal parts may be sealed values that the vault has just made; what only looks
 * like one is refused.
 */
export function checkOfEvent(schema: TSchema): FaultOf {
  const check = compileCheck(acceptingSealed(schema));
  // Where a part is personal with a subject only, nobody takes a value for sealed in an event without one.
  const personal = personalPointers(schema, { always: true });
  return (data) => {
    if (check.is(data)) return personal.length === 0 ? undefined : imitationIn(data, personal);
    const [error] = check.errors(data);
    const { path, message } = innermost(error) ?? {};
    return `${path || "/"}: ${message ?? "it does not fit the schema"}`;
  };
}

/** Where a personal part is a plain value that readers would take for a sealed one. */
function imitationIn(data: unknown, personal: readonly string[]): string | undefined {
  let fault: string | undefined;
  replaceParts(data, personal, (value, { pattern }) => {
    if (!(value instanceof Sealed) && sealedText(value) !== undefined) {
      fault ??= `${pattern || "/"}: it looks like a sealed value and is not one`;
    }
    return value;
  });
  return fault;
}

/** What is wrong with a personal part as its own schema says it, rather than that it is neither that nor sealed. */
function innermost(error: ValueError | undefined): ValueError | undefined {
  if (error === undefined || !isAccepting(error.schema)) return error;
  return innermost(error.errors[0]?.First());
}

function isAccepting({ anyOf }: TSchema): boolean {
  return Array.isArray(anyOf) && anyOf.length === 2 && personalPointers(anyOf[0] as TSchema).includes("");
}

function compile(type: string): FaultOf | undefined {
  const schemas: Readonly<Record<string, TSchema>> = catalogue;
  if (!Object.hasOwn(schemas, type)) return undefined;
  const check = checkOfEvent(schemas[type] as TSchema);
  checks.set(type, check);
  return check;
}
