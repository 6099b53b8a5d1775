/** What is declared of a call: its check, its caller, its errors and its place in the API document follow from it. */
import type { Static, TObject, TSchema } from "@sinclair/typebox";
import type { Scope } from "../access/mod.ts";
import type { RoutePolicy } from "../rate/mod.ts";
import type { AnswerHeader, RequestHeader } from "./document/headers.ts";
import type { Deprecation } from "./door/deprecation.ts";
import type { ProblemKind } from "./problem.ts";

/** A group of calls in the API document. */
export interface Tag {
  readonly name: string;
  readonly description: string;
}

/** What an answer holds: JSON of a schema, or text whose parts, such as lines, are JSON of one. */
export interface Answer {
  readonly description: string;
  readonly schema?: TSchema;
  /** `application/json` by default. */
  readonly content_type?: string;
  /** Of text: the schema of each JSON in it, that is of each line or of the data of each event. */
  readonly parts?: TSchema;
  readonly example: unknown;
  readonly headers?: readonly AnswerHeader[];
  /** The same in other media types that can be asked for: an example of each, as text. */
  readonly also?: Readonly<Record<string, string>>;
}

/** A parameter of a path: what it may be, how its text is read, and what is thrown where it cannot be. */
export interface PathParam<Value = unknown> {
  readonly schema: TSchema;
  readonly read: (text: string) => Value;
  /** What `read` throws, and what says that nothing has this value. */
  readonly errors: readonly ProblemKind[];
}

type PathParams = Readonly<Record<string, PathParam>>;

export interface Declaration<
  Params extends PathParams = PathParams,
  Query extends TObject | undefined = TObject | undefined,
  Body extends TSchema | undefined = TSchema | undefined,
  Needed extends Scope | undefined = Scope | undefined,
> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `:name` for each of `params`. */
  readonly path: string;
  /** In the document and in clients made from it: camelCase. */
  readonly id: string;
  readonly tag: Tag;
  /** A verb and its object. */
  readonly summary: string;
  readonly description: string;
  /** What the caller must be allowed to do, where keys are configured; absent: the call is open to all. */
  readonly scope?: Needed;
  /** Absent: whoever may see only their own jobs may call, and reaches those. `everyones`: they may not. */
  readonly reach?: "everyones";
  readonly params?: Params;
  readonly query?: Query;
  /** Told the query before its schema is: for refusals that are to have another code. */
  readonly checkQuery?: (query: string) => void;
  /** It may be asked for with any query: monitors add parameters of their own, so that no cache answers. */
  readonly any_query?: true;
  /** It gives pages of a read model (`call.page`); its query is a `PageQuery`, or more. */
  readonly list?: true;
  /** It takes an Idempotency-Key, and a repetition is answered as the first time. */
  readonly idempotent?: true;
  /** It changes the version that If-Match names (`call.expected_version`). */
  readonly if_match?: true;
  /** Further headers that it reads. */
  readonly headers?: readonly RequestHeader[];
  readonly body?: Body;
  /** The body may be left out: then it is `{}`. */
  readonly body_optional?: true;
  /** Bodies to show, by name; by default the example of the body's schema. */
  readonly examples?: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
  /** By status; the first is that of an answer that says no other. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** What it may be refused with beside what follows from the rest. */
  readonly errors?: readonly ProblemKind[];
  /** What is no GET records one thing, and answers with its position; `many`: it has no one position; `false`: nothing. */
  readonly records?: "many" | false;
  /** It is answered where the database is away. */
  readonly without_database?: true;
  /** The rate limit that holds on top of the caller's own, or `none` where not even that does. */
  readonly rate?: RoutePolicy | "none";
  /** Its answer has an ETag, and is not sent again to who names it (`etag.ts`). */
  readonly conditional?: true;
  /** It waits on purpose: for so many seconds at most, in place of `REQUEST_TIMEOUT_S`. */
  readonly waits_s?: number;
  readonly deprecated?: Deprecation;
  /** Calls that the service makes, by name: see `callback()`. */
  readonly callbacks?: Readonly<Record<string, object>>;
  /** What goes over the WebSocket that it opens: OpenAPI has no place for it. */
  readonly messages?: { readonly sent: TSchema; readonly received: TSchema };
}

export type AnyDeclaration = Declaration;

export type Values<Params extends PathParams> = {
  readonly [Name in keyof Params]: ReturnType<Params[Name]["read"]>;
};

export type StaticOf<Schema extends TSchema | undefined> = Schema extends TSchema ? Static<Schema> : undefined;

/** Whether it may record something. */
export function records({ method, records }: AnyDeclaration): boolean {
  return method !== "GET" && records !== false;
}
