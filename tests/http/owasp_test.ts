/** The claims of `docs/security.md` about the OWASP API Security Top 10 (2023) that no other test covers. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Json } from "../support/openapi.ts";
import { type Harness, post, startApi } from "./harness.ts";

const KEY = "the-key-of-the-operator";
const operator = { "x-api-key": KEY };
let api: Harness;
let document: Json;
beforeAll(async () => {
  api = await startApi({ api_keys: [KEY], production: true });
  document = (await api.ask("/docs/json")).body;
});
afterAll(() => api.stop());

describe("API2, broken authentication:", () => {
  test.each([
    ["in the query", `/api/v1/jobs?api_key=${KEY}`, {}],
    ["as X-Api-Key in the query", `/api/v1/jobs?x-api-key=${KEY}`, {}],
    ["in a cookie", "/api/v1/jobs", { cookie: `x-api-key=${KEY}` }],
    ["as a password", "/api/v1/jobs", { authorization: `Basic ${btoa(`levqor:${KEY}`)}` }],
    ["twice", "/api/v1/jobs", { "x-api-key": `${KEY}, ${KEY}` }],
    ["in capitals", "/api/v1/jobs", { "x-api-key": KEY.toUpperCase() }],
    ["but for its end", "/api/v1/jobs", { "x-api-key": KEY.slice(0, -1) }],
    ["with more at its end", "/api/v1/jobs", { "x-api-key": `${KEY}x` }],
    ["empty", "/api/v1/jobs", { "x-api-key": "" }],
  ])("a key %s is rejected", async (_, path, headers) => {
    const { status, text } = await api.ask(path, { headers: headers as Record<string, string> });
    expect(status).toBe(401);
    expect(text).not.toContain(KEY);
  });
});

describe("API3, broken object property level authorization:", () => {
  test("no body accepts a field that its schema does not name", () => {
    const open: string[] = [];
    for (const [path, calls] of Object.entries<Json>(document.paths)) {
      for (const [method, call] of Object.entries<Json>(calls)) {
        const schema = call.requestBody?.content["application/json"]?.schema;
        if (schema && !closed(schema)) open.push(`${method} ${path}`);
      }
    }
    // What Resend reports is signed by it, grows as it likes, and is read member by member.
    expect(open).toEqual(["post /webhooks/resend"]);
  });

  test.each(["status", "owner", "actor", "position", "job_id", "attempt", "result", "__proto__", "constructor"])(
    "a submission cannot set %s",
    async (member) => {
      const body = `{"workflow": "http", "payload": {}, ${JSON.stringify(member)}: "forged"}`;
      const answer = await api.ask("/api/v1/intake", post(body, operator));
      expect(answer.status).toBe(422);
      expect(answer.body.errors).toEqual([{ pointer: `/${member}`, message: expect.any(String) }]);
    },
  );

  test("the log says who submitted a job, whatever its payload says", async () => {
    const payload = { actor: "user:somebody", meta: { actor: "user:somebody" } };
    const { job_id } = await api.submit({ payload }, operator);
    const [submitted] = await api.log.readStream(`job-${job_id}`);
    expect(JSON.parse(submitted?.meta_json ?? "").actor).toMatch(/^key:[0-9a-f]{8}$/);
  });
});

describe("API5, broken function level authorization:", () => {
  test("development tools do not exist in production", async () => {
    const { job_id } = await api.submit({}, operator);
    const answer = await api.ask(`/api/v1/_dev/complete/${job_id}`, post({ result: {} }, operator));
    expect(answer.body).toMatchObject({ status: 404, error: "not_found" });
    expect(Object.keys(document.paths).filter((path) => path.includes("_dev"))).toEqual([]);
  });

  test.each(["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])(
    "%s does not override a request's method",
    async (header) => {
      const created = await api.ask(
        "/api/v1/schedules",
        post({ name: "kept", cron: "0 9 * * *", job: { workflow: "http", payload: {} } }, operator),
      );
      const path = `/api/v1/schedules/${created.body.schedule_id}`;
      await api.ask(path, { headers: { ...operator, [header]: "DELETE" } });
      expect((await api.ask(path, { headers: operator })).status).toBe(200);
    },
  );
});

describe("API8, security misconfiguration:", () => {
  test("no response reveals which software sent it", async () => {
    for (const path of ["/", "/nothing", "/docs", "/public/"]) {
      const { headers } = await api.ask(path);
      for (const name of ["server", "x-powered-by", "via"]) expect(headers.get(name)).toBeNull();
    }
  });

  test.each(["/.env", "/.git/config", "/package.json", "/src/main.ts", "/metrics/../.env", "/public/../package.json"])(
    "%s is not served",
    async (path) => {
      const { status, body } = await api.ask(path);
      expect(status).toBe(404);
      expect(body.error ?? "a page").not.toBe("internal_error");
    },
  );
});

describe("API9, improper inventory management:", () => {
  /** Pages and files: they are for browsers, and hidden from the document on purpose. */
  const PAGES =
    /^\/(docs|public|status|auth\/sign-in|auth\/link|auth\/email|auth\/sso|invitation|unsubscribe|marketing\/confirm|robots\.txt|sitemap\.xml|favicon\.ico|\.well-known\/security\.txt)(\/|$)/;

  test("everything that is served is in the document, or a page", () => {
    const documented = new Set(
      Object.entries<Json>(document.paths).flatMap(([path, calls]) =>
        Object.keys(calls).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`),
      ),
    );
    const served = api.routes().map(({ method, path }) => ({ name: `${method} ${path}`, path }));
    expect(served.length).toBeGreaterThan(40);
    expect(served.filter(({ name, path }) => !documented.has(name) && !PAGES.test(path))).toEqual([]);
    for (const name of documented) expect(served.map((route) => route.name)).toContain(name);
  });

  test("every call of the API has its version in its path", () => {
    const unversioned = Object.keys(document.paths).filter(
      (path) => path.startsWith("/api/") && !/^\/api\/v\d+\//.test(path),
    );
    expect(unversioned).toEqual([]);
  });
});

/** Whether an object accepts only the named fields. */
function closed(schema: Json): boolean {
  const found = schema.$ref ? document.components.schemas[schema.$ref.split("/").at(-1)] : schema;
  if (found.anyOf || found.oneOf) return (found.anyOf ?? found.oneOf).every(closed);
  return found.type !== "object" || found.additionalProperties === false;
}
