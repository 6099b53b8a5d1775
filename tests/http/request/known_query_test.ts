/** No call takes a query parameter that the API document does not name for it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Answer, type Harness, startApi } from "../harness.ts";

let api: Harness;
beforeAll(async () => {
  api = await startApi({ timing: { read_model_wait_ms: 5_000 } });
});
afterAll(() => api.stop());

const PROBES = ["/", "/health", "/metrics", "/public/metrics", "/api/v1/ops/health", "/api/v1/errors/health"];
/** Mail programs and browsers that come from a mail may add anything. */
const FROM_MAIL = ["/marketing/confirm/1", "/unsubscribe/1"];
const METHODS = ["get", "put", "post", "patch", "delete"];

async function calls(): Promise<[method: string, path: string, names: string[]][]> {
  const { paths } = (await api.ask("/docs/json")).body;
  return Object.entries<Record<string, Answer["body"]>>(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, { parameters = [] }]) => [
        method.toUpperCase(),
        path.replaceAll(/\{\w+_id\}/g, crypto.randomUUID()).replaceAll(/\{\w+\}/g, "1"),
        parameters.filter((one: Answer["body"]) => one.in === "query").map((one: Answer["body"]) => one.name),
      ]),
  );
}

test("an unknown parameter is rejected and named, by every call", async () => {
  const all = (await calls()).filter(([, path]) => ![...PROBES, ...FROM_MAIL].includes(path));
  expect(all.length).toBeGreaterThan(45);
  for (const [method, path] of all) {
    for (const query of ["dry_run=true", "idempotency_key=1", "__proto__=1", "X-Api-Key=1", "=", "limit%20=1"]) {
      const { status, body } = await api.ask(`${path}?${query}`, { method, headers: {} });
      const name = new URLSearchParams(query).keys().next().value;
      expect([method, path, query, status, body.error, body.errors?.[0]]).toEqual([
        method,
        path,
        query,
        422,
        "validation_failed",
        { pointer: `?${name}`, message: "is not supported here" },
      ]);
    }
  }
});

test("a value that is not UTF-8 is rejected and named, by every call that knows the parameter", async () => {
  for (const [method, path, names] of await calls()) {
    for (const name of names) {
      for (const value of ["%ff", "a%ed%a0%80", "%c0%80", "%e2%82", "%E9t%C3%A9"]) {
        const { status, body } = await api.ask(`${path}?${name}=${value}`, { method, headers: {} });
        // What is not one of the values that there are is refused as such.
        if (status === 422) expect(body.errors[0].pointer).toBe(`?${name}`);
        else {
          const detail = `?${name} is not UTF-8 after percent-decoding.`;
          expect([method, path, status, body.error, body.detail]).toEqual([method, path, 400, "malformed_url", detail]);
        }
      }
    }
  }
  for (const value of ["%ff", "%ed%a0%80"]) {
    expect((await api.ask(`/api/v1/jobs?limit=1&workflow=${value}`)).body.error).toBe("malformed_url");
  }
  for (const value of ["%c3%a9", "%F0%9F%98%80", "100%", "%zz", "%", "%ef%bf%bd", "a%2"]) {
    expect([value, (await api.ask(`/api/v1/jobs?workflow=${value}`)).status]).toEqual([value, 200]);
  }
});

test("a path that is not UTF-8 is rejected", async () => {
  const init = { method: "PUT", headers: { "content-type": "application/json" }, body: '{"concurrency":1}' };
  for (const path of [
    "/api/v1/workflows/%ff/limits",
    "/api/v1/pipelines/a%ed%a0%80",
    "/api/v1/jobs/%ff/callbacks?limit=1",
  ]) {
    for (const how of path.includes("limits") ? [{}, init] : [{}]) {
      const { status, body } = await api.ask(path, how);
      const detail = "The path is not UTF-8 after percent-decoding.";
      expect([path, status, body.error, body.detail]).toEqual([path, 400, "malformed_url", detail]);
    }
  }
  expect((await api.ask("/api/v1/workflows/%c3%a9/limits")).body.workflow).toBe("é");
});

test("a call that is rejected for it records nothing", async () => {
  const before = await api.log.head();
  const body = JSON.stringify({ workflow: "http", payload: {} });
  const init = { method: "POST", headers: { "content-type": "application/json" }, body };
  expect((await api.ask("/api/v1/intake?dry_run=true", init)).status).toBe(422);
  expect(await api.log.head()).toBe(before);
  expect((await api.ask("/api/v1/intake?", init)).status).toBe(202);
});

test("known ones are read, and pages accept anything", async () => {
  for (const [method, path, names] of await calls()) {
    for (const name of names) {
      const { status, body } = await api.ask(`${path}?${name}=%00`, { method, headers: {} });
      const known = !JSON.stringify(body).includes("is not supported here");
      expect([path, name, status, known]).toEqual([path, name, status, true]);
    }
  }
  for (const page of ["/status", "/docs"]) {
    expect([page, (await api.ask(`${page}?utm_source=mail`, { headers: {} })).status]).toEqual([page, 200]);
  }
});

test("probes accept anything, as monitors add parameters to bypass caches", async () => {
  for (const path of PROBES) {
    for (const method of ["GET", "HEAD"]) {
      const { status } = await api.ask(`${path}?t=1700000000&_=%00`, { method, headers: {} });
      expect([method, path, status]).toEqual([method, path, 200]);
    }
  }
});
