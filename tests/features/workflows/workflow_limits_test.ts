import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { decode } from "../../../events/mod.ts";
import { limitStream, workflowStream } from "../../../src/jobs/limits/limit_streams.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const path = (workflow: string) => `/api/v1/workflows/${encodeURIComponent(workflow)}/limits`;
const put = (workflow: string, body: unknown) => api.ask(path(workflow), { ...post(body), method: "PUT" });

describe("the limits of a workflow", () => {
  test("are, by default, none for the workflow and one for each key", async () => {
    const { status, body } = await api.ask(path("untouched"));
    expect(status).toBe(200);
    expect(body).toEqual({
      workflow: "untouched",
      concurrency: null,
      concurrency_per_key: 1,
      rate_per_key: null,
      updated_at: null,
    });
  });

  test("are what was set last, as one event each; repeating it records none", async () => {
    const workflow = "größe: 3/4 😀 %2F";
    const first = await put(workflow, { concurrency: 20, rate_per_key: { limit: 10, per_seconds: 60 } });
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      workflow,
      concurrency: 20,
      concurrency_per_key: 1,
      rate_per_key: { limit: 10, per_seconds: 60, burst: 1 },
    });
    expect(Number(first.headers.get("levqor-position"))).toBe(await api.log.head());
    const again = await put(workflow, { concurrency: 20, rate_per_key: { limit: 10, per_seconds: 60 } });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("levqor-position")).toBeNull();
    const second = await put(workflow, { concurrency_per_key: 3 });
    expect(second.body).toMatchObject({ concurrency: null, concurrency_per_key: 3, rate_per_key: null });
    expect((await api.ask(path(workflow))).body).toEqual(second.body);
    const events = (await api.log.readStream(workflowStream({ account: "operator", workflow }))).map(decode);
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ["workflow.limits_set", { workflow, concurrency: 20, rate_per_key: { limit: 10, per_seconds: 60 } }],
      ["workflow.limits_set", { workflow, concurrency_per_key: 3 }],
    ]);
  });

  test("are all removed with an empty body", async () => {
    await put("emptied", { concurrency: 5 });
    expect((await put("emptied", {})).body).toMatchObject({ concurrency: null, concurrency_per_key: 1 });
  });

  test("are listed in the order in which they were first set", async () => {
    for (const workflow of ["list-a", "list-b", "list-c"]) await put(workflow, { concurrency: 1 });
    const { headers } = await put("list-a", { concurrency: 2 });
    const at = { headers: { "levqor-min-position": headers.get("levqor-position") as string } };
    const all = await api.ask("/api/v1/workflows/limits?limit=100", at);
    const listed = all.body.data.filter((one: { workflow: string }) => one.workflow.startsWith("list-"));
    expect(listed.map((one: { workflow: string; concurrency: number }) => [one.workflow, one.concurrency])).toEqual([
      ["list-a", 2],
      ["list-b", 1],
      ["list-c", 1],
    ]);
    const pages: unknown[] = [];
    let next: string | null = "";
    while (next !== null) {
      const answer = await api.ask(`/api/v1/workflows/limits?limit=1${next && `&cursor=${next}`}`);
      pages.push(...answer.body.data);
      next = answer.body.next_cursor;
    }
    expect(pages).toEqual(all.body.data);
    expect((await api.ask(path("list-a"))).body).toEqual(listed[0]);
  });

  test.each([
    [{ concurrency: 0 }, "/concurrency", "must be at least 1"],
    [{ concurrency: 1_001 }, "/concurrency", "must be at most 1000"],
    [{ concurrency: 1.5 }, "/concurrency", "must be an integer"],
    [{ concurrency_per_key: 1_001 }, "/concurrency_per_key", "must be at most 1000"],
    [{ rate_per_key: { limit: 1_001, per_seconds: 1 } }, "/rate_per_key/limit", "must be at most 1000"],
    [{ rate_per_key: { limit: 1, per_seconds: 86_401 } }, "/rate_per_key/per_seconds", "must be at most 86400"],
    [{ rate_per_key: { limit: 1 } }, "/rate_per_key/per_seconds", "is missing"],
    [{ rate_per_key: { limit: 1, per_seconds: 1, burst: 0 } }, "/rate_per_key/burst", "must be at least 1"],
    [{ limit: 1 }, "/limit", "is not supported here"],
  ])("%j is rejected", async (body, pointer, message) => {
    const answer = await put("refused", body);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ error: "validation_failed", errors: [{ pointer, message }] });
    expect(await api.log.readStream(workflowStream({ account: "operator", workflow: "refused" }))).toEqual([]);
  });

  test("are accepted at their bounds", async () => {
    const most = {
      concurrency: 1_000,
      concurrency_per_key: 1_000,
      rate_per_key: { limit: 1_000, per_seconds: 86_400, burst: 1_000 },
    };
    expect((await put("most", most)).body).toMatchObject(most);
  });

  test("belong to a valid workflow name", async () => {
    for (const name of ["a".repeat(129), "a\nb"]) {
      expect(await put(name, {})).toMatchObject({ status: 422, body: { error: "validation_failed" } });
      expect(await api.ask(path(name))).toMatchObject({ status: 422 });
    }
  });
});

test("setting limits needs a key, and so does reading them", async () => {
  const closed = await startApi({ api_keys: ["k".repeat(16)] });
  try {
    for (const init of [undefined, { ...post({}), method: "PUT" }]) {
      expect(await closed.ask(path("http"), init)).toMatchObject({ status: 401 });
    }
    expect(await closed.ask("/api/v1/workflows/limits")).toMatchObject({ status: 401 });
    const own = await closed.ask(path("http"), { ...post({}, { "x-api-key": "k".repeat(16) }), method: "PUT" });
    expect(own.status).toBe(200);
  } finally {
    await closed.stop();
  }
});

describe("a job that a limit holds back", () => {
  const started = async (job_id: string, extra: { workflow: string; concurrency_key?: string; rate?: object }) => {
    const { appended } = (await api.log.appendAll([
      {
        stream_id: `job-${job_id}`,
        expected_version: 1,
        events: [{ type: "job.started", data: { attempt: 1, worker: "w", lease_seconds: 600 } }],
        meta,
      },
      {
        stream_id: limitStream({ concurrency_key: null, account: "operator", ...extra }),
        expected_version: 0,
        events: [{ type: "limit.granted", data: { ...extra, job_id, attempt: 1, holders: { [job_id]: 1 } } }],
        meta,
      },
    ])) as { appended: readonly { position: number }[] };
    return appended.at(-1)?.position as number;
  };
  const meta = { actor: "worker:w", correlation_id: "test" };
  const waitingFor = async (job_id: string) => (await api.ask(`/api/v1/status/${job_id}`)).body.waiting_for;
  const listed = async (workflow: string, position: number) => {
    const headers = { "levqor-min-position": String(position) };
    const { data } = (await api.ask(`/api/v1/jobs?workflow=${workflow}`, { headers })).body;
    return data.map((job: { job_id: string; waiting_for?: object }) => [job.job_id, job.waiting_for]);
  };

  test("says who has its key's permit, in status and list; then waits for a worker", async () => {
    const workflow = "keyed";
    const first = await api.submit({ workflow, concurrency_key: "acme" });
    const second = await api.submit({ workflow, concurrency_key: "acme" });
    const other = await api.submit({ workflow, concurrency_key: "other" });
    expect(await waitingFor(second.job_id)).toMatchObject({ reason: "worker" });
    const position = await started(first.job_id, { workflow, concurrency_key: "acme" });
    const wait = {
      reason: "concurrency_key",
      detail: `1 job of the workflow "keyed" with the concurrency key "acme" may run at once. Held by ${first.job_id}.`,
    };
    expect(await waitingFor(second.job_id)).toEqual(wait);
    expect(await waitingFor(first.job_id)).toBeUndefined();
    expect(await listed(workflow, position)).toEqual([
      [other.job_id, expect.objectContaining({ reason: "worker" })],
      [second.job_id, wait],
      [first.job_id, undefined],
    ]);
    await api.ask(`/api/v1/jobs/${first.job_id}/cancel`, { method: "POST" });
    expect(await waitingFor(second.job_id)).toMatchObject({ reason: "worker" });
  });

  test("says how much of its workflow's limit is used", async () => {
    await put("narrow", { concurrency: 1 });
    const first = await api.submit({ workflow: "narrow" });
    const second = await api.submit({ workflow: "narrow" });
    await started(first.job_id, { workflow: "narrow" });
    expect(await waitingFor(second.job_id)).toEqual({
      reason: "concurrency",
      detail: `1 job of the workflow "narrow" may run at once. Held by ${first.job_id}.`,
    });
  });

  test("says so as soon as the limit is set, even if it was read just before", async () => {
    const workflow = "settled_anew";
    const first = await api.submit({ workflow });
    const second = await api.submit({ workflow });
    await started(first.job_id, { workflow });
    expect(await waitingFor(second.job_id)).toMatchObject({ reason: "worker" });
    const { promise: heard, resolve } = Promise.withResolvers<void>();
    api.bus.listen(({ events = [] }) => {
      if (events.some(({ type }) => type === "workflow.limits_set")) resolve();
    });
    await put(workflow, { concurrency: 1 });
    await heard;
    expect(await waitingFor(second.job_id)).toMatchObject({ reason: "concurrency" });
  });

  test("says when its rate lets it start", async () => {
    const workflow = "paced";
    await put(workflow, { concurrency_per_key: 9, rate_per_key: { limit: 1, per_seconds: 3_600 } });
    const first = await api.submit({ workflow, concurrency_key: "k" });
    const second = await api.submit({ workflow, concurrency_key: "k" });
    const tat = new Date(Date.now() + 3_600_000).toISOString();
    await started(first.job_id, { workflow, concurrency_key: "k", rate: { tat, interval_seconds: 3_600 } });
    const wait = await waitingFor(second.job_id);
    expect(wait.reason).toBe("rate");
    expect(wait.detail).toBe(
      `1 job of the workflow "paced" with the concurrency key "k" may start in each 3600 seconds. The next one may start at ${wait.until}.`,
    );
    expect(Math.abs(Date.parse(wait.until) - Date.parse(tat))).toBeLessThan(60_000);
  });
});
