/**
 * The judge of the fuzz test finds what is wrong with a response: a judge that accepts everything would prove nothing.
 */

import { describe, expect, test } from "bun:test";
import { problems } from "../../src/http/problems.ts";
import "../../src/features/mod.ts";
import { Problem, type ProblemKind, problemKind, problemResponse } from "../../src/http/problem.ts";
import { createJudge } from "./judge.ts";
import { type Draft, PLANTED } from "./oddities.ts";
import { operationsOf } from "./operations.ts";
import type { Received } from "./send.ts";

const problem = (...codes: string[]) => ({
  description: "A problem.",
  content: {
    "application/problem+json": {
      schema: { $ref: "#/components/schemas/Problem" },
      examples: Object.fromEntries(codes.map((code) => [code, {}])),
    },
  },
});
const document = {
  paths: {
    "/things": {
      post: {
        operationId: "makeThing",
        parameters: [{ in: "query", name: "limit", schema: { type: "integer", maximum: 10 } }],
        requestBody: {
          required: true,
          content: { "application/json": { schema: { $ref: "#/components/schemas/Wish" } } },
        },
        responses: {
          200: {
            headers: { "Levqor-Position": { schema: { type: "integer" } } },
            content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } },
          },
          202: {
            content: {
              "application/x-ndjson": {
                schema: { type: "string", contentSchema: { $ref: "#/components/schemas/Thing" } },
              },
              "text/event-stream": {
                schema: { type: "string", contentSchema: { $ref: "#/components/schemas/Thing" } },
              },
            },
          },
          409: problem("conflict"),
        },
      },
    },
  },
  components: {
    schemas: {
      Wish: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
      Thing: { type: "object", required: ["id"], properties: { id: { type: "string" } }, additionalProperties: false },
      Problem: { type: "object", required: ["detail"], properties: { detail: { type: "string" } } },
    },
  },
};
const [operation] = operationsOf(document);
if (!operation) throw new Error("The document has no operation");
const judge = createJudge(document, ["the-key"]);
const plan = { operation, pick: 0, path: {}, query: {}, headers: {}, chance: { at: 0, value: null } };
const good: Draft = { method: "POST", path: "/things", query: [], headers: new Map(), json: { name: "a" } };

function received(body: unknown, init: ResponseInit & { type?: string; cut?: boolean } = {}): Received {
  const { type = "application/json", cut = false, status = 200, headers } = init;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: new Headers({ "content-type": type, ...(headers as object) }), text, cut };
}

async function refused(code: "conflict" | "job_finished", change: object = {}) {
  const response = problemResponse(new Problem(problemKind(code) as ProblemKind, "It is so."), {
    instance: "/things",
    request_id: "mine",
  });
  const value = { ...((await response.json()) as object), ...change };
  const headers = { "x-request-id": "mine" };
  return received(value, { status: response.status, type: "application/problem+json", headers });
}

const fault = (answer: Received, { draft = good, oddity }: { draft?: Draft; oddity?: string } = {}) =>
  judge.fault({ ...plan, oddity }, draft, answer);

describe("the judge", () => {
  test("finds nothing wrong with documented responses", async () => {
    expect(fault(received({ id: "1" }, { headers: { "levqor-position": "3" } }))).toBeUndefined();
    expect(
      fault(received('{"id":"1"}\n{"id":"2"}\n{"i', { status: 202, type: "application/x-ndjson", cut: true })),
    ).toBeUndefined();
    const frames = ': connected\n\nid: 1\ndata: {"id":"1"}\n\nevent: closed\ndata: {}\n\n';
    expect(fault(received(frames, { status: 202, type: "text/event-stream" }))).toBeUndefined();
    expect(fault(await refused("conflict"))).toBeUndefined();
  });

  test.each([
    ["a body of another shape", received({ id: 1 }), "must be string"],
    ["a member too many", received({ id: "1", more: 1 }), "additional properties"],
    ["a status", received({ id: "1" }, { status: 201 }), "status 201 is not documented"],
    ["a media type", received("hello", { type: "text/plain" }), "media type text/plain"],
    ["a header", received({ id: "1" }, { headers: { "levqor-position": "x" } }), "Levqor-Position"],
    ["a line", received('{"id":1}\n', { status: 202, type: "application/x-ndjson" }), "must be string"],
    ["an event", received('id: 1\ndata: {"id":1}\n\n', { status: 202, type: "text/event-stream" }), "must be string"],
    ["a fault of the service", received("oops", { status: 500, type: "text/plain" }), "the service failed"],
    ["an error that is no problem", received("no", { status: 409, type: "text/plain" }), "no problem document"],
    ["a secret in a body", received({ id: PLANTED }), "echoes a secret"],
    ["a secret in a header", received({ id: "1" }, { headers: { location: "/?the-key" } }), "echoes a secret"],
  ])("finds %s that is not documented", (_, answer, expected) => {
    expect(fault(answer)).toContain(expected);
  });

  test("finds what is wrong with a problem document", async () => {
    expect(fault(await refused("job_finished"))).toContain("409 job_finished is not documented");
    expect(fault(await refused("conflict", { error: "made_up" }))).toContain("catalogue");
    expect(fault(await refused("conflict", { status: 404 }))).toContain("with the status");
    expect(fault(await refused("conflict", { title: "Oh" }))).toContain("another type or title");
    expect(fault(await refused("conflict", { request_id: "other" }))).toContain("X-Request-Id");
    expect(fault(await refused("conflict", { detail: undefined }))).toContain("detail");
  });

  test("finds that an invalid request was accepted", () => {
    const answer = received({ id: "1" });
    expect(fault(answer, { draft: { ...good, json: { name: 1 } } })).toContain("the body does not fit");
    expect(fault(answer, { draft: { ...good, body: "[]" } })).toContain("the body does not fit");
    expect(fault(answer, { draft: { ...good, query: [["limit", "11"]] } })).toContain("?limit does not fit");
    expect(fault(answer, { draft: { ...good, query: [["limit", "a"]] } })).toContain("?limit does not fit");
  });

  test("requires Allow for a method that the path does not support", async () => {
    const response = problemResponse(
      new Problem(problems.method_not_allowed, "POST is.", { headers: { allow: "GET" } }),
      {
        instance: "/things",
        request_id: "mine",
      },
    );
    response.headers.set("x-request-id", "mine");
    const answer = { status: 405, headers: response.headers, text: await response.text(), cut: false };
    const draft = { ...good, method: "PUT" };
    expect(fault(answer, { draft, oddity: "other_method" })).toBe("Allow is GET, without POST");
    answer.headers.set("allow", "GET, POST");
    expect(fault(answer, { draft, oddity: "other_method" })).toBeUndefined();
  });
});
