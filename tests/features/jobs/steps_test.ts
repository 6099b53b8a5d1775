/** Jobs of several steps, as an external client meets them: the API and a runner over the same log. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { type Connector, ConnectorError } from "../../../connectors/mod.ts";
import { type Runner, startRunner } from "../../../src/jobs/mod.ts";
import { type EventLog, openLog } from "../../../src/log/mod.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";
import { silent, until } from "../../jobs/support.ts";

let api: Harness;
let runner: Runner;
const calls: { step: string; job_id: string; input: unknown }[] = [];
const echo: Connector = {
  name: "echo",
  summary: "Gives back what it is given",
  input: Type.Object({}, { additionalProperties: true }),
  output: Type.Unknown(),
  async run(input, { idempotency_key }) {
    const [job_id = "", step = ""] = idempotency_key.split("/");
    calls.push({ step, job_id, input });
    const { refuse } = input as { refuse?: boolean };
    if (refuse) throw new ConnectorError("card_declined", "The card was declined.");
    return input;
  },
};
/** Holds up the API's appends of what replays take over, where it is there; and how many of them wait for it. */
let gate: Promise<void> | undefined;
let held = 0;
function gatedLog(url: string): EventLog {
  const log = openLog({ url });
  const record = log.append.bind(log);
  const append: typeof record = async (one) => {
    if (gate && one.events.some(({ type }) => type === "job.step_reused")) {
      held++;
      await gate;
      held--;
    }
    return await record(one);
  };
  return Object.assign(log, { append });
}

beforeAll(async () => {
  api = await startApi({ workflows: ["echo"], openApiLog: gatedLog });
  runner = startRunner({
    log: api.log,
    bus: api.bus,
    sql: api.sql,
    connectors: new Map([["echo", echo]]),
    fetch: () => Promise.reject(new Error("Nothing is called outside")),
    instance: "w1",
    logger: silent,
    sweep_seconds: 0.1,
  });
});
afterAll(async () => {
  await runner.stop({ drain_ms: 0 });
  await api.stop();
});

const submit = (body: object) => api.submit({ workflow: "several", ...body });
const reaches = (job_id: string, status: string) =>
  until(
    async () => {
      const { body } = await api.ask(`/api/v1/status/${job_id}`);
      return body.status === status && body;
    },
    { what: `job ${job_id} to be ${status}` },
  );
const steps = async (job_id: string) => (await api.ask(`/api/v1/jobs/${job_id}/steps`)).body;
const replay = (job_id: string, body: object, headers = {}) =>
  api.ask(`/api/v1/jobs/${job_id}/replay`, post(body, headers));
const stepsRun = (job_id: string) => calls.filter((call) => call.job_id === job_id).map(({ step }) => step);

describe("a job with its own steps", () => {
  test("runs them, and shows their states", async () => {
    const { job_id } = await submit({
      payload: { list: [1, 2] },
      steps: [
        { id: "first", uses: "echo", with: { all: "{{ payload.list }}" } },
        { id: "never", if: "{{ false }}", uses: "echo" },
        { id: "each", uses: "echo", for_each: { items: "{{ steps.first.output.all }}" }, with: { n: "{{ item }}" } },
        { id: "nap", sleep: { seconds: 0 } },
      ],
    });
    expect((await reaches(job_id, "succeeded")).result).toBeNull();
    const { data, pipeline, status } = await steps(job_id);
    expect([pipeline, status]).toEqual([null, "succeeded"]);
    const seen = data.map((step: Record<string, unknown>) => [step.id, step.kind, step.status, step.output]);
    expect(seen).toEqual([
      ["first", "uses", "succeeded", { all: [1, 2] }],
      ["never", "uses", "skipped", null],
      ["each", "uses", "succeeded", [{ n: 1 }, { n: 2 }]],
      ["nap", "sleep", "succeeded", null],
    ]);
    expect(data[2].items).toEqual({ total: 2, succeeded: 2, failed: 0, running: 0, retrying: 0 });
    expect(data[0].started_at <= data[0].ended_at).toBe(true);
  });

  test.each([
    [{ steps: [] }, "/steps"],
    [{ steps: [{ id: "a" }] }, "/steps/0"],
    [{ steps: [{ id: "a", uses: "nothing" }] }, "/steps/0/uses"],
    [{ steps: [{ id: "a", sleep: { until: "2026-02-30T00:00:00Z" } }] }, "/steps/0/sleep/until"],
    [{ steps: [{ id: "a", sleep: { until: "2026-02-03T00:00:00" } }] }, "/steps/0/sleep/until"],
    [{ steps: [{ id: "a", uses: "echo", with: { x: "{{ steps.b.output }}" } }] }, "/steps/0/with/x"],
    [
      { steps: [{ id: "a", uses: "echo", for_each: { items: "[1]", max_parallel: 33 } }] },
      "/steps/0/for_each/max_parallel",
    ],
    [{ steps: Array.from({ length: 51 }, (_, n) => ({ id: `s${n}`, uses: "echo" })) }, "/steps"],
  ])("is rejected if they cannot run: %j", async (body, pointer) => {
    const answer = await api.ask("/api/v1/intake", post({ workflow: "several", payload: {}, ...body }));
    expect([answer.status, answer.body.error]).toEqual([422, "validation_failed"]);
    expect(answer.body.errors[0].pointer).toBe(pointer);
  });

  test("has no steps to show with a single connector; and 404 is 404", async () => {
    const { job_id } = await api.submit({ workflow: "echo" });
    expect(await steps(job_id)).toMatchObject({ pipeline: null, data: [] });
    const unknown = await api.ask(`/api/v1/jobs/${Bun.randomUUIDv7()}/steps`);
    expect([unknown.status, unknown.body.error]).toEqual([404, "job_not_found"]);
  });
});

test("a stored pipeline runs jobs of its name, and external workers cannot claim them", async () => {
  const definition = { format: 1, steps: [{ id: "hello", uses: "echo", with: { to: "{{ payload.who }}" } }] };
  const stored = await api.ask("/api/v1/pipelines", post({ name: "greet", ...definition }));
  expect(stored.status).toBe(201);
  const { job_id } = await api.submit({ workflow: "greet", payload: { who: "Ann" } });
  expect((await reaches(job_id, "succeeded")).result).toEqual({ to: "Ann" });
  expect((await steps(job_id)).pipeline).toEqual({ name: "greet", version: 1 });
  await until(
    async () => {
      const claim = await api.ask(
        "/api/v1/workers/claim",
        post({ worker: "w", workflows: ["greet"], wait_seconds: 0 }),
      );
      return claim.body.error === "workflow_built_in";
    },
    { what: "the claim to be refused" },
  );
});

describe("approval", () => {
  const waiting = async (extra: object = {}) => {
    const { job_id } = await submit({
      payload: { n: 3 },
      steps: [
        { id: "ask", wait_for_approval: { message: "Send {{ payload.n }} mails?" } },
        { id: "send", uses: "echo", with: { by: "{{ steps.ask.output.by }}" } },
      ],
      ...extra,
    });
    const status = await until(
      async () => {
        const { body } = await api.ask(`/api/v1/status/${job_id}`);
        return body.waiting_for?.reason === "approval" && body;
      },
      { what: "the job to wait for approval" },
    );
    return { job_id, status };
  };
  const approve = (job_id: string, body: object) => api.ask(`/api/v1/jobs/${job_id}/approve`, post(body));

  test("is requested in status, list and steps, and given by a call", async () => {
    const { job_id, status } = await waiting();
    expect(status.waiting_for.detail).toContain('Step "ask" waits for approval');
    const [ask] = (await steps(job_id)).data;
    expect(ask).toMatchObject({ status: "waiting", message: "Send 3 mails?", due_at: status.waiting_for.until });
    const head = String(await api.log.head());
    const listed = await api.ask("/api/v1/jobs?status=queued", { headers: { "levqor-min-position": head } });
    const row = listed.body.data.find((job: { job_id: string }) => job.job_id === job_id);
    expect(row.waiting_for).toEqual(status.waiting_for);

    const answer = await approve(job_id, { step: "ask", approved: true, comment: "Fine" });
    expect([answer.status, answer.body]).toEqual([200, { job_id, step: "ask", approved: true }]);
    expect((await reaches(job_id, "succeeded")).result).toEqual({ by: "anonymous" });
    // The same decision again does no harm; another one comes too late.
    expect((await approve(job_id, { step: "ask", approved: true })).status).toBe(200);
    const late = await approve(job_id, { step: "ask", approved: false });
    expect([late.status, late.body.detail]).toEqual([409, 'Cannot reject the step "ask": anonymous approved it.']);
  });

  test("refused, fails the job", async () => {
    const { job_id } = await waiting();
    await approve(job_id, { step: "ask", approved: false, comment: "Not today" });
    expect((await reaches(job_id, "failed")).error).toMatchObject({ code: "approval_rejected" });
    expect(stepsRun(job_id)).toEqual([]);
  });

  test("of a step that does not wait, or of no job, is rejected", async () => {
    const { job_id } = await waiting();
    expect((await approve(job_id, { step: "send", approved: true })).status).toBe(409);
    expect((await approve(Bun.randomUUIDv7(), { step: "ask", approved: true })).status).toBe(404);
    const invalid = await approve(job_id, { step: "ask", approved: "yes", comment: "x".repeat(1_025) });
    expect(invalid.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(["/approved", "/comment"]);
    const fits = await approve(job_id, { step: "ask", approved: true, comment: "x".repeat(1_024) });
    expect(fits.status).toBe(200);
  });
});

describe("a replay from a step", () => {
  const pay = [
    { id: "order", uses: "echo", with: { id: 7 } },
    { id: "skipped", if: "{{ false }}", uses: "echo" },
    { id: "pay", uses: "echo", with: { order: "{{ steps.order.output.id }}", refuse: "{{ payload.refuse }}" } },
    {
      id: "thank",
      uses: "echo",
      with: { order: "{{ steps.pay.output.order }}", skipped: "{{ steps.skipped.status }}" },
    },
  ];

  test("runs from there with another payload, and nothing before it again", async () => {
    const origin = await submit({ payload: { refuse: true }, steps: pay });
    await reaches(origin.job_id, "failed");
    const answer = await replay(origin.job_id, { from_step: "pay", payload: { refuse: false } });
    expect(answer.status).toBe(202);
    const { job_id } = answer.body;
    const status = await reaches(job_id, "succeeded");
    expect(status).toMatchObject({ origin_job_id: origin.job_id, result: { order: 7, skipped: "skipped" } });
    expect(stepsRun(origin.job_id)).toEqual(["order", "pay"]);
    expect(stepsRun(job_id)).toEqual(["pay", "thank"]);
    // On record is an event for each step that was taken over: together they may be megabytes.
    const history = (await api.ask(`/api/v1/jobs/${job_id}/events`)).body.data;
    expect(history.slice(1, 4).map(({ type, data }: { type: string; data: unknown }) => [type, data])).toEqual([
      ["job.replayed_from", { origin_job_id: origin.job_id, from_step: "pay" }],
      ["job.step_reused", { step: "order", status: "succeeded", output: { id: 7 }, output_length: 8 }],
      ["job.step_reused", { step: "skipped", status: "skipped", output: null, output_length: 0 }],
    ]);
    // What was taken over can be taken over again.
    const again = await replay(job_id, { from_step: "thank" });
    await reaches(again.body.job_id, "succeeded");
    expect(stepsRun(again.body.job_id)).toEqual(["thank"]);
  });

  test("is the same job if requested twice with one key, and not with another step", async () => {
    const origin = await submit({ payload: { refuse: true }, steps: pay });
    await reaches(origin.job_id, "failed");
    const headers = { "idempotency-key": "again" };
    const first = await replay(origin.job_id, { from_step: "pay" }, headers);
    const second = await replay(origin.job_id, { from_step: "pay" }, headers);
    expect(second.body).toEqual(first.body);
    const other = await replay(origin.job_id, { from_step: "order" }, headers);
    expect([other.status, other.body.error]).toEqual([422, "idempotency_key_reused"]);
  });

  test("is recorded one at a time if it reuses much, and eight of a caller may wait", async () => {
    const half = { text: "{{ payload.text }}" };
    const steps = [
      { id: "a", uses: "echo", with: half },
      { id: "b", uses: "echo", with: half },
      { id: "c", uses: "echo", with: { refuse: true } },
    ];
    const origin = await submit({ payload: { text: "x".repeat(125_000) }, steps });
    await reaches(origin.job_id, "failed");
    const { promise, resolve: open } = Promise.withResolvers<void>();
    gate = promise;
    const answered: number[] = [];
    const replays = Array.from({ length: 10 }, async () => {
      const { status, body } = await replay(origin.job_id, { from_step: "c" });
      answered.push(status);
      return [status, body.error, body.detail];
    });
    await until(() => answered.length > 0, { what: "the tenth to be answered" });
    // One is being recorded, eight wait.
    expect([answered, held]).toEqual([[503], 1]);
    gate = undefined;
    open();
    const answers = await Promise.all(replays);
    expect(answers.filter(([status]) => status === 202)).toHaveLength(9);
    expect(answers.filter(([status]) => status === 503)).toEqual([
      [503, "unavailable", "8 of your large replays are waiting already. Nothing was recorded."],
    ]);
  });

  test("is rejected if an earlier step has not succeeded, and for an unknown step", async () => {
    const origin = await submit({ payload: { refuse: true }, steps: pay });
    await reaches(origin.job_id, "failed");
    for (const [from_step, message] of [
      ["thank", 'comes after the step "pay", which has not succeeded: it is failed'],
      ["nowhere", '"nowhere" is not a step of the job; its steps: order, skipped, pay, thank'],
    ]) {
      const answer = await replay(origin.job_id, { from_step });
      expect([answer.status, answer.body.error]).toEqual([422, "validation_failed"]);
      expect(answer.body.errors).toEqual([{ pointer: "/from_step", message }]);
    }
    const { job_id } = await api.submit({ workflow: "echo" });
    await reaches(job_id, "succeeded");
    expect((await replay(job_id, { from_step: "a" })).body.errors[0].message).toContain("it has no recorded steps");
  });

  test("of a stored pipeline keeps the origin's version; one from the start has the newest", async () => {
    const definition = (suffix: string) => ({
      format: 1,
      steps: [
        { id: "a", uses: "echo", with: { version: suffix } },
        { id: "b", uses: "echo", with: { refuse: "{{ payload.refuse }}", version: suffix } },
      ],
    });
    await api.ask("/api/v1/pipelines", post({ name: "versioned", ...definition("one") }));
    const origin = await api.submit({ workflow: "versioned", payload: { refuse: true } });
    await reaches(origin.job_id, "failed");
    const update = { ...post(definition("two"), { "if-match": '"1"' }), method: "PUT" };
    expect((await api.ask("/api/v1/pipelines/versioned", update)).status).toBe(200);
    const from = await replay(origin.job_id, { from_step: "b", payload: { refuse: false } });
    expect((await reaches(from.body.job_id, "succeeded")).result).toMatchObject({ version: "one" });
    const whole = await replay(origin.job_id, { payload: { refuse: false } });
    expect((await reaches(whole.body.job_id, "succeeded")).result).toMatchObject({ version: "two" });
  });
});
