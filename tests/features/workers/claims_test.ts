/** A claim belongs to the key or user that made it, whatever its worker calls itself. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";

const OPERATOR = "the-operators-own-key";
const SECOND = "another-key-of-the-operator";

let api: Harness;
beforeAll(async () => {
  api = await startApi({ api_keys: [OPERATOR, SECOND] });
});
afterAll(() => api.stop());

const send = (path: string, body: object, key: string) => api.ask(path, post(body, { "x-api-key": key }));
async function issue(scopes: string[] = ["workers:write"], workflows: string[] | null = null) {
  const { body } = await send("/api/v1/keys", { name: "W", scopes, workflows }, OPERATOR);
  return body as { key: string; key_id: string };
}

/** A job of its own workflow, claimed with a key. */
async function claimed(key: string) {
  const workflow = `w-${crypto.randomUUID()}`;
  const { job_id } = await api.submit({ workflow }, { "x-api-key": OPERATOR });
  const request = { worker: "same-name", workflows: [workflow], wait_seconds: 10, lease_seconds: 60 };
  const { body } = await send("/api/v1/workers/claim", request, key);
  expect(body.jobs).toMatchObject([{ job_id, attempt: 1 }]);
  return { job_id, attempt: 1 };
}

const ANSWERS = {
  heartbeat: {},
  complete: { result: { stolen: true } },
  fail: { error: { code: "stolen", message: "m" } },
  release: {},
};
const answer = (type: string, named: object, key: string): Promise<Answer> =>
  send(`/api/v1/workers/${type}`, { ...named, ...ANSWERS[type as keyof typeof ANSWERS] }, key);
const history = async (job_id: string) => (await api.log.readStream(`job-${job_id}`)).map(({ type }) => type);

describe("a claim", () => {
  test.each(Object.keys(ANSWERS))("is rejected with another key: %s", async (type) => {
    const [mine, other] = [await issue(), await issue()];
    const job = await claimed(mine.key);
    for (const key of [other.key, OPERATOR, SECOND]) {
      const { status, body } = await answer(type, job, key);
      expect([status, body.error]).toEqual([409, "attempt_superseded"]);
    }
    expect(await history(job.job_id)).toEqual(["job.submitted", "job.started"]);
    expect((await answer(type, job, mine.key)).status).toBe(200);
  });

  test.each(Object.keys(ANSWERS))("of the service's own worker can be reported on by nobody: %s", async (type) => {
    const { job_id } = await api.submit({}, { "x-api-key": OPERATOR });
    await api.log.append({
      stream_id: `job-${job_id}`,
      expected_version: 1,
      events: [{ type: "job.started", data: { attempt: 1, worker: "same-name", lease_seconds: 60 } }],
      meta: { actor: "worker:same-name", correlation_id: job_id },
    });
    expect((await answer(type, { job_id, attempt: 1 }, OPERATOR)).body.error).toBe("attempt_superseded");
    expect(await history(job_id)).toEqual(["job.submitted", "job.started"]);
  });

  test("can be reported on with the same key after its rotation", async () => {
    const { key, key_id } = await issue();
    const job = await claimed(key);
    const { body } = await send(`/api/v1/keys/${key_id}/rotate`, { overlap_seconds: 0 }, OPERATOR);
    expect((await answer("heartbeat", job, body.key)).status).toBe(200);
    expect((await answer("complete", job, body.key)).status).toBe(200);
    expect((await answer("complete", job, body.key)).headers.get("idempotency-replayed")).toBe("true");
  });

  test("that was reported on cannot be reported on by another with the same report", async () => {
    const [mine, other] = [await issue(), await issue()];
    for (const type of ["complete", "fail", "release"]) {
      const job = await claimed(mine.key);
      expect((await answer(type, job, mine.key)).status).toBe(200);
      expect((await answer(type, job, mine.key)).headers.get("idempotency-replayed")).toBe("true");
      const { status, headers } = await answer(type, job, other.key);
      expect([type, status, headers.get("idempotency-replayed")]).toEqual([type, 409, null]);
    }
  });

  test("is not that of whoever claims the job next, and vice versa", async () => {
    const [first, second] = [await issue(), await issue()];
    const job = await claimed(first.key);
    await answer("release", job, first.key);
    const { body: status } = await api.ask(`/api/v1/jobs/${job.job_id}`, { headers: { "x-api-key": OPERATOR } });
    const request = { worker: "same-name", workflows: [status.workflow], wait_seconds: 10 };
    expect((await send("/api/v1/workers/claim", request, second.key)).body.jobs).toHaveLength(1);
    for (const attempt of [1, 2]) {
      expect((await answer("complete", { ...job, attempt }, first.key)).status).toBe(409);
    }
    expect((await answer("complete", job, second.key)).status).toBe(409);
    expect((await answer("complete", { ...job, attempt: 2 }, second.key)).status).toBe(200);
  });
});

describe("the current holder of a job", () => {
  test("is shown to whoever claimed it before, or may read jobs, and to nobody else", async () => {
    const [mine, reader, other] = [await issue(), await issue(["workers:write", "jobs:read"]), await issue()];
    const job = await claimed(mine.key);
    const told = async (key: string, attempt = 1) => (await answer("heartbeat", { ...job, attempt }, key)).body;
    expect(await told(reader.key)).toMatchObject({
      job_status: "running",
      holder: { worker: "same-name", attempt: 1 },
    });
    for (const attempt of [1, 2, 99]) {
      const body = await told(other.key, attempt);
      expect(body).toMatchObject({ error: "attempt_superseded", job_id: job.job_id, attempt });
      expect(Object.keys(body)).not.toContainAnyValues(["holder", "job_status"]);
      expect(JSON.stringify(body)).not.toContain("same-name");
    }
    // Nor how it ended.
    await answer("complete", job, mine.key);
    expect((await told(other.key)).error).toBe("attempt_superseded");
    expect(await told(mine.key)).toMatchObject({ error: "job_finished", job_status: "succeeded" });
  });

  test("of a workflow beyond a key's reach is not revealed: the job does not exist", async () => {
    const limited = await issue(["workers:write", "jobs:read"], ["mine"]);
    const job = await claimed(OPERATOR);
    for (const type of Object.keys(ANSWERS)) {
      expect((await answer(type, job, limited.key)).body.error).toBe("job_not_found");
    }
  });
});
