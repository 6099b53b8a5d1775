/**
 * The API as its TypeScript users see it: a client with types generated from the OpenAPI document, against the whole
 * service. What does not match the document does not pass the gate's type check.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "../examples/client/api.ts";
import { clockSettings } from "./support/clock.ts";
import { type Json, schemaChecker } from "./support/openapi.ts";
import { type TestDatabase, testDatabase } from "./support/postgres.ts";
import { eventually, type ServiceProcess, startServiceProcess } from "./support/service.ts";

const KEY = "a-key-of-the-typed-client";

type Schemas = components["schemas"];

let database: TestDatabase;
let service: ServiceProcess;
let outside: ReturnType<typeof Bun.serve>;
let levqor: Client<paths>;
/** The callbacks that arrived. */
const hooks: { headers: Headers; body: unknown }[] = [];
beforeAll(async () => {
  outside = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      if (new URL(request.url).pathname === "/hook")
        hooks.push({ headers: request.headers, body: await request.json() });
      return Response.json({ method: request.method });
    },
  });
  database = await testDatabase();
  service = await startServiceProcess({
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    API_KEYS: KEY,
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString("base64")}`,
    OUTBOUND_ALLOW: "127.0.0.0/8",
  });
  levqor = createClient<paths>({ baseUrl: service.url, headers: { "X-Api-Key": KEY } });
}, 60_000);
afterAll(async () => {
  await service.stop();
  await database.drop();
  await outside.stop(true);
}, 60_000);

/** The data of a response that must be successful. */
async function good<Answer extends { data?: unknown; error?: unknown; response: Response }>(
  answer: Promise<Answer>,
): Promise<{ data: NonNullable<Answer["data"]>; position: number }> {
  const { data, error, response } = await answer;
  if (data === undefined || data === null) throw new Error(`${response.status}: ${JSON.stringify(error)}`);
  return { data, position: Number(response.headers.get("levqor-position")) };
}

const submit = async (body: Schemas["IntakeRequest"], header?: { "Idempotency-Key"?: string }) =>
  await good(levqor.POST("/api/v1/intake", { params: { header }, body }));
const statusOf = async (job_id: string) =>
  (await good(levqor.GET("/api/v1/status/{job_id}", { params: { path: { job_id } } }))).data;
const until = (job_id: string, status: Schemas["JobStatus"]["status"]) =>
  eventually(async () => {
    const job = await statusOf(job_id);
    return job.status === status ? job : undefined;
  });

describe("a job", () => {
  test("is submitted, runs, and can be read in every way", async () => {
    const header = { "Idempotency-Key": crypto.randomUUID() };
    const body: Schemas["IntakeRequest"] = {
      workflow: "http",
      payload: { method: "POST", url: outside.url.href },
      priority: "high",
      max_attempts: 2,
    };
    const { data: accepted, position } = await submit(body, header);
    expect(accepted.status).toBe("queued");
    const again = await levqor.POST("/api/v1/intake", { params: { header }, body });
    expect(again.data).toEqual(accepted);
    expect(again.response.headers.get("idempotency-replayed")).toBe("true");

    const job = await until(accepted.job_id, "succeeded");
    expect(job.result).toMatchObject({ status: 200, body: { method: "POST" } });
    expect(job.error).toBeNull();

    const params = { path: { job_id: accepted.job_id } };
    const history = await good(levqor.GET("/api/v1/jobs/{job_id}/events", { params }));
    expect(history.data.data.map(({ type }) => type)).toEqual(["job.submitted", "job.started", "job.succeeded"]);
    const first = await good(
      levqor.GET("/api/v1/jobs/{job_id}/events", { params: { ...params, query: { limit: 1 } } }),
    );
    const cursor = first.data.next_cursor as string;
    const rest = await good(levqor.GET("/api/v1/jobs/{job_id}/events", { params: { ...params, query: { cursor } } }));
    expect([...first.data.data, ...rest.data.data]).toEqual(history.data.data);

    const list = await good(
      levqor.GET("/api/v1/jobs", {
        params: { query: { workflow: "http" }, header: { "Levqor-Min-Position": position } },
      }),
    );
    expect(list.data.data.map(({ job_id }) => job_id)).toContain(accepted.job_id);

    const stream = await levqor.GET("/api/v1/jobs/{job_id}/stream", { params, parseAs: "stream" });
    const decoder = new TextDecoder();
    let seen = "";
    for await (const chunk of stream.data ?? []) {
      seen += decoder.decode(chunk, { stream: true });
      if (seen.includes("event: job.succeeded")) break;
    }
    expect([...seen.matchAll(/^event: (.*)$/gm)].map(([, type]) => type)).toEqual(
      history.data.data.map(({ type }) => type),
    );
  });

  test("is rejected with a problem that says what is wrong", async () => {
    // The types would not allow it; untyped input may be anything.
    const body = { workflow: "http", payload: {}, priority: "soon" } as unknown as Schemas["IntakeRequest"];
    const { error, response } = await levqor.POST("/api/v1/intake", { body });
    expect(response.status).toBe(422);
    expect(error?.error).toBe("validation_failed");
    expect(error?.errors?.[0]?.pointer).toBe("/priority");
    const stranger = createClient<paths>({ baseUrl: service.url });
    const refused = await stranger.GET("/api/v1/jobs");
    expect([refused.response.status, refused.error?.error]).toEqual([401, "unauthorized"]);
    const missing = await levqor.GET("/api/v1/status/{job_id}", { params: { path: { job_id: crypto.randomUUID() } } });
    expect([missing.response.status, missing.error?.error]).toEqual([404, "job_not_found"]);
    expect(missing.error?.request_id).toBe(missing.response.headers.get("x-request-id") as string);
  });

  test("is cancelled, and replayed", async () => {
    const run_at = new Date(Date.now() + 3_600_000).toISOString();
    const payload = { method: "GET", url: outside.url.href };
    const { data: later } = await submit({ workflow: "http", payload, run_at });
    expect((await statusOf(later.job_id)).waiting_for?.reason).toBe("run_at");
    const path = { job_id: later.job_id };
    const body = { reason: "Not needed any more." };
    const cancelled = await good(levqor.POST("/api/v1/jobs/{job_id}/cancel", { params: { path }, body }));
    expect(cancelled.data).toEqual({ job_id: later.job_id, status: "cancelled" });

    const replayed = await good(
      levqor.POST("/api/v1/jobs/{job_id}/replay", {
        params: { path },
        body: { payload: { ...payload, method: "PUT" } },
      }),
    );
    expect(replayed.data.origin_job_id).toBe(later.job_id);
    // Its time is the origin's: it waits, too.
    await levqor.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id: replayed.data.job_id } } });

    const filter = { workflow: `nobody-runs-${crypto.randomUUID()}` };
    await submit({ workflow: filter.workflow, payload: {} });
    const { position } = await submit({ workflow: filter.workflow, payload: {} });
    await good(levqor.GET("/api/v1/jobs", { params: { header: { "Levqor-Min-Position": position } } }));
    const bulk = await good(levqor.POST("/api/v1/jobs/cancel", { body: { filter }, parseAs: "text" }));
    const lines = bulk.data
      .trim()
      .split("\n")
      .map((line): Schemas["BulkLine"] => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ type: "finished", matched: 2, changed: 2, unchanged: 0 });
  });

  test("reports its end, as often as requested", async () => {
    const callback_url = new URL("/hook", outside.url).href;
    const { data } = await submit({ workflow: "http", payload: { url: outside.url.href }, callback_url });
    const params = { path: { job_id: data.job_id } };
    const outcomes = async () =>
      (await good(levqor.GET("/api/v1/jobs/{job_id}/callbacks", { params }))).data.data.map(({ outcome }) => outcome);
    await eventually(async () => (await outcomes()).includes("delivered"));
    const again = await good(levqor.POST("/api/v1/jobs/{job_id}/callbacks/redeliver", { params }));
    expect(again.data.callback).toBe("pending");
    await eventually(async () => (await outcomes()).length === 3);
    expect(await outcomes()).toEqual(["delivered", "requested", "delivered"]);

    const document: Json = await service.call("/docs/json");
    const { post } = Object.values<Json>(document.paths["/api/v1/intake"].post.callbacks.jobEnded)[0];
    const check = schemaChecker(document);
    expect(hooks).toHaveLength(2);
    for (const { headers, body } of hooks) {
      expect(check(post.requestBody.content["application/json"].schema, body)).toBeUndefined();
      for (const { name } of post.parameters) expect(headers.get(name)).toBeString();
    }
  });
});

describe("a pipeline", () => {
  test("is stored, changed from the version that was read, run, and approved", async () => {
    const name = `pipeline-${crypto.randomUUID()}`;
    const steps: Schemas["PipelineCreate"]["steps"] = [
      { id: "fetch", uses: "http", with: { url: outside.url.href } },
      { id: "approve", wait_for_approval: { message: "Go on?" } },
    ];
    const created = await good(levqor.POST("/api/v1/pipelines", { body: { name, format: 1, steps } }));
    expect(created.data).toMatchObject({ name, version: 1 });

    const path = { name };
    const [fetchStep] = steps;
    const changed = { format: 1 as const, description: "Changed.", steps: [fetchStep, ...steps.slice(1)] };
    const stale = await levqor.PUT("/api/v1/pipelines/{name}", {
      params: { path, header: { "If-Match": '"7"' } },
      body: changed as Schemas["PipelineUpdate"],
    });
    expect([stale.response.status, stale.error?.error]).toEqual([412, "version_mismatch"]);
    const read = await levqor.GET("/api/v1/pipelines/{name}", { params: { path } });
    const etag = read.response.headers.get("etag") as string;
    const updated = await good(
      levqor.PUT("/api/v1/pipelines/{name}", {
        params: { path, header: { "If-Match": etag } },
        body: changed as Schemas["PipelineUpdate"],
      }),
    );
    expect(updated.data.version).toBe(2);
    const version = { params: { path: { name, version: 1 } } };
    expect((await good(levqor.GET("/api/v1/pipelines/{name}/versions/{version}", version))).data).toEqual(created.data);
    const header = { "Levqor-Min-Position": updated.position };
    const list = await good(levqor.GET("/api/v1/pipelines", { params: { header } }));
    expect(list.data.data.find((each) => each.name === name)?.version).toBe(2);

    const { data: job } = await submit({ workflow: name, payload: {} });
    const params = { path: { job_id: job.job_id } };
    await eventually(async () => (await statusOf(job.job_id)).waiting_for?.reason === "approval");
    const where = await good(levqor.GET("/api/v1/jobs/{job_id}/steps", { params }));
    expect(where.data.pipeline).toEqual({ name, version: 2 });
    expect(where.data.data.map(({ id, status }) => [id, status])).toEqual([
      ["fetch", "succeeded"],
      ["approve", "waiting"],
    ]);
    await good(levqor.POST("/api/v1/jobs/{job_id}/approve", { params, body: { step: "approve", approved: true } }));
    await until(job.job_id, "succeeded");
  });
});

describe("a schedule", () => {
  test("is created, fires, is paused and resumed, and is deleted", async () => {
    const job: Schemas["ScheduleRequest"]["job"] = { workflow: "http", payload: { url: outside.url.href } };
    const created = await good(
      levqor.POST("/api/v1/schedules", { body: { name: "Every second", cron: "* * * * * *", job } }),
    );
    const { schedule_id } = created.data;
    const params = { path: { schedule_id } };
    const next = { params: { ...params, query: { count: 3 } } };
    expect((await good(levqor.GET("/api/v1/schedules/{schedule_id}/next", next))).data.data).toHaveLength(3);
    const schedule = await eventually(async () => {
      const { data } = await good(levqor.GET("/api/v1/schedules/{schedule_id}", { params }));
      return data.runs > 0 && data.last_job_id !== null ? data : undefined;
    });
    await until(schedule.last_job_id as string, "succeeded");

    const paused = await good(levqor.POST("/api/v1/schedules/{schedule_id}/pause", { params }));
    expect(paused.data).toEqual({ schedule_id, status: "paused", next_run_at: null });
    expect((await good(levqor.POST("/api/v1/schedules/{schedule_id}/resume", { params }))).data.status).toBe("active");
    const deleted = await good(levqor.DELETE("/api/v1/schedules/{schedule_id}", { params }));
    const header = { "Levqor-Min-Position": deleted.position };
    const list = await good(levqor.GET("/api/v1/schedules", { params: { header } }));
    expect(list.data.data.map((each) => each.schedule_id)).not.toContain(schedule_id);
    const gone = await levqor.GET("/api/v1/schedules/{schedule_id}", { params });
    expect([gone.response.status, gone.error?.error]).toEqual([404, "schedule_not_found"]);
    const history = await good(levqor.GET("/api/v1/schedules/{schedule_id}/events", { params }));
    expect(history.data.data.at(0)?.type).toBe("schedule.created");
    const all = await good(
      levqor.GET("/api/v1/schedules/{schedule_id}/events", { params: { ...params, query: { limit: 100 } } }),
    );
    expect(all.data.data.at(-1)?.type).toBe("schedule.deleted");
  });
});

describe("an external worker", () => {
  test("claims, renews, fails, releases and completes jobs", async () => {
    const workflow = `translate-${crypto.randomUUID()}`;
    const limits = { params: { path: { workflow } }, body: { concurrency: 1 } };
    expect((await good(levqor.PUT("/api/v1/workflows/{workflow}/limits", limits))).data.concurrency).toBe(1);
    const { data: submitted } = await submit({
      workflow,
      payload: { text: "Guten Tag" },
      backoff: { initial_seconds: 0 },
    });
    const claim = async () => {
      const body = { worker: "typed", workflows: [workflow], wait_seconds: 20, lease_seconds: 20 };
      const { data } = await good(levqor.POST("/api/v1/workers/claim", { body }));
      const [job] = data.jobs;
      if (!job) throw new Error("No job was given");
      return job;
    };
    const first = await claim();
    expect(first).toMatchObject({ job_id: submitted.job_id, attempt: 1, payload: { text: "Guten Tag" } });
    const named = { job_id: first.job_id, attempt: 1 };
    const held = await good(levqor.POST("/api/v1/workers/heartbeat", { body: { ...named, lease_seconds: 25 } }));
    expect(Date.parse(held.data.lease_expires_at)).toBeGreaterThan(Date.now());
    const error = { code: "no_dictionary", message: "No dictionary yet." };
    const failed = await good(levqor.POST("/api/v1/workers/fail", { body: { ...named, error } }));
    expect(failed.data.status).toBe("queued");
    expect((await claim()).attempt).toBe(2);
    const late = await levqor.POST("/api/v1/workers/complete", { body: { ...named, result: null } });
    expect(late.error).toMatchObject({
      error: "attempt_superseded",
      attempt: 1,
      job_status: "running",
      holder: { worker: "typed", attempt: 2 },
    });
    await good(levqor.POST("/api/v1/workers/release", { body: { ...named, attempt: 2 } }));
    expect((await claim()).attempt).toBe(3);
    const result = { text: "Good day" };
    await good(levqor.POST("/api/v1/workers/complete", { body: { ...named, attempt: 3, result } }));
    expect(await statusOf(first.job_id)).toMatchObject({ status: "succeeded", result });
  });
});

describe("a key", () => {
  test("is issued with its grants, used, rotated and revoked", async () => {
    const issued = await good(
      levqor.POST("/api/v1/keys", { body: { name: "Typed client", scopes: ["jobs:read"], tier: "pro" } }),
    );
    const { key, key_id } = issued.data;
    const holder = createClient<paths>({ baseUrl: service.url, headers: { "X-Api-Key": key as string } });
    await eventually(async () => (await holder.GET("/api/v1/jobs")).response.ok);
    const refused = await holder.POST("/api/v1/intake", { body: { workflow: "http", payload: {} } });
    expect([refused.response.status, refused.error?.error]).toEqual([403, "insufficient_scope"]);

    const params = { path: { key_id } };
    expect((await good(levqor.GET("/api/v1/keys/{key_id}", { params }))).data.scopes).toEqual(["jobs:read"]);
    const rotated = await good(
      levqor.POST("/api/v1/keys/{key_id}/rotate", { params, body: { overlap_seconds: 3600 } }),
    );
    expect(rotated.data.key).not.toBe(key);
    const revoked = await good(levqor.POST("/api/v1/keys/{key_id}/revoke", { params, body: { reason: "Done." } }));
    await eventually(async () => (await holder.GET("/api/v1/jobs")).response.status === 401);
    const header = { "Levqor-Min-Position": revoked.position };
    const list = await good(levqor.GET("/api/v1/keys", { params: { header } }));
    expect(list.data.data.find((each) => each.key_id === key_id)?.revoked_at).toBeString();
  });
});

test("the example submits a job and shows its result", async () => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../examples/typed_client.ts"), outside.url.href], {
    env: { PATH: process.env.PATH, ...clockSettings, LEVQOR_URL: service.url, LEVQOR_KEY: KEY },
    stdout: "pipe",
  });
  const said = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  expect(said).toContain("is recorded\n");
  expect(said).toContain('"body":{"method":"GET"}');
});

test("the service reports its state, and explains problems", async () => {
  expect((await good(levqor.GET("/"))).data.service).toBe("levqor-backend");
  expect((await good(levqor.GET("/health"))).data.ok).toBe(true);
  expect((await good(levqor.GET("/public/metrics"))).data.jobs_today).toBeGreaterThanOrEqual(0);
  const health = await eventually(async () => {
    const { data } = await levqor.GET("/api/v1/ops/health");
    return data?.ok ? data : undefined;
  });
  expect(health.projections?.map(({ name }) => name)).toContain("jobs");
  const meaning = { params: { path: { error: "conflict" } } };
  expect((await good(levqor.GET("/problems/{error}", meaning))).data.status).toBe(409);
});
