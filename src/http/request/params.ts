/** Path parameters: UUIDs, names, and what a schema describes. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import type { PathParam } from "../declaration.ts";
import { Problem, type ProblemKind } from "../problem.ts";
import { problems } from "../problems.ts";
import { UUID, validator } from "./validation.ts";

interface IdOptions {
  readonly schema: TSchema;
  /** What it identifies, in words: `key`. */
  readonly what: string;
  /** Thrown for an invalid UUID. */
  readonly invalid: ProblemKind;
  /** Thrown, by the call, if nothing has the id. */
  readonly missing: ProblemKind;
}

/** An id in canonical form, lower case. */
export function idParam({ schema, what, invalid, missing }: IdOptions): PathParam<string> {
  const read = (text: string) => {
    if (!UUID.test(text)) throw new Problem(invalid, `The ${what} id in the path is not a UUID.`);
    return text.toLowerCase();
  };
  return { schema, read, errors: [invalid, missing] };
}

/** A parameter that accepts any text as a name; `missing` is the problem if nothing has it. */
export function nameParam(schema: TSchema, missing: ProblemKind): PathParam<string> {
  const read = (text: string) => {
    // Postgres cannot even be asked for it.
    if (text.includes("\0")) throw new Problem(missing, "The name in the path contains U+0000, which no name does.");
    return text;
  };
  return { schema, read, errors: [missing] };
}

/** A parameter that a schema describes; the problem is `validation_failed`. */
export function checkedParam<Schema extends TSchema>(name: string, schema: Schema): PathParam<Static<Schema>> {
  const check = validator(Type.Object({ [name]: schema }));
  const read = (text: string) => (check({ [name]: text }) as Record<string, Static<Schema>>)[name] as Static<Schema>;
  return { schema, read, errors: [problems.validation_failed] };
}
