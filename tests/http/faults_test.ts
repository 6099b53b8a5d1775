import { expect, test } from "bun:test";
import { openLog } from "../../src/log/mod.ts";
import { appendUnchecked } from "../support/events.ts";
import { type BreakingProxy, startProxy } from "../support/proxy.ts";
import { post, startApi } from "./harness.ts";

const JOB = { workflow: "http", payload: {} };

test("an intake that the database never got is 503 unavailable, to be retried", async () => {
  const api = await startApi({
    openApiLog: () => openLog({ url: "postgres://x@127.0.0.1:1/x", append_timeout_ms: 300 }),
  });
  const answer = await api.ask("/api/v1/intake", post(JOB));
  expect([answer.status, answer.body.error]).toEqual([503, "unavailable"]);
  expect(answer.headers.get("retry-after")).toBe("1");
  expect(await api.log.head()).toBe(0);
  await api.stop();
});

test("a status that cannot be read is 503 as well, and reveals nothing about the database", async () => {
  const api = await startApi({
    openApiLog: () => openLog({ url: "postgres://x@127.0.0.1:1/x", append_timeout_ms: 300 }),
  });
  const answer = await api.ask("/api/v1/status/0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70");
  expect([answer.status, answer.body.error]).toEqual([503, "unavailable"]);
  expect(answer.text).not.toMatch(/ECONN|postgres|127\.0\.0\.1|stack/i);
  await api.stop();
});

test("an intake whose outcome is unknown says so, and the same key finds it out", async () => {
  let proxy: BreakingProxy | undefined;
  const api = await startApi({
    async openApiLog(url) {
      proxy = await startProxy(url);
      return openLog({ url: proxy.url, append_timeout_ms: 3_000, attempt_timeout_ms: 1_500 });
    },
  });
  if (!proxy) throw new Error("no proxy");
  await api.submit();
  proxy.onRequest = (chunk) => {
    if (!chunk.includes("job.submitted")) return "pass";
    if (proxy) proxy.refusing = true;
    return "cut_after";
  };
  const keyed = { "idempotency-key": "in-doubt", "x-request-id": "doubtful" };
  const first = await api.ask("/api/v1/intake", post(JOB, keyed));
  expect([first.status, first.body.error]).toEqual([503, "outcome_unknown"]);
  expect(first.headers.get("retry-after")).toBe("1");
  expect(api.logged.some((line) => line.level === "error" && line.request_id === "doubtful")).toBe(true);

  proxy.onRequest = () => "pass";
  proxy.refusing = false;
  const second = await api.ask("/api/v1/intake", post(JOB, keyed));
  expect(second.status).toBe(202);
  expect(second.body.job_id).toBe(first.body.job_id);
  const { status } = (await api.ask(`/api/v1/status/${first.body.job_id}`)).body;
  expect(status).toBe("queued");
  expect(await api.log.head()).toBe(2);
  await api.stop();
  await proxy.close();
});

test("a fault is logged with its request id, and the client learns only that id", async () => {
  const api = await startApi();
  const job_id = Bun.randomUUIDv7();
  // An impossible history: the job's own reader finds an unreadable event.
  await appendUnchecked(api.sql, `job-${job_id}`, [
    { type: "job.submitted", data: { workflow: "http", payload: {} } },
    { type: "job.started", data: null },
  ]);
  const answer = await api.ask(`/api/v1/status/${job_id}`, { headers: { "x-request-id": "faulty" } });
  expect([answer.status, answer.body.error]).toEqual([500, "internal_error"]);
  expect(answer.text).not.toMatch(/null|TypeError|\.ts|attempt/);
  const line = api.logged.find((logged) => logged.level === "error" && logged.request_id === "faulty");
  expect(line).toMatchObject({ err: { type: "TypeError", stack: expect.stringContaining("job.ts") } });
  await api.stop();
});
