import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JobError } from "../../../events/job.ts";
import type { KnownEvent, KnownNewEvent } from "../../../events/mod.ts";
import type { Step, Steps } from "../../../events/pipeline.ts";
import { jobDecider, jobState } from "../../../src/domain/job/job.ts";
import type { JobCommand } from "../../../src/domain/job/job_command.ts";
import { isFinished, type JobState } from "../../../src/domain/job/job_state.ts";
import { MAX_JOB_COST, MAX_RENDER_COST, MAX_STEP_COST } from "../../../src/domain/pipeline/expression_cost.ts";
import { shortenError } from "../../../src/domain/pipeline/step_error.ts";
import {
  evolveSteps,
  hasEnded,
  interrupt,
  type NewStepEvent,
  type StepEvent,
  type StepStates,
} from "../../../src/domain/pipeline/step_states.ts";
import {
  Known,
  MAX_ERRORS_LENGTH,
  MAX_INPUTS_LENGTH,
  MAX_STEP_RUNS,
  outputsNamed,
  type Plan,
  planSteps,
  succeeded,
  type Work,
} from "../../../src/domain/pipeline/steps.ts";
import { isRetryable } from "../../../src/jobs/run/retry.ts";
import { JsonText } from "../../../src/json/mod.ts";

const EPOCH = Date.parse("2026-01-01T00:00:00Z");
const NOTHING: StepStates = new Map();

function plan(
  steps: Steps,
  given: {
    payload?: unknown;
    states?: StepStates;
    now?: number;
    active?: string[];
    inputs_left?: number;
    known?: Known;
  } = {},
): Plan {
  const { payload = {}, states = NOTHING, now = EPOCH, inputs_left = MAX_INPUTS_LENGTH, known = new Known() } = given;
  const active = new Set(given.active);
  return planSteps({ steps, payload, states, attempt: 1, now, active, inputs_left, known, maxAttempts: () => 2 });
}

/** The states after events, recorded at `now`. */
function after(states: StepStates, events: readonly NewStepEvent[], now = EPOCH): StepStates {
  const recorded_at = new Date(now).toISOString();
  return events.reduce((before, event) => evolveSteps(before, { ...event, recorded_at } as StepEvent), states);
}

const end = (work: Work, states: StepStates, output: unknown = null) =>
  succeeded(work, { attempt: 1, output, output_length: JSON.stringify(output).length, states });
const types = ({ events }: Plan) => events.map(({ type }) => type);

test("a sleep is at most 365 days long", () => {
  const sleep = (days: number) =>
    plan([{ id: "a", sleep: { until: new Date(EPOCH + days * 86_400_000).toISOString() } }]);
  expect(sleep(365).ending).toMatchObject({ type: "suspend", until: "2027-01-01T00:00:00.000Z" });
  expect(sleep(365.001).ending).toMatchObject({ type: "fail", error: { code: "expression_failed" } });
});

test.each([
  ["banana", '"banana" must be a time in RFC 3339, for example 2026-01-15T09:30:00Z.'],
  ["2026-01-15T09:30:00", '"2026-01-15T09:30:00" must end with its offset from UTC: Z, or for example +01:00.'],
  [1_768_469_400, "1768469400 must be a time in RFC 3339, for example 2026-01-15T09:30:00Z."],
  [null, "null must be a time in RFC 3339, for example 2026-01-15T09:30:00Z."],
  [
    "2026-02-30T00:00:00Z",
    '"2026-02-30T00:00:00Z" must not name a day, a time of day or an offset that does not exist.',
  ],
  [
    "9999-12-31T23:59:59-14:00",
    '"9999-12-31T23:59:59-14:00" must lie between 1970-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z.',
  ],
])("a sleep until %p, which an expression returns, fails its step and says why", (at, message) => {
  const { ending } = plan([{ id: "a", sleep: { until: "{{ payload.at }}" } }], { payload: { at } });
  const detail = { step: "a", detail: { pointer: "/sleep/until" } };
  const error = { code: "expression_failed", message: `Step "a": ${message}`, detail };
  expect(ending).toMatchObject({ type: "fail", error });
});

describe("outputs", () => {
  const large = (n: number) => Array(n).fill([]);
  const ended = (states: StepStates, step: string, output: unknown) => {
    const data = { attempt: 1, step, step_attempt: 1, output, output_length: JSON.stringify(output).length };
    return after(states, [{ type: "job.step_succeeded", data }]);
  };

  test("are kept as text, whatever they contain, and so is a for_each's list, without separate copies of its items", () => {
    expect(ended(NOTHING, "a", large(1_000)).get("a")?.output).toEqual(new JsonText(JSON.stringify(large(1_000))));
    const data = { attempt: 1, step: "b", step_attempt: 1 };
    const events: NewStepEvent[] = [{ type: "job.step_started", data: { ...data, items: 2 } }];
    for (const item of [0, 1]) {
      events.push({ type: "job.step_succeeded", data: { ...data, item, output: large(50), output_length: 151 } });
    }
    const before = after(NOTHING, events).get("b");
    expect(before?.items?.map(({ output }) => output)).toEqual(Array(2).fill(new JsonText(JSON.stringify(large(50)))));
    const whole = after(NOTHING, [...events, { type: "job.step_succeeded", data: { ...data, output_length: 302 } }]);
    expect(whole.get("b")?.output).toEqual(new JsonText(JSON.stringify([large(50), large(50)])));
    expect(whole.get("b")?.items?.map(({ status, output }) => [status, output])).toEqual(
      Array(2).fill(["succeeded", null]),
    );
  });

  test("look the same to expressions as before, including items of a for_each", () => {
    const states = ended(NOTHING, "a", { list: [large(30), { n: 2n ** 60n, text: "x".repeat(80) }] });
    const over = "{{ steps.a.output.list }}";
    const { works } = plan(
      [
        { id: "a", uses: "http" },
        { id: "b", for_each: { items: over, max_parallel: 2 }, uses: "http", with: { it: "{{ item }}" } },
      ],
      { states },
    );
    expect(works.map(({ input }) => input)).toEqual([
      { it: large(30) },
      { it: { n: 2n ** 60n, text: "x".repeat(80) } },
    ]);
  });

  test("that a plan may read are those that its step names, and those that the conditions after it name", () => {
    const steps: Steps = [
      ...["a", "b", "c", "d", "e"].map((id) => ({ id, uses: "http" })),
      { id: "f", uses: "http", with: { x: ["{{ steps.a.output.x }}", '{{ steps["b"].output + steps . unknown }}'] } },
      { id: "g", uses: "http", if: "{{ steps.d.output }}", with: { x: "{{ steps.e.output }}" } },
    ];
    const outputs = new Map(["a", "b", "c", "d", "e"].map((id) => [id, `of ${id}`]));
    const named = outputsNamed(steps, { outputs, known: new Known() });
    expect(named.filter(Boolean)).toEqual(["of a", "of b", "of d"]);
    expect(outputsNamed(steps, { outputs: new Map(), known: new Known() })).toEqual([]);
  });
});

describe("a plan", () => {
  const two: Steps = [
    { id: "a", uses: "http", with: { n: "{{ payload.n }}" } },
    { id: "b", uses: "http", with: { was: "{{ steps.a.output.x }}" } },
  ];

  test("starts the first step with its input, and the next when it has finished", () => {
    const first = plan(two, { payload: { n: 7 } });
    expect(first).toMatchObject({ works: [{ key: "a", step_attempt: 1, input: { n: 7 } }], ending: null });
    expect(types(first)).toEqual(["job.step_started"]);
    const started = after(NOTHING, first.events);
    const [work] = first.works as [Work];
    const ended = after(started, [end(work, started, { x: 1 })]);
    const second = plan(two, { payload: { n: 7 }, states: ended });
    expect(second.works).toMatchObject([{ key: "b", input: { was: 1 } }]);
  });

  test("does nothing while what it started runs here", () => {
    const states = after(NOTHING, plan(two, { payload: { n: 1 } }).events);
    expect(plan(two, { states, active: ["a"] })).toEqual({ events: [], works: [], ending: null, unfinished: false });
  });

  test("is the same however often it is computed", () => {
    expect(plan(two, { payload: { n: 7 } })).toEqual(plan(two, { payload: { n: 7 } }));
  });

  test("of steps that are all skipped succeeds with nothing", () => {
    const none = plan([{ id: "a", if: "{{ false }}", uses: "http" }]);
    expect(types(none)).toEqual(["job.step_skipped"]);
    expect(none.ending).toEqual({ type: "complete", result: null });
  });

  test.each<[string, Step, string]>([
    ["a condition that is no condition", { id: "a", if: "{{ 1 }}", uses: "http" }, "it must be true or false"],
    ["a missing value", { id: "a", uses: "http", with: { x: "{{ payload.nope }}" } }, "payload.nope is missing"],
    ["items that are no list", { id: "a", uses: "http", for_each: { items: "{{ 'x' }}" } }, "they must be a list"],
  ])("with %s fails the job, with the step's failure recorded", (_, step, message) => {
    const failed = plan([step]);
    expect(types(failed)).toEqual(["job.step_failed"]);
    expect(failed.ending).toMatchObject({ type: "fail", error: { code: "expression_failed" } });
    expect((failed.ending as { error: JobError }).error.message).toContain(message);
  });

  test("suspends until a step may be retried, never earlier", () => {
    const states = after(NOTHING, plan(two, { payload: { n: 1 } }).events);
    const error = { code: "timeout", message: "Too slow." };
    const failure: NewStepEvent = {
      type: "job.step_failed",
      data: { attempt: 1, step: "a", step_attempt: 1, error, retry_at: "2026-01-01T00:00:01.235Z" },
    };
    const failed = after(states, [failure]);
    const waiting = plan(two, { payload: { n: 1 }, states: failed });
    expect(waiting.ending).toEqual({ type: "suspend", step: "a", waiting: "retry", until: "2026-01-01T00:00:01.235Z" });
    expect(plan(two, { payload: { n: 1 }, states: failed, now: EPOCH + 1_235 }).works).toMatchObject([
      { step_attempt: 2 },
    ]);
  });

  test("does not fail before what runs beside it has finished", () => {
    const step: Step = { id: "e", uses: "http", for_each: { items: "{{ [0, 1] }}", max_parallel: 2 } };
    const first = plan([step]);
    expect(first.works.map(({ key }) => key)).toEqual(["e/0", "e/1"]);
    const error = { code: "refused", message: "No." };
    const data = { attempt: 1, step: "e", item: 0, step_attempt: 1, error };
    const states = after(after(NOTHING, first.events), [{ type: "job.step_failed", data }]);
    expect(plan([step], { states, active: ["e/1"] })).toEqual({
      events: [],
      works: [],
      ending: null,
      unfinished: false,
    });
    expect(plan([step], { states: after(states, [end(first.works[1] as Work, states)]) }).ending).toMatchObject({
      type: "fail",
      error: { code: "refused", message: 'Item 0 of step "e": No.' },
    });
  });
});

test("a step whose worker was lost as often as it may fail is not run again; releasing it does not count", () => {
  const once: Steps = [{ id: "a", uses: "http" }];
  /** The states after the step was started and interrupted so many times. */
  const interrupted = (...lost: boolean[]) =>
    lost.reduce((states, isLost) => interrupt(after(states, plan(once, { states }).events), { lost: isLost }), NOTHING);
  const next = (...lost: boolean[]) => plan(once, { states: interrupted(...lost) });
  expect(next(false, false, false).works).toMatchObject([{ step_attempt: 4, attempts_used: 0 }]);
  expect(next(true, false).works).toMatchObject([{ step_attempt: 3, attempts_used: 1 }]);
  expect(next(true, false, true)).toMatchObject({
    works: [],
    ending: { type: "fail", error: { code: "worker_lost" } },
  });
});

/** What a worker may meet: the seed of each connector's answer, and moments at which it is lost or stopped. */
interface World {
  readonly steps: Steps;
  readonly answers: readonly ("ok" | "retry" | "final" | "lost" | "stopping")[];
}

const ids = ["a", "b", "c", "d"];
const step = (id: string, earlier: readonly string[]): fc.Arbitrary<Step> => {
  const condition = fc.constantFrom(
    undefined,
    "{{ true }}",
    "{{ false }}",
    ...earlier.map((e) => `{{ steps.${e}.status == 'succeeded' }}`),
  );
  const kind = fc.oneof(
    fc.record({ uses: fc.constant("http"), with: fc.constant({ n: "{{ payload.n }}" }) }),
    fc.record({
      uses: fc.constant("http"),
      for_each: fc.record({
        items: fc.integer({ min: 0, max: 4 }).map((n) => `{{ payload.lists[${n}] }}`),
        max_parallel: fc.integer({ min: 1, max: 3 }),
      }),
    }),
    fc.record({ sleep: fc.record({ seconds: fc.integer({ min: 0, max: 3 }) }) }),
    fc.record({
      wait_for_approval: fc.record({
        message: fc.constant("Go on?"),
        timeout_seconds: fc.constant(5),
        on_timeout: fc.constantFrom("fail" as const, "continue" as const),
      }),
    }),
  );
  return fc.tuple(kind, condition).map(([what, when]) => ({ id, ...what, ...(when && { if: when }) }) as Step);
};
const world: fc.Arbitrary<World> = fc.record({
  steps: fc.tuple(...ids.map((id, index) => step(id, ids.slice(0, index)))),
  answers: fc.array(fc.constantFrom("ok", "ok", "ok", "ok", "retry", "final", "lost", "stopping"), {
    minLength: 1,
    maxLength: 40,
  }),
});
const payload = { n: 1, lists: [[], [0], [0, 1], [0, 1, 2], [0, 1, 2, 3]] };

describe("the history of a job", () => {
  const step: Step = {
    id: "e",
    uses: "http",
    for_each: { items: "{{ payload.items }}", max_parallel: 32 },
    with: { body: "{{ item }}" },
  };
  const payload = { items: Array.from({ length: 1_000 }, (_, i) => i) };

  /** The states of the step after its items were run so often in all, and all but the last failed in passing. */
  function ran(times: number, error: JobError = { code: "timeout", message: "Too slow." }): StepStates {
    const begin = { attempt: 1, step: "e", step_attempt: 1, items: 1_000 };
    const events: NewStepEvent[] = [{ type: "job.step_started", data: begin }];
    for (let run = 0; run < times; run++) {
      const data = { attempt: 1, step: "e", item: run % 1_000, step_attempt: 1 + Math.floor(run / 1_000) };
      events.push({ type: "job.step_started", data });
      if (run < times - 1) {
        events.push({ type: "job.step_failed", data: { ...data, error, retry_at: "2026-01-01T00:00:00.000Z" } });
      }
    }
    return after(NOTHING, events);
  }

  test("has a limited number of step runs: another never starts, and fails the job once the rest have finished", () => {
    const active = [`e/${(MAX_STEP_RUNS - 2) % 1_000}`];
    const last = plan([step], { payload, states: ran(MAX_STEP_RUNS - 1), active });
    expect(last.works.map(({ key }) => key)).toEqual(["e/0"]);
    expect(last.events.map(({ type }) => type)).toEqual(["job.step_started", "job.step_failed"]);
    const error = {
      code: "too_many_step_runs",
      message: "The job's steps were run 10000 times, including items and retries; 10000 are allowed.",
    };
    expect(last.events[1]?.data).toEqual({ attempt: 1, step: "e", item: 1, step_attempt: 10, error });
    expect(last.ending).toBeNull();
    const full = plan([step], { payload, states: ran(MAX_STEP_RUNS) });
    expect([full.works, types(full)]).toEqual([[], ["job.step_failed"]]);
    expect(full.ending).toMatchObject({ type: "fail", error: { code: error.code } });
    expect(isRetryable(error)).toBe(false);
  });

  test("has limited room for the errors of its step runs: beyond it nothing starts", () => {
    const error = (length: number) => ({
      code: "timeout",
      message: "x".repeat(length - '{"code":"timeout","message":""}'.length),
    });
    const below = ran(1_001, error(MAX_ERRORS_LENGTH / 1_000 - 1));
    expect(plan([step], { payload, states: below }).works).toHaveLength(32);
    const at = plan([step], { payload, states: ran(1_001, error(MAX_ERRORS_LENGTH / 1_000)) });
    expect(at.works).toEqual([]);
    expect(at.ending).toMatchObject({ type: "fail", error: { code: "step_errors_too_large" } });
    expect(isRetryable({ code: "step_errors_too_large", message: "" })).toBe(false);
  });

  test("keeps less of an error that is followed by a retry", () => {
    const error = {
      code: "unexpected_status",
      message: "m".repeat(20_000),
      detail: { status: 503, body: "b".repeat(3_000) },
    };
    const first = shortenError(error, { retried: true });
    expect(first).toEqual({
      code: "unexpected_status",
      message: `${"m".repeat(500)}…`,
      detail: { status: 503, body: `${"b".repeat(100)}…` },
    });
    expect(isRetryable(first)).toBe(true);
    const last = shortenError(error, { retried: false });
    expect(last).toEqual({ ...error, message: `${"m".repeat(10_000)}…` });
    const small = { code: "timeout", message: "Too slow.", detail: { body: "b".repeat(900) } };
    expect(shortenError(small, { retried: true })).toEqual(small);
    const list = { code: "timeout", message: "Too slow.", detail: Array.from({ length: 30_000 }, () => 1) };
    expect(shortenError(list, { retried: false })).toEqual({ code: "timeout", message: "Too slow." });
  });
});

describe("the inputs of items that run at once", () => {
  const step: Step = {
    id: "e",
    uses: "http",
    for_each: { items: "{{ [0, 1, 2, 3, 4, 5] }}", max_parallel: 6 },
    with: { body: "{{ payload.text }}" },
  };
  /** An input of a million characters, as they are counted: with 32 for the map, and the name in it. */
  const payload = { text: "x".repeat(1_000_000 - 36) };
  const keys = ({ works }: Plan) => works.map(({ key }) => key);

  test("have limited room; an item without room starts later, and is evaluated once", () => {
    const known = new Known();
    let states = NOTHING;
    const running: Work[] = [];
    const next = () => {
      const held = running.reduce((sum, { input_size }) => sum + input_size.length, 0);
      const active = running.map(({ key }) => key);
      const made = plan([step], { payload, states, active, known, inputs_left: MAX_INPUTS_LENGTH - held });
      states = after(states, made.events);
      running.push(...made.works);
      return made;
    };
    for (let made = next(); made.unfinished || made.works.length > 0; ) made = next();
    expect(running.map(({ key }) => key)).toEqual(["e/0", "e/1", "e/2", "e/3"]);
    expect(running.map(({ input_size }) => input_size.length)).toEqual([1e6, 1e6, 1e6, 1e6]);
    const cost = known.expenses.total;
    expect(keys(next())).toEqual([]);
    const [first] = running.splice(0, 1) as [Work];
    states = after(states, [end(first, states)]);
    expect(keys(next())).toEqual(["e/4"]);
    // That of the next, which has no room, is worked out, and that of this one was.
    expect(known.expenses.total - cost).toBeLessThan(cost / 3);
  });

  /** About 3 ms of work for each item, and not an expression in it. */
  const literal: Step = {
    id: "e",
    uses: "http",
    for_each: { items: "{{ payload.items }}", max_parallel: 32 },
    with: { body: Array.from({ length: 60_000 }, () => []) },
  };

  test("count as work without any expression: others get their turn after each large one, and none is rejected", () => {
    const known = new Known();
    let states = NOTHING;
    let items = 0;
    let made: Plan;
    do {
      made = plan([literal], { payload: { items: Array.from({ length: 300 }, () => 0) }, states, known });
      expect(made.works.length).toBeLessThanOrEqual(1);
      states = after(states, made.events);
      for (const work of made.works) states = after(states, [end(work, states)]);
      items += made.works.length;
    } while (made.ending === null);
    expect(made.ending.type).toBe("complete");
    expect(items).toBe(300);
    // Paced as 300 times 120,000 units, of which a step may have 20,000,000 for its expressions.
    expect(known.expenses.work).toBeGreaterThan(300 * 120_000);
    expect(known.expenses.total).toBeLessThan(1_000_000);
  });

  test("are measured once if they are the same for each item, even for one without room", () => {
    let looks = 0;
    const body = new Proxy(
      Array.from({ length: 100 }, () => 0),
      {
        get(list, key) {
          if (key === "0") looks++;
          return Reflect.get(list, key);
        },
      },
    );
    const known = new Known();
    const given = { payload: { items: [0, 0, 0, 0] }, known };
    const first = plan([{ ...literal, with: { body } }], given);
    expect(first.works).toHaveLength(4);
    const once = looks;
    const states = after(NOTHING, first.events);
    const [work] = first.works as [Work];
    const retried: NewStepEvent = {
      type: "job.step_failed",
      data: {
        attempt: 1,
        step: "e",
        item: 0,
        step_attempt: 1,
        error: { code: "timeout", message: "No." },
        retry_at: new Date(EPOCH).toISOString(),
      },
    };
    const again = { ...given, states: after(states, [retried]), active: ["e/1", "e/2", "e/3"] };
    expect(plan([{ ...literal, with: { body } }], { ...again, inputs_left: 100 }).works).toEqual([]);
    expect(plan([{ ...literal, with: { body } }], again).works).toMatchObject([{ key: work.key }]);
    expect(looks).toBe(once);
  });

  test("never keep a job from running one", () => {
    const { works } = plan([step], { payload, inputs_left: -5 });
    expect(works.map(({ key }) => key)).toEqual(["e/0"]);
  });
});

describe("the expressions of a job", () => {
  const numbers = Array.from({ length: 20_000 }, (_, i) => i);
  const items = Array.from({ length: 1_000 }, (_, i) => i);
  /** About 160,000 units. */
  const costly = "{{ size(payload.numbers.filter(x, x == payload.n)) }}";

  /** Plans again and again, as if every work ended at once; until there is an ending. */
  function run(steps: Steps, payload: unknown) {
    const known = new Known();
    const plans: { plan: Plan; cost: number }[] = [];
    let states = NOTHING;
    while (plans.length < 10_000) {
      const before = known.expenses.total;
      const about = {
        steps,
        payload,
        states,
        attempt: 1,
        now: EPOCH,
        active: new Set<string>(),
        known,
        inputs_left: MAX_INPUTS_LENGTH,
      };
      const next = planSteps({ ...about, maxAttempts: () => 2 });
      plans.push({ plan: next, cost: known.expenses.total - before });
      if (next.ending) return { plans, ending: next.ending, total: known.expenses.total };
      expect(next.works.length > 0 || next.unfinished).toBe(true);
      states = after(states, next.events);
      for (const work of next.works) states = after(states, [end(work, states)]);
    }
    throw new Error("It has no end");
  }

  const mapped: Step = {
    id: "e",
    uses: "http",
    for_each: { items: "{{ payload.items }}", max_parallel: 32 },
    with: { a: costly },
  };

  test("are planned in parts, so that others have their turn", () => {
    const steps = Array.from(
      { length: 20 },
      (_, i): Step => ({ id: `s${i}`, if: "{{ size(payload.numbers.filter(x, x == payload.n)) > 1 }}", uses: "http" }),
    );
    const { plans, ending } = run(steps, { numbers, n: 1 });
    expect(ending.type).toBe("complete");
    expect(plans.length).toBe(20);
    for (const { cost } of plans) expect(cost).toBeLessThan(100_000 + MAX_RENDER_COST);
    // A few of the items that may run at the same time, instead of all.
    const [first] = run([mapped], { numbers, items, n: 1 }).plans;
    expect(first?.plan).toMatchObject({ works: [{ key: "e/0" }], unfinished: true });
  });

  test("have a budget for each step, with all its items", () => {
    const { ending, total } = run([mapped], { numbers, items, n: 1 });
    expect(ending).toMatchObject({
      type: "fail",
      error: {
        code: "expression_too_costly",
        message: expect.stringContaining(`the expressions of the step cost more than ${MAX_STEP_COST} units`),
        detail: { step: "e", detail: { pointer: "/with/a" } },
      },
    });
    expect(total).toBeLessThanOrEqual(MAX_STEP_COST);
    // A thousand items are no matter where each costs little.
    expect(
      run([{ ...mapped, with: { a: "{{ payload.items.filter(x, x == item)[0] }}" } }], { items }).ending.type,
    ).toBe("complete");
  });

  test("have a budget for the job", () => {
    const few = Array.from({ length: 60 }, (_, i) => i);
    const steps = Array.from({ length: 50 }, (_, i): Step => ({ ...mapped, id: `s${i}` }));
    const { ending, total } = run(steps, { numbers, items: few, n: 1 });
    expect(ending).toMatchObject({
      type: "fail",
      error: {
        code: "expression_too_costly",
        message: expect.stringContaining(`the expressions of the job cost more than ${MAX_JOB_COST} units`),
      },
    });
    expect(total).toBeLessThanOrEqual(MAX_JOB_COST);
  });

  test("fail their step for good if one costs too much, wherever it is", () => {
    const quadratic = "payload.numbers.filter(x, x in payload.numbers)";
    for (const [step, pointer] of [
      [{ id: "a", uses: "http", if: `{{ size(${quadratic}) > 1 }}` }, "/if"],
      [{ id: "a", uses: "http", for_each: { items: `{{ ${quadratic} }}` } }, "/for_each/items"],
      [{ id: "a", uses: "http", with: { a: [`{{ ${quadratic} }}`] } }, "/with/a/0"],
      [{ id: "a", sleep: { until: `{{ ${quadratic} }}` } }, "/sleep/until"],
      [{ id: "a", wait_for_approval: { message: `Is it {{ ${quadratic} }}?` } }, "/wait_for_approval/message"],
    ] as [Step, string][]) {
      const { ending } = run([step], { numbers });
      expect(ending).toMatchObject({
        type: "fail",
        error: { code: "expression_too_costly", detail: { detail: { pointer } } },
      });
      expect(isRetryable({ code: "expression_too_costly", message: "" })).toBe(false);
    }
  });

  test("see a for_each's items and a condition evaluated once", () => {
    const step: Step = { ...mapped, if: "{{ size(payload.items) == 1000 }}", with: { a: "{{ item }}" } };
    const { plans, total } = run([step], { items });
    expect(plans.length).toBeGreaterThan(30);
    expect(total).toBeLessThan(20_000);
  });

  test("cost the same at every run", () => {
    const costs = () => run([mapped], { numbers, items: items.slice(0, 20), n: 1 }).plans.map(({ cost }) => cost);
    expect(costs()).toEqual(costs());
  });
});

/** Runs a job through a world, as workers would, one after another. */
class Life {
  readonly history: KnownEvent[] = [];
  state: JobState = jobDecider.initial;
  readonly #world: World;
  readonly #active = new Map<string, Work>();
  #known = new Known();
  #now = EPOCH;
  #turn = 0;

  constructor(world: World) {
    this.#world = world;
    const { steps } = world;
    this.#record({ type: "submit", submission: { workflow: "several", payload, steps, max_attempts: 100 } });
    for (let round = 0; round < 500 && !isFinished(this.state); round++) {
      if (this.state.status === "queued") this.#claim(`w${round}`);
      const plan = this.#advance();
      const [work] = this.#active.values();
      if (work && !plan.ending) this.#answer(work);
    }
  }

  #claim(worker: string): void {
    this.#now = Math.max(this.#now, this.state.due_at ?? 0);
    this.#record({ type: "start", worker, lease_seconds: 30 });
    this.#active.clear();
    this.#known = new Known();
  }

  #advance(): Plan {
    const { attempt, step_states: states } = this.state;
    const active = new Set(this.#active.keys());
    const { steps } = this.#world;
    const about = {
      steps,
      payload,
      states,
      attempt,
      now: this.#now,
      active,
      known: this.#known,
      inputs_left: MAX_INPUTS_LENGTH,
    };
    const next = planSteps({ ...about, maxAttempts: () => 3 });
    // There is always something that goes on.
    expect(next.works.length + active.size + (next.ending ? 1 : 0)).toBeGreaterThan(0);
    if (next.events.length > 0 || next.ending) {
      this.#record({ type: "step", attempt, events: next.events, ending: next.ending });
    }
    for (const work of next.works) {
      expect(hasEnded(stateOf(this.state.step_states, work))).toBe(false);
      this.#active.set(work.key, work);
    }
    return next;
  }

  #answer(work: Work): void {
    const { answers } = this.#world;
    const { attempt } = this.state;
    const answer = answers[this.#turn++ % answers.length] ?? "ok";
    if (answer === "lost") this.#record({ type: "release", attempt, reason: "worker_lost" });
    // Not for ever: who hands back all that it gets never comes to an end.
    else if (answer === "stopping" && this.#turn < 200) {
      this.#record({ type: "release", attempt, reason: "worker_stopping" });
    } else {
      this.#active.delete(work.key);
      this.#record({ type: "step", attempt, events: [this.#endOf(work, answer)], ending: null });
    }
  }

  #endOf(work: Work, answer: string): NewStepEvent {
    if (answer !== "retry" && answer !== "final") return end(work, this.state.step_states, { key: work.key });
    const { step, item, step_attempt, attempts_used } = work;
    const error = { code: answer, message: "So it is." };
    const data = { attempt: this.state.attempt, step: step.id, ...(item === undefined ? {} : { item }), step_attempt };
    return answer === "final" || attempts_used >= 2
      ? { type: "job.step_failed", data: { ...data, error } }
      : { type: "job.step_failed", data: { ...data, error, retry_at: new Date(this.#now + 1_000).toISOString() } };
  }

  #record(command: JobCommand): void {
    const outcome = jobDecider.decide(command, this.state);
    if ("rejected" in outcome) throw new Error(`${command.type}: ${outcome.code}`);
    for (const event of outcome as readonly KnownNewEvent[]) {
      const about = { version: this.history.length + 1, stream_id: "job-1" };
      const recorded = { ...event, ...about, recorded_at: new Date(this.#now).toISOString() } as KnownEvent;
      this.history.push(recorded);
      this.state = jobDecider.evolve(this.state, recorded);
      this.#now += 10;
    }
  }
}

function stateOf(states: StepStates, { step, item }: Work) {
  const whole = states.get(step.id);
  if (!whole) throw new Error(`${step.id} has no recorded start`);
  return item === undefined ? whole : (whole.items?.[item] ?? whole);
}

describe("whatever steps, whatever happens to their workers", () => {
  test("every job finishes, and nothing with a recorded outcome runs again", () => {
    fc.assert(
      fc.property(world, (given) => {
        const { history, state } = new Life(given);
        expect(isFinished(state)).toBe(true);
        const ended = new Set<string>();
        for (const { type, data } of history) {
          if (!type.startsWith("job.step_")) continue;
          const { step, item } = data as { step: string; item?: number };
          const key = item === undefined ? step : `${step}/${item}`;
          expect(ended.has(key)).toBe(false);
          const isEnd = type === "job.step_succeeded" || type === "job.step_skipped";
          if (isEnd || (type === "job.step_failed" && !("retry_at" in data))) ended.add(key);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("a succeeded job has every step succeeded, in order, and the last one's output", () => {
    fc.assert(
      fc.property(world, (given) => {
        const { state } = new Life(given);
        if (state.status !== "succeeded") return;
        const all = given.steps.map(({ id }) => state.step_states.get(id));
        expect(all.every((step) => step?.status === "succeeded" || step?.status === "skipped")).toBe(true);
        const last = all.findLast((step) => step?.status === "succeeded");
        expect(state.result).toEqual(last?.output ?? null);
      }),
      { numRuns: 200 },
    );
  });

  test("folding a history twice gives the same state; what is recorded is not recorded again", () => {
    fc.assert(
      fc.property(world, fc.nat(), (given, place) => {
        const { history, state } = new Life(given);
        expect(jobState(history)).toEqual(state);
        // An append whose answer was lost is offered again: it adds nothing.
        const steps = history.filter(({ type }) => /^job\.step_(succeeded|failed|started|skipped)$/.test(type));
        const event = steps[place % steps.length];
        if (!event) return;
        const until = jobState(history.slice(0, event.version));
        if (until.status !== "running") return;
        const command: JobCommand = { type: "step", attempt: until.attempt, events: [event as never], ending: null };
        expect(jobDecider.decide(command, until)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test("no more items run at once than allowed", () => {
    const items: Step = { id: "e", uses: "http", for_each: { items: "{{ payload.lists[4] }}", max_parallel: 3 } };
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 }), { maxLength: 20 }), (order) => {
        let states = NOTHING;
        const active = new Map<string, Work>();
        for (const pick of order) {
          const next = plan([items], { payload, states, active: [...active.keys()] });
          states = after(states, next.events);
          for (const work of next.works) active.set(work.key, work);
          expect(active.size).toBeLessThanOrEqual(3);
          const work = [...active.values()][pick % Math.max(1, active.size)];
          if (!work) continue;
          active.delete(work.key);
          states = after(states, [end(work, states)]);
        }
      }),
    );
  });
});
