import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { TSchema } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { components } from "../../../src/http/document/components.ts";
import { problemCodes } from "../../../src/http/problem.ts";
import { examplesOf, type Json, resolve, schemaChecker } from "../../support/openapi.ts";
import { type Harness, post, startApi } from "../harness.ts";

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

describe("/docs/json", () => {
  test("is an OpenAPI 3.1 document of every call", async () => {
    const { body } = await api.ask("/docs/json");
    expect(body.openapi).toBe("3.1.0");
    const documented = Object.entries(body.paths).flatMap(([path, calls]) =>
      Object.keys(calls as object).map((method) => `${method} ${path}`),
    );
    const served = api.routes().map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, "{$1}")}`);
    const pages = served.filter((call) => !documented.includes(call));
    expect(documented.filter((call) => !served.includes(call))).toEqual([]);
    expect([...new Set(pages)].sort()).toEqual([
      ...[
        "get /.well-known/security.txt",
        "get /auth/email",
        "get /auth/link",
        "get /auth/sign-in",
        "get /auth/sso/{org_id}",
        "get /auth/sso/{org_id}/callback",
        "get /docs",
        "get /docs/json",
        "get /docs/page.css",
        "get /docs/start.js",
      ],
      ...["get /docs/swagger-ui-bundle.js", "get /docs/swagger-ui.css", "get /favicon.ico", "get /invitation"],
      ...["get /marketing/confirm/{token}", "get /public", "get /public/*", "get /public/openapi.json"],
      ...["get /robots.txt", "get /sitemap.xml", "get /status", "get /unsubscribe/{token}"],
    ]);
  });

  test("every call has a summary, a description, and responses with descriptions, headers and schemas", async () => {
    const { body } = await api.ask("/docs/json");
    for (const call of Object.values<Json>(body.paths).flatMap((calls) => Object.values<Json>(calls))) {
      expect(call.summary).toMatch(/^[A-Z].*[^.]$/);
      expect(call.description).toMatch(/\.$/);
      expect(call.operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect(call.tags).toHaveLength(1);
      expect(Object.keys(call.responses)).toContain("500");
      for (const [status, response] of Object.entries<Json>(call.responses)) {
        const answer = resolve(body, response);
        expect(answer.description).toBeString();
        expect(answer.headers).toHaveProperty("X-Request-Id");
        // Without the database, the response is the state of every part.
        const isState = call.operationId === "getOpsHealth" && status === "503";
        if (Number(status) >= 400 && !isState) expect(answer.content).toHaveProperty(["application/problem+json"]);
        for (const content of Object.values<Json>(answer.content ?? {})) expect(content.schema).toBeObject();
      }
    }
  });

  test("every reference is resolved, everything shared is used, and every code is documented", async () => {
    const { text, body } = await api.ask("/docs/json");
    const referred = new Set([...text.matchAll(/"#\/components\/([^"]+)"/g)].map(([, path]) => path as string));
    const shared = Object.entries<Json>(body.components)
      .filter(([kind]) => kind !== "securitySchemes")
      .flatMap(([kind, entries]) => Object.keys(entries).map((name) => `${kind}/${name}`));
    expect([...referred].sort()).toEqual(shared.sort());
    // Another file of tests, in the same process, declares its own.
    const declared = components().map(([name]) => name);
    expect(declared.filter((name) => !name.startsWith("RouteTest"))).toEqual(
      Object.keys(body.components.schemas).sort(),
    );
    // Every code of the catalogue is documented at some call, except those of no call, or of pages and files.
    expect(problemCodes.filter((code) => !(code in body.components.examples))).toEqual([
      "method_not_allowed",
      "range_not_satisfiable",
      "sso_domain_mismatch",
      "sso_email_unverified",
      "sso_expired",
      "sso_identity_conflict",
      "sso_org_full",
      "sso_provider_failed",
      "sso_provider_refused",
      "sso_response_invalid",
      "sso_unavailable",
      "sso_used",
    ]);
  });

  test("every example matches its schema, including formats", async () => {
    const { body } = await api.ask("/docs/json");
    const check = schemaChecker(body);
    const faults: string[] = [];
    let count = 0;
    for (const { path, schema, value } of examplesOf(body)) {
      count++;
      const fault = check(schema, value);
      if (fault) faults.push(`${path}: ${fault}`);
    }
    expect(faults).toEqual([]);
    expect(count).toBeGreaterThan(300);
  });

  test("is the same bytes at both addresses, and is not sent again to a client that has it", async () => {
    const [docs, file] = [await api.ask("/docs/json"), await api.ask("/public/openapi.json")];
    expect(file.text).toBe(docs.text);
    expect(docs.headers.get("content-type")).toStartWith("application/json");
    const etag = docs.headers.get("etag") as string;
    expect(etag).toMatch(/^"[\w-]{22}-br"$/);
    expect(file.headers.get("etag")).toBe(etag);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await api.ask("/public/openapi.json", { headers: { "if-none-match": known } });
      expect([known, again.status, again.text, again.headers.get("etag")]).toEqual([known, 304, "", etag]);
    }
    expect((await api.ask("/docs/json", { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  test("calls that need a key say so", async () => {
    const { body } = await api.ask("/docs/json");
    expect(body.components.securitySchemes.ApiKey).toMatchObject({ type: "apiKey", in: "header", name: "X-Api-Key" });
    expect(body.components.securitySchemes.Bearer).toMatchObject({ type: "http", scheme: "bearer" });
    expect(body.paths["/api/v1/intake"].post.security).toEqual([
      { ApiKey: ["jobs:write"] },
      { Bearer: ["jobs:write"] },
    ]);
    expect(body.paths["/api/v1/jobs"].get.security).toEqual([{ ApiKey: ["jobs:read"] }, { Bearer: ["jobs:read"] }]);
    expect(body.paths["/api/v1/jobs"].get.description).toEndWith("Needs the scope `jobs:read`.");
    expect(body.paths["/health"].get.security).toEqual([]);
  });
});

describe("/docs", () => {
  test("loads everything from this service", async () => {
    const page = await api.ask("/docs");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
    const addresses = [...page.text.matchAll(/<(?:link|script) [^>]*(?:src|href)="([^"]+)"/g)].map(
      ([, address]) => address as string,
    );
    expect(addresses).toHaveLength(5);
    for (const address of addresses) {
      expect(address).toMatch(/^\/(?:docs|public)\//);
      expect((await api.ask(address)).status).toBe(200);
    }
    expect(page.text).not.toContain("://");
    expect((await api.ask("/docs/start.js")).text).toContain("validatorUrl: null");
  });

  test("describes itself to link previews", async () => {
    const { text } = await api.ask("/docs");
    for (const name of [
      'name="description"',
      'property="og:title"',
      'property="og:description"',
      'name="twitter:card"',
    ]) {
      expect(text).toMatch(new RegExp(`<meta ${name} content="[^"]+">`));
    }
  });

  test("the script and the style are Swagger UI's own", async () => {
    for (const [name, type] of [
      ["swagger-ui-bundle.js", "text/javascript; charset=utf-8"],
      ["swagger-ui.css", "text/css; charset=utf-8"],
    ] as const) {
      const answer = await api.ask(`/docs/${name}`);
      expect(answer.headers.get("content-type")).toBe(type);
      const file = Bun.file(Bun.fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`)));
      expect(answer.text).toBe(await file.text());
    }
  });
});

test("responses are what the documentation says", async () => {
  const { job_id, position } = await api.submit({ workflow: "unknown" });
  await api.ask(`/api/v1/_dev/complete/${(await api.submit()).job_id}`, post({ result: {} }));
  const headers = { "levqor-min-position": String(position) };
  const schemas = new Map(components());
  const answers: [string, string][] = [
    ["Root", "/"],
    ["Health", "/health"],
    ["PublicMetrics", "/public/metrics"],
    ["MarketingSummary", "/api/v1/marketing/summary"],
    ["JobStatus", `/api/v1/status/${job_id}`],
    ["JobList", "/api/v1/jobs"],
    ["JobEventList", `/api/v1/jobs/${job_id}/events`],
    ["OpsHealth", "/api/v1/ops/health"],
    ["ProblemDescription", "/problems/conflict"],
    ["Problem", "/nowhere"],
  ];
  for (const [name, path] of answers) {
    const { body } = await api.ask(path, { headers });
    const errors = [...TypeCompiler.Compile(schemas.get(name) as TSchema).Errors(body)];
    expect([name, errors.filter(({ message }) => !message.startsWith("Unknown format"))]).toEqual([name, []]);
  }
});
