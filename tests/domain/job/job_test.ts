import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JobReleased, JobSubmitted } from "../../../events/job.ts";
import type { KnownEvent, KnownNewEvent } from "../../../events/mod.ts";
import { jobDecider, jobState, MAX_CALLBACK_REQUESTS } from "../../../src/domain/job/job.ts";
import type { JobCommand } from "../../../src/domain/job/job_command.ts";
import { isFinished, type JobState, maxAttempts } from "../../../src/domain/job/job_state.ts";
import { waitingFor } from "../../../src/domain/job/waiting.ts";
import { deciderSpec, record } from "../../spec.ts";

const EPOCH = Date.parse("2026-01-01T00:00:00Z");
const LEASE_SECONDS = 30;

const given = deciderSpec(jobDecider);

const submitted = (extra: Partial<JobSubmitted> = {}): KnownNewEvent => ({
  type: "job.submitted",
  data: { workflow: "http", payload: { url: "https://example.com/" }, ...extra },
});
const started = (attempt: number, worker = "w1"): KnownNewEvent => ({
  type: "job.started",
  data: { attempt, worker, lease_seconds: LEASE_SECONDS },
});
const startedExternally = (attempt: number): KnownNewEvent => ({
  type: "job.started",
  data: { attempt, worker: "theirs", lease_seconds: LEASE_SECONDS, external: true },
});
const heartbeat = (attempt: number): KnownNewEvent => ({
  type: "job.heartbeat",
  data: { attempt, lease_seconds: LEASE_SECONDS },
});
const released = (attempt: number, reason: JobReleased["reason"]): KnownNewEvent => ({
  type: "job.released",
  data: { attempt, reason },
});
const succeeded = (attempt: number, result: unknown = { n: 1 }): KnownNewEvent => ({
  type: "job.succeeded",
  data: { attempt, result },
});
const failed = (attempt: number): KnownNewEvent => ({
  type: "job.failed",
  data: { attempt, error: { code: "timeout", message: "Too slow." } },
});
const TOO_SLOW = { code: "timeout", message: "Too slow." };
const retrying = (attempt: number, retry_in_seconds = 5): KnownNewEvent => ({
  type: "job.retry_scheduled",
  data: { attempt, error: TOO_SLOW, retry_in_seconds },
});
const cancelled = (attempt: number): KnownNewEvent => ({ type: "job.cancelled", data: { attempt } });
const delivery = { webhook_id: "msg_1", attempt: 1, status_code: 204 };
const notYet = (attempt: number) => ({
  webhook_id: "msg_1",
  attempt,
  error: { code: "timeout", message: "Too slow." },
  retry_in_seconds: 5,
});

describe("submit", () => {
  const submission = { workflow: "http", payload: {} };
  test("records the submission", () => {
    given().when({ type: "submit", submission }).then({ type: "job.submitted", data: submission });
  });
  test("rejects an id that is in use", () => {
    given(submitted()).when({ type: "submit", submission }).refused("job_exists");
  });
});

describe("start", () => {
  const start: JobCommand = { type: "start", worker: "w1", lease_seconds: LEASE_SECONDS };
  test("claims a queued job as its first attempt", () => {
    given(submitted()).when(start).then(started(1));
  });
  test("claims a released job as its next attempt", () => {
    given(submitted(), started(1), released(1, "lease_expired")).when(start).then(started(2));
  });
  test("records that an external worker claims it", () => {
    given(submitted())
      .when({ ...start, worker: "theirs", external: true })
      .then(startedExternally(1));
    expect(jobState(record([submitted(), startedExternally(1)]))).toMatchObject({ worker: "theirs", external: true });
    const after = jobState(record([submitted(), startedExternally(1), released(1, "lease_expired"), started(2)]));
    expect(after).toMatchObject({ worker: "w1", external: false });
  });
  test("rejects a job that another worker has claimed", () => {
    given(submitted(), started(1, "w2")).when(start).refused("job_not_queued");
  });
  test("rejects a finished job and one that never existed", () => {
    given(submitted(), started(1), succeeded(1)).when(start).refused("job_finished");
    given().when(start).refused("job_not_found");
  });
});

describe("heartbeat", () => {
  test("renews the current attempt's lease, counted from when it was recorded", () => {
    given(submitted(), started(1))
      .when({ type: "heartbeat", attempt: 1, lease_seconds: LEASE_SECONDS })
      .then(heartbeat(1));
    const state = jobState(record([submitted(), started(1), heartbeat(1)]));
    expect(state.lease_expires_at).toBe(EPOCH + 3000 + LEASE_SECONDS * 1000);
  });
  test("rejects an attempt that was given up", () => {
    given(submitted(), started(1), released(1, "lease_expired"), started(2))
      .when({ type: "heartbeat", attempt: 1, lease_seconds: LEASE_SECONDS })
      .refused("attempt_superseded");
  });
});

describe("release", () => {
  const lapse = EPOCH + 2000 + LEASE_SECONDS * 1000;
  test("takes back an expired lease", () => {
    given(submitted(), started(1))
      .when({ type: "release", attempt: 1, reason: "lease_expired", lease_expires_at: lapse, now: lapse })
      .then(released(1, "lease_expired"));
  });
  test("leaves a lease alone that is still valid, or that a heartbeat renewed", () => {
    const release: JobCommand = {
      type: "release",
      attempt: 1,
      reason: "lease_expired",
      lease_expires_at: lapse,
      now: lapse - 1,
    };
    given(submitted(), started(1)).when(release).refused("lease_not_expired");
    given(submitted(), started(1), heartbeat(1))
      .when({ ...release, now: lapse })
      .refused("lease_not_expired");
  });
  test("leaves a lease alone that was renewed by a clock that had been set back since", () => {
    const hour_ahead = lapse + 3_600_000;
    const release: JobCommand = {
      type: "release",
      attempt: 1,
      reason: "lease_expired",
      lease_expires_at: hour_ahead,
      now: hour_ahead,
    };
    given(submitted(), started(1)).when(release).refused("lease_not_expired");
  });
  test("fails the job when the worker of its last attempt is lost", () => {
    const history = [submitted({ max_attempts: 3 }), started(1), released(1, "worker_lost"), started(2), retrying(2)];
    given(...history, started(3))
      .when({ type: "release", attempt: 3, reason: "worker_lost" })
      .then(released(3, "worker_lost"), {
        type: "job.failed",
        data: {
          attempt: 3,
          error: {
            code: "worker_lost",
            message: 'The worker "w1" was lost while it ran attempt 3; all 3 are used.',
          },
        },
      });
  });
  test("waits for the lease of an external worker: nobody knows whether it is dead", () => {
    const history = [submitted(), startedExternally(1)];
    given(...history)
      .when({ type: "release", attempt: 1, reason: "worker_lost" })
      .refused("held_externally");
    given(...history)
      .when({ type: "release", attempt: 1, reason: "lease_expired", lease_expires_at: lapse, now: lapse })
      .then(released(1, "lease_expired"));
    given(...history)
      .when({ type: "release", attempt: 1, reason: "worker_stopping" })
      .then(released(1, "worker_stopping"));
  });
  test("never lets a job with one attempt run again", () => {
    given(submitted({ max_attempts: 1 }), started(1))
      .when({ type: "release", attempt: 1, reason: "lease_expired", lease_expires_at: lapse, now: lapse })
      .then(released(1, "lease_expired"), {
        type: "job.failed",
        data: {
          attempt: 1,
          error: {
            code: "worker_lost",
            message: 'The worker "w1" was lost while it ran attempt 1; only one is allowed.',
          },
        },
      });
  });
  test("does not count attempts that a stopping worker released", () => {
    const history = [submitted({ max_attempts: 2 })];
    for (let attempt = 1; attempt <= 7; attempt++) history.push(started(attempt), released(attempt, "worker_stopping"));
    given(...history, started(8))
      .when({ type: "release", attempt: 8, reason: "worker_lost" })
      .then(released(8, "worker_lost"));
  });
});

describe("a failed attempt", () => {
  const fail = (attempt: number): JobCommand => ({ type: "fail", attempt, error: TOO_SLOW, retry: { in_seconds: 5 } });
  test("that is retryable is followed by another, after the delay", () => {
    given(submitted(), started(1)).when(fail(1)).then(retrying(1));
    const state = jobState(record([submitted(), started(1), retrying(1)]));
    expect(state).toMatchObject({
      status: "queued",
      attempts_used: 1,
      due_at: EPOCH + 3000 + 5000,
      waiting: "retry",
      last_error: TOO_SLOW,
      error: null,
      worker: null,
    });
    expect(jobState(record([submitted(), started(1), retrying(1), started(2)]))).toMatchObject({
      attempt: 2,
      due_at: null,
      waiting: null,
      last_error: null,
    });
  });
  test("fails the job if none is left: by its own limit, the connector's, the service's", () => {
    given(submitted({ max_attempts: 2 }), started(1), retrying(1), started(2))
      .when(fail(2))
      .then(failed(2));
    const start: JobCommand = { type: "start", worker: "w1", lease_seconds: LEASE_SECONDS, max_attempts: 1 };
    const limited = { ...started(1), data: { ...started(1).data, max_attempts: 1 } } as KnownNewEvent;
    given(submitted()).when(start).then(limited);
    given(submitted(), limited).when(fail(1)).then(failed(1));
    given(submitted({ max_attempts: 2 }))
      .when(start)
      .then(started(1));
    const four = [1, 2, 3, 4].flatMap((attempt) => [started(attempt), retrying(attempt)]);
    given(submitted(), ...four.slice(0, 6), started(4))
      .when(fail(4))
      .then(retrying(4));
    given(submitted(), ...four, started(5))
      .when(fail(5))
      .then(failed(5));
  });
  test("that was reported by hand is the end", () => {
    given(submitted())
      .when({ ...fail(1), attempt: "any" } as JobCommand)
      .then(failed(0));
  });
});

describe("cancel", () => {
  test("ends a waiting job and a running one", () => {
    given(submitted()).when({ type: "cancel" }).then(cancelled(0));
    given(submitted(), started(1))
      .when({ type: "cancel", reason: "Wrong customer" })
      .then({ type: "job.cancelled", data: { attempt: 1, reason: "Wrong customer" } });
    expect(jobState(record([submitted(), started(1), cancelled(1)]))).toMatchObject({
      status: "cancelled",
      worker: null,
      lease_expires_at: null,
      error: null,
    });
  });
  test("happens once, and is rejected after another outcome", () => {
    given(submitted(), cancelled(0)).when({ type: "cancel" }).then();
    given(submitted(), started(1), succeeded(1)).when({ type: "cancel" }).refused("job_finished");
    given().when({ type: "cancel" }).refused("job_not_found");
  });
  test("makes every later report too late, and the callback due", () => {
    const history = [submitted({ callback_url: "https://example.com/hook" }), started(1), cancelled(1)];
    given(...history)
      .when({ type: "complete", attempt: 1, result: 1 })
      .refused("job_finished");
    given(...history)
      .when({ type: "start", worker: "w2", lease_seconds: 1 })
      .refused("job_finished");
    expect(jobState(record(history)).callback).toBe("pending");
  });
});

describe("expire", () => {
  const limited = submitted({ timeout_seconds: 10 });
  const end = EPOCH + 1000 + 10_000;
  test("ends a job whose time is up, whatever it does", () => {
    const error = (since: string) => ({
      code: "job_timeout",
      message: `The job did not finish by 2026-01-01T00:00:11.000Z; ${since}.`,
    });
    given(limited)
      .when({ type: "expire", now: end })
      .then({ type: "job.failed", data: { attempt: 0, error: error("it was waiting") } });
    given(limited, started(1))
      .when({ type: "expire", now: end })
      .then({ type: "job.failed", data: { attempt: 1, error: error("attempt 1 was running") } });
  });
  test("is rejected before, and if no time is set", () => {
    given(limited)
      .when({ type: "expire", now: end - 1 })
      .refused("job_not_expired");
    given(submitted()).when({ type: "expire", now: end }).refused("job_not_expired");
    given(limited, cancelled(0)).when({ type: "expire", now: end }).refused("job_finished");
  });
  test("counts from when the job may first run", () => {
    const run_at = new Date(EPOCH + 3_600_000).toISOString();
    expect(jobState(record([submitted({ timeout_seconds: 10, run_at })]))).toMatchObject({
      due_at: EPOCH + 3_600_000,
      expires_at: EPOCH + 3_610_000,
    });
  });
});

describe("complete and fail", () => {
  const error = { code: "timeout", message: "Too slow." };
  test("end the current attempt", () => {
    given(submitted(), started(1))
      .when({ type: "complete", attempt: 1, result: { n: 1 } })
      .then(succeeded(1));
    given(submitted(), started(1)).when({ type: "fail", attempt: 1, error }).then(failed(1));
  });
  test("reject a late report: another attempt is running, or the job waits for one", () => {
    const lost = [submitted(), started(1), released(1, "lease_expired")];
    given(...lost, started(2))
      .when({ type: "complete", attempt: 1, result: 1 })
      .refused("attempt_superseded");
    given(...lost)
      .when({ type: "complete", attempt: 1, result: 1 })
      .refused("attempt_superseded");
    given(...lost)
      .when({ type: "fail", attempt: 1, error })
      .refused("attempt_superseded");
  });
  test("reject a second report, a job never claimed and one that never existed", () => {
    given(submitted(), started(1), failed(1)).when({ type: "complete", attempt: 1, result: 1 }).refused("job_finished");
    given(submitted()).when({ type: "complete", attempt: 1, result: 1 }).refused("attempt_superseded");
    given().when({ type: "complete", attempt: "any", result: 1 }).refused("job_not_found");
  });
  test("by hand, end a job whether it was claimed or not", () => {
    given(submitted())
      .when({ type: "complete", attempt: "any", result: { n: 1 } })
      .then(succeeded(0));
    given(submitted(), started(1))
      .when({ type: "complete", attempt: "any", result: { n: 1 } })
      .then(succeeded(1));
  });
});

describe("callback", () => {
  const done = [submitted({ callback_url: "https://example.com/hook" }), started(1), succeeded(1)];
  const deliver: JobCommand = { type: "callback_delivered", delivery };
  test("is recorded once, after the end", () => {
    given(...done)
      .when(deliver)
      .then({ type: "job.callback_delivered", data: delivery });
    given(...done, { type: "job.callback_delivered", data: delivery })
      .when(deliver)
      .refused("callback_not_pending");
    given(...done.slice(0, 2))
      .when(deliver)
      .refused("callback_not_pending");
  });
  test("is rejected for a job without one", () => {
    given(submitted(), started(1), succeeded(1)).when(deliver).refused("callback_not_pending");
  });
  test("continues after a failed attempt, each number once; a delivery counts whatever its number", () => {
    const attempted: KnownNewEvent = { type: "job.callback_attempted", data: notYet(1) };
    const again: JobCommand = { type: "callback_attempted", delivery: notYet(1) };
    given(...done)
      .when(again)
      .then(attempted);
    given(...done, attempted)
      .when(again)
      .refused("callback_superseded");
    given(...done, attempted)
      .when({ type: "callback_failed", delivery: notYet(1) })
      .refused("callback_superseded");
    given(...done, attempted)
      .when({ type: "callback_attempted", delivery: notYet(2) })
      .then({ type: "job.callback_attempted", data: notYet(2) });
    given(...done, attempted)
      .when(deliver)
      .then({ type: "job.callback_delivered", data: delivery });
  });
  test("is sent again, from its first attempt, on request", () => {
    const request: JobCommand = { type: "request_callback" };
    const requested: KnownNewEvent = { type: "job.callback_requested", data: {} };
    for (const before of [
      [],
      [{ type: "job.callback_attempted", data: notYet(1) }],
      [{ type: "job.callback_delivered", data: delivery }],
      [{ type: "job.callback_failed", data: notYet(1) }],
    ] satisfies KnownNewEvent[][]) {
      given(...done, ...before)
        .when(request)
        .then(requested);
      given(...done, ...before, requested)
        .when({ type: "callback_attempted", delivery: notYet(1) })
        .then({ type: "job.callback_attempted", data: notYet(1) });
    }
    given(...done.slice(0, 2))
      .when(request)
      .refused("job_not_finished");
    given(submitted(), started(1), succeeded(1)).when(request).refused("callback_not_wanted");
    const times = (count: number) => Array.from({ length: count }, () => requested);
    given(...done, ...times(MAX_CALLBACK_REQUESTS - 1))
      .when(request)
      .then(requested);
    given(...done, ...times(MAX_CALLBACK_REQUESTS))
      .when(request)
      .refused("callback_requests_used");
    given().when(request).refused("job_not_found");
  });
});

test("a queued job says what it waits for", () => {
  const waiting = (history: KnownNewEvent[], now = EPOCH, connector = true) => {
    const state = jobState(record(history));
    const job = { ...state, error_code: state.last_error?.code ?? null, has_steps: false };
    return waitingFor(job, { now, can_run: connector });
  };
  expect(waiting([submitted()])).toEqual({ reason: "worker", detail: "Waits for a free worker." });
  expect(waiting([submitted()], EPOCH, false)?.detail).toContain(
    'No connector or pipeline runs the workflow "http"; the job waits for an external worker that claims it',
  );
  expect(waiting([submitted(), started(1)])).toBeNull();
  const run_at = "2026-01-01T01:00:00.000Z";
  expect(waiting([submitted({ run_at })])).toEqual({
    reason: "run_at",
    detail: `Starts at ${run_at} or later.`,
    until: run_at,
  });
  expect(waiting([submitted({ run_at })], Date.parse(run_at))?.reason).toBe("worker");
  expect(waiting([submitted(), started(1), retrying(1)])).toEqual({
    reason: "retry",
    detail: "Attempt 1 failed (timeout); the next one follows at 2026-01-01T00:00:08.000Z.",
    until: "2026-01-01T00:00:08.000Z",
  });
});

describe("whatever commands come, in whatever order", () => {
  const attempt = fc.integer({ min: 0, max: 4 });
  const callbackAttempt = fc.integer({ min: 1, max: 3 });
  const error = fc.constant({ code: "timeout", message: "Too slow." });
  const command: fc.Arbitrary<JobCommand> = fc.oneof(
    fc.record({
      type: fc.constant("submit" as const),
      submission: fc.record(
        {
          workflow: fc.constant("http"),
          payload: fc.constant({}),
          callback_url: fc.constant("https://example.com/"),
          max_attempts: fc.integer({ min: 1, max: 3 }),
          run_at: fc.constantFrom("2025-12-31T00:00:00Z", "2026-01-01T00:00:20+00:00"),
          timeout_seconds: fc.integer({ min: 1, max: 60 }),
        },
        { requiredKeys: ["workflow", "payload"] },
      ),
    }),
    fc.record(
      {
        type: fc.constant("start" as const),
        worker: fc.constantFrom("w1", "w2"),
        lease_seconds: fc.integer({ min: 1, max: 5 }),
        max_attempts: fc.integer({ min: 1, max: 3 }),
        external: fc.boolean(),
      },
      { requiredKeys: ["type", "worker", "lease_seconds"] },
    ),
    fc.record({ type: fc.constant("heartbeat" as const), attempt, lease_seconds: fc.integer({ min: 1, max: 5 }) }),
    fc.record({
      type: fc.constant("release" as const),
      attempt,
      reason: fc.constant("lease_expired" as const),
      lease_expires_at: fc.constant(0),
      now: fc.integer({ min: EPOCH, max: EPOCH + 60_000 }),
    }),
    fc.record({
      type: fc.constant("release" as const),
      attempt,
      reason: fc.constantFrom("worker_lost" as const, "worker_stopping" as const),
    }),
    fc.record({
      type: fc.constant("complete" as const),
      attempt: fc.oneof(attempt, fc.constant("any" as const)),
      result: fc.jsonValue(),
    }),
    fc.record(
      {
        type: fc.constant("fail" as const),
        attempt: fc.oneof(attempt, fc.constant("any" as const)),
        error,
        retry: fc.record({ in_seconds: fc.double({ min: 0, max: 100, noNaN: true }) }),
      },
      { requiredKeys: ["type", "attempt", "error"] },
    ),
    fc.record({ type: fc.constant("cancel" as const) }),
    fc.record({ type: fc.constant("expire" as const), now: fc.integer({ min: EPOCH, max: EPOCH + 120_000 }) }),
    fc.record({ type: fc.constant("callback_delivered" as const), delivery: fc.constant(delivery) }),
    fc.record({
      type: fc.constant("callback_failed" as const),
      delivery: fc.record({ webhook_id: fc.constant("msg_1"), attempt: callbackAttempt, error }),
    }),
    fc.record({ type: fc.constant("callback_attempted" as const), delivery: callbackAttempt.map(notYet) }),
    fc.record({ type: fc.constant("request_callback" as const) }),
  );

  const legal: Record<JobState["status"], readonly JobState["status"][]> = {
    none: ["queued"],
    queued: ["running", "succeeded", "failed", "cancelled"],
    running: ["running", "queued", "succeeded", "failed", "cancelled"],
    succeeded: ["succeeded"],
    failed: ["failed"],
    cancelled: ["cancelled"],
  };

  /** Runs the commands as the service would, passing each step to `check`; returns the history. */
  function run(commands: readonly JobCommand[], check: (before: JobState, after: JobState) => void): KnownEvent[] {
    const history: KnownEvent[] = [];
    let state = jobDecider.initial;
    for (const command of commands) {
      const outcome = jobDecider.decide(seen(command, state), state);
      if ("rejected" in outcome) continue;
      for (const event of record(outcome as KnownNewEvent[], { after: history.length })) {
        const before = state;
        state = jobDecider.evolve(state, event);
        history.push(event);
        check(before, state);
      }
    }
    return history;
  }

  /** A sweep names the lease that it saw, here the newest one. */
  function seen(command: JobCommand, { lease_expires_at }: JobState): JobCommand {
    const isSweep = command.type === "release" && command.reason === "lease_expired" && lease_expires_at !== null;
    return isSweep ? { ...command, lease_expires_at } : command;
  }

  const commands = fc.array(command, { maxLength: 60 });

  /** Each step of a job's life is legal, and leads to a consistent state. */
  function checkStatus(before: JobState, after: JobState): void {
    // The last lost worker releases and fails in one append, by way of `queued`.
    expect(legal[before.status]).toContain(after.status);
    for (const held of ["worker", "started_at", "lease_expires_at"] as const) {
      expect(after.status === "running").toBe(after[held] !== null);
    }
    expect(isFinished(after)).toBe(after.finished_at !== null);
    expect(after.status === "failed").toBe(after.error !== null);
    if (after.due_at !== null) expect(after.status).toBe("queued");
    expect(after.due_at === null).toBe(after.waiting === null);
    expect(after.waiting === "retry").toBe(after.last_error !== null);
  }

  function checkAttempts(before: JobState, after: JobState): void {
    const begins = before.status === "queued" && after.status === "running";
    expect(after.attempt - before.attempt).toBe(begins ? 1 : 0);
    // None begins once all are used; a limit never changes.
    if (begins) expect(before.attempts_used).toBeLessThan(maxAttempts(before));
    expect(after.attempts_used).toBeLessThanOrEqual(maxAttempts(after));
    if (before.max_attempts !== null) expect(after.max_attempts).toBe(before.max_attempts);
  }

  function checkEnd(before: JobState, after: JobState): void {
    if (after.callback !== "none") {
      expect(after.callback_url).not.toBeNull();
      expect(isFinished(after)).toBe(true);
    }
    if (isFinished(before)) {
      expect(before.callback).not.toBe("none");
      const rest = { callback: "", callback_attempts: 0, callback_requests: 0 };
      expect({ ...after, ...rest }).toEqual({ ...before, ...rest });
    }
  }

  test("no job reaches an illegal state", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        run(sequence, (before, after) => {
          checkStatus(before, after);
          checkAttempts(before, after);
          checkEnd(before, after);
        });
      }),
      { numRuns: 500 },
    );
  });

  test("folding a history twice gives the same state, and changes no state in place", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        const folded: JobState[] = [];
        const history = run(sequence, (_, after) => folded.push(Object.freeze(after)));
        expect(jobState(history)).toEqual(folded.at(-1) ?? jobDecider.initial);
        expect(jobState(history)).toEqual(jobState(history));
      }),
    );
  });
});
