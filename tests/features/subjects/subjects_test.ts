import { afterAll, beforeAll, expect, test } from "bun:test";
import { erasureWorkflow } from "../../../src/features/subjects/erasure.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";
import { openSse } from "../../http/sse_client.ts";

const OPERATOR = "the-operators-own-key";
const key = { "x-api-key": OPERATOR };
const SECRET = "ada@example.com";

let api: Harness;
beforeAll(async () => {
  api = await startApi({ api_keys: [OPERATOR] });
});
afterAll(() => api.stop());

const send = (path: string, body: object, headers: object = {}) =>
  api.ask(path, post(body, { ...key, ...(headers as Record<string, string>) }));
const get = async (path: string) => (await api.ask(path, { headers: key })).body;
const pathOf = (subject: string) => `/api/v1/subjects/${encodeURIComponent(subject)}`;
const erase = (subject: string) => api.ask(pathOf(subject), { method: "DELETE", headers: key });
const listed = (subject: string, position: number) =>
  api.ask(pathOf(subject), { headers: { ...key, "levqor-min-position": String(position) } });
async function exported(subject: string): Promise<{ type: string; data: Record<string, unknown>; job_id: string }[]> {
  const { text } = await api.ask(`${pathOf(subject)}/export`, { method: "POST", headers: key });
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
const recorded = async (job_id: string) =>
  (await api.log.readStream(`job-${job_id}`)).map(({ data_json, meta_json }) => data_json + meta_json);

/** A job about a subject, which an external worker claims. */
async function claimed(subject: string) {
  const workflow = `w-${crypto.randomUUID()}`;
  const { job_id, position } = await api.submit({ workflow, payload: { email: SECRET }, subject }, key);
  const { body } = await send("/api/v1/workers/claim", { worker: "w", workflows: [workflow], wait_seconds: 10 });
  return { job_id, position, claim: body.jobs[0] };
}

test("a job's data is sealed for its subject, and its account sees it as it is", async () => {
  const subject = `Ada ${crypto.randomUUID()} <${SECRET}>`;
  const stream = await openSse(`${api.url}/api/v1/jobs/stream`, key);
  const { job_id, claim } = await claimed(subject);
  expect(claim).toMatchObject({ job_id, payload: { email: SECRET } });
  const report = { job_id, attempt: 1, result: { sent_to: SECRET } };
  expect((await send("/api/v1/workers/complete", report)).status).toBe(200);
  expect((await send("/api/v1/workers/complete", report)).headers.get("idempotency-replayed")).toBe("true");

  for (const text of await recorded(job_id)) expect(text).not.toContain("ada@");
  expect(await get(`/api/v1/status/${job_id}`)).toMatchObject({ status: "succeeded", result: { sent_to: SECRET } });
  const { data } = await get(`/api/v1/jobs/${job_id}/events`);
  expect(data[0].data).toMatchObject({ payload: { email: SECRET }, subject });
  expect(data.at(-1).data).toEqual({ attempt: 1, result: { sent_to: SECRET } });
  const frames = await stream.take(3);
  expect(frames.map(({ data }) => data.data)).toMatchObject([{ subject }, {}, { result: { sent_to: SECRET } }]);
  await stream.close();
  // An audit shows what is recorded.
  const { data: event } = await get(`/api/v1/events/${encodeURIComponent(`job-${job_id}@1`)}`);
  expect(JSON.stringify(event)).not.toContain("ada@");
});

test("a subject's jobs are listed, newest first, and everything of them is exported", async () => {
  const subject = `customer/${crypto.randomUUID()}`;
  const [first, second] = [await claimed(subject), await claimed(subject)];
  const { body } = await listed(subject, second.position);
  expect(body).toMatchObject({ subject, erased_at: null, has_more: false });
  expect(body.data.map((job: { job_id: string }) => job.job_id)).toEqual([second.job_id, first.job_id]);
  const page = (await api.ask(`${pathOf(subject)}?limit=1`, { headers: key })).body;
  expect([page.data.length, page.has_more]).toEqual([1, true]);
  const lines = await exported(subject);
  expect(lines.map(({ type, job_id }) => [type, job_id])).toEqual([
    ["job.submitted", second.job_id],
    ["job.started", second.job_id],
    ["job.submitted", first.job_id],
    ["job.started", first.job_id],
  ]);
  expect(lines[0]?.data).toMatchObject({ payload: { email: SECRET }, subject });
});

test("a name that no job carries has no jobs, and another account's subject of the same name is another", async () => {
  const subject = `customer-${crypto.randomUUID()}`;
  const { position } = await claimed(subject);
  const org = { "levqor-account": "org:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70" };
  const theirs = await api.ask(pathOf(subject), { headers: { ...key, ...org } });
  expect(theirs.body).toMatchObject({ erased_at: null, data: [] });
  await api.ask(pathOf(subject), { method: "DELETE", headers: { ...key, ...org } });
  expect((await listed(subject, position)).body).toMatchObject({ erased_at: null, data: [{}] });
  expect((await exported(subject))[0]?.data).toMatchObject({ payload: { email: SECRET } });
});

test("an erased subject's data is gone everywhere, for good, and nothing that was recorded has changed", async () => {
  const subject = `customer-${crypto.randomUUID()}`;
  const running = await claimed(subject);
  const ended = await claimed(subject);
  const error = { code: "bounced", message: SECRET, detail: SECRET, retryable: false };
  expect((await send("/api/v1/workers/fail", { job_id: ended.job_id, attempt: 1, error })).status).toBe(200);
  const before = [await recorded(running.job_id), await recorded(ended.job_id)];

  const { status, body } = await erase(subject);
  expect(status).toBe(200);
  expect(body).toEqual({ subject, erased_at: expect.stringMatching(/Z$/), jobs: 2 });
  expect((await erase(subject)).body).toEqual(body);

  expect([await recorded(running.job_id), await recorded(ended.job_id)]).toEqual(before);
  expect(await get(`/api/v1/status/${ended.job_id}`)).toMatchObject({
    error: { code: "bounced", message: "The message was erased." },
    erased: true,
  });
  const { data } = await get(`/api/v1/jobs/${ended.job_id}/events`);
  expect(data[0]).toMatchObject({ data: { payload: null, subject: null }, erased: ["/payload", "/subject"] });
  const stream = await openSse(`${api.url}/api/v1/jobs/stream?after=${running.position - 1}`, key);
  expect((await stream.take(1))[0]?.data).toMatchObject({ data: { payload: null }, erased: ["/payload", "/subject"] });
  await stream.close();
  expect(JSON.stringify(await exported(subject))).not.toContain("ada@");
  expect((await listed(subject, 0)).body).toMatchObject({ erased_at: body.erased_at, data: [{}, {}] });

  const again = await send("/api/v1/intake", { workflow: "http", payload: {}, subject });
  expect([again.status, again.body.error]).toEqual([409, "subject_erased"]);
  const replay = await send(`/api/v1/jobs/${ended.job_id}/replay`, {});
  expect([replay.status, replay.body.error]).toEqual([409, "conflict"]);
  const bulk = await send("/api/v1/jobs/replay", { filter: { status: "failed", error_code: "bounced" } });
  expect(bulk.text).toContain('"unchanged":1');

  // The worker reports once more: that is recorded, and lost.
  const late = { job_id: running.job_id, attempt: 1, result: { email: SECRET } };
  expect((await send("/api/v1/workers/complete", late)).status).toBe(200);
  expect(await get(`/api/v1/status/${running.job_id}`)).toMatchObject({ result: null, erased: true });
});

test("an erasure is completed by a job, which cancels what has not finished", async () => {
  const subject = `customer-${crypto.randomUUID()}`;
  const { job_id } = await claimed(subject);
  const waiting = await api.submit({ workflow: "nobody-runs-this", subject }, key);
  await erase(subject);
  const { body } = await listed(subject, waiting.position);
  expect(body.data).toHaveLength(2);
  const [first] = await api.log.readStream(`job-${job_id}`, { limit: 1 });
  const { subject: name } = JSON.parse(first?.meta_json ?? "");
  const erasure = erasureWorkflow({ ...api, log: api.personal_log });
  const context = { signal: new AbortController().signal, idempotency_key: "1", fetch, note() {} };
  expect(await erasure.run({ subject: name }, context)).toEqual({ cancelled: 2 });
  expect(await get(`/api/v1/status/${waiting.job_id}`)).toMatchObject({ status: "cancelled" });
});

test("a job that was being submitted during the erasure is cancelled, too, however far the read model is behind", async () => {
  const subject = `subject:${crypto.randomUUID()}`;
  const job_id = Bun.randomUUIDv7();
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const holding = api.sql.begin(async (sql) => {
    await sql`lock table levqor_read.jobs in exclusive mode`;
    held.resolve();
    await released.promise;
  });
  await held.promise;
  await api.personal_log.append({
    stream_id: `job-${job_id}`,
    expected_version: 0,
    events: [{ type: "job.submitted", data: { workflow: "nobody-runs-this", payload: { email: SECRET } } }],
    meta: { actor: "anonymous", subject, correlation_id: job_id },
  });
  const readAt: typeof api.projector.readAt = (...asked) => {
    released.resolve();
    return api.projector.readAt(...asked);
  };
  const erasure = erasureWorkflow({ ...api, log: api.personal_log, projector: { readAt } });
  const context = { signal: new AbortController().signal, idempotency_key: "2", fetch, note() {} };
  try {
    expect(await erasure.run({ subject }, context)).toEqual({ cancelled: 1 });
  } finally {
    released.resolve();
    await holding;
  }
});

test("what a subject cannot be is refused, without quoting it", async () => {
  for (const subject of ["", "x".repeat(129), "a\u0000b", ".", ".."]) {
    const { status, body } = await send("/api/v1/intake", { workflow: "http", payload: {}, subject });
    expect([status, body.errors[0].pointer]).toEqual([422, "/subject"]);
  }
  expect((await api.ask(pathOf("x".repeat(129)), { headers: key })).status).toBe(422);
  for (const subject of ["x".repeat(128), "...", "./a", "ἄδα 🙂/?#%2e"]) {
    const { position } = await api.submit({ subject }, key);
    expect((await listed(subject, position)).body).toMatchObject({ subject, data: [{}] });
  }
});

test("nothing new about anybody is accepted in the account of a user who was erased", async () => {
  const account = `user:${crypto.randomUUID()}`;
  const submit = (body: object) =>
    send("/api/v1/intake", { workflow: "nobody", payload: {}, ...body }, { "levqor-account": account });
  expect((await submit({ subject: "customer-42" })).status).toBe(202);
  await api.vault.destroy(account, ["profile"]);
  for (const body of [{}, { subject: "customer-42" }, { subject: "customer-43" }]) {
    const { status, body: problem } = await submit(body);
    expect([status, problem.error]).toEqual([409, "subject_erased"]);
  }
});

test("a key that is limited to some workflows sees their jobs only, and erases nobody", async () => {
  const subject = `customer-${crypto.randomUUID()}`;
  const { position } = await claimed(subject);
  const own = await api.submit({ workflow: "own", subject }, key);
  const scopes = ["subjects:read", "subjects:write"];
  const { body } = await send("/api/v1/keys", { name: "limited", scopes, workflows: ["own"] });
  const limited = { "x-api-key": body.key as string };
  const seen = await api.ask(pathOf(subject), {
    headers: { ...limited, "levqor-min-position": String(Math.max(position, own.position)) },
  });
  expect(seen.body.data.map((job: { job_id: string }) => job.job_id)).toEqual([own.job_id]);
  for (const [path, method] of [
    [pathOf(subject), "DELETE"],
    [`${pathOf(subject)}/export`, "POST"],
  ] as const) {
    expect((await api.ask(path, { method, headers: limited })).body.error).toBe("workflow_not_allowed");
  }
});
