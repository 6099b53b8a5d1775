// Slow: queues have to fill, and bulk operations wait until there is room.
import { afterEach, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { submitSystemJob } from "../../../src/jobs/mod.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";
import { until } from "../support.ts";

const apis: Harness[] = [];
afterEach(async () => {
  for (const api of apis.splice(0)) await api.stop();
});

async function start(max_queue_depth: number): Promise<Harness> {
  const api = await startApi({ max_queue_depth });
  apis.push(api);
  return api;
}
const submit = (api: Harness, headers = {}) =>
  api.ask("/api/v1/intake", post({ workflow: "nobody_runs_this", payload: {} }, headers));

/** How many jobs were recorded. */
async function recorded(api: Harness): Promise<number> {
  return (await api.log.readRange(0, 1_000)).filter(({ type }) => type === "job.submitted").length;
}

test("a caller's jobs fill a share of the queue, and leave the rest to others; the operator may fill it", async () => {
  const [key, secret] = ["k".repeat(24), "a secret of no less than 32 bytes"];
  const jwt = { verify_with: { secret }, issuer: "https://auth.example.com", audience: "authenticated" };
  const api = await startApi({ max_queue_depth: 30, caller_share: 1 / 6, api_keys: [key], jwt });
  apis.push(api);
  const exp = Math.floor(Date.now() / 1000) + 600;
  const session = async (sub: string) => ({
    authorization: `Bearer ${await new SignJWT({ iss: jwt.issuer, aud: jwt.audience, sub, exp })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(secret))}`,
  });
  const [ada, bob] = [await session("ada"), await session("bob")];
  const operator = { "x-api-key": key };
  const scopes = ["jobs:read", "jobs:write", "schedules:write"];
  const issued = async (name: string) => ({
    "x-api-key": (await api.ask("/api/v1/keys", post({ name, scopes, tier: "enterprise" }, operator))).body
      .key as string,
  });
  const [first, second] = [await issued("first"), await issued("second")];
  const statuses = async (count: number, headers: object) =>
    (await Promise.all(Array.from({ length: count }, () => submit(api, headers))))
      .map(({ status }) => status)
      .toSorted();
  for (const caller of [ada, bob, first, second]) {
    expect(await statuses(12, caller)).toEqual([...new Array(5).fill(202), ...new Array(7).fill(429)]);
  }
  for (const caller of [ada, first]) {
    const refused = await submit(api, caller);
    expect(refused.headers.get("retry-after")).toBe("5");
    expect(refused.body).toMatchObject({
      error: "queue_full",
      detail: "5 of your jobs are waiting; the maximum for one caller is 5.",
    });
  }
  expect(await statuses(12, operator)).toEqual([...new Array(10).fill(202), 429, 429]);
  // A place that is free again is given again. The first recorded job is Ada's.
  const mine = (await api.log.readRange(0, 100)).find(({ type }) => type === "job.submitted");
  await api.ask(`/api/v1/jobs/${mine?.stream_id.slice("job-".length)}/cancel`, { method: "POST", headers: ada });
  const deadline = performance.now() + 45_000;
  let status = 429;
  while (status === 429 && performance.now() < deadline) {
    await Bun.sleep(200);
    status = (await submit(api, ada)).status;
  }
  expect(status).toBe(202);
}, 60_000);

test("jobs from a caller's schedules count towards their share, and so do their replays of anybody's jobs", async () => {
  const key = "k".repeat(24);
  const api = await startApi({ max_queue_depth: 30, caller_share: 0.1, api_keys: [key] });
  apis.push(api);
  const operator = { "x-api-key": key };
  const scopes = ["jobs:read", "jobs:write", "schedules:write"];
  const { body: own } = await api.ask("/api/v1/keys", post({ name: "own", scopes, tier: "enterprise" }, operator));
  const issued = { "x-api-key": own.key };
  const definition = { name: "s", cron: "0 0 1 1 *", job: { workflow: "nobody_runs_this", payload: {} } };
  const { body } = await api.ask("/api/v1/schedules", post(definition, operator));
  const of_others = await submit(api, operator);
  await api.ask(`/api/v1/jobs/${of_others.body.job_id}/cancel`, { method: "POST", headers: operator });
  const replay = (headers: object) => api.ask(`/api/v1/jobs/${of_others.body.job_id}/replay`, post({}, { ...headers }));
  const run = (headers: object) =>
    api.ask(`/api/v1/schedules/${body.schedule_id}/run`, { method: "POST", headers: { ...headers } });
  expect((await run(issued)).status).toBe(202);
  expect((await replay(issued)).status).toBe(202);
  expect((await submit(api, issued)).status).toBe(202);
  for (const refused of [await run(issued), await replay(issued), await submit(api, issued)]) {
    expect([refused.status, refused.body.error]).toEqual([429, "queue_full"]);
  }
  for (const taken of [await run(operator), await replay(operator)]) expect(taken.status).toBe(202);
}, 60_000);

test("one process accepts exactly as many as may wait, however many come at once; then 429", async () => {
  const api = await start(5);
  const answers = await Promise.all(Array.from({ length: 40 }, () => submit(api)));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(5);
  expect(await recorded(api)).toBe(5);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(35);
  expect(refused[0]?.headers.get("retry-after")).toBe("5");
  expect(refused[0]?.body).toMatchObject({
    type: "/problems/queue_full",
    error: "queue_full",
    detail: "5 jobs are waiting; the maximum is 5.",
  });
  const queue = async () => (await api.ask("/api/v1/ops/health")).body.queue;
  const deadline = performance.now() + 10_000;
  while ((await queue()).queued < 5 && performance.now() < deadline) await Bun.sleep(20);
  expect(await queue()).toEqual({ queued: 5, max_queued: 5, running: 0 });
});

test("the queue is open again when jobs have left it, and what was in it before counts", async () => {
  const api = await start(2);
  const { body } = await submit(api);
  await submit(api);
  expect((await submit(api)).status).toBe(429);
  await api.ask(`/api/v1/_dev/complete/${body.job_id}`, post({ result: {} }));
  const deadline = performance.now() + 40_000;
  let status = 429;
  while (status === 429 && performance.now() < deadline) {
    await Bun.sleep(50);
    status = (await submit(api)).status;
  }
  expect(status).toBe(202);
  // By counting, not by forgetting: the other one still waits.
  expect((await submit(api)).status).toBe(429);
  expect(await recorded(api)).toBe(3);
}, 60_000);

test("a repeated submission of an accepted job gets the same response, full or not", async () => {
  const api = await start(1);
  const first = await submit(api, { "idempotency-key": "order-1" });
  expect(first.status).toBe(202);
  const again = await submit(api, { "idempotency-key": "order-1" });
  expect(again).toMatchObject({ status: 202, body: first.body });
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect((await submit(api, { "idempotency-key": "order-2" })).status).toBe(429);
});

test("a replay is rejected like any other submission, and its repetition is answered", async () => {
  const api = await start(1);
  const { body } = await submit(api);
  await api.ask(`/api/v1/_dev/complete/${body.job_id}`, post({ result: {} }));
  const replay = (key: string) => api.ask(`/api/v1/jobs/${body.job_id}/replay`, post({}, { "idempotency-key": key }));
  const deadline = performance.now() + 40_000;
  let first = await replay("first");
  while (first.status === 429 && performance.now() < deadline) {
    await Bun.sleep(50);
    first = await replay("first");
  }
  expect(first.status).toBe(202);
  const second = await replay("second");
  expect([second.status, second.body.error]).toEqual([429, "queue_full"]);
  expect(second.headers.get("retry-after")).toBe("5");
  expect(await replay("first")).toMatchObject({ status: 202, body: first.body });
}, 60_000);

test("a full queue does not refuse the service's own jobs, which count, and are submitted once", async () => {
  const api = await start(2);
  for (const _ of [1, 2]) expect((await submit(api)).status).toBe(202);
  expect((await submit(api)).body.detail).toBe("2 jobs are waiting; the maximum is 2.");
  const job = {
    job_id: Bun.randomUUIDv7(),
    submission: { workflow: "levqor.nobody_runs_this", payload: {} },
    meta: { actor: "system:test", correlation_id: "test" },
  };
  for (const _ of [1, 2]) await submitSystemJob(api.log, job);
  expect(await recorded(api)).toBe(3);
  const counted = async () => (await submit(api)).body.detail === "3 jobs are waiting; the maximum is 2.";
  expect(await until(counted, { what: "the service's own job to be counted" })).toBe(true);
});
