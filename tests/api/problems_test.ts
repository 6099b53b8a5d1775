import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Answer, type Harness, post, startApi } from "./harness.ts";

const ID = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

test("every refusal is a problem document with the same members", async () => {
  const refusals: [number, string, Answer][] = [
    [404, "not_found", await api.ask("/nowhere")],
    [404, "job_not_found", await api.ask(`/api/v1/status/${ID}`)],
    [400, "invalid_job_id", await api.ask("/api/v1/status/42")],
    [400, "invalid_cursor", await api.ask("/api/v1/jobs?cursor=abc")],
    [400, "malformed_json", await api.ask("/api/v1/intake", post("{"))],
    [405, "method_not_allowed", await api.ask("/api/v1/intake")],
    [415, "unsupported_media_type", await api.ask("/api/v1/intake", { method: "POST", body: "{}" })],
    [422, "validation_failed", await api.ask("/api/v1/intake", post({}))],
    [422, "validation_failed", await api.ask("/api/v1/jobs?limit=0")],
  ];
  for (const [status, error, answer] of refusals) {
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.body).toMatchObject({
      type: `/problems/${error}`,
      title: expect.any(String),
      status,
      detail: expect.stringMatching(/\.$/),
      instance: expect.stringMatching(/^\//),
      error,
      request_id: answer.headers.get("x-request-id") as string,
    });
  }
});

test("a problem's instance is a URI reference, whatever was asked for", async () => {
  const instance = async (path: string) => (await api.ask(path)).body.instance;
  expect(await instance("/%")).toBe("/%25");
  expect(await instance("/api/v1/status/%zz%41")).toBe("/api/v1/status/%25zz%41");
  expect(await instance("/a[b]|c?d=e")).toBe("/a%5Bb%5D%7Cc");
});

test("a problem's type leads to its description", async () => {
  const { type } = (await api.ask("/nowhere")).body;
  const { status, body } = await api.ask(type);
  expect(status).toBe(200);
  expect(body).toEqual({ error: "not_found", status: 404, title: "Not found", help: expect.any(String) });
  expect((await api.ask("/problems/toString")).status).toBe(404);
});

test("a known path says which methods it takes", async () => {
  const allowed = async (path: string, method: string) => (await api.ask(path, { method })).headers.get("allow");
  expect(await allowed("/api/v1/intake", "GET")).toBe("OPTIONS, POST");
  expect(await allowed("/api/v1/intake", "DELETE")).toBe("OPTIONS, POST");
  expect(await allowed("/api/v1/jobs", "POST")).toBe("GET, HEAD, OPTIONS");
  expect(await allowed(`/api/v1/status/${ID}`, "PUT")).toBe("GET, HEAD, OPTIONS");
  expect(await allowed("/docs/json", "PATCH")).toBe("GET, HEAD, OPTIONS");
  expect(await allowed("/nowhere", "POST")).toBeNull();
});

test("HEAD answers like GET, without a body", async () => {
  const answer = await api.ask("/health", { method: "HEAD" });
  expect([answer.status, answer.text]).toEqual([200, ""]);
});

test("a path that is no text is answered, not tripped over", async () => {
  for (const path of [
    "/%ff",
    "/api/v1/status/%ff",
    "/api/v1/status/%00",
    "/api/v1/jobs/%2e%2e/events",
    "/problems/%",
  ]) {
    expect((await api.ask(path)).status).toBeOneOf([400, 404]);
  }
});

test("the request id is the caller's where it is sane, else a new one", async () => {
  const idFor = async (given: string) =>
    (await api.ask("/health", { headers: { "x-request-id": given } })).headers.get("x-request-id");
  for (const sane of ["abc-123", "x".repeat(128), "a/b:c;{d}"]) expect(await idFor(sane)).toBe(sane);
  for (const wild of ["x".repeat(129), "a b", "é", ""]) expect(await idFor(wild)).toMatch(/^[0-9a-f-]{36}$/);
});
