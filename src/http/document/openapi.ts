/** Writes the OpenAPI description of a call from its schemas and the catalogue of problems. */
import type { TObject, TSchema } from "@sinclair/typebox";
import type { DocumentDecoration } from "elysia";
import type { Scope } from "../../access/mod.ts";
import { ROUTE_POLICIES, type RoutePolicy } from "../../rate/mod.ts";
import { type Deprecation, deprecationHeaders, deprecationNote } from "../door/deprecation.ts";
import { type ProblemCode, type ProblemKind, problems } from "../problem.ts";
import { Problem as ProblemSchema } from "../schema.ts";
import { nameOf } from "./components.ts";
import { toJsonSchema } from "./json_schema.ts";

/** What an answer holds: JSON of a schema, or text whose parts, such as lines, are JSON of one. */
export interface Answer {
  readonly description: string;
  readonly schema?: TSchema;
  /** `application/json` by default. */
  readonly content_type?: string;
  /** Of text: the schema of each JSON in it, that is of each line or of the data of each event. */
  readonly parts?: TSchema;
  readonly example: unknown;
  readonly headers?: readonly HeaderName[];
}

export interface Operation {
  readonly id: string;
  readonly tag: keyof typeof tags;
  readonly summary: string;
  readonly description: string;
  /** What the caller must be allowed to do, where keys are configured; absent: the call is open to all. */
  readonly scope?: Scope;
  readonly params?: Readonly<Record<string, TSchema>>;
  readonly query?: TObject;
  /** It may be asked for with any query: monitors add parameters of their own, so that no cache answers. */
  readonly any_query?: boolean;
  readonly headers?: readonly (keyof typeof requestHeaders)[];
  readonly body?: TSchema;
  /** The same, where it may be left out. */
  readonly optional_body?: TSchema;
  /** Bodies to show, by name; by default the example of the body's schema. */
  readonly examples?: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
  readonly answers: Readonly<Record<number, Answer>>;
  readonly errors?: readonly ProblemCode[];
  /** The rate limits that hold on top of the caller's own, or `none` where not even those do. */
  readonly rate?: RoutePolicy | "none";
  /** Whether its answer has an ETag, and is not sent again to who names it (`etag.ts`). */
  readonly conditional?: boolean;
  readonly deprecated?: Deprecation;
  /** Calls that the service makes, by name: see `callback()`. */
  readonly callbacks?: Readonly<Record<string, object>>;
  /** What goes over the WebSocket that it opens: OpenAPI has no place for it. */
  readonly messages?: { readonly sent: TSchema; readonly received: TSchema };
}

/** The groups that the documentation shows. */
export const tags = {
  Service: "Whether the service is there, and how it has done.",
  Jobs: "Submitting jobs and reading what became of them.",
  Pipelines: "Jobs of several steps, stored under a name.",
  Schedules: "Jobs that are submitted again and again, by a cron expression.",
  Workers: "For programs in any language that run jobs: claim them, keep them with heartbeats, answer for them.",
  Streams: "What happens, as it happens, with no gap and no repeat: as server-sent events, or over a WebSocket.",
  Workflows: "What is settled for all jobs of a workflow.",
  Keys: "API keys that may do what their scopes say.",
  Operations: "For whoever runs the service.",
  Development: "Outside production only.",
} as const;

const requestHeaders = {
  "Idempotency-Key": {
    description:
      "1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.",
    required: false,
    schema: { type: "string", minLength: 1, maxLength: 257 },
    example: "order-4711",
  },
  "If-Match": {
    description: 'The ETag of the version that the change was made from, for example `"3"`, or `*`.',
    required: true,
    schema: { type: "string" },
    example: '"3"',
  },
  "If-None-Match": {
    description: 'The ETag of an earlier answer, for example `"3"`: where it would be the same again, 304 is answered.',
    required: false,
    schema: { type: "string" },
    example: '"3"',
  },
  "Levqor-Min-Position": {
    description:
      "The Levqor-Position of a write: the answer is not older than it. Waits up to 5 seconds. A position that no event has yet is refused at once.",
    required: false,
    schema: { type: "integer", minimum: 0 },
    example: 1042,
  },
  "Last-Event-ID": {
    description: "The id of the last event received: the stream goes on after it. Browsers send it by themselves.",
    required: false,
    schema: { type: "integer", minimum: 0 },
    example: 1042,
  },
  "X-Request-Id": {
    description:
      "Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.",
    required: false,
    schema: { type: "string", maxLength: 128 },
    example: "7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21",
  },
} as const;

const answerHeaders = {
  ETag: {
    description:
      "Names what was answered. Send it as If-None-Match to be told when it changes, and as If-Match with a change where the call takes that.",
    schema: { type: "string" },
    example: '"3"',
  },
  "Idempotency-Replayed": {
    description: "`true` where the answer is that of an earlier request with the same Idempotency-Key.",
    schema: { type: "string", enum: ["true"] },
    example: "true",
  },
  "Levqor-Position": {
    description: "Where the log recorded it. Send it as Levqor-Min-Position to read your own write.",
    schema: { type: "integer", minimum: 0 },
    example: 1042,
  },
  RateLimit: {
    description:
      "How many requests (`r`) the nearest limit would still let in, and in how many seconds (`t`) it is whole again if no more come; after a refusal, when the next is let in. Structured fields, as draft-ietf-httpapi-ratelimit-headers has them. Absent where nothing limits the caller.",
    schema: { type: "string" },
    example: '"pro";r=598;t=64',
  },
  "RateLimit-Policy": {
    description: "The limits that hold: `q` requests in `w` seconds, a sliding window.",
    schema: { type: "string" },
    example: '"pro";q=600;w=60',
  },
  "Retry-After": {
    description: "After how many seconds to repeat the request.",
    schema: { type: "integer", minimum: 0 },
    example: 1,
  },
  "WWW-Authenticate": {
    description: "How to say who is calling; with 403, the scope that is missing.",
    schema: { type: "string" },
    example: 'ApiKey realm="levqor", Bearer realm="levqor"',
  },
  "X-RateLimit-Limit": {
    description: "As RateLimit-Policy's `q`, of the nearest limit.",
    schema: { type: "integer", minimum: 1 },
    example: 600,
  },
  "X-RateLimit-Remaining": {
    description: "As RateLimit's `r`.",
    schema: { type: "integer", minimum: 0 },
    example: 598,
  },
  "X-RateLimit-Reset": {
    description: "As RateLimit's `t`, as a time in Unix seconds.",
    schema: { type: "integer", minimum: 0 },
    example: 1768469464,
  },
  "X-Request-Id": {
    description: "The request's own, where it had a sane one; else one that was made. Name it when you report a fault.",
    schema: { type: "string" },
    example: "7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21",
  },
} as const;

type HeaderName = keyof typeof answerHeaders;

/** What every answer carries. */
const COMMON_HEADERS: readonly HeaderName[] = ["X-Request-Id"];
/** What every answer carries whose caller is limited. */
const RATE_HEADERS: readonly HeaderName[] = [
  "RateLimit",
  "RateLimit-Policy",
  "X-RateLimit-Limit",
  "X-RateLimit-Remaining",
  "X-RateLimit-Reset",
];

/** What the errors of a status carry beside the problem document. */
const errorHeaders: Readonly<Record<number, readonly HeaderName[]>> = {
  401: ["WWW-Authenticate"],
  403: ["WWW-Authenticate"],
  429: ["Retry-After"],
  503: ["Retry-After"],
};

/** What several calls share, by kind and name, as the document's `components`. */
export const sharedComponents = {
  headers: answerHeaders,
  parameters: Object.fromEntries(
    Object.entries(requestHeaders).map(([name, header]) => [name, { in: "header", name, ...header }]),
  ),
  examples: Object.fromEntries(
    Object.entries<ProblemKind>(problems).map(([code, { title }]) => [
      code,
      { summary: title, value: example(code as ProblemCode) },
    ]),
  ),
};

/** What every call may answer. */
const DOOR_PROBLEMS = [
  "invalid_host",
  "uri_too_long",
  "headers_too_large",
  "credential_exposed",
  "host_refused",
  "origin_refused",
  "internal_error",
  "deadline_exceeded",
] as const satisfies ProblemCode[];

/** All that a call may be refused with. */
function errorsOf({ errors: own = [], any_query, rate, scope, body, optional_body }: Operation): ProblemCode[] {
  const errors: ProblemCode[] = [...own, ...DOOR_PROBLEMS];
  if (!any_query) errors.push("malformed_url", "validation_failed");
  if (rate !== "none") errors.push("rate_limited");
  if (scope) errors.unshift("unauthorized", "insufficient_scope");
  if (body ?? optional_body) {
    errors.unshift(
      "malformed_json",
      "json_too_deep",
      "duplicate_key",
      "number_not_representable",
      "too_many_numeric_keys",
      "incomplete_body",
      "request_timeout",
      "body_too_large",
      "unsupported_media_type",
      "not_recordable",
    );
  }
  return errors;
}

/** The OpenAPI operation object of a call, as Elysia's `detail`. */
export function describe(operation: Operation): DocumentDecoration {
  const errors = errorsOf(operation);
  const { rate, any_query } = operation;
  const common = rate === "none" ? COMMON_HEADERS : [...RATE_HEADERS, ...COMMON_HEADERS];
  const body = operation.body ?? operation.optional_body;
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: [
      operation.description,
      ...(operation.scope ? [`Needs the scope \`${operation.scope}\`.`] : []),
      ...(rate && rate !== "none" ? [`Takes ${ROUTE_POLICIES[rate]} requests a minute of a caller.`] : []),
      ...(operation.deprecated ? [deprecationNote(operation.deprecated)] : []),
    ].join(" "),
    ...(operation.deprecated && { deprecated: true, "x-deprecation": operation.deprecated }),
    // What OpenAPI 3.1 calls roles, for schemes other than OAuth's.
    security: operation.scope ? [{ ApiKey: [operation.scope] }, { Bearer: [operation.scope] }] : [],
    ...(any_query && { "x-any-query": true }),
    parameters: [
      ...Object.entries(operation.params ?? {}).map(([name, schema]) => parameter("path", name, schema, true)),
      ...Object.entries(operation.query?.properties ?? {}).map(([name, schema]) =>
        parameter("query", name, schema, operation.query?.required?.includes(name) ?? false),
      ),
      ...[
        ...(operation.headers ?? []),
        ...(operation.conditional ? (["If-None-Match"] as const) : []),
        "X-Request-Id" as const,
      ].map((name) => reference("parameters", name)),
    ],
    ...(body && {
      requestBody: {
        required: operation.body !== undefined,
        content: { "application/json": { schema: refer(body), ...bodyExamples(operation, body) } },
      },
    }),
    ...(operation.callbacks && { callbacks: operation.callbacks }),
    ...(operation.messages && {
      "x-websocket": {
        sent: refer(operation.messages.sent),
        received: refer(operation.messages.received),
      },
    }),
    responses: {
      ...answers(operation, common),
      ...problemAnswers(new Set(errors), { expected: operation.answers, common }),
    },
    // The decoration's type knows OpenAPI 3.0 only; the document is 3.1, whose schemas are JSON Schema.
  } as unknown as DocumentDecoration;
}

export interface Callback {
  readonly id: string;
  readonly tag: keyof typeof tags;
  readonly summary: string;
  readonly description: string;
  /** Where it goes, as a runtime expression of OpenAPI. */
  readonly to: string;
  readonly body: TSchema;
}

/** The OpenAPI description of a signed POST that the service makes (Standard Webhooks). */
export function callback({ id, tag, summary, description, to, body }: Callback): object {
  const header = (name: string, description: string, example: string) => ({
    ...{ in: "header", name, required: true, description, schema: { type: "string" }, example },
  });
  const post = {
    operationId: id,
    tags: [tag],
    summary,
    description,
    security: [],
    parameters: [
      header("webhook-id", "The same at every attempt.", "msg_0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"),
      header("webhook-timestamp", "When this attempt was made, in Unix seconds.", "1768469400"),
      header(
        "webhook-signature",
        "Of id, timestamp and body, by WEBHOOK_SECRET.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
      ),
    ],
    requestBody: {
      required: true,
      content: { "application/json": { schema: refer(body), ...bodyExamples({}, body) } },
    },
    responses: {
      "2XX": { description: "Delivered." },
      410: { description: "Nobody is told any more: no further attempt is made." },
    },
  };
  return { [to]: { post } };
}

function parameter(place: "path" | "query", name: string, schema: TSchema, required: boolean) {
  const { description, examples, ...rest } = toJsonSchema(schema) as TSchema;
  const [example] = examples ?? [];
  return { in: place, name, required, description, ...(example !== undefined && { example }), schema: rest };
}

function bodyExamples({ examples }: Pick<Operation, "examples">, body: TSchema) {
  if (examples) return { examples };
  const [example] = body.examples ?? [];
  return example === undefined ? {} : { example };
}

function answers({ answers: byStatus, conditional, deprecated }: Operation, common: readonly HeaderName[]) {
  const told = Object.keys(deprecated ? deprecationHeaders(deprecated) : {}).map((name) => [
    name,
    { schema: { type: "string" } },
  ]);
  const etag = conditional ? (["ETag"] as const) : [];
  return {
    ...Object.fromEntries(
      Object.entries(byStatus).map(([status, answer]) => [
        status,
        {
          description: answer.description,
          headers: {
            ...headers([...(answer.headers ?? []), ...etag, ...common]),
            ...Object.fromEntries(told),
          },
          content: { [answer.content_type ?? "application/json"]: content(answer) },
        },
      ]),
    ),
    ...(conditional && {
      304: { description: "It is what If-None-Match names.", headers: headers([...etag, ...common]) },
    }),
  };
}

function content({ schema, content_type, parts, example }: Answer) {
  if (schema) return { schema: refer(schema), example };
  const inside = parts && { contentMediaType: content_type, contentSchema: refer(parts) };
  return { schema: { type: "string", ...inside }, example };
}

/** One answer for each status, with an example of every code that it may carry. */
function problemAnswers(
  codes: ReadonlySet<ProblemCode>,
  { expected, common }: { expected: Operation["answers"]; common: readonly HeaderName[] },
) {
  const byStatus: Record<number, object> = {};
  for (const [key, group] of Map.groupBy(codes, (code) => problems[code].status)) {
    const status = Number(key);
    const own = expected[status];
    const problem = {
      schema: refer(ProblemSchema),
      examples: Object.fromEntries(group.map((code) => [code, reference("examples", code)])),
    };
    byStatus[status] = {
      description: [
        ...(own ? [own.description] : []),
        ...group.map((code) => `\`${code}\`: ${problems[code].help}`),
      ].join("\n\n"),
      headers: headers([...(own?.headers ?? []), ...(errorHeaders[status] ?? []), ...common]),
      content: {
        ...(own && { [own.content_type ?? "application/json"]: content(own) }),
        "application/problem+json": problem,
      },
    };
  }
  return byStatus;
}

function headers(names: readonly HeaderName[]) {
  return Object.fromEntries(names.map((name) => [name, reference("headers", name)]));
}

function example(code: ProblemCode) {
  const { status, title, help } = problems[code];
  return {
    type: `/problems/${code}`,
    title,
    status,
    detail: help,
    instance: "/api/v1/jobs",
    error: code,
    request_id: "7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21",
  };
}

function refer(schema: TSchema) {
  return reference("schemas", nameOf(schema));
}

function reference(kind: keyof typeof sharedComponents | "schemas", name: string) {
  return { $ref: `#/components/${kind}/${name}` };
}
