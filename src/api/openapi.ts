/** Writes the OpenAPI description of a call from its schemas and the catalogue of problems. */
import type { TObject, TSchema } from "@sinclair/typebox";
import type { DocumentDecoration } from "elysia";
import { type ProblemCode, problems } from "./problems.ts";
import type { components } from "./schemas.ts";

type ComponentName = keyof typeof components;

export interface Answer {
  readonly description: string;
  readonly schema?: ComponentName;
  /** `application/json` by default. */
  readonly content_type?: string;
  readonly example?: unknown;
  readonly headers?: readonly (keyof typeof answerHeaders)[];
}

export interface Operation {
  readonly id: string;
  readonly tag: keyof typeof tags;
  readonly summary: string;
  readonly description: string;
  /** Whether it needs a key where keys are configured. */
  readonly key?: boolean;
  readonly params?: Readonly<Record<string, TSchema>>;
  readonly query?: TObject;
  readonly headers?: readonly (keyof typeof requestHeaders)[];
  readonly body?: ComponentName;
  /** The same, where it may be left out. */
  readonly optional_body?: ComponentName;
  readonly answers: Readonly<Record<number, Answer>>;
  readonly errors?: readonly ProblemCode[];
}

/** The groups that the documentation shows. */
export const tags = {
  Service: "Whether the service is there, and how it has done.",
  Jobs: "Submitting jobs and reading what became of them.",
  Pipelines: "Jobs of several steps, stored under a name.",
  Schedules: "Jobs that are submitted again and again, by a cron expression.",
  Workers: "For programs in any language that run jobs: claim them, keep them with heartbeats, answer for them.",
  Streams: "Server-sent events: what happens, as it happens, with no gap and no repeat.",
  Workflows: "What is settled for all jobs of a workflow.",
  Operations: "For whoever runs the service.",
  Development: "Outside production only.",
} as const;

const requestHeaders = {
  "Idempotency-Key": {
    description:
      "1 to 255 visible ASCII characters, quoted or not, of the caller's choosing. The same key with the same body gives the first answer again; with another body it is refused. It is kept for each API key, for as long as the log.",
    schema: { type: "string", minLength: 1, maxLength: 257 },
    example: "order-4711",
  },
  "If-Match": {
    description: 'The ETag of the version that the change was made from, for example `"3"`, or `*`.',
    schema: { type: "string" },
    example: '"3"',
  },
  "Levqor-Min-Position": {
    description: "The Levqor-Position of a write: the answer is not older than it. Waits up to 5 seconds.",
    schema: { type: "integer", minimum: 0 },
  },
  "Last-Event-ID": {
    description: "The id of the last event received: the stream goes on after it. Browsers send it by themselves.",
    schema: { type: "integer", minimum: 0 },
  },
  "X-Request-Id": {
    description:
      "Up to 128 visible ASCII characters; made where absent. It is in the answer, in the log and in the events.",
    schema: { type: "string", maxLength: 128 },
  },
} as const;

const answerHeaders = {
  ETag: {
    description: "The version, in quotes: to be sent as If-Match with a change.",
    schema: { type: "string" },
  },
  "Levqor-Position": {
    description: "Where the log recorded it. Send it as Levqor-Min-Position to read your own write.",
    schema: { type: "integer", minimum: 1 },
  },
  "Idempotency-Replayed": {
    description: "`true` where the answer is that of an earlier request with the same Idempotency-Key.",
    schema: { type: "string", enum: ["true"] },
  },
} as const;

/** The OpenAPI operation object of a call, as Elysia's `detail`. */
export function describe(operation: Operation): DocumentDecoration {
  const errors: ProblemCode[] = [...(operation.errors ?? []), "internal_error"];
  if (operation.key) errors.unshift("unauthorized");
  const body = operation.body ?? operation.optional_body;
  if (body) {
    errors.unshift(
      "malformed_json",
      "json_too_deep",
      "duplicate_key",
      "body_too_large",
      "unsupported_media_type",
      "validation_failed",
    );
  }
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: operation.description,
    security: operation.key ? [{ ApiKey: [] }] : [],
    parameters: [
      ...Object.entries(operation.params ?? {}).map(([name, schema]) => parameter("path", name, schema, true)),
      ...Object.entries(operation.query?.properties ?? {}).map(([name, schema]) =>
        parameter("query", name, schema, operation.query?.required?.includes(name) ?? false),
      ),
      ...[...(operation.headers ?? []), "X-Request-Id" as const].map((name) => ({
        in: "header",
        name,
        required: false,
        ...requestHeaders[name],
      })),
    ],
    ...(body && {
      requestBody: {
        required: operation.body !== undefined,
        content: { "application/json": { schema: reference(body) } },
      },
    }),
    responses: { ...answers(operation.answers), ...problemAnswers(errors) },
    // The decoration's type knows OpenAPI 3.0 only; the document is 3.1, whose schemas are JSON Schema.
  } as unknown as DocumentDecoration;
}

/** A TypeBox schema as JSON Schema for the document: lists of constants become enums, examples one example. */
export function toJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (schema === null || typeof schema !== "object") return schema;
  const { anyOf, ...rest } = schema as { anyOf?: { const?: unknown }[] };
  if (anyOf?.every((option) => typeof option.const === "string")) {
    return { type: "string", enum: anyOf.map((option) => option.const), ...rest };
  }
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === "examples" ? value : toJsonSchema(value)]),
  );
}

function parameter(place: "path" | "query", name: string, schema: TSchema, required: boolean) {
  const { description, examples, ...rest } = schema;
  return { in: place, name, required, description, example: examples?.[0], schema: toJsonSchema(rest) };
}

function answers(byStatus: Operation["answers"]) {
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, answer]) => [
      status,
      {
        description: answer.description,
        headers: Object.fromEntries((answer.headers ?? []).map((name) => [name, answerHeaders[name]])),
        content: {
          [answer.content_type ?? "application/json"]: {
            schema: answer.schema ? reference(answer.schema) : { type: "string" },
            ...(answer.example !== undefined && { example: answer.example }),
          },
        },
      },
    ]),
  );
}

/** One answer for each status, with an example of every code that it may carry. */
function problemAnswers(codes: readonly ProblemCode[]) {
  const byStatus: Record<number, { description: string; content: Record<string, unknown> }> = {};
  for (const [status, group] of Map.groupBy(codes, (code) => problems[code].status)) {
    byStatus[status] = {
      description: group.map((code) => `\`${code}\`: ${problems[code].help}`).join("\n\n"),
      content: {
        "application/problem+json": {
          schema: reference("Problem"),
          examples: Object.fromEntries(
            group.map((code) => [code, { summary: problems[code].title, value: example(code) }]),
          ),
        },
      },
    };
  }
  return byStatus;
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

function reference(name: ComponentName) {
  return { $ref: `#/components/schemas/${name}` };
}
