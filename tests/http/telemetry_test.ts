/** What the API reports about its requests: to Prometheus, and in the log. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { parseExposition, sampleOf } from "../support/exposition.ts";
import { type Harness, post, startApi } from "./harness.ts";

const REQUESTS = "levqor_http_request_duration_seconds_count";

describe("metrics", () => {
  let api: Harness;
  beforeAll(async () => {
    api = await startApi({ api_keys: ["a-key-of-sixteen"] });
  });
  afterAll(() => api.stop());

  const key = { "x-api-key": "a-key-of-sixteen" };
  const scrape = async () => parseExposition((await api.ask("/metrics", { headers: key })).text);

  test("need a key on the API's own port", async () => {
    expect((await api.ask("/metrics")).status).toBe(401);
    const answer = await api.ask("/metrics", { headers: key });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("count requests by the route's pattern, whatever is in the path", async () => {
    for (let i = 0; i < 3; i++) await api.ask(`/api/v1/status/${crypto.randomUUID()}`, { headers: key });
    await api.submit({}, key);
    await api.ask("/api/v1/intake", post("{", key));
    for (let i = 0; i < 5; i++) await api.ask(`/nothing/here/${i}?email=someone@example.com`);
    await api.ask("/health", { method: "BREW" });
    const families = await scrape();
    const status = { route: "/api/v1/status/:job_id", method: "GET" };
    expect(sampleOf(families, REQUESTS, { ...status, status_class: "4xx" })).toBe(3);
    const intake = { route: "/api/v1/intake", method: "POST" };
    expect(sampleOf(families, REQUESTS, { ...intake, status_class: "2xx" })).toBe(1);
    expect(sampleOf(families, REQUESTS, { ...intake, status_class: "4xx" })).toBe(1);
    expect(sampleOf(families, REQUESTS, { route: "unmatched", method: "GET" })).toBe(5);
    const requests = families.get("levqor_http_request_duration_seconds");
    expect(JSON.stringify(requests?.samples)).not.toContain("nothing");
  });

  test("count the outcomes of external workers' attempts, each once", async () => {
    const ask = async (path: string, body: object) => (await api.ask(path, post(body, key))).body;
    const { job_id } = await api.submit({ workflow: "by-hand" }, key);
    const { jobs } = await ask("/api/v1/workers/claim", { worker: "w1", workflows: ["by-hand"] });
    expect(jobs).toMatchObject([{ job_id, attempt: 1 }]);
    const ended = { job_id, attempt: 1, result: {} };
    // The second time it is recorded.
    for (let times = 0; times < 2; times++) await ask("/api/v1/workers/complete", ended);
    const external = { workflow: "external", outcome: "succeeded" };
    const families = await scrape();
    expect(sampleOf(families, "levqor_attempt_duration_seconds_count", external)).toBe(1);
    expect(sampleOf(families, "levqor_attempt_duration_seconds_sum", external)).toBeWithin(0, 30);
  });

  test("count open streams, until their clients have gone", async () => {
    const leaving = new AbortController();
    const stream = await fetch(`${api.url}/api/v1/jobs/stream`, { headers: key, signal: leaving.signal });
    expect(stream.status).toBe(200);
    expect(sampleOf(await scrape(), "levqor_open_streams", { kind: "sse" })).toBe(1);
    leaving.abort();
    const socket = new WebSocket(`${api.url.replace("http", "ws")}/api/v1/jobs/ws`, { headers: key } as never);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    expect(sampleOf(await scrape(), "levqor_open_streams", { kind: "websocket" })).toBe(1);
    socket.close();
    const open = async (kind: string) => sampleOf(await scrape(), "levqor_open_streams", { kind });
    for (let tries = 0; (await open("sse")) || (await open("websocket")); tries++) {
      if (tries > 400) throw new Error("The streams are still counted as open");
      await Bun.sleep(25);
    }
  });
});

describe("the request log", () => {
  test("has one line per request, without its content", async () => {
    const api = await startApi();
    const secrets = { cookie: "session=very-secret", authorization: "Basic very-secret" };
    await api.ask(`/api/v1/status/${crypto.randomUUID()}?email=someone@example.com`, {
      headers: { ...secrets, "user-agent": `agent/1.0 ${"x".repeat(1_000)}`, "x-request-id": "mine-1" },
    });
    await api.submit({ payload: { password: "very-secret" } }, { "x-request-id": "mine-2" });
    await api.ask("/who/someone@example.com", { headers: { "x-request-id": "mine-3" } });
    const lines = api.logged.filter(({ msg }) => msg === "Request completed");
    await api.stop();
    expect(lines.map(({ request_id, method, route, status }) => ({ request_id, method, route, status }))).toEqual([
      { request_id: "mine-1", method: "GET", route: "/api/v1/status/:job_id", status: 422 },
      { request_id: "mine-2", method: "POST", route: "/api/v1/intake", status: 202 },
      { request_id: "mine-3", method: "GET", route: null, status: 404 },
    ]);
    expect(lines[0]?.user_agent).toHaveLength(256);
    for (const { level, duration_ms, ip } of lines) {
      expect(ip).toBe("127.0.0.1");
      expect(level).toBe("info");
      expect(duration_ms).toBeGreaterThan(0);
    }
    expect(JSON.stringify(api.logged)).not.toMatch(/very-secret|someone@example/);
  });

  test("lists only errors if configured, and few of many", async () => {
    const api = await startApi({ request_log: "errors" });
    await api.ask("/health");
    await api.submit();
    const began = performance.now();
    await Promise.all(Array.from({ length: 200 }, () => api.ask("/nothing")));
    const seconds = (performance.now() - began) / 1000;
    // The next second's first line says how many were left out of this one's.
    await Bun.sleep(1_100);
    await api.ask("/nothing");
    const lines = api.logged.filter(({ msg }) => msg === "Request completed");
    const left = api.logged.filter(({ msg }) => msg === "Requests left out of the log");
    await api.stop();
    expect(new Set(lines.map(({ status }) => status))).toEqual(new Set([404]));
    // The last one is in a second of its own.
    expect(lines.length).toBeLessThanOrEqual(20 * Math.ceil(seconds + 1) + 1);
    expect(lines.length + left.reduce((sum, line) => sum + (line.requests as number), 0)).toBe(201);
  });

  test("can be off", async () => {
    const api = await startApi({ request_log: "off" });
    await api.ask("/nothing");
    const lines = api.logged.filter(({ msg }) => msg === "Request completed");
    await api.stop();
    expect(lines).toEqual([]);
  });
});
