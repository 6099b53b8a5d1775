import { expect, test } from "bun:test";
import { decode } from "../../../events/mod.ts";
import { projections } from "../../../projections/mod.ts";
import { type Config, loadConfig } from "../../../src/config.ts";
import { reactionsOf } from "../../../src/features/mod.ts";
import { openLog } from "../../../src/log/mod.ts";
import { verify } from "../../../src/projector/mod.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";
import { until } from "../../jobs/support.ts";
import { answering, ask } from "../../reactor/support.ts";
import { clearOfEnd } from "../../support/clock.ts";
import { appendUnchecked } from "../../support/events.ts";
import { eventually } from "../../support/service.ts";

test("health covers the database, the bus, every read model, the schedules and the queue", async () => {
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
    how_to_fix: null,
  };
  expect(body).toEqual({
    ok: true,
    ts: expect.any(Number),
    log: { head: position + 1 },
    database: { ok: true, latency_ms: expect.any(Number) },
    bus: { ok: true, kind: "in_process", connected: true, position: position + 1, lag: 0 },
    projections: projections.map(({ name, version }) => ({ name, version, ...readModel })),
    reactions: reactionsOf(loadConfig({}, []) as Config).map(({ name, version }) => ({
      ...{ ok: true, name, version, state: expect.stringMatching(/^(?:running|standby)$/) },
      ...{ position: expect.any(Number), lag: expect.any(Number), stopped_at: null, how_to_fix: null },
    })),
    schedules: { ok: true, leader: null, active: 0, lag_seconds: 0 },
    queue: { queued: 1, max_queued: 1_000_000, running: 0 },
  });
  await api.stop();
});

test("health shows which event stopped a read model, without the event's content", async () => {
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
    how_to_fix: expect.stringContaining("POST /api/v1/ops/projections/jobs/resume"),
  });
  expect(JSON.stringify(body)).not.toContain("planted-secret");
  await api.stop();
});

test("a read model stopped by an event is resumed at it or past it by an operator, which is recorded", async () => {
  const api = await startApi();
  const { job_id } = await api.submit();
  const resume = (body: object, name = "jobs") => api.ask(`/api/v1/ops/projections/${name}/resume`, post(body));
  const stopped = async () => {
    const { body } = await api.ask("/api/v1/ops/health");
    return body.projections?.find((it: { name: string }) => it.name === "jobs")?.stopped_at ?? undefined;
  };
  expect(await resume({})).toMatchObject({ status: 200, body: { name: "jobs", stopped_at: null, skipped: false } });
  expect(await resume({ skip: 1, reason: "No." })).toMatchObject({
    status: 409,
    body: {
      error: "projection_not_stopped",
      detail: 'Cannot skip position 1: no event stops the read model "jobs".',
      stopped_at: null,
    },
  });
  const poison = await api.log.append({
    stream_id: `job-${job_id}`,
    expected_version: 1,
    events: [{ type: "job.submitted", data: { workflow: "again", payload: {} } }],
    meta: { actor: "system:test", correlation_id: job_id },
  });
  if (!poison.ok) throw new Error("conflict");
  const { position } = poison;
  const other = await api.submit();
  await until(stopped, { what: "it to be stopped" });

  expect((await resume({ skip: position })).body.errors).toEqual([
    { pointer: "/reason", message: "must say why the event is skipped: it is recorded" },
  ]);
  expect(await resume({ skip: position + 1, reason: "No." })).toMatchObject({
    status: 409,
    body: { stopped_at: position },
  });
  expect(await resume({}, "jbos")).toMatchObject({ status: 404, body: { error: "projection_not_found" } });

  // With the event: it stops there again.
  const again = await resume({});
  expect(again).toMatchObject({ status: 200, body: { name: "jobs", stopped_at: position, skipped: false } });
  await until(stopped, { what: "it to be stopped again" });

  const skipped = await resume({ skip: position, reason: "Submitted twice." });
  expect(skipped).toMatchObject({ status: 200, body: { name: "jobs", stopped_at: position, skipped: true } });
  const headers = { "levqor-min-position": skipped.headers.get("levqor-position") as string };
  const { body } = await api.ask("/api/v1/jobs", { headers });
  expect(body.data.map((job: { job_id: string }) => job.job_id)).toEqual([other.job_id, job_id]);
  const decided = (await api.log.readStream("projection-jobs")).map(decode);
  expect(decided.map(({ data, meta }) => [data, meta.actor])).toEqual([
    [expect.objectContaining({ position, skip: false, event_id: `job-${job_id}@2` }), "anonymous"],
    [expect.objectContaining({ position, skip: true, reason: "Submitted twice." }), "anonymous"],
  ]);
  for (const projection of projections) {
    expect(await verify({ sql: api.sql, log: api.log, projection })).toMatchObject({ different: 0 });
  }
  await api.stop();
});

test("a reaction stopped by an event shows in health and is resumed by an operator, which is recorded", async () => {
  const api = await startApi({ reactions: [answering] });
  const resume = (body: object, name = "answering") => api.ask(`/api/v1/ops/reactions/${name}/resume`, post(body));
  const health = async () => (await api.ask("/api/v1/ops/health")).body;
  await until(async () => (await health()).reactions?.[0].state === "running", { what: "it to run" });
  expect(await resume({})).toMatchObject({
    status: 200,
    body: { name: "answering", stopped_at: null, skipped: false },
  });
  expect(await resume({}, "nobody")).toMatchObject({ status: 404, body: { error: "reaction_not_found" } });
  const { position } = await ask(api.log, { poison: "planted-secret" });
  const after = await ask(api.log, { count: "a" });
  await until(async () => (await health()).reactions[0].stopped_at === position, { what: "it to be stopped" });
  const body = await health();
  expect(body).toMatchObject({
    ok: false,
    reactions: [
      {
        ...{ ok: false, name: "answering", version: 1, state: "poisoned", position: position - 1 },
        how_to_fix: expect.stringContaining("POST /api/v1/ops/reactions/answering/resume"),
      },
    ],
  });
  expect(JSON.stringify(body)).not.toContain("planted-secret");

  expect((await resume({ skip: position })).body.errors).toEqual([
    { pointer: "/reason", message: "must say why the event is skipped: it is recorded" },
  ]);
  expect(await resume({ skip: position + 1, reason: "No." })).toMatchObject({
    status: 409,
    body: { error: "reaction_not_stopped", stopped_at: position },
  });
  expect(await resume({ skip: position, reason: "Nobody asked." })).toMatchObject({
    status: 200,
    body: { name: "answering", stopped_at: position, skipped: true },
  });
  await until(async () => (await health()).reactions[0].position >= after.position, { what: "it to go on" });
  expect((await health()).reactions).toMatchObject([
    { ok: true, state: "running", stopped_at: null, how_to_fix: null },
  ]);
  await api.stop();
});

test("health is 503 when the database is unreachable, and liveness is not", async () => {
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
    reactions: null,
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
  const stream = `service-${crypto.randomUUID()}`;
  await appendUnchecked(api.sql, stream, [{ type: "service.heartbeat", data: {}, meta: nameless }]);
  const [last] = await api.log.readStream(stream);
  const metrics = await eventually(async () => {
    const { body } = await api.ask("/public/metrics");
    return body.audit_coverage === 80 && body;
  });
  expect(metrics).toEqual({
    uptime_rolling_7d: 100,
    jobs_today: 3,
    audit_coverage: 80,
    last_updated: Math.floor(Date.parse(last?.recorded_at ?? "") / 1000),
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
