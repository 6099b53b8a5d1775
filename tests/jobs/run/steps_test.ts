// Slow: steps have to sleep and time out in real time, and outputs reach their limit of 4 MB.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { type Connector, ConnectorError } from "../../../connectors/mod.ts";
import { pipelineStream, type Step } from "../../../events/pipeline.ts";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { commandJob } from "../../../src/jobs/mod.ts";
import { decodeKept } from "../../../src/json/mod.ts";
import { openService, type Service, until } from "../support.ts";

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service.close());

const meta = { actor: "key:someone", correlation_id: "test" };

interface Call {
  readonly key: string;
  readonly input: Record<string, unknown>;
}

/** A connector that notes its calls and does what its input says. */
function counter() {
  const calls: Call[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  let now = 0;
  let most = 0;
  const gate = (name: string) => {
    const known = gates.get(name) ?? Promise.withResolvers<void>();
    gates.set(name, known);
    return known;
  };
  const connector: Connector = {
    name: "echo",
    summary: "Gives back what it is given",
    input: Type.Object({}, { additionalProperties: true }),
    output: Type.Unknown(),
    async run(input, { idempotency_key: key, signal }) {
      const given = input as Record<string, unknown> & { fail_times?: number; gate?: string; size?: number };
      calls.push({ key, input: given });
      most = Math.max(most, ++now);
      try {
        if (given.gate) {
          const aborted = Promise.withResolvers<never>();
          signal.addEventListener("abort", () => aborted.reject(signal.reason));
          await Promise.race([gate(given.gate).promise, aborted.promise]);
        } else await Bun.sleep(1);
        const times = calls.filter((call) => call.key === key).length;
        if (times <= (given.fail_times ?? 0)) throw new ConnectorError("connection_failed", "Away for the moment.");
        if (given.refuse) throw new ConnectorError("card_declined", "The card was declined.", { detail: { card: 1 } });
        return given.size ? "x".repeat(given.size) : given;
      } finally {
        now--;
      }
    },
  };
  return {
    calls,
    connectors: new Map([["echo", connector]]),
    open: (name: string) => gate(name).resolve(),
    most: () => most,
    times: (key: string) => calls.filter((call) => call.key.endsWith(`/${key}`)).length,
  };
}

const echo = (id: string, extra: Partial<Step> = {}): Step => ({ id, uses: "echo", ...extra });
const submit = (steps: Step[], extra: object = {}) => service.submit("several", { steps, ...extra });

describe("steps", () => {
  test("run in order, with the outputs before them, and the last one's output is the result", async () => {
    const { connectors, calls } = counter();
    service.start({ connectors });
    const id = await submit(
      [
        echo("first", { with: { n: "{{ payload.n + 1 }}", text: "n is {{ payload.n }}" } }),
        echo("second", { if: "{{ steps.first.output.n == 3 }}", with: { never: true } }),
        echo("third", { if: "{{ steps.second.status == 'skipped' }}", with: { all: "{{ steps.first.output }}" } }),
      ],
      { payload: { n: 1 } },
    );
    const state = await service.reaches(id, "succeeded");
    expect(state.result).toEqual({ all: { n: 2, text: "n is 1" } });
    expect(calls.map(({ key }) => key)).toEqual([`${id}/first`, `${id}/third`]);
    expect(await service.types(id)).toEqual([
      "job.submitted",
      "job.started",
      "job.step_started",
      "job.step_succeeded",
      "job.step_skipped",
      "job.step_started",
      "job.step_succeeded",
      "job.succeeded",
    ]);
    const positions = (await service.history(id)).map(({ recorded_at }) => recorded_at);
    // An end, what follows from it and the next start are one commit.
    expect(new Set(positions.slice(3, 6)).size).toBe(1);
  });

  test("fail the job with the step that fails for good, and nothing after it runs", async () => {
    const { connectors, calls } = counter();
    service.start({ connectors });
    const id = await submit([echo("pay", { with: { refuse: true } }), echo("thank")]);
    const state = await service.reaches(id, "failed");
    expect(state.error).toEqual({
      code: "card_declined",
      message: 'Step "pay": The card was declined.',
      detail: { step: "pay", detail: { card: 1 } },
    });
    expect(calls).toHaveLength(1);
  });

  test("that cannot be rendered fail the job with the place", async () => {
    const { connectors, calls } = counter();
    service.start({ connectors });
    const id = await submit([echo("a", { with: { x: { y: "{{ payload.nope }}" } } })]);
    const { error } = await service.reaches(id, "failed");
    expect(error).toMatchObject({ code: "expression_failed", detail: { step: "a", detail: { pointer: "/with/x/y" } } });
    expect(error?.message).toContain("payload.nope is missing");
    expect(calls).toEqual([]);
  });

  test("are retried after a delay that occupies no worker, with the same idempotency key", async () => {
    const { connectors, calls } = counter();
    service.start({ connectors });
    const retry = { max_attempts: 3, backoff: { initial_seconds: 0.2, factor: 1 } };
    const id = await submit([echo("before"), echo("flaky", { with: { fail_times: 2 }, retry })]);
    const state = await service.reaches(id, "succeeded");
    expect(state.attempts_used).toBe(0);
    expect(calls.map(({ key }) => key.split("/")[1])).toEqual(["before", "flaky", "flaky", "flaky"]);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(2);
    const types = await service.types(id);
    expect(types.filter((type) => type === "job.suspended")).toHaveLength(2);
    expect(types.filter((type) => type === "job.step_failed")).toHaveLength(2);
    expect(state.step_states.get("flaky")).toMatchObject({ attempts: 3, attempts_used: 2 });
  });

  test("that fail as often as they may fail the job", async () => {
    const { connectors, calls } = counter();
    service.start({ connectors });
    const retry = { max_attempts: 2, backoff: { initial_seconds: 0.05 } };
    const id = await submit([echo("flaky", { with: { fail_times: 9 }, retry })]);
    expect((await service.reaches(id, "failed")).error).toMatchObject({ code: "connection_failed" });
    expect(calls).toHaveLength(2);
  });

  test("have their own timeout", async () => {
    const { connectors } = counter();
    service.start({ connectors });
    const id = await submit([
      echo("slow", { with: { gate: "never" }, timeout_seconds: 0.2, retry: { max_attempts: 1 } }),
    ]);
    const { error } = await service.reaches(id, "failed");
    expect(error).toMatchObject({
      code: "step_timeout",
      message: 'Step "slow": The step did not finish within 0.2 s.',
    });
  });

  test("may have outputs of 1 MB each and 4 MB together, and no more", async () => {
    const { connectors } = counter();
    service.start({ connectors });
    const sized = (id: string, size: number) => echo(id, { with: { size } });
    const fits = await submit([...["a", "b", "c", "d"].map((id) => sized(id, 999_998)), echo("e", { if: "false" })]);
    await service.reaches(fits, "succeeded", 20_000);
    const large = await submit([sized("a", 999_999)]);
    expect((await service.reaches(large, "failed")).error?.code).toBe("result_too_large");
    const many = await submit([...["a", "b", "c", "d"].map((id) => sized(id, 999_998)), sized("e", 1)]);
    expect((await service.reaches(many, "failed", 20_000)).error).toMatchObject({
      code: "outputs_too_large",
      message: 'Step "e": The outputs of all steps take 4000003 characters of JSON; 4000000 are allowed.',
    });
  }, 60_000);

  test("of a cancelled job are told to stop, and none follows", async () => {
    const { connectors, calls } = counter();
    const runner = service.start({ connectors });
    const id = await submit([echo("long", { with: { gate: "never" } }), echo("next")]);
    await until(() => calls.length === 1, { what: "the step to run" });
    await commandJob(service.log, { reach: EVERYTHING, job_id: id, command: { type: "cancel" }, meta });
    await until(() => runner.status().running === 0, { what: "the step to stop", ms: 3_000 });
    expect(calls).toHaveLength(1);
    expect((await service.types(id)).at(-1)).toBe("job.cancelled");
    const { step_states } = await service.state(id);
    expect([...step_states].map(([step, { status }]) => [step, status])).toEqual([["long", "interrupted"]]);
  });

  test("continue elsewhere when their worker stops between two of them", async () => {
    const { connectors, calls, open } = counter();
    const first = service.start({ connectors });
    const id = await submit([echo("a", { with: { gate: "a" } }), echo("b")]);
    await until(() => calls.length === 1, { what: "the first step to run" });
    const stopped = first.stop();
    open("a");
    await stopped;
    expect((await service.state(id)).status).toBe("queued");
    service.start({ connectors });
    const state = await service.reaches(id, "succeeded");
    expect(state.attempts_used).toBe(0);
    expect(calls.map(({ key }) => key)).toEqual([`${id}/a`, `${id}/b`]);
  });
});

test("a job waits while its caller's other jobs fill the room for inputs; a small input does not", async () => {
  const { connectors, calls, open } = counter();
  service.start({ connectors });
  const list = Array.from({ length: 60_000 }, () => []);
  // 300,000 empty lists: nearly a third of the room.
  const large = {
    gate: "large",
    lists: "{{ [payload.list, payload.list, payload.list, payload.list, payload.list] }}",
  };
  const run = (input: Record<string, unknown>) =>
    service.submit("echo", { steps: [{ id: "a", uses: "echo", with: input }], payload: { list } });
  const started = (count: number) => until(() => calls.length === count, { what: `${count} calls` });
  for (let count = 1; count <= 3; count++) {
    await run(large);
    await started(count);
  }
  const fourth = await run(large);
  await until(async () => (await service.state(fourth)).status === "running", { what: "the job to be claimed" });
  await service.reaches(await run({ small: true }), "succeeded");
  expect((await service.state(fourth)).step_states.size).toBe(0);
  expect(calls).toHaveLength(4);
  open("large");
  await service.reaches(fourth, "succeeded");
  expect(calls.at(-1)?.input).toEqual({ gate: "large", lists: Array(5).fill(list) });
}, 60_000);

describe("for_each", () => {
  const items = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));
  const each = (extra: Partial<Step> = {}, max_parallel = 3): Step =>
    echo("each", {
      for_each: { items: "{{ payload.list }}", max_parallel },
      with: { n: "{{ item.n }}", index: "{{ index }}" },
      ...extra,
    });

  test("runs the step for every item, a limited number at a time, and returns the list of outputs", async () => {
    const { connectors, calls, most } = counter();
    service.start({ connectors });
    const id = await submit([each()], { payload: { list: items(20) } });
    const state = await service.reaches(id, "succeeded");
    expect(decodeKept(state.result)).toEqual(items(20).map(({ n }) => ({ n, index: n })));
    expect(calls.map(({ key }) => key).toSorted()).toEqual(
      items(20)
        .map(({ n }) => `${id}/each/${n}`)
        .toSorted(),
    );
    expect(most()).toBe(3);
  });

  test("of nothing returns an empty list", async () => {
    const { connectors } = counter();
    service.start({ connectors });
    const id = await submit([each()], { payload: { list: [] } });
    expect((await service.reaches(id, "succeeded")).result).toEqual([]);
  });

  test.each([
    [{ a: 1 }, "they must be a list"],
    [items(1_001), "There are 1001 items; 1000 are allowed"],
  ])("of something that is not a list, or too long a one, fails the job", async (list, message) => {
    const { connectors, calls } = counter();
    service.start({ connectors });
    const id = await submit([each()], { payload: { list } });
    const { error } = await service.reaches(id, "failed");
    expect(error?.code).toBe("expression_failed");
    expect(error?.message).toContain(message);
    expect(calls).toEqual([]);
  });

  test("retries an item by itself, and never those that succeeded", async () => {
    const { connectors, times } = counter();
    service.start({ connectors });
    const retry = { max_attempts: 2, backoff: { initial_seconds: 0.1 } };
    const step = each({ with: { fail_times: "{{ index == 2 ? 1 : 0 }}" }, retry }, 2);
    const id = await submit([step], { payload: { list: items(5) } });
    await service.reaches(id, "succeeded");
    expect([0, 1, 2, 3, 4].map((n) => times(`each/${n}`))).toEqual([1, 1, 2, 1, 1]);
  });

  test("fails with its first item that fails for good, once running ones have finished", async () => {
    const { connectors, calls, open } = counter();
    service.start({ connectors });
    const step = each({ with: { refuse: "{{ index == 0 }}", gate: "{{ index == 1 ? 'one' : '' }}" } }, 2);
    const id = await submit([step], { payload: { list: items(5) } });
    await until(async () => (await service.types(id)).includes("job.step_failed"), { what: "the item to fail" });
    expect((await service.state(id)).status).toBe("running");
    open("one");
    const { error } = await service.reaches(id, "failed");
    expect(error).toMatchObject({ code: "card_declined", detail: { step: "each", item: 0 } });
    expect(calls).toHaveLength(2);
    expect((await service.types(id)).filter((type) => type === "job.step_succeeded")).toHaveLength(1);
  });
});

describe("waiting within a step", () => {
  test("a sleeping job occupies no worker, says that it sleeps, and continues by itself", async () => {
    const { connectors, calls } = counter();
    const runner = service.start({ connectors, concurrency: 1 });
    const id = await submit([echo("a"), { id: "nap", sleep: { seconds: 1.5 } }, echo("b")]);
    const asleep = await until(
      async () => {
        const state = await service.state(id);
        return state.waiting === "sleep" && state;
      },
      { what: "the job to sleep" },
    );
    expect(asleep).toMatchObject({ status: "queued", worker: null, suspended_in: "nap" });
    await until(() => runner.status().running === 0, { what: "the slot to be free" });
    const other = await submit([echo("c")]);
    await service.reaches(other, "succeeded");
    expect(calls.map(({ key }) => key)).toEqual([`${id}/a`, `${other}/c`]);
    const state = await service.reaches(id, "succeeded");
    expect(state.attempts_used).toBe(0);
    const history = await service.history(id);
    const slept = history.findIndex(({ type }) => type === "job.suspended");
    const ms = Date.parse(history[slept + 1]?.recorded_at ?? "") - Date.parse(history[slept]?.recorded_at ?? "");
    expect(ms).toBeGreaterThanOrEqual(1_450);
  });

  test("a sleep until a past time ends at once; one until an invalid time fails", async () => {
    const { connectors } = counter();
    service.start({ connectors });
    const sleep = (until: string): Step => ({ id: "nap", sleep: { until } });
    const past = await submit([sleep("{{ payload.at }}"), echo("b")], { payload: { at: "2020-01-01T00:00:00+01:00" } });
    await service.reaches(past, "succeeded");
    expect(await service.types(past)).not.toContain("job.suspended");
    const never = await submit([sleep("tomorrow")]);
    expect((await service.reaches(never, "failed")).error?.message).toContain('"tomorrow" must be a time in RFC 3339');
  });

  const ask = (extra: object = {}): Step => ({
    id: "ask",
    wait_for_approval: { message: "{{ payload.n }} mails?", ...extra },
  });
  const waits = (id: string) =>
    until(async () => (await service.state(id)).waiting === "approval", { what: "the job to wait for approval" });
  const decide = (job_id: string, approved: boolean, comment?: string) =>
    commandJob(service.log, {
      reach: EVERYTHING,
      job_id,
      command: { type: "approve", step: "ask", approved, by: "key:boss", comment, party: new Set(["key:boss"]) },
      meta,
    });

  test("an approval lets the job continue at once, and says who gave it", async () => {
    const { connectors } = counter();
    service.start({ connectors });
    const id = await submit([ask(), echo("b", { with: { by: "{{ steps.ask.output.by }}" } })], { payload: { n: 3 } });
    await waits(id);
    expect((await service.state(id)).step_states.get("ask")).toMatchObject({ status: "waiting", message: "3 mails?" });
    expect((await decide(id, true, "Yes")).ok).toBe(true);
    const state = await service.reaches(id, "succeeded");
    expect(state.result).toEqual({ by: "key:boss" });
    expect(state.step_states.get("ask")?.output).toEqual({ approved: true, by: "key:boss", comment: "Yes" });
    expect(await decide(id, true, "Yes")).toMatchObject({ ok: true, events: [] });
    expect(await decide(id, true)).toMatchObject({ ok: true, events: [] });
    for (const [approved, comment] of [
      [false, "Yes"],
      [true, "Yes, but"],
    ] as const) {
      expect(await decide(id, approved, comment)).toMatchObject({
        ok: false,
        refusal: { code: "already_decided", message: expect.stringContaining("key:boss approved it") },
      });
    }
  });

  test("a rejection fails the job", async () => {
    const { connectors, calls } = counter();
    service.start({ connectors });
    const id = await submit([ask(), echo("b")], { payload: { n: 3 } });
    await waits(id);
    await decide(id, false, "Too many");
    expect((await service.reaches(id, "failed")).error).toMatchObject({
      code: "approval_rejected",
      message: 'Step "ask": the approval was rejected: Too many.',
    });
    expect(calls).toEqual([]);
  });

  test.each([
    ["fail", "failed"],
    ["continue", "succeeded"],
  ] as const)("an approval that nobody gives in time: %s", async (on_timeout, status) => {
    const { connectors } = counter();
    service.start({ connectors });
    const id = await submit([ask({ timeout_seconds: 0.5, on_timeout }), echo("b")], { payload: { n: 3 } });
    const state = await service.reaches(id, status);
    if (status === "failed") expect(state.error?.code).toBe("approval_timeout");
    else expect(state.step_states.get("ask")?.output).toEqual({ approved: true, by: null, comment: null });
  });

  test("only what waits for approval can be approved", async () => {
    const { connectors } = counter();
    service.start({ connectors });
    const id = await submit([{ id: "ask", sleep: { seconds: 60 } }]);
    await until(async () => (await service.state(id)).waiting === "sleep", { what: "the job to sleep" });
    expect(await decide(id, true)).toMatchObject({ ok: false, refusal: { code: "step_not_waiting" } });
  });

  test("a job that waits can be cancelled", async () => {
    const { connectors } = counter();
    service.start({ connectors });
    const id = await submit([ask()], { payload: { n: 1 } });
    await waits(id);
    await commandJob(service.log, { reach: EVERYTHING, job_id: id, command: { type: "cancel" }, meta });
    expect((await service.state(id)).status).toBe("cancelled");
    expect((await decide(id, true)).ok).toBe(false);
  });
});

describe("a stored pipeline", () => {
  interface Storing {
    readonly expected_version?: number;
    readonly account?: string;
    readonly published?: boolean;
  }
  async function store(name: string, steps: Step[], options: Storing = {}): Promise<void> {
    const { expected_version = 0, account = "operator", published } = options;
    const type = expected_version === 0 ? "pipeline.created" : "pipeline.updated";
    const events = [{ type, data: { definition: { format: 1, published, steps } } }];
    const stream_id = pipelineStream({ account, name });
    expect((await service.log.append({ stream_id, expected_version, events, meta })).ok).toBe(true);
  }
  const echoing = (word: string) => [echo("say", { with: { word } })];

  test("runs the jobs of its name: new ones, and those that waited for it", async () => {
    const { connectors } = counter();
    service.start({ connectors });
    const early = await service.submit("greet", { payload: { who: "Ann" } });
    await service.projected();
    await store("greet", [echo("hello", { with: { to: "{{ payload.who }}" } })]);
    expect((await service.reaches(early, "succeeded")).result).toEqual({ to: "Ann" });
    const late = await service.submit("greet", { payload: { who: "Bob" } });
    const state = await service.reaches(late, "succeeded");
    expect(state).toMatchObject({ result: { to: "Bob" }, pipeline: { name: "greet", version: 1 } });
    expect((await service.types(late)).slice(0, 3)).toEqual(["job.submitted", "job.pipeline_pinned", "job.started"]);
  });

  test("stored before the runner's start is known to it", async () => {
    await store("greet", [echo("hello")]);
    await service.projected();
    const id = await service.submit("greet");
    service.start(counter());
    await service.reaches(id, "succeeded");
  });

  test("is kept at the version with which a job started", async () => {
    const { connectors } = counter();
    service.start({ connectors });
    await store("long", [{ id: "nap", sleep: { seconds: 1 } }, echo("old")]);
    const old = await service.submit("long");
    await until(async () => (await service.state(old)).waiting === "sleep", { what: "the job to sleep" });
    await store("long", [echo("new", { with: { is: "new" } })], { expected_version: 1 });
    const fresh = await service.submit("long");
    expect(await service.reaches(fresh, "succeeded")).toMatchObject({
      pipeline: { version: 2 },
      result: { is: "new" },
    });
    const state = await service.reaches(old, "succeeded");
    expect(state.pipeline?.version).toBe(1);
    expect([...state.step_states.keys()]).toEqual(["nap", "old"]);
  });

  test("runs jobs of its account alone: in another, the name means another pipeline, or waits for a worker", async () => {
    service.start(counter());
    await store("greet", echoing("ours"));
    await store("greet", echoing("theirs"), { account: "org:1" });
    const [ours, theirs, others] = [
      await service.submit("greet"),
      await service.submit("greet", {}, { account: "org:1" }),
      await service.submit("greet", {}, { account: "org:2" }),
    ];
    expect((await service.reaches(ours, "succeeded")).result).toEqual({ word: "ours" });
    expect((await service.reaches(theirs, "succeeded")).result).toEqual({ word: "theirs" });
    await service.projected();
    expect((await service.state(others)).status).toBe("queued");
  });

  test("that is published runs jobs of all accounts, but for those with a pipeline of its name", async () => {
    const early = await service.submit("greet", {}, { account: "org:1" });
    service.start(counter());
    await store("greet", echoing("everybody's"), { published: true });
    await store("greet", echoing("own"), { account: "org:2" });
    const own = await service.submit("greet", {}, { account: "org:2" });
    expect(await service.reaches(early, "succeeded")).toMatchObject({
      result: { word: "everybody's" },
      pipeline: { account: "operator", name: "greet", version: 1 },
    });
    expect((await service.reaches(own, "succeeded")).result).toEqual({ word: "own" });
  });

  test("that is no longer published runs the jobs that have started, and others wait", async () => {
    service.start(counter());
    await store("long", [{ id: "nap", sleep: { seconds: 1 } }, echo("end")], { published: true });
    const started = await service.submit("long", {}, { account: "org:1" });
    await until(async () => (await service.state(started)).waiting === "sleep", { what: "the job to sleep" });
    await store("long", [echo("end")], { expected_version: 1 });
    const late = await service.submit("long", {}, { account: "org:1" });
    await service.reaches(started, "succeeded");
    await service.reaches(await service.submit("long"), "succeeded");
    expect((await service.state(late)).status).toBe("queued");
  });
});
