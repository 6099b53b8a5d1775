import { expect, test } from "bun:test";
import { jobs } from "../../projections/mod.ts";
import { history, rowSpec, rowsAfter } from "../spec.ts";

const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const submitted = { type: "job.submitted", data: { workflow: "http", payload: { secret: "kept out" } } };
const started = { type: "job.started", data: { attempt: 1, worker: "one", lease_seconds: 30 } };

/** The row after a job's events, recorded one second apart from 03:00:01 on. */
const rowAfter = rowSpec(jobs, `job-${id}`);

test("a submitted job is queued, under its own id", () => {
  expect(rowAfter(submitted)).toEqual({
    job_id: id,
    workflow: "http",
    status: "queued",
    priority: "normal",
    concurrency_key: null,
    account: "operator",
    subject: null,
    charged_to: "test",
    claimant: null,
    origin_job_id: null,
    uses: null,
    has_steps: false,
    suspended_in: null,
    attempt: 0,
    version: 1,
    position: 101,
    created_at: "2026-01-02T03:00:01Z",
    updated_at: "2026-01-02T03:00:01Z",
    started_at: null,
    finished_at: null,
    due_at: null,
    waiting: null,
    expires_at: null,
    error_code: null,
    worker: null,
    lease_expires_at: null,
    callback: "none",
    callback_due_at: null,
  });
});

test("a job that the service submitted itself is marked as such, whoever replays it", () => {
  const meta = { actor: "system:reaction:forwarding", account: "system", correlation_id: "c" };
  expect(rowAfter({ ...submitted, meta })).toMatchObject({ account: "system", charged_to: null });
  expect(rowAfter({ ...submitted, meta: { ...meta, actor: "key:operator" } })).toMatchObject({ account: "system" });
});

test("a started job runs until its lease expires, which heartbeats postpone", () => {
  expect(rowAfter(submitted, started)).toMatchObject({
    status: "running",
    attempt: 1,
    worker: "one",
    version: 2,
    started_at: "2026-01-02T03:00:02Z",
    lease_expires_at: "2026-01-02T03:00:32.000Z",
  });
  const heartbeat = { type: "job.heartbeat", data: { attempt: 1, lease_seconds: 60 } };
  expect(rowAfter(submitted, started, heartbeat)).toMatchObject({
    status: "running",
    lease_expires_at: "2026-01-02T03:01:03.000Z",
    updated_at: "2026-01-02T03:00:03Z",
  });
});

test("a released job is queued again and keeps its place", () => {
  const released = { type: "job.released", data: { attempt: 1, reason: "lease_expired" } };
  expect(rowAfter(submitted, started, released)).toMatchObject({
    status: "queued",
    attempt: 1,
    worker: null,
    lease_expires_at: null,
    position: 101,
  });
});

test("a job with a start time is due then, and expires counted from then", () => {
  const later = (extra: object) => rowAfter({ ...submitted, data: { ...submitted.data, ...extra } });
  expect(later({ run_at: "2026-01-02t05:00:00.5+01:00", timeout_seconds: 60 })).toMatchObject({
    status: "queued",
    due_at: "2026-01-02T04:00:00.500Z",
    waiting: "run_at",
    expires_at: "2026-01-02T04:01:00.500Z",
  });
  expect(later({ run_at: "2026-01-02T03:00:00Z", timeout_seconds: 60 })).toMatchObject({
    due_at: null,
    waiting: null,
    expires_at: "2026-01-02T03:01:01.000Z",
  });
});

test("a job whose attempt failed waits for the next, and shows why until it starts", () => {
  const error = { code: "timeout", message: "Too slow." };
  const retry = { type: "job.retry_scheduled", data: { attempt: 1, error, retry_in_seconds: 1.5 } };
  expect(rowAfter(submitted, started, retry)).toMatchObject({
    status: "queued",
    due_at: "2026-01-02T03:00:04.500Z",
    waiting: "retry",
    error_code: "timeout",
    worker: null,
    lease_expires_at: null,
  });
  expect(rowAfter(submitted, started, retry, { ...started, data: { ...started.data, attempt: 2 } })).toMatchObject({
    status: "running",
    attempt: 2,
    due_at: null,
    waiting: null,
    error_code: null,
  });
});

test("a cancelled job waits for nothing more", () => {
  const waiting = { ...submitted, data: { ...submitted.data, run_at: "2027-01-01T00:00:00Z", timeout_seconds: 9 } };
  expect(rowAfter(waiting, { type: "job.cancelled", data: { attempt: 0 } })).toMatchObject({
    status: "cancelled",
    finished_at: "2026-01-02T03:00:02Z",
    due_at: null,
    waiting: null,
    expires_at: null,
  });
});

test("a replay names its origin", () => {
  const origin_job_id = "01890a5d-0000-774b-bcce-b302099a8057";
  const from = { type: "job.replayed_from", data: { origin_job_id } };
  expect(rowAfter(submitted, from)).toMatchObject({ status: "queued", origin_job_id, version: 2 });
});

test.each([
  ["job.succeeded", { attempt: 1, result: { big: "kept out" } }, "succeeded", null],
  ["job.failed", { attempt: 1, error: { code: "no", message: "No." } }, "failed", "no"],
  ["job.cancelled", { attempt: 1, reason: "kept out" }, "cancelled", null],
])("%s ends the job", (type, data, status, error_code) => {
  expect(rowAfter(submitted, started, { type, data })).toMatchObject({
    status,
    error_code,
    finished_at: "2026-01-02T03:00:03Z",
    worker: "one",
    lease_expires_at: null,
    callback: "none",
  });
});

test("a callback waits for the job's end, then for its attempts", () => {
  const withCallback = { ...submitted, data: { ...submitted.data, callback_url: "https://example.com" } };
  const byHand = { type: "job.succeeded", data: { attempt: 1, result: null } };
  const succeeded = { ...byHand, meta: { actor: "worker:one" } };
  const error = { code: "x", message: "x" };
  const attempted = {
    type: "job.callback_attempted",
    data: { webhook_id: "w", attempt: 1, error, retry_in_seconds: 300 },
  };
  const delivered = { type: "job.callback_delivered", data: { webhook_id: "w", attempt: 1, status_code: 200 } };
  const failed = { type: "job.callback_failed", data: { webhook_id: "w", attempt: 1, error } };
  const requested = { type: "job.callback_requested", data: {} };
  const after = (...events: { type: string; data: unknown }[]) => {
    const row = rowAfter(withCallback, ...events);
    return [row?.callback, row?.callback_due_at];
  };
  expect(after()).toEqual(["waiting", null]);
  expect(after(started)).toEqual(["waiting", null]);
  expect(after(started, succeeded)).toEqual(["pending", "2026-01-02T03:00:03Z"]);
  expect(after(started, byHand)).toEqual(["scheduled", "2026-01-02T03:00:03Z"]);
  expect(after(started, succeeded, attempted)).toEqual(["scheduled", "2026-01-02T03:05:04.000Z"]);
  expect(after(started, succeeded, delivered)).toEqual(["delivered", null]);
  expect(after(started, succeeded, failed)).toEqual(["failed", null]);
  expect(after(started, succeeded, failed, requested)).toEqual(["scheduled", "2026-01-02T03:00:05Z"]);
});

test("an impossible history is rejected with its place", () => {
  expect(() => rowAfter(started)).toThrow(`Cannot apply job.started to job-${id}: it was not submitted`);
  expect(() => rowAfter(submitted, submitted)).toThrow(`Cannot submit job ${id}: it exists since position 101`);
});

test("a job belongs to an account: the operator's unless its submission says another", () => {
  const account = (meta: object) => {
    const events = history(`job-${id}`, [{ ...submitted, meta: { actor: "anonymous", correlation_id: id, ...meta } }]);
    return rowsAfter(jobs, events)[0]?.account;
  };
  expect(account({})).toBe("operator");
  expect(account({ actor: `key:${id}` })).toBe("operator");
  expect(account({ actor: `key:${id}`, account: "org:1" })).toBe("org:1");
  // From before there were accounts: the author of what the scheduler submitted.
  for (const author of [`key:${id}`, "visitor"]) {
    expect(account({ actor: "system:scheduler", account: author })).toBe("operator");
  }
});

test("a job uses a share of whoever caused it, unless that is the operator", () => {
  const charged = (meta: object) => {
    const events = history(`job-${id}`, [{ ...submitted, meta: { correlation_id: id, ...meta } }]);
    return rowsAfter(jobs, events)[0]?.charged_to;
  };
  expect(charged({ actor: `key:${id}` })).toBe(`key:${id}`);
  // All keys of an account use its share.
  expect(charged({ actor: `key:${id}`, account: "org:1" })).toBe("org:1");
  expect(charged({ actor: "system:scheduler", account: "org:1" })).toBe("org:1");
  expect(charged({ actor: "system:scheduler", account: "system" })).toBeNull();
  // A replay takes the share of whoever asks for it, in whose words it may be.
  expect(charged({ actor: `key:${id}`, author: "user:ada" })).toBe(`key:${id}`);
  expect(charged({ actor: "key:01234567", author: "user:ada" })).toBeNull();
  expect(charged({ actor: "system:scheduler", author: `key:${id}` })).toBe(`key:${id}`);
  expect(charged({ actor: "system:scheduler", author: "operator" })).toBeNull();
  expect(charged({ actor: "system:scheduler" })).toBeNull();
  expect(charged({ actor: "anonymous" })).toBeNull();
});

test("a job names who has claimed it for an external worker, for as long as they have", () => {
  const outside = { ...started, data: { ...started.data, external: true } };
  const claimant = (actor: string, ...events: { type: string; data: unknown }[]) => {
    const all = [submitted, ...events].map((event) => ({ ...event, meta: { actor, correlation_id: id } }));
    return rowsAfter(jobs, history(`job-${id}`, all))[0]?.claimant;
  };
  expect(claimant(`key:${id}`, outside)).toBe(`key:${id}`);
  expect(claimant(`key:${id}`, started)).toBeNull();
  expect(claimant("key:01234567", outside)).toBeNull();
  const error = { code: "timeout", message: "Too late." };
  for (const end of [
    { type: "job.released", data: { attempt: 1, reason: "worker_lost" } },
    { type: "job.retry_scheduled", data: { attempt: 1, error, retry_in_seconds: 1 } },
    { type: "job.succeeded", data: { attempt: 1, result: {} } },
    { type: "job.failed", data: { attempt: 1, error } },
    { type: "job.cancelled", data: {} },
  ]) {
    expect([end.type, claimant(`key:${id}`, outside, end)]).toEqual([end.type, null]);
  }
});

test("a job shows what its own steps use, each once", () => {
  const steps = [
    { id: "a", uses: "http" },
    { id: "nap", sleep: { seconds: 1 } },
    { id: "b", uses: "mail" },
    { id: "c", uses: "http", for_each: { items: "{{ payload.l }}" } },
  ];
  const of = (data: object) => rowAfter({ type: "job.submitted", data: { workflow: "w", payload: {}, ...data } });
  expect(of({ steps })).toMatchObject({ uses: "http\nmail", has_steps: true });
  expect(of({ steps: steps.slice(1, 2) })).toMatchObject({ uses: null, has_steps: true });
});
