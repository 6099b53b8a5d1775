import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { commandJob } from "../../../src/jobs/mod.ts";
import { openLog } from "../../../src/log/mod.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";

const NO_JOB = "00000000-0000-7000-8000-000000000000";
const meta = { actor: "worker:w", correlation_id: "test" };

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const cancel = (id: string, body?: unknown) =>
  api.ask(`/api/v1/jobs/${id}/cancel`, body === undefined ? { method: "POST" } : post(body));
const replay = (id: string, body?: unknown, headers: Record<string, string> = {}) =>
  api.ask(`/api/v1/jobs/${id}/replay`, body === undefined ? { method: "POST", headers } : post(body, headers));
const status = async (id: string) => (await api.ask(`/api/v1/status/${id}`)).body;
const types = async (id: string) => (await api.log.readStream(`job-${id}`)).map(({ type }) => type);

/** A job that was claimed and has failed. */
async function failed(body: object = {}): Promise<string> {
  const { job_id } = await api.submit(body);
  const error = { code: "card_declined", message: "No." };
  await commandJob(api.log, {
    reach: EVERYTHING,
    job_id,
    command: { type: "start", worker: "w", lease_seconds: 60 },
    meta,
  });
  await commandJob(api.log, { reach: EVERYTHING, job_id, command: { type: "fail", attempt: 1, error }, meta });
  return job_id;
}

describe("GET /api/v1/jobs/:job_id", () => {
  test("shows the job as the list does, with its result, however new it is", async () => {
    const { job_id } = await api.submit({ priority: "high" });
    const fresh = await api.ask(`/api/v1/jobs/${job_id}`);
    expect(fresh.body).toMatchObject({ job_id, status: "queued", priority: "high", result: null, error: null });
    expect(fresh.body.waiting_for.reason).toBe("worker");
    expect(fresh.headers.get("etag")).toBeNull();

    const ended = await api.ask(`/api/v1/jobs/${await failed()}`);
    const error = { code: "card_declined", message: "No." };
    expect(ended.body).toMatchObject({ status: "failed", attempt: 1, error_code: error.code, result: null, error });
    const head = String(await api.log.head());
    const list = await api.ask("/api/v1/jobs?limit=1", { headers: { "levqor-min-position": head } });
    const { result: _, error: __, ...summary } = ended.body;
    expect(list.body.data).toEqual([summary]);
    const etag = ended.headers.get("etag") as string;
    const path = `/api/v1/jobs/${ended.body.job_id}`;
    expect((await api.ask(path, { headers: { "if-none-match": etag } })).status).toBe(304);
  });

  test("shows a job that finishes while it is read with its result", async () => {
    let between = async () => {};
    const api = await startApi({
      openApiLog(url) {
        const log = openLog({ url });
        const read = log.readStream.bind(log);
        const readStream: typeof read = async (...of) => {
          const events = await read(...of);
          await between();
          return events;
        };
        return Object.assign(log, { readStream });
      },
    });
    const { job_id } = await api.submit();
    between = async () => {
      between = async () => {};
      await commandJob(api.log, {
        reach: EVERYTHING,
        job_id,
        command: { type: "complete", attempt: "any", result: { n: 1 } },
        meta,
      });
      const head = String(await api.log.head());
      await api.ask("/api/v1/jobs", { headers: { "levqor-min-position": head } });
    };
    const { body } = await api.ask(`/api/v1/jobs/${job_id}`);
    expect(body).toMatchObject({ status: "succeeded", result: { n: 1 } });
    await api.stop();
  });

  test("for an existing job", async () => {
    expect((await api.ask(`/api/v1/jobs/${NO_JOB}`)).body.error).toBe("job_not_found");
    expect((await api.ask("/api/v1/jobs/42")).body.error).toBe("invalid_job_id");
  });
});

describe("POST /api/v1/jobs/:job_id/cancel", () => {
  test("cancels a waiting job, and records by whom and why", async () => {
    const { job_id } = await api.submit();
    const answer = await cancel(job_id, { reason: "Not needed any more." });
    expect([answer.status, answer.body]).toEqual([200, { job_id, status: "cancelled" }]);
    const event = (await api.log.readStream(`job-${job_id}`)).at(-1);
    expect(answer.headers.get("levqor-position")).toBe(String(event?.position));
    expect(event?.type).toBe("job.cancelled");
    expect(JSON.parse(event?.data_json ?? "")).toEqual({ attempt: 0, reason: "Not needed any more." });
    expect(JSON.parse(event?.meta_json ?? "").actor).toBe("anonymous");
    const shown = { status: "cancelled", result: null, error: null, cancel_reason: "Not needed any more." };
    expect(await status(job_id)).toMatchObject(shown);
    expect((await api.ask(`/api/v1/jobs/${job_id}`)).body).toMatchObject(shown);
  });

  test("cancels a running job, and makes its worker's report too late", async () => {
    const { job_id } = await api.submit();
    await commandJob(api.log, {
      reach: EVERYTHING,
      job_id,
      command: { type: "start", worker: "w", lease_seconds: 60 },
      meta,
    });
    expect((await cancel(job_id)).status).toBe(200);
    const late = await commandJob(api.log, {
      reach: EVERYTHING,
      job_id,
      command: { type: "complete", attempt: 1, result: 1 },
      meta,
    });
    expect(late).toMatchObject({ ok: false, refusal: { code: "job_finished" } });
  });

  test("gives the same response again, and is recorded once", async () => {
    const { job_id } = await api.submit();
    await cancel(job_id);
    expect((await cancel(job_id)).body).toEqual({ job_id, status: "cancelled" });
    expect(await types(job_id)).toEqual(["job.submitted", "job.cancelled"]);
  });

  test("rejects a job that finished otherwise, one that never existed, and an invalid body", async () => {
    const answer = await cancel(await failed());
    expect([answer.status, answer.body.error]).toEqual([409, "conflict"]);
    expect(answer.body.detail).toBe("Cannot cancel the job: it has failed.");
    expect((await cancel(NO_JOB)).body.error).toBe("job_not_found");
    expect((await cancel("42")).body.error).toBe("invalid_job_id");
    const { job_id } = await api.submit();
    expect((await cancel(job_id, { reason: "" })).body.errors[0].pointer).toBe("/reason");
    expect((await cancel(job_id, { reason: "x".repeat(513) })).status).toBe(422);
    expect((await cancel(job_id, { reason: "x".repeat(512) })).status).toBe(200);
  });
});

describe("POST /api/v1/jobs/:job_id/replay", () => {
  test("submits the same again, byte for byte, and each names the other", async () => {
    const text = ' { "workflow": "http", "payload": {"n": 1.0, "big": 12345678901234567890}, "max_attempts": 2 }';
    const { job_id } = (await api.ask("/api/v1/intake", post(text))).body;
    await cancel(job_id);
    const answer = await replay(job_id);
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ job_id: expect.any(String), status: "queued", origin_job_id: job_id });
    const [submitted, from] = await api.log.readStream(`job-${answer.body.job_id}`);
    expect(answer.headers.get("levqor-position")).toBe(String(submitted?.position));
    expect(submitted?.data_json).toBe(text);
    expect(from?.type).toBe("job.replayed_from");
    expect(JSON.parse(from?.data_json ?? "")).toEqual({ origin_job_id: job_id });
    expect(JSON.parse(from?.meta_json ?? "")).toMatchObject({
      actor: "anonymous",
      correlation_id: answer.body.job_id,
      causation_id: `job-${job_id}@2`,
    });
    expect(await status(answer.body.job_id)).toMatchObject({ status: "queued", origin_job_id: job_id });
    const list = await api.ask(`/api/v1/jobs?origin_job_id=${job_id}`, {
      headers: { "levqor-min-position": String(from?.position) },
    });
    expect(list.body.data).toMatchObject([{ job_id: answer.body.job_id, origin_job_id: job_id }]);
  });

  test("runs it with another payload if one is given", async () => {
    const answer = await replay(await failed({ priority: "high", payload: { a: 1 } }), { payload: { b: 2 } });
    const [submitted] = await api.log.readStream(`job-${answer.body.job_id}`);
    expect(JSON.parse(submitted?.data_json ?? "")).toEqual({
      workflow: "http",
      priority: "high",
      payload: { b: 2 },
    });
  });

  test("with a key creates one job, however often it is repeated, and rejects another body", async () => {
    const origin = await failed();
    const key = { "idempotency-key": "again-1" };
    const first = await replay(origin, undefined, key);
    const second = await replay(origin, undefined, key);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect((await replay(origin, { payload: { other: true } }, key)).body.error).toBe("idempotency_key_reused");
    const another = await replay(await failed(), undefined, key);
    expect(another.body.job_id).not.toBe(first.body.job_id);
    expect(await types(first.body.job_id)).toEqual(["job.submitted", "job.replayed_from"]);
  });

  test("rejects an unfinished job, one that never existed, and an invalid body", async () => {
    const { job_id } = await api.submit();
    const answer = await replay(job_id);
    expect([answer.status, answer.body.error]).toEqual([409, "conflict"]);
    expect(answer.body.detail).toBe("Cannot replay the job: it is queued.");
    expect((await replay(NO_JOB)).body.error).toBe("job_not_found");
    const ended = await failed();
    expect((await replay(ended, { payload: [] })).body.errors[0].pointer).toBe("/payload");
    expect((await replay(ended, { payload: { s: "x".repeat(204_800) } })).body.error).toBe("payload_too_large");
    const noType = { method: "POST", body: new Blob(["{}"]) };
    expect((await api.ask(`/api/v1/jobs/${ended}/replay`, noType)).status).toBe(415);
  });
});

describe("what a job may set", () => {
  const errorsOf = async (extra: object) => {
    const answer = await api.ask("/api/v1/intake", post({ workflow: "http", payload: {}, ...extra }));
    return answer.status === 202 ? [] : answer.body.errors.map((error: { pointer: string }) => error.pointer);
  };
  const daysAhead = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

  test.each([
    [{ max_attempts: 1 }, []],
    [{ max_attempts: 100 }, []],
    [{ max_attempts: 0 }, ["/max_attempts"]],
    [{ max_attempts: 101 }, ["/max_attempts"]],
    [{ max_attempts: 1.5 }, ["/max_attempts"]],
    [{ backoff: {} }, []],
    [{ backoff: { initial_seconds: 0, factor: 1, max_seconds: 86_400 } }, []],
    [{ backoff: { initial_seconds: -1, factor: 0.5, max_seconds: 86_401 } }, 3],
    [{ backoff: { initial_seconds: 86_401, factor: 11 } }, 2],
    [{ backoff: { other: 1 } }, ["/backoff/other"]],
    [{ run_at: "2020-01-01T00:00:00Z" }, []],
    [{ run_at: "2020-01-01t00:00:00.123456+05:30" }, []],
    [{ run_at: "2020-01-01T00:00:00" }, ["/run_at"]],
    [{ run_at: "tomorrow" }, ["/run_at"]],
    [{ run_at: daysAhead(365.9) }, []],
    [{ run_at: daysAhead(366.1) }, ["/run_at"]],
    [{ attempt_timeout_seconds: 1 }, []],
    [{ attempt_timeout_seconds: 86_400 }, []],
    [{ attempt_timeout_seconds: 0.9 }, ["/attempt_timeout_seconds"]],
    [{ attempt_timeout_seconds: 86_401 }, ["/attempt_timeout_seconds"]],
    [{ timeout_seconds: 1 }, []],
    [{ timeout_seconds: 2_592_000 }, []],
    [{ timeout_seconds: 0 }, ["/timeout_seconds"]],
    [{ timeout_seconds: 2_592_001 }, ["/timeout_seconds"]],
    [{ concurrency_key: "k".repeat(128) }, []],
    [{ concurrency_key: "k".repeat(129) }, ["/concurrency_key"]],
    [{ concurrency_key: "" }, ["/concurrency_key"]],
    [{ concurrency_key: "a\nb" }, ["/concurrency_key"]],
  ])("%j", async (extra, pointers) => {
    const found = await errorsOf(extra);
    expect(typeof pointers === "number" ? found.length : found).toEqual(pointers);
  });
});

test("status and list say why a job waits, and until when", async () => {
  const run_at = new Date(Date.now() + 3_600_000).toISOString();
  const delayed = await api.submit({ run_at });
  const waiting_for = { reason: "run_at", detail: `Starts at ${run_at} or later.`, until: run_at };
  expect(await status(delayed.job_id)).toMatchObject({ status: "queued", waiting_for });

  const { job_id } = await api.submit();
  const error = { code: "timeout", message: "Too slow." };
  await commandJob(api.log, {
    reach: EVERYTHING,
    job_id,
    command: { type: "start", worker: "w", lease_seconds: 60 },
    meta,
  });
  const handled = await commandJob(api.log, {
    reach: EVERYTHING,
    job_id,
    command: { type: "fail", attempt: 1, error, retry: { in_seconds: 3600 } },
    meta,
  });
  expect(await status(job_id)).toMatchObject({
    status: "queued",
    error: null,
    last_error: error,
    waiting_for: { reason: "retry", detail: expect.stringContaining("Attempt 1 failed (timeout)") },
  });
  const position = handled.ok ? handled.position : undefined;
  const { body } = await api.ask("/api/v1/jobs?limit=2", { headers: { "levqor-min-position": String(position) } });
  expect(body.data).toMatchObject([
    { job_id, error_code: "timeout", waiting_for: { reason: "retry", until: expect.any(String) } },
    { job_id: delayed.job_id, error_code: null, waiting_for },
  ]);
});

test("failed jobs are listed by the code of their error", async () => {
  const job_id = await failed({ workflow: "declining" });
  const position = await api.log.head();
  const list = async (query: string) =>
    (await api.ask(`/api/v1/jobs?${query}`, { headers: { "levqor-min-position": String(position) } })).body;
  expect((await list("workflow=declining&status=failed&error_code=card_declined")).data).toMatchObject([{ job_id }]);
  expect((await list("workflow=declining&error_code=other")).data).toEqual([]);
  expect((await list("origin_job_id=42")).errors).toMatchObject([
    { pointer: "?origin_job_id", message: "must be a UUID" },
  ]);
});
