import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JobReleased } from "../../events/job.ts";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import {
  isFinished,
  type JobCommand,
  type JobState,
  jobDecider,
  jobState,
  MAX_LOST_ATTEMPTS,
  waitingFor,
} from "../../src/domain/job.ts";

const EPOCH = Date.parse("2026-01-01T00:00:00Z");
const LEASE_SECONDS = 30;

/** What the log makes of new events: numbered, and recorded one second apart from each other. */
function record(events: readonly KnownNewEvent[], after = 0): KnownEvent[] {
  return events.map((event, index) => {
    const version = after + index + 1;
    return {
      ...event,
      position: version,
      stream_id: "job-1",
      version,
      schema_version: 1,
      meta: { actor: "system:test", correlation_id: "1" },
      recorded_at: new Date(EPOCH + version * 1000).toISOString(),
    } as KnownEvent;
  });
}

/** Given what happened, when a command comes, then these events follow or this refusal. */
function given(...history: KnownNewEvent[]) {
  const state = jobState(record(history));
  return {
    when(command: JobCommand) {
      const outcome = jobDecider.decide(command, state);
      return {
        // biome-ignore lint/suspicious/noThenProperty: given, when, then is how a decider's tests read; nobody awaits this
        then: (...events: KnownNewEvent[]) => expect(outcome).toEqual(events),
        refused: (code: string) => expect(outcome).toMatchObject({ rejected: true, code }),
      };
    },
  };
}

const submitted = (extra: { callback_url?: string } = {}): KnownNewEvent => ({
  type: "job.submitted",
  data: { workflow: "http", payload: { url: "https://example.com/" }, ...extra },
});
const started = (attempt: number, worker = "w1"): KnownNewEvent => ({
  type: "job.started",
  data: { attempt, worker, lease_seconds: LEASE_SECONDS },
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
  test("refuses an id that is taken", () => {
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
  test("refuses a job that another worker holds", () => {
    given(submitted(), started(1, "w2")).when(start).refused("job_not_queued");
  });
  test("refuses a finished job and one that never was", () => {
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
  test("refuses an attempt that was given up", () => {
    given(submitted(), started(1), released(1, "lease_expired"), started(2))
      .when({ type: "heartbeat", attempt: 1, lease_seconds: LEASE_SECONDS })
      .refused("attempt_superseded");
  });
});

describe("release", () => {
  const lapse = EPOCH + 2000 + LEASE_SECONDS * 1000;
  test("takes back a lapsed lease", () => {
    given(submitted(), started(1))
      .when({ type: "release", attempt: 1, reason: "lease_expired", now: lapse })
      .then(released(1, "lease_expired"));
  });
  test("leaves a lease alone that still runs, or that a heartbeat renewed", () => {
    const release: JobCommand = { type: "release", attempt: 1, reason: "lease_expired", now: lapse - 1 };
    given(submitted(), started(1)).when(release).refused("lease_not_expired");
    given(submitted(), started(1), heartbeat(1))
      .when({ ...release, now: lapse })
      .refused("lease_not_expired");
  });
  test("fails the job with attempts_exhausted when its tenth worker is lost", () => {
    const history = [submitted()];
    for (let attempt = 1; attempt < MAX_LOST_ATTEMPTS; attempt++) {
      history.push(started(attempt), released(attempt, "worker_lost"));
    }
    given(...history, started(MAX_LOST_ATTEMPTS))
      .when({ type: "release", attempt: MAX_LOST_ATTEMPTS, reason: "worker_lost" })
      .then(released(MAX_LOST_ATTEMPTS, "worker_lost"), {
        type: "job.failed",
        data: {
          attempt: MAX_LOST_ATTEMPTS,
          error: {
            code: "attempts_exhausted",
            message: "10 workers were lost while they ran this job; it is not given to another.",
          },
        },
      });
  });
  test("does not count attempts that a stopping worker handed back", () => {
    const history = [submitted()];
    for (let attempt = 1; attempt <= 3 * MAX_LOST_ATTEMPTS; attempt++) {
      history.push(started(attempt), released(attempt, "worker_stopping"));
    }
    const attempt = 3 * MAX_LOST_ATTEMPTS + 1;
    given(...history, started(attempt))
      .when({ type: "release", attempt, reason: "worker_lost" })
      .then(released(attempt, "worker_lost"));
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
  test("refuse a late answer: another attempt is running, or the job waits for one", () => {
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
  test("refuse a second answer, a job never claimed and one that never was", () => {
    given(submitted(), started(1), failed(1)).when({ type: "complete", attempt: 1, result: 1 }).refused("job_finished");
    given(submitted()).when({ type: "complete", attempt: 1, result: 1 }).refused("attempt_superseded");
    given().when({ type: "complete", attempt: "any", result: 1 }).refused("job_not_found");
  });
  test("by hand, end a job that was never claimed, or whoever holds it", () => {
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
  test("is refused for a job without one", () => {
    given(submitted(), started(1), succeeded(1)).when(deliver).refused("callback_not_pending");
  });
  test("goes on after an attempt that failed, each number once; a delivery counts whatever its number", () => {
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
  test("is made again, from its first attempt, when somebody asks for it", () => {
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
    given().when(request).refused("job_not_found");
  });
});

test("a queued job says what it waits for", () => {
  const job = jobState(record([submitted()]));
  expect(waitingFor(job, () => true)).toEqual({ reason: "worker", detail: "Waits for a free worker." });
  expect(waitingFor(job, () => false)?.detail).toContain('runs the workflow "http" here');
  expect(waitingFor(jobState(record([submitted(), started(1)])), () => false)).toBeNull();
});

describe("whatever commands come, in whatever order", () => {
  const attempt = fc.integer({ min: 0, max: 4 });
  const callbackAttempt = fc.integer({ min: 1, max: 3 });
  const error = fc.constant({ code: "timeout", message: "Too slow." });
  const command: fc.Arbitrary<JobCommand> = fc.oneof(
    fc.record({
      type: fc.constant("submit" as const),
      submission: fc.record(
        { workflow: fc.constant("http"), payload: fc.constant({}), callback_url: fc.constant("https://example.com/") },
        { requiredKeys: ["workflow", "payload"] },
      ),
    }),
    fc.record({
      type: fc.constant("start" as const),
      worker: fc.constantFrom("w1", "w2"),
      lease_seconds: fc.integer({ min: 1, max: 5 }),
    }),
    fc.record({ type: fc.constant("heartbeat" as const), attempt, lease_seconds: fc.integer({ min: 1, max: 5 }) }),
    fc.record({
      type: fc.constant("release" as const),
      attempt,
      reason: fc.constant("lease_expired" as const),
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
    fc.record({ type: fc.constant("fail" as const), attempt: fc.oneof(attempt, fc.constant("any" as const)), error }),
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
    queued: ["running", "succeeded", "failed"],
    running: ["running", "queued", "succeeded", "failed"],
    succeeded: ["succeeded"],
    failed: ["failed"],
    cancelled: ["cancelled"],
  };

  /** Runs the commands as the service would, handing each step to `check`; answers with the history. */
  function run(commands: readonly JobCommand[], check: (before: JobState, after: JobState) => void): KnownEvent[] {
    const history: KnownEvent[] = [];
    let state = jobDecider.initial;
    for (const command of commands) {
      const outcome = jobDecider.decide(command, state);
      if ("rejected" in outcome) continue;
      for (const event of record(outcome as KnownNewEvent[], history.length)) {
        const before = state;
        state = jobDecider.evolve(state, event);
        history.push(event);
        check(before, state);
      }
    }
    return history;
  }

  const commands = fc.array(command, { maxLength: 60 });

  test("no job reaches an illegal state", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        run(sequence, (before, after) => {
          // The tenth lost worker releases and fails in one append, by way of `queued`.
          expect(legal[before.status]).toContain(after.status);
          expect(after.status === "running").toBe(after.worker !== null);
          expect(after.status === "running").toBe(after.lease_expires_at !== null);
          expect(isFinished(after)).toBe(after.finished_at !== null);
          expect(after.status === "failed").toBe(after.error !== null);
          expect(after.attempt - before.attempt).toBe(before.status === "queued" && after.status === "running" ? 1 : 0);
          expect(after.lost).toBeLessThanOrEqual(MAX_LOST_ATTEMPTS);
          if (after.callback !== "none") {
            expect(after.callback_url).not.toBeNull();
            expect(isFinished(after)).toBe(true);
          }
          if (isFinished(before)) {
            expect(before.callback).not.toBe("none");
            const rest = { callback: "", callback_attempts: 0 };
            expect({ ...after, ...rest }).toEqual({ ...before, ...rest });
          }
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
