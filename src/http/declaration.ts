/** The declaration of a call: its checks, its caller, its errors and its place in the API document follow from it. */
import type { Static, TObject, TSchema } from "@sinclair/typebox";
import type { Scope } from "../access/mod.ts";
import type { RoutePolicy } from "../rate/mod.ts";
import type { RequestHeader, ResponseHeader, SecretHeader } from "./document/headers.ts";
import type { Deprecation } from "./door/deprecation.ts";
import type { ProblemKind } from "./problem.ts";

/** A group of calls in the API document. */
export interface Tag {
  readonly name: string;
  readonly description: string;
}

/** The content of a response: JSON with a schema, or text whose parts, such as lines, are JSON with one. */
export interface ResponseDeclaration {
  readonly description: string;
  readonly schema?: TSchema;
  /** `application/json` by default. */
  readonly content_type?: string;
  /** For text: the schema of each JSON in it, that is of each line or of the data of each event. */
  readonly parts?: TSchema;
  readonly example: unknown;
  readonly headers?: readonly ResponseHeader[];
  /** The same in other media types that can be requested: an example of each, as text. */
  readonly also?: Readonly<Record<string, string>>;
}

/** A path parameter: its schema, how its text is parsed, and the problem if it is invalid. */
export interface PathParam<Value = unknown> {
  readonly schema: TSchema;
  readonly read: (text: string) => Value;
  /** What `read` throws, and the problem if nothing has this value. */
  readonly errors: readonly ProblemKind[];
}

type PathParams = Readonly<Record<string, PathParam>>;

export interface Declaration<
  Params extends PathParams = PathParams,
  Query extends TObject | undefined = TObject | undefined,
  Body extends TSchema | undefined = TSchema | undefined,
  Needed extends Scope | undefined = Scope | undefined,
  Secret extends SecretHeader | undefined = SecretHeader | undefined,
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
  /** The required scope, if keys are configured; absent: the call is open to all. */
  readonly scope?: Needed;
  /** Users can make it before they accept the terms: it is about the terms, their own data, an offer to them, or signing out. */
  readonly without_terms?: true;
  /** A session's user must have signed in within the last ten minutes. */
  readonly step_up?: true;
  /** A header that replaces a key: with it the scope is not needed, and the handler checks its value (`call.secret`). */
  readonly secret_header?: Secret;
  readonly params?: Params;
  readonly query?: Query;
  /** Called with the query before its schema is checked: for rejections with a different code. */
  readonly checkQuery?: (query: string) => void;
  /** It accepts any query: monitors add their own parameters to bypass caches. */
  readonly any_query?: true;
  /** It returns pages of a read model (`call.page`); its query is a `PageQuery`, or more. */
  readonly list?: true;
  /** It supports an Idempotency-Key, and a repetition gets the first response. */
  readonly idempotent?: true;
  /** It changes the version that If-Match names (`call.expected_version`). */
  readonly if_match?: true;
  /** Further headers that it reads. */
  readonly headers?: readonly RequestHeader[];
  readonly body?: Body;
  /** Called with the body's text before its schema is checked, for signatures: nobody else learns what is wrong with a body. */
  readonly checkText?: (text: string, request: Request) => void;
  /** The body is optional; default: `{}`. */
  readonly body_optional?: true;
  /** Example bodies, by name; by default the example of the body's schema. */
  readonly examples?: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
  /** By status; the first is the default. */
  readonly responses: Readonly<Record<number, ResponseDeclaration>>;
  /** The problems that do not follow from the rest. */
  readonly errors?: readonly ProblemKind[];
  /**
   * A call other than GET records one thing, and responds with its position; `many`: it has no single position;
   * `false`: nothing.
   */
  readonly records?: "many" | false;
  /** It works without the database. */
  readonly without_database?: true;
  /** The rate limit that applies in addition to the caller's own, or `none` if not even that does. */
  readonly rate?: RoutePolicy | "none";
  /** Its response has an ETag, and is not sent again to a client that has it (`src/web/conditional.ts`). */
  readonly conditional?: true;
  /** It waits on purpose: for at most this many seconds, in place of `REQUEST_TIMEOUT_S`. */
  readonly waits_s?: number;
  readonly deprecated?: Deprecation;
  /** Calls that the service makes, by name: see `callback()`. */
  readonly callbacks?: Readonly<Record<string, object>>;
  /** The messages of the WebSocket that it opens: OpenAPI has no place for them. */
  readonly messages?: { readonly sent: TSchema; readonly received: TSchema };
}

export type AnyDeclaration = Declaration;

export type Values<Params extends PathParams> = {
  readonly [Name in keyof Params]: ReturnType<Params[Name]["read"]>;
};

export type StaticOf<Schema extends TSchema | undefined> = Schema extends TSchema ? Static<Schema> : undefined;

/** Whether its response is a stream or a WebSocket, over which a page reads on. */
export function isStream({ responses, messages }: AnyDeclaration): boolean {
  return messages !== undefined || Object.values(responses).some(({ content_type }) => content_type === EVENT_STREAM);
}

const EVENT_STREAM = "text/event-stream";

/** Whether it may record something. */
export function records({ method, records }: AnyDeclaration): boolean {
  return method !== "GET" && records !== false;
}
