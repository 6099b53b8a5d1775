/** What follows from a call's declaration; its caller is tested in `scopes_test.ts`, their reach in `reach_test.ts`. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { pino } from "pino";
import type { Access } from "../../src/access/mod.ts";
import { createAuth } from "../../src/http/auth.ts";
import { component } from "../../src/http/document/components.ts";
import { describeOperation as describeCall } from "../../src/http/document/openapi.ts";
import { tags } from "../../src/http/document/tags.ts";
import { problemErrors } from "../../src/http/door/errors.ts";
import { problems } from "../../src/http/problems.ts";
import { idParam } from "../../src/http/request/params.ts";
import { cookiesOf } from "../../src/http/request/session_cookie.ts";
import { type Route, route, serveRoutes } from "../../src/http/route.ts";

const Thing = component("RouteTestThing", Type.Object({ name: Type.String() }, { additionalProperties: false }));
const Reason = component("RouteTestReason", Type.Object({ reason: Type.Optional(Type.String()) }));
const Id = Type.String({ format: "uuid", description: "Of a thing." });
const id = idParam({ schema: Id, what: "thing", invalid: problems.invalid_job_id, missing: problems.job_not_found });
const ID = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";

const said = { tag: tags.service, summary: "Do it", description: "Does it." } as const;
const responses = { 200: { description: "Done.", schema: Thing, example: { name: "a" } } } as const;

const change = route(
  {
    ...said,
    method: "PUT",
    path: "/things/:id",
    id: "changeThing",
    params: { id },
    query: Type.Object({ depth: Type.Optional(Type.Integer()) }, { additionalProperties: false }),
    if_match: true,
    idempotent: true,
    body: Thing,
    responses: { 201: { description: "Done.", schema: Thing, example: { name: "a" } } },
  },
  (call) => {
    call.recorded(42);
    call.etag(3);
    const { params, query, body, expected_version, idempotency_key, sent } = call;
    return { params, query, body, expected_version, idempotency_key, sent };
  },
);
const leave = route(
  {
    ...said,
    method: "POST",
    path: "/leave",
    id: "leave",
    body: Reason,
    body_optional: true,
    records: false,
    responses,
  },
  ({ body, caller }) => ({ body, caller: caller ?? null }),
);
const own = route(
  { ...said, method: "GET", path: "/own", id: "own", responses },
  () => new Response("own", { status: 206 }),
);
const reply = route(
  {
    ...said,
    method: "POST",
    path: "/reply",
    id: "reply",
    scope: "jobs:read",
    secret_header: "Levqor-Reply-Token",
    responses,
  },
  ({ secret, caller }) => ({ secret, caller: caller ?? null }),
);
const worse = route({ ...said, method: "GET", path: "/worse", id: "worse", responses }, (call) => {
  call.set.status = 503;
  return { ok: false };
});

const log = { readStream: async () => [], readFirst: async () => new Map() };
const access = { required: true } as Access;
const app = new Elysia()
  .use(problemErrors(pino({ level: "silent" }), () => []))
  .use(serveRoutes([change, leave, own, worse], {}))
  .use(
    serveRoutes([reply], { auth: createAuth({ access, log, cookies: cookiesOf({ production: true }) }) }),
  ) as unknown as Elysia;

beforeAll(() => void app.listen({ port: 0, hostname: "127.0.0.1" }));
afterAll(() => app.server?.stop(true));

async function ask(path: string, { headers, ...init }: RequestInit = {}) {
  const response = await fetch(`http://127.0.0.1:${app.server?.port}${path}`, {
    ...init,
    headers: { ...(init.body != null && { "content-type": "application/json" }), ...(headers as object) },
  });
  const text = await response.text();
  const body = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  return { status: response.status, headers: response.headers, body };
}

const put = (path: string, init: { body?: string; headers?: Record<string, string> } = {}) =>
  ask(path, { method: "PUT", body: '{"name":"a"}', ...init, headers: { "if-match": '"2"', ...init.headers } });

describe("a handler gets", () => {
  test("everything that its declaration says it reads", async () => {
    const headers = { "idempotency-key": '"mine"' };
    const { status, body, headers: answered } = await put(`/things/${ID.toUpperCase()}?depth=2`, { headers });
    expect({ status, ...body }).toEqual({
      status: 201,
      params: { id: ID },
      query: { depth: 2 },
      body: { name: "a" },
      expected_version: 2,
      idempotency_key: "mine",
      sent: { text: '{"name":"a"}', byte_length: 12 },
    });
    expect([answered.get("levqor-position"), answered.get("etag")]).toEqual(["42", '"3"']);
  });

  test("an empty object if an optional body is missing", async () => {
    expect((await ask("/leave", { method: "POST" })).body).toEqual({ body: {}, caller: null });
  });
});

describe("a call with a secret header", () => {
  test("needs no key if the header is sent, and gives its value to the handler", async () => {
    const headers = { "levqor-reply-token": "the secret" };
    expect(await ask("/reply", { method: "POST", headers })).toMatchObject({
      status: 200,
      body: { secret: "the secret", caller: null },
    });
  });

  test("documents both ways, and the header", () => {
    const { security, parameters } = describeCall(reply.declaration) as unknown as {
      security: object[];
      parameters: object[];
    };
    expect(security).toEqual([{ ApiKey: ["jobs:read"] }, { Bearer: ["jobs:read"] }, { LevqorReplyToken: [] }]);
    expect(parameters).toContainEqual({ $ref: "#/components/parameters/Levqor-Reply-Token" });
  });
});

describe("of several faults the first is reported", () => {
  test.each([
    ["the query's names", "/things/1?deep=1", {}, "validation_failed"],
    ["the path", "/things/1?depth=x", {}, "invalid_job_id"],
    ["If-Match", `/things/${ID}?depth=x`, { "if-match": "2", "idempotency-key": "é" }, "precondition_required"],
    ["Idempotency-Key", `/things/${ID}?depth=x`, { "idempotency-key": "a b" }, "invalid_idempotency_key"],
    ["the query", `/things/${ID}?depth=x`, {}, "validation_failed"],
    ["the body", `/things/${ID}`, {}, "malformed_json"],
  ])("%s", async (_, path, headers, error) => {
    expect((await put(path, { body: "{", headers })).body).toMatchObject({ error });
  });
});

test("the handler's own response is sent as it is, and so is a status that it sets", async () => {
  expect(await ask("/own")).toMatchObject({ status: 206, body: "own" });
  expect(await ask("/worse")).toMatchObject({ status: 503, body: { ok: false } });
});

describe("the document", () => {
  interface Operation {
    readonly parameters: { readonly $ref?: string; readonly name?: string }[];
    readonly responses: Record<string, { headers: object; content?: Record<string, { examples?: object }> }>;
  }
  const documented = ({ declaration }: Route) => describeCall(declaration) as unknown as Operation;
  const codesOf = ({ responses }: Operation) =>
    Object.values(responses).flatMap(({ content }) =>
      Object.keys(content?.["application/problem+json"]?.examples ?? {}),
    );

  test("lists the problems of a call, as they follow from what it reads and does", () => {
    expect(codesOf(documented(change))).toContainValues([
      ...["invalid_job_id", "job_not_found", "precondition_required", "version_mismatch", "invalid_idempotency_key"],
      ...["idempotency_key_reused", "malformed_json", "not_recordable", "validation_failed", "unavailable"],
      ...["outcome_unknown", "rate_limited"],
    ]);
    const least = codesOf(documented(leave));
    for (const code of ["outcome_unknown", "unauthorized", "invalid_idempotency_key"])
      expect(least).not.toContain(code);
  });

  test("lists the headers of a call's request and response", () => {
    const { parameters, responses } = documented(change);
    expect(parameters.map(({ $ref, name }) => name ?? $ref?.split("/").at(-1))).toEqual([
      ...["id", "depth", "Idempotency-Key", "If-Match", "X-Request-Id"],
    ]);
    expect(Object.keys(responses[201]?.headers ?? {})).toContainValues(["Levqor-Position", "Idempotency-Replayed"]);
    expect(Object.keys(documented(leave).responses[200]?.headers ?? {})).not.toContain("Levqor-Position");
  });
});

test("a call that needs a caller, or a list, is not served without authentication, or read models", () => {
  const page = Type.Object({ limit: Type.Optional(Type.Integer()) });
  const scoped = route({ ...said, method: "GET", path: "/a", id: "a", scope: "jobs:read", responses }, () => null);
  const listing = route(
    { ...said, method: "GET", path: "/b", id: "b", list: true, query: page, responses },
    () => null,
  );
  expect(() => serveRoutes([scoped], {})).toThrow("Cannot serve /a: there is no authentication");
  expect(() => serveRoutes([listing], {})).toThrow("Cannot serve /b: there are no read models");
});
