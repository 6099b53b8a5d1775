import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { components } from "../../src/api/schemas.ts";
import { type Harness, startApi } from "./harness.ts";

const KEY = "a-key-for-the-callbacks";
const NO_JOB = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";

let api: Harness;
beforeAll(async () => {
  api = await startApi({ api_keys: [KEY] });
});
afterAll(() => api.stop());

const headers = { "x-api-key": KEY };
const log = (id: string, query = "") => api.ask(`/api/v1/jobs/${id}/callbacks${query}`, { headers });
const redeliver = (id: string) => api.ask(`/api/v1/jobs/${id}/callbacks/redeliver`, { method: "POST", headers });

/** Records what a worker would. */
async function record(job_id: string, ...events: { type: string; data: unknown }[]): Promise<void> {
  const stream_id = `job-${job_id}`;
  const { length } = await api.log.readStream(stream_id);
  const meta = { actor: "worker:w1", correlation_id: job_id };
  const { ok } = await api.log.append({ stream_id, expected_version: length, events, meta });
  expect(ok).toBe(true);
}

const succeeded = { type: "job.succeeded", data: { attempt: 0, result: null } };
const error = { code: "unexpected_status", message: "The receiver answered 503; 2xx means delivered." };
const attempted = {
  type: "job.callback_attempted",
  data: { webhook_id: "msg_1", attempt: 1, status_code: 503, error, retry_in_seconds: 5.5 },
};
const failed = { type: "job.callback_failed", data: { webhook_id: "msg_1", attempt: 2, error } };

async function submit(): Promise<string> {
  return (await api.submit({ callback_url: "https://example.com/hook" }, headers)).job_id;
}

describe("GET /api/v1/jobs/:job_id/callbacks", () => {
  test("is empty until the first attempt", async () => {
    const id = await submit();
    expect((await log(id)).body).toEqual({ data: [], has_more: false, next_cursor: null });
  });

  test("shows every attempt and when the next is due, and who asked for a redelivery", async () => {
    const id = await submit();
    await record(id, succeeded, attempted, failed);
    const { position } = (await api.log.readStream(`job-${id}`)).at(-1) ?? { position: 0 };
    const asked = await redeliver(id);
    expect([asked.status, asked.body]).toEqual([202, { job_id: id, callback: "pending" }]);
    expect(Number(asked.headers.get("levqor-position"))).toBeGreaterThan(position);

    const { body } = await log(id);
    const of = { webhook_id: "msg_1", error, actor: "worker:w1", recorded_at: expect.stringMatching(/Z$/) };
    expect(body.data).toEqual([
      { ...of, version: 3, outcome: "retrying", attempt: 1, status_code: 503, next_attempt_at: expect.any(String) },
      { ...of, version: 4, outcome: "failed", attempt: 2, status_code: null, next_attempt_at: null },
      {
        version: 5,
        outcome: "requested",
        attempt: null,
        webhook_id: null,
        status_code: null,
        error: null,
        next_attempt_at: null,
        actor: expect.stringMatching(/^key:[0-9a-f]{8}$/),
        recorded_at: expect.any(String),
      },
    ]);
    const [first] = body.data;
    expect(Date.parse(first.next_attempt_at) - Date.parse(first.recorded_at)).toBe(5_500);
    expect(TypeCompiler.Compile(components.CallbackLog).Check(body)).toBe(true);
  });

  test("in pages", async () => {
    const id = await submit();
    await record(id, succeeded, attempted, failed);
    const first = (await log(id, "?limit=1")).body;
    expect([first.data[0].version, first.has_more]).toEqual([3, true]);
    const second = (await log(id, `?limit=1&cursor=${first.next_cursor}`)).body;
    expect([second.data[0].version, second.has_more, second.next_cursor]).toEqual([4, false, null]);
  });

  test("of a job that is there, to whoever holds a key", async () => {
    expect((await log(NO_JOB)).body.error).toBe("job_not_found");
    expect((await log("42")).body.error).toBe("invalid_job_id");
    expect((await api.ask(`/api/v1/jobs/${NO_JOB}/callbacks`)).status).toBe(401);
  });
});

describe("POST /api/v1/jobs/:job_id/callbacks/redeliver", () => {
  test("is refused while the job runs, and for a job without callback_url", async () => {
    const waiting = await submit();
    const early = await redeliver(waiting);
    expect([early.status, early.body.detail]).toEqual([409, "Cannot make the callback: the job is queued."]);
    const { job_id } = await api.submit({}, headers);
    await record(job_id, succeeded);
    const without = await redeliver(job_id);
    expect([without.status, without.body.error]).toEqual([409, "conflict"]);
    expect(without.body.detail).toContain("without callback_url");
  });

  test("needs a job and a key", async () => {
    expect((await redeliver(NO_JOB)).body.error).toBe("job_not_found");
    const path = `/api/v1/jobs/${NO_JOB}/callbacks/redeliver`;
    expect((await api.ask(path, { method: "POST" })).body.error).toBe("unauthorized");
  });
});
