/** No call takes a query parameter that the API document does not name for it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Answer, type Harness, startApi } from "./harness.ts";

let api: Harness;
beforeAll(async () => {
  api = await startApi({ timing: { read_model_wait_ms: 5_000 } });
});
afterAll(() => api.stop());

const PROBES = ["/", "/health", "/metrics", "/public/metrics", "/api/v1/ops/health"];
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

test("a parameter that a call does not know is refused, by every call there is, and named", async () => {
  const all = (await calls()).filter(([, path]) => !PROBES.includes(path));
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
        { pointer: `?${name}`, message: "is not known here" },
      ]);
    }
  }
});

test("nothing is recorded by a call that is refused for it", async () => {
  const before = await api.log.head();
  const body = JSON.stringify({ workflow: "http", payload: {} });
  const init = { method: "POST", headers: { "content-type": "application/json" }, body };
  expect((await api.ask("/api/v1/intake?dry_run=true", init)).status).toBe(422);
  expect(await api.log.head()).toBe(before);
  expect((await api.ask("/api/v1/intake?", init)).status).toBe(202);
});

test("those that a call knows are read, and pages may be asked for with anything", async () => {
  for (const [method, path, names] of await calls()) {
    for (const name of names) {
      const { status, body } = await api.ask(`${path}?${name}=%00`, { method, headers: {} });
      const known = !JSON.stringify(body).includes("is not known here");
      expect([path, name, status, known]).toEqual([path, name, status, true]);
    }
  }
  for (const page of ["/status", "/docs"]) {
    expect([page, (await api.ask(`${page}?utm_source=mail`, { headers: {} })).status]).toEqual([page, 200]);
  }
});

test("probes may be asked with anything, as monitors do to pass caches by", async () => {
  for (const path of PROBES) {
    for (const method of ["GET", "HEAD"]) {
      const { status } = await api.ask(`${path}?t=1700000000&_=%00`, { method, headers: {} });
      expect([method, path, status]).toEqual([method, path, 200]);
    }
  }
});
