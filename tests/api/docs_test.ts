import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { problems } from "../../src/api/problems.ts";
import { components } from "../../src/api/schemas.ts";
import { type Answer, type Harness, post, startApi } from "./harness.ts";

/** An outside client knows no types. */
type Json = Answer["body"];

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

describe("/docs/json", () => {
  test("is an OpenAPI 3.1 document of every call", async () => {
    const { body } = await api.ask("/docs/json");
    expect(body.openapi).toBe("3.1.0");
    expect(
      Object.entries(body.paths)
        .flatMap(([path, calls]) => Object.keys(calls as object).map((m) => `${m} ${path}`))
        .sort(),
    ).toEqual([
      "delete /api/v1/schedules/{schedule_id}",
      "get /",
      "get /api/v1/jobs",
      "get /api/v1/jobs/stream",
      "get /api/v1/jobs/ws",
      "get /api/v1/jobs/{job_id}/callbacks",
      "get /api/v1/jobs/{job_id}/events",
      "get /api/v1/jobs/{job_id}/steps",
      "get /api/v1/jobs/{job_id}/stream",
      "get /api/v1/ops/health",
      "get /api/v1/pipelines",
      "get /api/v1/pipelines/{name}",
      "get /api/v1/pipelines/{name}/versions/{version}",
      "get /api/v1/schedules",
      "get /api/v1/schedules/{schedule_id}",
      "get /api/v1/schedules/{schedule_id}/events",
      "get /api/v1/schedules/{schedule_id}/next",
      "get /api/v1/status/{job_id}",
      "get /api/v1/workflows/limits",
      "get /api/v1/workflows/{workflow}/limits",
      "get /health",
      "get /problems/{error}",
      "get /public/metrics",
      "post /api/v1/_dev/complete/{job_id}",
      "post /api/v1/intake",
      "post /api/v1/jobs/cancel",
      "post /api/v1/jobs/replay",
      "post /api/v1/jobs/{job_id}/approve",
      "post /api/v1/jobs/{job_id}/callbacks/redeliver",
      "post /api/v1/jobs/{job_id}/cancel",
      "post /api/v1/jobs/{job_id}/replay",
      "post /api/v1/pipelines",
      "post /api/v1/schedules",
      "post /api/v1/schedules/{schedule_id}/pause",
      "post /api/v1/schedules/{schedule_id}/resume",
      "post /api/v1/workers/claim",
      "post /api/v1/workers/complete",
      "post /api/v1/workers/fail",
      "post /api/v1/workers/heartbeat",
      "post /api/v1/workers/release",
      "put /api/v1/pipelines/{name}",
      "put /api/v1/workflows/{workflow}/limits",
    ]);
  });

  test("every call has a summary, a description, a schema or example, and its errors", async () => {
    const { body } = await api.ask("/docs/json");
    for (const calls of Object.values(body.paths) as Record<string, Json>[]) {
      for (const call of Object.values(calls)) {
        expect(call.summary).toMatch(/^[A-Z].*[^.]$/);
        expect(call.description).toMatch(/\.$/);
        expect(call.operationId).toMatch(/^[a-z][A-Za-z]+$/);
        expect(call.tags).toHaveLength(1);
        for (const [status, answer] of Object.entries<Json>(call.responses)) {
          expect(answer.description).toBeString();
          const [type, content] = Object.entries<Json>(answer.content)[0] ?? [];
          expect(type).toBe(
            Number(status) >= 400 && call.operationId !== "getOpsHealth"
              ? "application/problem+json"
              : (type as string),
          );
          expect(content.schema).toBeObject();
        }
        expect(Object.keys(call.responses)).toContain("500");
      }
    }
  });

  test("every reference leads somewhere, and every example of an error fits its schema", async () => {
    const { text, body } = await api.ask("/docs/json");
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
      expect(body.components.schemas).toHaveProperty(name as string);
    }
    const isProblem = TypeCompiler.Compile(components.Problem);
    const codes = new Set<string>();
    for (const calls of Object.values(body.paths) as Record<string, Json>[]) {
      for (const call of Object.values(calls)) {
        for (const answer of Object.values<Json>(call.responses)) {
          for (const example of Object.values<Json>(answer.content["application/problem+json"]?.examples ?? {})) {
            expect(
              [...isProblem.Errors(example.value)].filter((error) => !error.message.startsWith("Unknown format")),
            ).toEqual([]);
            codes.add(example.value.error);
          }
        }
      }
    }
    // Every code of the catalogue is documented at some call, but for what is no call's own.
    expect(Object.keys(problems).filter((code) => !codes.has(code))).toEqual(["method_not_allowed"]);
  });

  test("calls that need a key say so", async () => {
    const { body } = await api.ask("/docs/json");
    expect(body.components.securitySchemes.ApiKey).toMatchObject({ type: "apiKey", in: "header", name: "X-Api-Key" });
    expect(body.paths["/api/v1/intake"].post.security).toEqual([{ ApiKey: [] }]);
    expect(body.paths["/api/v1/jobs"].get.security).toEqual([{ ApiKey: [] }]);
    expect(body.paths["/health"].get.security).toEqual([]);
  });
});

describe("/docs", () => {
  test("takes everything from this service", async () => {
    const page = await api.ask("/docs");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
    const addresses = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address as string);
    expect(addresses).toHaveLength(5);
    for (const address of addresses) {
      expect(address).toStartWith("/docs/");
      expect((await api.ask(address)).status).toBe(200);
    }
    expect(page.text).not.toContain("://");
    expect((await api.ask("/docs/start.js")).text).toContain("validatorUrl: null");
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

test("answers are what the documentation says they are", async () => {
  const { job_id, position } = await api.submit({ workflow: "unknown" });
  await api.ask(`/api/v1/_dev/complete/${(await api.submit()).job_id}`, post({ result: {} }));
  const headers = { "levqor-min-position": String(position) };
  const answers: [keyof typeof components, string][] = [
    ["Root", "/"],
    ["Health", "/health"],
    ["PublicMetrics", "/public/metrics"],
    ["JobStatus", `/api/v1/status/${job_id}`],
    ["JobList", "/api/v1/jobs"],
    ["JobEventList", `/api/v1/jobs/${job_id}/events`],
    ["OpsHealth", "/api/v1/ops/health"],
    ["ProblemDescription", "/problems/conflict"],
    ["Problem", "/nowhere"],
  ];
  for (const [name, path] of answers) {
    const { body } = await api.ask(path, { headers });
    const errors = [...TypeCompiler.Compile(components[name]).Errors(body)];
    expect([name, errors.filter(({ message }) => !message.startsWith("Unknown format"))]).toEqual([name, []]);
  }
});
