import { expect, test } from "bun:test";
import { projections } from "../../projections/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { clearOfEnd } from "../support/clock.ts";
import { eventually } from "../support/service.ts";
import { type Answer, type Harness, post, startApi } from "./harness.ts";

test("health tells of the database, the bus, every read model, the schedules and the queue", async () => {
  const api = await startApi();
  const { job_id } = await api.submit();
  const { position } = await api.submit();
  const done = await api.ask(`/api/v1/_dev/complete/${job_id}`, post({ result: {} }));
  await reached(api, Number(done.headers.get("levqor-position")));
  const { status, body } = await api.ask("/api/v1/ops/health");
  expect(status).toBe(200);
  const readModel = {
    ok: true,
    state: "running",
    live: true,
    position: position + 1,
    lag: 0,
    stopped_at: null,
  };
  expect(body).toEqual({
    ok: true,
    ts: expect.any(Number),
    log: { head: position + 1 },
    database: { ok: true, latency_ms: expect.any(Number) },
    bus: { ok: true, kind: "in_process", connected: true, position: position + 1, lag: 0 },
    projections: projections.map(({ name, version }) => ({ name, version, ...readModel })),
    schedules: { ok: true, leader: null, active: 0, lag_seconds: 0 },
    queue: { queued: 1, max_queued: 1_000_000, running: 0 },
  });
  await api.stop();
});

test("health says which event stopped a read model, without what the event held", async () => {
  const api = await startApi();
  const { job_id } = await api.submit();
  const poison = await api.log.append({
    stream_id: `job-${job_id}`,
    expected_version: 1,
    events: [{ type: "job.submitted", data: { workflow: "planted-secret", payload: {} } }],
    meta: { actor: "system:test", correlation_id: job_id },
  });
  if (!poison.ok) throw new Error("conflict");
  let body: Answer["body"] = {};
  for (let i = 0; i < 200 && body.ok !== false; i++) body = (await api.ask("/api/v1/ops/health")).body;
  expect(body.projections.find((it: { name: string }) => it.name === "jobs")).toMatchObject({
    ok: false,
    state: "poisoned",
    stopped_at: poison.position,
  });
  expect(JSON.stringify(body)).not.toContain("planted-secret");
  await api.stop();
});

test("health is 503 when the database cannot be reached, and liveness is not", async () => {
  const api = await startApi({
    openApiLog: () => openLog({ url: "postgres://x@127.0.0.1:1/x", append_timeout_ms: 100 }),
  });
  const { status, body } = await api.ask("/api/v1/ops/health");
  expect(status).toBe(503);
  expect(body).toMatchObject({
    ok: false,
    log: { head: null },
    database: { ok: false, latency_ms: null },
    projections: null,
    schedules: null,
    queue: null,
  });
  expect((await api.ask("/health")).status).toBe(200);
  await api.stop();
});

test("public metrics are counted from the log", async () => {
  const api = await startApi();
  await clearOfEnd("day");
  expect((await api.ask("/")).body).toEqual({ ok: true, service: "levqor-backend", version: "1.2.3", build: "test" });
  const meta = { actor: "system:test", correlation_id: "test" };
  const event = { type: "service.started", data: { version: "1", build: "b", role: "all" } };
  await api.log.append({ stream_id: `service-${crypto.randomUUID()}`, expected_version: 0, events: [event], meta });
  for (let i = 0; i < 3; i++) await api.submit();
  // An event that names nobody: 4 of 5 are attributed.
  const nameless = { actor: "", correlation_id: "test" };
  const beat = { type: "service.heartbeat", data: {} };
  const last = await api.log.append({
    stream_id: `service-${crypto.randomUUID()}`,
    expected_version: 0,
    events: [beat],
    meta: nameless,
  });
  if (!last.ok) throw new Error("conflict");
  const metrics = await eventually(async () => {
    const { body } = await api.ask("/public/metrics");
    return body.audit_coverage === 80 && body;
  });
  expect(metrics).toEqual({
    uptime_rolling_7d: 100,
    jobs_today: 3,
    audit_coverage: 80,
    last_updated: Math.floor(Date.parse(last.recorded_at) / 1000),
  });
  await api.stop();
});

async function reached(api: Harness, position: number): Promise<void> {
  for (let i = 0; i < 500; i++) {
    const { projections, bus } = (await api.ask("/api/v1/ops/health")).body;
    const followers: { position: number }[] = [...(projections ?? []), bus];
    if (followers.every((follower) => follower.position >= position)) return;
    await Bun.sleep(10);
  }
  throw new Error(`The bus and the read models did not reach ${position}`);
}
