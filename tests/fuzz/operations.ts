/** The calls of an OpenAPI document, in the form that the fuzz test uses. */
import { type Json, resolve } from "../support/openapi.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly schema: Json;
  readonly example?: unknown;
}

export interface Answer {
  /** By media type. */
  readonly content: Readonly<Record<string, { readonly schema: Json }>>;
  /** Schemas of headers, by name. */
  readonly headers: Readonly<Record<string, Json>>;
  /** The codes of problems that it may carry. */
  readonly codes: readonly string[];
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With `{name}` where a parameter stands. */
  readonly path: string;
  /** The methods that the path takes. */
  readonly methods: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly schema: Json; readonly required: boolean; readonly examples: readonly unknown[] };
  /** By status. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** What a key needs for it; absent: it is open to all. */
  readonly scope?: string | undefined;
  /** A long poll: no response may come for a while. */
  readonly may_wait: boolean;
  /** The messages of the WebSocket that it opens. */
  readonly messages?: { readonly sent: Json; readonly received: Json };
}

/** Every call of the document. */
export function operationsOf(document: Json): Operation[] {
  return Object.entries<Json>(document.paths).flatMap(([path, calls]) =>
    Object.entries<Json>(calls)
      .filter(([method]) => ["get", "put", "post", "patch", "delete"].includes(method))
      .map(([method, call]) => operation(document, call, { path, method, methods: Object.keys(calls) })),
  );
}

function operation(document: Json, call: Json, at: { path: string; method: string; methods: string[] }): Operation {
  const answers = Object.fromEntries(
    Object.entries<Json>(call.responses).map(([status, response]) => [status, answer(document, response)]),
  );
  const [content] = Object.values<Json>(call.requestBody?.content ?? {});
  return {
    id: call.operationId,
    method: at.method.toUpperCase(),
    path: at.path,
    methods: at.methods.map((method) => method.toUpperCase()),
    parameters: (call.parameters ?? []).map((parameter: Json) => resolve(document, parameter)),
    body: content && {
      schema: content.schema,
      required: call.requestBody.required,
      examples: examples(document, content),
    },
    answers,
    scope: call.security?.[0]?.ApiKey?.[0],
    may_wait: resolve(document, content?.schema)?.properties?.wait_seconds !== undefined,
    messages: call["x-websocket"],
  };
}

function answer(document: Json, response: Json): Answer {
  const { content = {}, headers = {} } = resolve(document, response);
  return {
    content,
    headers: Object.fromEntries(
      Object.entries<Json>(headers).map(([name, header]) => [name, resolve(document, header).schema]),
    ),
    codes: Object.keys(content["application/problem+json"]?.examples ?? {}),
  };
}

function examples(document: Json, { example, examples = {} }: Json): unknown[] {
  const named = Object.values<Json>(examples).map((each) => resolve(document, each).value);
  return example === undefined ? named : [example, ...named];
}
