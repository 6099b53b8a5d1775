/** Writes the OpenAPI description of a call from its schemas and the catalogue of problems. */
import type { TSchema } from "@sinclair/typebox";
import type { DocumentDecoration } from "elysia";
import { isOperatorScope } from "../../access/mod.ts";
import { ROUTE_POLICIES } from "../../rate/mod.ts";
import { type AnyDeclaration, type ResponseDeclaration, records, type Tag } from "../declaration.ts";
import { deprecationHeaders, deprecationNote } from "../door/deprecation.ts";
import { type ProblemKind, problemKinds } from "../problem.ts";
import { problems } from "../problems.ts";
import { Problem as ProblemSchema } from "../schema.ts";
import { nameOf } from "./components.ts";
import { type RequestHeader, type ResponseHeader, requestHeaders, responseHeaders, schemeOf } from "./headers.ts";
import { toJsonSchema } from "./json_schema.ts";

/** The headers of every response. */
const COMMON_HEADERS: readonly ResponseHeader[] = ["X-Request-Id"];
/** The headers of every response to a limited caller. */
const RATE_HEADERS: readonly ResponseHeader[] = [
  "RateLimit",
  "RateLimit-Policy",
  "X-RateLimit-Limit",
  "X-RateLimit-Remaining",
  "X-RateLimit-Reset",
];

/** The headers and fields that errors with a status have besides the problem document. */
const errorHeaders: Readonly<Record<number, readonly ResponseHeader[]>> = {
  401: ["WWW-Authenticate"],
  403: ["WWW-Authenticate"],
  429: ["Retry-After"],
  503: ["Retry-After"],
};

/** What several calls share, by kind and name, as the document's `components`: once every feature is loaded. */
export function sharedComponents() {
  return {
    headers: responseHeaders,
    parameters: Object.fromEntries(
      Object.entries(requestHeaders).map(([name, header]) => [name, { in: "header", name, ...header }]),
    ),
    examples: Object.fromEntries(
      problemKinds().map((kind) => [kind.code, { summary: kind.title, value: example(kind) }]),
    ),
  };
}

/** The problems of every call. */
const DOOR_PROBLEMS = [
  problems.invalid_host,
  problems.uri_too_long,
  problems.headers_too_large,
  problems.credential_exposed,
  problems.host_refused,
  problems.origin_refused,
  problems.internal_error,
  problems.deadline_exceeded,
];

const BODY_PROBLEMS = [
  problems.malformed_json,
  problems.json_too_deep,
  problems.duplicate_key,
  problems.number_not_representable,
  problems.too_many_numeric_keys,
  problems.incomplete_body,
  problems.request_timeout,
  problems.body_too_large,
  problems.unsupported_media_type,
  problems.not_recordable,
  problems.validation_failed,
];

/** All problems of a call: those it declares, and those that follow from its declaration. */
function errorsOf(call: AnyDeclaration): ReadonlySet<ProblemKind> {
  const own = call.errors ?? [];
  return new Set([
    ...(call.scope
      ? [
          problems.unauthorized,
          problems.insufficient_scope,
          problems.account_not_allowed,
          problems.user_suspended,
          problems.user_erased,
        ]
      : []),
    ...(needsTerms(call) ? [problems.terms_not_accepted] : []),
    ...(call.step_up ? [problems.step_up_required] : []),
    ...(call.body ? BODY_PROBLEMS : []),
    ...Object.values(call.params ?? {}).flatMap(({ errors }) => errors),
    ...(call.idempotent ? [problems.invalid_idempotency_key] : []),
    ...(call.idempotent && call.body ? [problems.idempotency_key_reused] : []),
    ...(call.if_match ? [problems.precondition_required, problems.version_mismatch] : []),
    ...(call.list ? [problems.invalid_cursor, problems.read_model_behind] : []),
    ...(records(call) ? [problems.outcome_unknown] : []),
    ...(call.without_database ? [] : [problems.unavailable]),
    ...own,
    ...(call.any_query ? [] : [problems.malformed_url, problems.validation_failed]),
    ...(call.rate === "none" ? [] : [problems.rate_limited]),
    ...DOOR_PROBLEMS,
  ]);
}

/** Whether users can only make it after they accepted the terms; what is the operator's alone they cannot make at all. */
function needsTerms({ scope, without_terms }: AnyDeclaration): boolean {
  return scope !== undefined && !without_terms && !isOperatorScope(scope);
}

/** The headers of the request that it reads. */
function requestHeadersOf(call: AnyDeclaration): RequestHeader[] {
  return [
    ...(call.idempotent ? (["Idempotency-Key"] as const) : []),
    ...(call.if_match ? (["If-Match"] as const) : []),
    ...(call.list ? (["Levqor-Min-Position"] as const) : []),
    ...(call.secret_header ? [call.secret_header] : []),
    ...(call.headers ?? []),
    ...(call.conditional ? (["If-None-Match"] as const) : []),
    ...(call.scope ? (["Levqor-Account"] as const) : []),
    "X-Request-Id",
  ];
}

/** The headers of its response that follow from its declaration. */
function responseHeadersOf(call: AnyDeclaration): ResponseHeader[] {
  return [
    ...(records(call) && call.records !== "many" ? (["Levqor-Position"] as const) : []),
    ...(call.idempotent ? (["Idempotency-Replayed"] as const) : []),
    ...(call.conditional ? (["ETag"] as const) : []),
  ];
}

/** The OpenAPI operation object of a call, as Elysia's `detail`. */
export function describeOperation(operation: AnyDeclaration): DocumentDecoration {
  const errors = errorsOf(operation);
  const { rate, any_query, body, secret_header } = operation;
  const common = rate === "none" ? COMMON_HEADERS : [...RATE_HEADERS, ...COMMON_HEADERS];
  return {
    operationId: operation.id,
    tags: [operation.tag.name],
    summary: operation.summary,
    description: [
      operation.description,
      ...(operation.scope ? [`Needs the scope \`${operation.scope}\`.`] : []),
      ...(operation.step_up ? ["A session's user must have signed in within the last ten minutes."] : []),
      ...(secret_header ? [`With ${secret_header}, no key is needed.`] : []),
      ...(rate && rate !== "none" ? [`Allows ${ROUTE_POLICIES[rate].quota} requests a minute per caller.`] : []),
      ...(operation.deprecated ? [deprecationNote(operation.deprecated)] : []),
    ].join(" "),
    ...(operation.deprecated && { deprecated: true, "x-deprecation": operation.deprecated }),
    // OpenAPI 3.1 calls these roles, for schemes other than OAuth's.
    security: operation.scope
      ? [
          { ApiKey: [operation.scope] },
          { Bearer: [operation.scope] },
          ...(secret_header ? [{ [schemeOf(secret_header)]: [] }] : []),
        ]
      : [],
    ...(any_query && { "x-any-query": true }),
    parameters: [
      ...Object.entries(operation.params ?? {}).map(([name, { schema }]) => parameter("path", name, schema, true)),
      ...Object.entries(operation.query?.properties ?? {}).map(([name, schema]) =>
        parameter("query", name, schema, operation.query?.required?.includes(name) ?? false),
      ),
      ...requestHeadersOf(operation).map((name) => reference("parameters", name)),
    ],
    ...(body && {
      requestBody: {
        required: !operation.body_optional,
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
      ...declaredResponses(operation, common),
      ...problemResponses(errors, { expected: operation.responses, common }),
    },
    // The decoration's type knows OpenAPI 3.0 only; the document is 3.1, whose schemas are JSON Schema.
  } as unknown as DocumentDecoration;
}

export interface Callback {
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description: string;
  /** The URL, as a runtime expression of OpenAPI. */
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
    tags: [tag.name],
    summary,
    description,
    security: [],
    parameters: [
      header("webhook-id", "The same at every attempt.", "msg_0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"),
      header("webhook-timestamp", "When this attempt was made, in Unix seconds.", "1768469400"),
      header(
        "webhook-signature",
        "Signature of id, timestamp and body, with a secret derived from WEBHOOK_SECRET.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
      ),
    ],
    requestBody: {
      required: true,
      content: { "application/json": { schema: refer(body), ...bodyExamples({}, body) } },
    },
    responses: {
      "2XX": { description: "Delivered." },
      410: { description: "Gone: no further attempt is made." },
    },
  };
  return { [to]: { post } };
}

function parameter(place: "path" | "query", name: string, schema: TSchema, required: boolean) {
  const { description, examples, ...rest } = toJsonSchema(schema) as TSchema;
  const [example] = examples ?? [];
  return { in: place, name, required, description, ...(example !== undefined && { example }), schema: rest };
}

function bodyExamples({ examples }: Pick<AnyDeclaration, "examples">, body: TSchema) {
  if (examples) return { examples };
  const [example] = body.examples ?? [];
  return example === undefined ? {} : { example };
}

function declaredResponses(operation: AnyDeclaration, common: readonly ResponseHeader[]) {
  const { responses: byStatus, conditional, deprecated } = operation;
  const told = Object.keys(deprecated ? deprecationHeaders(deprecated) : {}).map((name) => [
    name,
    { schema: { type: "string" } },
  ]);
  const own = responseHeadersOf(operation);
  return {
    ...Object.fromEntries(
      Object.entries(byStatus).map(([status, response]) => [
        status,
        {
          description: response.description,
          headers: {
            ...headers([...(response.headers ?? []), ...own, ...common]),
            ...Object.fromEntries(told),
          },
          content: contents(response),
        },
      ]),
    ),
    ...(conditional && {
      304: { description: "It matches If-None-Match: nothing has changed.", headers: headers(["ETag", ...common]) },
    }),
  };
}

function contents(response: ResponseDeclaration) {
  const others = Object.entries(response.also ?? {}).map(([type, example]) => [
    type,
    { schema: { type: "string" }, example },
  ]);
  return { [response.content_type ?? "application/json"]: content(response), ...Object.fromEntries(others) };
}

function content({ schema, content_type, parts, example }: ResponseDeclaration) {
  if (schema) return { schema: refer(schema), example };
  const inside = parts && { contentMediaType: content_type, contentSchema: refer(parts) };
  return { schema: { type: "string", ...inside }, example };
}

/** One response for each status, with an example of every code that it may have. */
function problemResponses(
  kinds: ReadonlySet<ProblemKind>,
  { expected, common }: { expected: AnyDeclaration["responses"]; common: readonly ResponseHeader[] },
) {
  const byStatus: Record<number, object> = {};
  for (const [key, group] of Map.groupBy(kinds, ({ status }) => status)) {
    const status = Number(key);
    const own = expected[status];
    const problem = {
      schema: refer(ProblemSchema),
      examples: Object.fromEntries(group.map(({ code }) => [code, reference("examples", code)])),
    };
    byStatus[status] = {
      description: [...(own ? [own.description] : []), ...group.map(({ code, help }) => `\`${code}\`: ${help}`)].join(
        "\n\n",
      ),
      headers: headers([...(own?.headers ?? []), ...(errorHeaders[status] ?? []), ...common]),
      content: {
        ...(own && contents(own)),
        "application/problem+json": problem,
      },
    };
  }
  return byStatus;
}

function headers(names: readonly ResponseHeader[]) {
  return Object.fromEntries(names.map((name) => [name, reference("headers", name)]));
}

function example({ code, status, title, help }: ProblemKind) {
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

function reference(kind: keyof ReturnType<typeof sharedComponents> | "schemas", name: string) {
  return { $ref: `#/components/${kind}/${name}` };
}
