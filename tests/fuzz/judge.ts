/** Checks responses against the document: what the fuzz test considers a fault. */
import "../../src/features/mod.ts";
import { problemKind } from "../../src/http/problem.ts";
import { type Json, schemaChecker } from "../support/openapi.ts";
import { type Draft, PLANTED } from "./oddities.ts";
import type { Answer, Operation } from "./operations.ts";
import type { Plan } from "./plans.ts";
import type { Received } from "./send.ts";

/** Oddities that the server rejects by itself if they are extreme: with 431 and no body. */
const TOO_LARGE = new Set(["huge_header", "many_headers", "long_url"]);
/** Oddities after which another call, or none, may respond. */
const LEADS_ELSEWHERE = new Set([
  "other_path",
  "odd_segment",
  "garbage_query",
  "unknown_method",
  "other_method",
  "host",
]);

export interface Judge {
  /** What is wrong with a response; `undefined`: nothing. */
  fault(plan: Plan, draft: Draft, received: Received): string | undefined;
  /** What is wrong with a message over a WebSocket. */
  messageFault(operation: Operation, message: string): string | undefined;
}

export function createJudge(document: Json, secrets: readonly string[]): Judge {
  const check = schemaChecker(document);
  const problemSchema = { $ref: "#/components/schemas/Problem" };
  const hidden = [PLANTED, ...secrets];

  function fault(plan: Plan, draft: Draft, received: Received): string | undefined {
    return leak(received) ?? failure(draft, received) ?? wrong(plan, draft, received);
  }

  function leak({ headers, text }: Received): string | undefined {
    const all = text + [...headers].flat().join("\n");
    return hidden.some((secret) => all.includes(secret)) ? "the answer echoes a secret" : undefined;
  }

  function failure({ headers }: Draft, { status, text }: Received): string | undefined {
    // A request for what is not recorded yet may wait in vain.
    const isExcused = headers.has("levqor-min-position") && parsed(text)?.error === "read_model_behind";
    return status < 500 || isExcused ? undefined : `the service failed: ${text.slice(0, 300)}`;
  }

  function wrong(plan: Plan, draft: Draft, received: Received): string | undefined {
    const { operation, oddity = "" } = plan;
    const { status, headers } = received;
    const type = headers.get("content-type")?.split(";")[0] ?? "";
    if (status === 431 && received.text === "" && TOO_LARGE.has(oddity)) return undefined;
    const answer = operation.answers[status];
    const isExpected = status < 400 || draft.method === "HEAD" || type in besideProblems(answer);
    const fault = isExpected ? undefined : problemFault(received, type);
    if (fault || draft.method === "OPTIONS") return fault;
    if (draft.elsewhere || LEADS_ELSEWHERE.has(oddity)) return elsewhere(operation, draft, received);
    return documentedFault(answer, type, received) ?? tooKind(plan, draft, status);
  }

  function documentedFault(answer: Answer | undefined, type: string, received: Received): string | undefined {
    const { status, headers, text } = received;
    if (!answer) return `the status ${status} is not documented: ${text.slice(0, 300)}`;
    const code = parsed(text)?.error;
    if (type === "application/problem+json" && text !== "" && !answer.codes.includes(code)) {
      return `${status} ${code} is not documented`;
    }
    return headerFault(answer, headers) ?? bodyFault(answer, type, received);
  }

  function elsewhere(operation: Operation, draft: Draft, { status, headers }: Received): string | undefined {
    if (draft.method === operation.method || draft.elsewhere || status !== 405) return undefined;
    const allowed = headers.get("allow")?.split(", ") ?? [];
    const missing = operation.methods.filter((method) => !allowed.includes(method));
    return missing.length === 0 ? undefined : `Allow is ${allowed}, without ${missing}`;
  }

  function problemFault({ status, headers, text }: Received, type: string): string | undefined {
    if (type !== "application/problem+json")
      return `${status} is no problem document but ${type}: ${text.slice(0, 300)}`;
    const problem = parsed(text);
    const code = String(problem?.error);
    const kind = problemKind(code);
    if (!kind) return `the code ${code} is not in the catalogue`;
    const { title } = kind;
    if (problem.status !== status || kind.status !== status) return `${code} came with the status ${status}`;
    if (problem.type !== `/problems/${code}` || problem.title !== title) return `${code} has another type or title`;
    if (problem.request_id !== headers.get("x-request-id")) return "the problem and X-Request-Id differ";
    return check(problemSchema, problem);
  }

  function headerFault({ headers: schemas }: Answer, headers: Headers): string | undefined {
    for (const [name, schema] of Object.entries(schemas)) {
      const value = headers.get(name);
      if (value === null) continue;
      const fault = check(schema, schema.type === "integer" ? Number(value) : value);
      if (fault) return `${name}: ${fault}`;
    }
    return undefined;
  }

  function bodyFault({ content }: Answer, type: string, { text, cut, status }: Received): string | undefined {
    if (text === "") return undefined;
    const schema = content[type]?.schema;
    if (!schema) return `the media type ${type} of ${status} is not documented`;
    if (/[/+]json$/.test(type)) return check(schema, parsed(text));
    if (!schema.contentSchema) return undefined;
    for (const part of partsOf(type, text, cut)) {
      const fault = check(schema.contentSchema, part);
      if (fault) return fault;
    }
    return undefined;
  }

  /** An invalid request must not be accepted. */
  function tooKind({ operation: { body, parameters } }: Plan, draft: Draft, status: number): string | undefined {
    if (status >= 400) return undefined;
    for (const { name, in: place, schema } of parameters) {
      if (place !== "query") continue;
      const value = draft.query.find(([other]) => other === name)?.[1];
      if (value === undefined) continue;
      const fault = check(schema, schema.type === "integer" && /^-?\d+$/.test(value) ? Number(value) : value);
      if (fault) return `${status}, though ?${name} does not fit: ${fault}`;
    }
    const value = bodyOf(draft);
    const fault = body && value !== undefined && check(body.schema, value);
    return fault ? `${status}, though the body does not fit: ${fault}` : undefined;
  }

  function messageFault({ messages }: Operation, message: string): string | undefined {
    if (hidden.some((secret) => message.includes(secret))) return "a message echoes a secret";
    return check(messages?.received, parsed(message));
  }

  return { fault, messageFault };
}

/** The content of a response that is not a problem document. */
function besideProblems(answer: Answer | undefined): Answer["content"] {
  const { "application/problem+json": _, ...others } = answer?.content ?? {};
  return others;
}

/** The JSON within a text: of each line, or of the data of each event that has an id. */
function partsOf(type: string, text: string, cut: boolean): unknown[] {
  const [mark, end] = type === "application/x-ndjson" ? ["", "\n"] : ["data: ", "\n\n"];
  const blocks = text.split(end);
  // What follows the last separator is incomplete, or nothing.
  const whole = cut || blocks.at(-1) === "" ? blocks.slice(0, -1) : blocks;
  return whole
    .filter((block) => mark === "" || /^id: /m.test(block))
    .map((block) => JSON.parse(mark === "" ? block : (/^data: (.*)$/m.exec(block)?.[1] ?? "null")));
}

function bodyOf({ json, body }: Draft): unknown {
  if (body === undefined) return json;
  if (typeof body !== "string" || body === "") return undefined;
  return parsed(body.replace(/^\ufeff/, ""));
}

// biome-ignore lint/suspicious/noExplicitAny: it may be anything
function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
