import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { WorkflowLimitsSet } from "../../events/workflow.ts";
import { jobState } from "../../src/domain/job/job.ts";
import {
  type Holders,
  holdsPermit,
  type Limit,
  type LimitCommand,
  type LimitState,
  limitDecider,
  limitsOf,
} from "../../src/domain/limit.ts";

const EPOCH = Date.parse("2026-01-01T00:00:00Z");

const limit = (more: Partial<Limit> = {}): Limit => ({
  workflow: "http",
  concurrency_key: "acme",
  account: "operator",
  concurrency: 1,
  rate: undefined,
  ...more,
});
const grant = (job_id: string, more: Partial<LimitCommand> = {}): LimitCommand => ({
  type: "grant",
  limit: limit(),
  job_id,
  attempt: 1,
  gone: new Map(),
  now: EPOCH,
  ...more,
});

/** What the log does with a decision that was recorded `at`, in milliseconds since 1970. */
function recorded(event: KnownNewEvent, at: number): KnownEvent {
  const whole = new Date(Math.floor(at)).toISOString().slice(0, -1);
  const micros = String(Math.floor((at % 1) * 1000)).padStart(3, "0");
  return {
    ...event,
    position: 1,
    stream_id: "limit-1",
    version: 1,
    schema_version: 1,
    meta: { actor: "test", correlation_id: "1" },
    recorded_at: `${whole}${micros}Z`,
  } as KnownEvent;
}

/** The state after a decision; `undefined` if it was a refusal. */
function granted(command: LimitCommand, state: LimitState, at = command.now): LimitState | undefined {
  const decision = limitDecider.decide(command, state);
  return "rejected" in decision ? undefined : limitDecider.evolve(state, recorded(decision[0] as KnownNewEvent, at));
}

describe("a job is limited by", () => {
  const keyless = { workflow: "http", concurrency_key: null, account: "operator" };
  const keyed = { workflow: "http", concurrency_key: "acme", account: "operator" };
  test("nothing, if nothing is set and it has no key", () => {
    expect(limitsOf(keyless, undefined)).toEqual([]);
    expect(limitsOf(keyless, { concurrency_per_key: 3, rate_per_key: { limit: 1, per_seconds: 1 } })).toEqual([]);
  });
  test("only its key: one at once, or what is set", () => {
    expect(limitsOf(keyed, undefined)).toEqual([limit()]);
    const rate = { limit: 5, per_seconds: 60 };
    expect(limitsOf(keyed, { concurrency_per_key: 3, rate_per_key: rate })).toEqual([limit({ concurrency: 3, rate })]);
  });
  test("its workflow, with a key and without", () => {
    const whole = limit({ concurrency_key: null, concurrency: 7 });
    expect(limitsOf(keyless, { concurrency: 7 })).toEqual([whole]);
    expect(limitsOf(keyed, { concurrency: 7 })).toEqual([whole, limit()]);
  });
});

describe("permits", () => {
  test("are granted up to the limit, with all holders recorded", () => {
    const two = limit({ concurrency: 2 });
    const first = granted(grant("a", { limit: two }), limitDecider.initial);
    expect(limitDecider.decide(grant("b", { limit: two, attempt: 3 }), first as LimitState)).toEqual([
      {
        type: "limit.granted",
        data: { workflow: "http", concurrency_key: "acme", job_id: "b", attempt: 3, holders: { a: 1, b: 3 } },
      },
    ]);
  });
  test("are refused beyond it, with the current holders", () => {
    const state = granted(grant("a"), limitDecider.initial) as LimitState;
    expect(limitDecider.decide(grant("b"), state)).toEqual({
      rejected: true,
      code: "limit_full",
      message: '1 job of the workflow "http" with the concurrency key "acme" may run at once.',
      holders: new Map([["a", 1]]),
      until: null,
    });
  });
  test("of former holders are granted again, but not of those that have come back since", () => {
    const state = granted(grant("a", { attempt: 2 }), limitDecider.initial) as LimitState;
    expect(granted(grant("b", { gone: new Map([["a", 2]]) }), state)?.holders).toEqual(new Map([["b", 1]]));
    expect(granted(grant("b", { gone: new Map([["a", 1]]) }), state)).toBeUndefined();
  });
  test("are not used by a job's own earlier attempt", () => {
    const state = granted(grant("a"), limitDecider.initial) as LimitState;
    expect(granted(grant("a", { attempt: 2 }), state)?.holders).toEqual(new Map([["a", 2]]));
  });
  test("beyond a lowered limit are not taken away, and no others granted", () => {
    const wide = limit({ concurrency: 2 });
    const one = granted(grant("a", { limit: wide }), limitDecider.initial) as LimitState;
    const two = granted(grant("b", { limit: wide }), one) as LimitState;
    expect(granted(grant("c", { gone: new Map([["a", 1]]) }), two)).toBeUndefined();
  });
});

describe("evidence", () => {
  const started = (attempt: number): KnownNewEvent => ({
    type: "job.started",
    data: { attempt, worker: "w", lease_seconds: 30 },
  });
  const history = (...events: KnownNewEvent[]) => events.map((event) => recorded(event, EPOCH));
  test("is that the job runs this very attempt", () => {
    expect(holdsPermit(jobState(history(started(1))), 1)).toBe(true);
    expect(holdsPermit(jobState(history(started(1))), 2)).toBe(false);
    expect(holdsPermit(jobState([]), 1)).toBe(false);
    const released: KnownNewEvent = { type: "job.released", data: { attempt: 1, reason: "lease_expired" } };
    expect(holdsPermit(jobState(history(started(1), released)), 1)).toBe(false);
    expect(holdsPermit(jobState(history(started(1), released, started(2))), 1)).toBe(false);
    expect(
      holdsPermit(jobState(history(started(1), { type: "job.succeeded", data: { attempt: 1, result: 1 } })), 1),
    ).toBe(false);
  });
});

/** One step of several workers at a limit: who, what, and which job. */
const step = fc.record({
  worker: fc.nat(3),
  act: fc.constantFrom("look", "look", "claim", "claim", "claim", "end"),
  job: fc.nat(7),
});

test("there are never more holders than the limit, whatever workers do with stale information; and no permit leaks", () => {
  let [claims, conflicts, refusals] = [0, 0, 0];
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 120 }),
      fc.integer({ min: 1, max: 3 }),
      (steps, concurrency) => {
        const most = limit({ concurrency });
        /**
         * The content of the log: the limit's state and version, each job's attempt, whether it is running, and its
         * version.
         */
        let log = { state: limitDecider.initial, version: 0 };
        const jobs = Array.from({ length: 8 }, () => ({ attempt: 0, running: false, version: 0 }));
        const seen = new Map<number, { log: typeof log; jobs: typeof jobs }>();
        const goneIn = (view: { log: typeof log; jobs: typeof jobs }): Holders =>
          new Map(
            [...view.log.state.holders].filter(([id, attempt]) => {
              const job = view.jobs[Number(id)];
              return !(job?.running && job.attempt === attempt);
            }),
          );
        const claim = (index: number, view: { log: typeof log; jobs: typeof jobs }) => {
          const [then, now] = [view.jobs[index], jobs[index]];
          if (!then || !now || then.running) return;
          const attempt = then.attempt + 1;
          const state = granted(grant(String(index), { limit: most, attempt, gone: goneIn(view) }), view.log.state);
          if (!state) return void refusals++;
          // Both in one commit, and only if neither has changed.
          if (view.log.version !== log.version || then.version !== now.version) return void conflicts++;
          claims++;
          log = { state, version: log.version + 1 };
          jobs[index] = { attempt, running: true, version: now.version + 1 };
        };
        const view = () => ({ log, jobs: jobs.map((job) => ({ ...job })) });
        for (const { worker, act, job: index } of steps) {
          const job = jobs[index];
          if (act === "look") seen.set(worker, view());
          else if (act === "claim") claim(index, seen.get(worker) ?? view());
          else if (job?.running) jobs[index] = { ...job, running: false, version: job.version + 1 };
          expect(jobs.filter(({ running }) => running).length).toBeLessThanOrEqual(concurrency);
        }
        // Every attempt ends, without the limit being told: as many as it allows get in again.
        for (const job of jobs) job.running = false;
        for (let index = 0; index < concurrency; index++) claim(index, view());
        expect(jobs.filter(({ running }) => running)).toHaveLength(concurrency);
        expect(log.state.holders.size).toBeLessThanOrEqual(concurrency);
      },
    ),
    { numRuns: 500 },
  );
  // The property would also be true if nobody ever claimed, conflicted or was refused.
  expect(Math.min(claims, conflicts, refusals)).toBeGreaterThan(100);
});

describe("a rate", () => {
  const rate = { limit: 2, per_seconds: 1 };
  const limited = (now: number) => grant(`j${now}`, { limit: limit({ concurrency: 1_000, rate }), now });
  test("lets one start at once and the next when its interval has passed", () => {
    const state = granted(limited(EPOCH), limitDecider.initial) as LimitState;
    expect(limitDecider.decide(limited(EPOCH + 499), state)).toEqual({
      rejected: true,
      code: "rate_exceeded",
      message: '2 jobs of the workflow "http" with the concurrency key "acme" may start in each second.',
      holders: new Map(),
      until: EPOCH + 500,
    });
    expect(granted(limited(EPOCH + 500), state)?.tat).toBe(EPOCH + 1_000);
  });
  test("counts from when the start was recorded, however late that was", () => {
    const state = granted(limited(EPOCH), limitDecider.initial, EPOCH + 4_000.25) as LimitState;
    expect(state.tat).toBe(EPOCH + 4_500.25);
  });
  test("that is no longer set is forgotten", () => {
    const state = granted(limited(EPOCH), limitDecider.initial) as LimitState;
    const free = grant("b", { limit: limit({ concurrency: 1_000 }) });
    expect(granted(free, state)?.tat).toBe(0);
  });

  const rates = fc.record({
    limit: fc.integer({ min: 1, max: 50 }),
    per_seconds: fc.integer({ min: 1, max: 20 }),
    burst: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  });
  /** After how long somebody asks again, and how long the record of a grant takes, in milliseconds. */
  const tries = fc.array(
    fc.tuple(fc.double({ min: 0, max: 800, noNaN: true }), fc.double({ min: 0, max: 30, noNaN: true })),
    {
      minLength: 1,
      maxLength: 300,
    },
  );
  test("is never exceeded in any period, and never holds back for longer than it says", () => {
    fc.assert(
      fc.property(rates, tries, (rate, asked) => {
        const { limit: starts, per_seconds, burst = 1 } = rate as NonNullable<WorkflowLimitsSet["rate_per_key"]>;
        let state = limitDecider.initial;
        let now = EPOCH;
        const times: number[] = [];
        for (const [pause, late] of asked) {
          now = Math.ceil(now + pause);
          const command = grant("j", { limit: limit({ concurrency: 1_000, rate }), now });
          const decision = limitDecider.decide(command, state);
          if ("rejected" in decision) {
            const until = decision.until as number;
            expect(until).toBeGreaterThan(now);
            expect(granted({ ...command, now: until }, state)).toBeDefined();
            continue;
          }
          now += Math.floor(late * 1000) / 1000;
          times.push(now);
          state = limitDecider.evolve(state, recorded(decision[0] as KnownNewEvent, now));
        }
        for (const [index, from] of times.entries()) {
          // To the microsecond, as the log dates events.
          const within = times.slice(index).filter((time) => time < from + per_seconds * 1000 - 0.001 * times.length);
          expect(within.length).toBeLessThanOrEqual(starts + burst - 1);
        }
      }),
      { numRuns: 300 },
    );
  });
});
