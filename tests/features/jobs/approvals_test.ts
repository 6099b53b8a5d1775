/** Who may approve a step, and that nothing that is said of one is lost. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { decode } from "../../../events/mod.ts";
import { startScheduler } from "../../../src/features/schedules/scheduler.ts";
import { type Runner, startRunner } from "../../../src/jobs/mod.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";
import { silent, until } from "../../jobs/support.ts";

const OPERATOR = "the-operators-own-key";
const SECOND = "another-key-of-the-operator";
const SECRET = "a secret of no less than 32 bytes";
const ISSUER = "https://auth.example.com";
const SCOPES = ["jobs:read", "jobs:write", "jobs:approve", "schedules:write", "keys:write"];
const FOUR_EYES = [
  { id: "ask", wait_for_approval: { message: "Pay {{ payload.n }}?", not_by_submitter: true } },
  { id: "nap", sleep: { seconds: 0 } },
];

type Headers = Record<string, string>;
let api: Harness;
let runner: Runner;
const running: { stop(): Promise<void> }[] = [];
const operator = { "x-api-key": OPERATOR };

beforeAll(async () => {
  api = await startApi({
    api_keys: [OPERATOR, SECOND],
    jwt: { verify_with: { secret: SECRET }, issuer: ISSUER, audience: "authenticated" },
    timing: { read_model_wait_ms: 10_000 },
  });
  const { personal_log: log, bus, sql } = api;
  const options = { log, bus, sql, logger: silent, instance: "w1" };
  runner = startRunner({ ...options, connectors: new Map(), fetch: () => Promise.reject(new Error("None")) });
  running.push(startScheduler(options));
  await send("/api/v1/pipelines", { name: "pay", format: 1, published: true, steps: FOUR_EYES }, operator);
});
afterAll(async () => {
  for (const one of running) await one.stop();
  await runner.stop({ drain_ms: 0 });
  await api.stop();
});

const send = (path: string, body: object, headers: Headers) => api.ask(path, post(body, headers));

async function issue(by: Headers = operator, scopes = SCOPES): Promise<Headers & { key_id: string }> {
  // A session gives no key that outlives it.
  const expires_at = by.authorization ? new Date(Date.now() + 300_000).toISOString() : null;
  const { body } = await send("/api/v1/keys", { name: "K", scopes, expires_at }, by);
  const headers = { "x-api-key": body.key as string };
  return Object.defineProperty(headers, "key_id", { value: body.key_id, enumerable: false }) as never;
}
async function session(sub: string, levqor_scopes?: string[]): Promise<Headers> {
  const claims = { iss: ISSUER, aud: "authenticated", sub, exp: Math.floor(Date.now() / 1000) + 600 };
  const token = new SignJWT({ ...claims, app_metadata: { levqor_scopes } })
    .setIssuedAt()
    .setProtectedHeader({ alg: "HS256" });
  return { authorization: `Bearer ${await token.sign(new TextEncoder().encode(SECRET))}` };
}

const waits = (job_id: string, headers: Headers = operator) =>
  until(
    async () => {
      const { body } = await api.ask(`/api/v1/status/${job_id}`, { headers });
      return body.waiting_for?.reason === "approval";
    },
    { what: `job ${job_id} to wait for approval` },
  );
async function asking(by: Headers, body: object = {}): Promise<string> {
  const { job_id } = await api.submit({ workflow: "pay", payload: { n: 1 }, ...body }, by);
  await waits(job_id, by);
  return job_id;
}
const approve = (job_id: string, by: Headers, more: object = {}): Promise<Answer> =>
  send(`/api/v1/jobs/${job_id}/approve`, { step: "ask", approved: true, ...more }, by);
const errorOf = ({ status, body }: Answer) => [status, body.error];
const REFUSED = [403, "self_approval_refused"];
const given = async (job_id: string) =>
  (await api.personal_log.readStream(`job-${job_id}`)).map(decode).filter(({ type }) => type === "job.approval_given");

describe("approving", () => {
  test("needs its own scope, which submitting does not include", async () => {
    const job_id = await asking(await issue());
    const writer = await issue(operator, ["jobs:read", "jobs:write"]);
    const refused = await approve(job_id, writer);
    expect([...errorOf(refused), refused.body.required_scope]).toEqual([403, "insufficient_scope", "jobs:approve"]);
    const approver = await issue(operator, ["jobs:approve"]);
    expect((await approve(job_id, approver)).status).toBe(200);
    expect(await given(job_id)).toMatchObject([
      { data: { approved: true, by: `key:${approver.key_id}` }, meta: { actor: `key:${approver.key_id}` } },
    ]);
  });

  test("one's own job is possible for a user unless the step says otherwise", async () => {
    const ada = await session(crypto.randomUUID());
    const steps = [{ id: "ask", wait_for_approval: { message: "Sure?" } }];
    expect((await approve(await asking(ada, { workflow: "own", steps }), ada)).status).toBe(200);
    expect(errorOf(await approve(await asking(ada), ada))).toEqual(REFUSED);
  });
});

describe("a step that says not_by_submitter", () => {
  test("is not approved by the job's submitter, and nothing is recorded; by another it is", async () => {
    const [submitter, other] = [await issue(), await issue()];
    const job_id = await asking(submitter);
    for (let i = 0; i < 3; i++) expect(errorOf(await approve(job_id, submitter))).toEqual(REFUSED);
    expect(await given(job_id)).toEqual([]);
    expect((await approve(job_id, other)).status).toBe(200);
  });

  test("may be rejected by the job's submitter, who could cancel it as well", async () => {
    const submitter = await issue();
    const job_id = await asking(submitter);
    expect((await approve(job_id, submitter, { approved: false })).status).toBe(200);
  });

  test("is not approved with the same key after its rotation", async () => {
    const submitter = await issue();
    const job_id = await asking(submitter);
    const { body } = await send(`/api/v1/keys/${submitter.key_id}/rotate`, {}, operator);
    expect(errorOf(await approve(job_id, { "x-api-key": body.key }))).toEqual(REFUSED);
  });

  test("is not approved with a key that the submitter issued, nor by the submitter's issuer, nor by a sibling", async () => {
    const parent = await issue();
    const [one, two] = [await issue(parent), await issue(parent)];
    const grandchild = await issue(one);
    const all = { parent, one, two, grandchild };
    for (const [name, submitter] of Object.entries(all)) {
      const job_id = await asking(submitter);
      for (const [by, approver] of Object.entries(all)) {
        expect([name, by, ...errorOf(await approve(job_id, approver))]).toEqual([name, by, ...REFUSED]);
      }
      expect((await approve(job_id, await issue())).status).toBe(200);
    }
  });

  test("is not approved with a key that its submitter has just issued, and revoked ones change nothing", async () => {
    const submitter = await issue();
    const job_id = await asking(submitter);
    const child = await issue(submitter);
    expect(errorOf(await approve(job_id, child))).toEqual(REFUSED);
    await send(`/api/v1/keys/${submitter.key_id}/revoke`, {}, operator);
    expect(errorOf(await approve(job_id, child))).toEqual(REFUSED);
  });

  test("is not approved with a key that its submitter rotated, nor by whoever rotated the submitter's, nor by their relatives", async () => {
    const [rotating, rotated, kin] = [await issue(), await issue(), await issue()];
    const child = await issue(rotating);
    expect((await approve(await asking(rotating), rotated)).status).toBe(200);
    const waiting = await asking(rotating);
    const { body } = await send(`/api/v1/keys/${rotated.key_id}/rotate`, {}, rotating);
    // Also with the secret from before, which is the same key.
    const all = { rotating, child, rotated, newest: { "x-api-key": body.key as string } };
    for (const [by, approver] of Object.entries(all)) {
      expect([by, ...errorOf(await approve(waiting, approver))]).toEqual([by, ...REFUSED]);
    }
    for (const submitter of [rotated, child]) {
      expect(errorOf(await approve(await asking(submitter), rotating))).toEqual(REFUSED);
    }
    expect((await approve(waiting, kin)).status).toBe(200);

    // Who holds one key of a family might hold them all.
    await send(`/api/v1/keys/${kin.key_id}/rotate`, {}, child);
    expect(errorOf(await approve(await asking(kin), rotated))).toEqual(REFUSED);
  });

  test("may be approved with another key if the operator rotated both; a step of the operator's own job may not", async () => {
    const [one, other] = [await issue(), await issue()];
    const second = { "x-api-key": SECOND };
    for (const { key_id } of [one, other]) {
      expect((await send(`/api/v1/keys/${key_id}/rotate`, {}, second)).status).toBe(200);
    }
    expect((await approve(await asking(one), other)).status).toBe(200);
    expect((await approve(await asking(one), second)).status).toBe(200);
    expect(errorOf(await approve(await asking(second), one))).toEqual(REFUSED);
  });

  test("is not approved with a key that was rotated by the user who submitted the job", async () => {
    const user = await session(crypto.randomUUID(), SCOPES);
    const key = await issue();
    const expires_at = new Date(Date.now() + 300_000).toISOString();
    const made = await send(`/api/v1/keys/${key.key_id}/rotate`, { expires_at }, user);
    expect(made.status).toBe(200);
    expect(errorOf(await approve(await asking(user), { "x-api-key": made.body.key }))).toEqual(REFUSED);
  });

  test("is not approved with a key issued by the user who submitted the job, nor by the user of such a key", async () => {
    const sub = crypto.randomUUID();
    const user = await session(sub, SCOPES);
    const key = await issue(user);
    expect(errorOf(await approve(await asking(user), key))).toEqual(REFUSED);
    expect(errorOf(await approve(await asking(key), user))).toEqual(REFUSED);
    expect((await approve(await asking(key), await session(crypto.randomUUID(), SCOPES))).status).toBe(200);
  });

  test("of an operator's job is not approved with a key that the operator issued for it; the operator approves others'", async () => {
    const child = await issue();
    expect(errorOf(await approve(await asking(operator), child))).toEqual(REFUSED);
    expect(errorOf(await approve(await asking(operator), operator))).toEqual(REFUSED);
    expect((await approve(await asking(operator), { "x-api-key": SECOND })).status).toBe(200);
    expect((await approve(await asking(child), operator)).status).toBe(200);
  });

  test("is not approved by whoever replays the job, nor by its original submitter, alone or in bulk", async () => {
    const [author, replayer, third] = [await issue(), await issue(), await issue()];
    const origin = await asking(author);
    await send(`/api/v1/jobs/${origin}/cancel`, {}, operator);
    const single = await send(`/api/v1/jobs/${origin}/replay`, {}, replayer);
    const again = await send(`/api/v1/jobs/${single.body.job_id}/cancel`, {}, operator);
    expect(again.status).toBe(200);
    const twice = await send(`/api/v1/jobs/${single.body.job_id}/replay`, { payload: { n: 2 } }, third);
    const bulk = await send("/api/v1/jobs/replay", { filter: { origin_job_id: origin, status: "cancelled" } }, third);
    expect(bulk.text).toContain('"finished"');
    const listed = await api.ask(`/api/v1/jobs?origin_job_id=${single.body.job_id}`, {
      headers: { ...operator, "levqor-min-position": String(await api.log.head()) },
    });
    const made: string[] = listed.body.data.map(({ job_id }: { job_id: string }) => job_id);
    expect(made).toContain(twice.body.job_id);
    expect(made).toHaveLength(2);
    for (const job_id of made) {
      await waits(job_id);
      for (const by of [author, replayer, third]) expect(errorOf(await approve(job_id, by))).toEqual(REFUSED);
      expect((await approve(job_id, await issue())).status).toBe(200);
    }
  });

  test("is not approved by anyone who defined the schedule that submits the job, nor by whoever triggers it", async () => {
    const [author, editor, last, runs] = [await issue(), await issue(), await issue(), await issue()];
    const definition = (n: number, more: object = {}) => ({
      ...{ name: `S${n}`, cron: "0 0 1 1 *", job: { workflow: "pay", payload: { n } } },
      ...more,
    });
    const { schedule_id } = (await send("/api/v1/schedules", definition(1), author)).body;
    const path = `/api/v1/schedules/${schedule_id}`;
    const put = (body: object, by: Headers) =>
      api.ask(path, { ...post(body, { ...by, "if-match": "*" }), method: "PUT" });
    expect((await put(definition(2), editor)).status).toBe(200);
    const ran = await send(`${path}/run`, {}, runs);
    await waits(ran.body.job_id);
    for (const by of [author, editor, runs]) expect(errorOf(await approve(ran.body.job_id, by))).toEqual(REFUSED);
    expect((await approve(ran.body.job_id, last)).status).toBe(200);

    expect((await put(definition(3, { cron: "* * * * * *" }), last)).status).toBe(200);
    const fired = await until(
      async () => {
        const events = (await api.log.readStream(`schedule-${schedule_id}`)).map(decode);
        return events.find((event) => event.type === "schedule.fired")?.data as { job_id: string } | undefined;
      },
      { what: "the schedule to fire" },
    );
    await send(`${path}/pause`, {}, operator);
    await waits(fired.job_id);
    for (const by of [author, editor, last]) expect(errorOf(await approve(fired.job_id, by))).toEqual(REFUSED);
    expect((await approve(fired.job_id, runs)).status).toBe(200);
  });

  test("is not bypassed by a replay from a later step with an unapproved payload", async () => {
    const [submitter, approver] = [await issue(), await issue()];
    const job_id = await asking(submitter);
    expect((await approve(job_id, approver)).status).toBe(200);
    await until(
      async () => (await api.ask(`/api/v1/status/${job_id}`, { headers: operator })).body.status === "succeeded",
      {
        what: "the job to succeed",
      },
    );
    const replay = (body: object) => send(`/api/v1/jobs/${job_id}/replay`, { from_step: "nap", ...body }, submitter);
    const refused = await replay({ payload: { n: 1_000_000 } });
    expect(errorOf(refused)).toEqual([422, "validation_failed"]);
    expect(refused.body.errors[0]).toMatchObject({ pointer: "/from_step", message: expect.stringContaining('"ask"') });
    expect((await replay({})).status).toBe(202);
  });

  test("keeps what the pipeline said when the job began to wait", async () => {
    const submitter = await issue();
    const name = `pay-${crypto.randomUUID()}`;
    await send("/api/v1/pipelines", { name, format: 1, steps: FOUR_EYES }, operator);
    const job_id = await asking(submitter, { workflow: name });
    const steps = [{ id: "ask", wait_for_approval: { message: "Pay?" } }];
    const put = { ...post({ format: 1, steps }, { ...operator, "if-match": "*" }), method: "PUT" };
    expect((await api.ask(`/api/v1/pipelines/${name}`, put)).status).toBe(200);
    expect(errorOf(await approve(job_id, submitter))).toEqual(REFUSED);
  });
});

describe("of several decisions", () => {
  test("the first counts; every other is told who decided, and what, so that no comment is lost unnoticed", async () => {
    const deciders = await Promise.all(Array.from({ length: 8 }, () => issue()));
    const job_id = await asking(await issue());
    const answers = await Promise.all(
      deciders.map((by, n) => approve(job_id, by, { approved: n % 2 === 0, comment: `Comment ${n}` })),
    );
    const won = answers.findIndex(({ status }) => status === 200);
    const decision = {
      approved: won % 2 === 0,
      by: `key:${deciders[won]?.key_id}`,
      comment: `Comment ${won}`,
    };
    for (const [n, answer] of answers.entries()) {
      if (n === won) continue;
      expect([n, ...errorOf(answer), answer.body.decision]).toEqual([n, 409, "already_decided", decision]);
    }
    expect((await given(job_id)).map(({ data }) => data)).toEqual([{ step: "ask", ...decision }] as never);
  });

  test("of one caller, the same may be repeated; another comment or decision is rejected", async () => {
    const [approver, submitter] = [await issue(), await issue()];
    const job_id = await asking(submitter);
    const same = await Promise.all(Array.from({ length: 5 }, () => approve(job_id, approver, { comment: "Go" })));
    expect(same.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect((await approve(job_id, approver)).status).toBe(200);
    for (const more of [
      { comment: "Go, but slowly" },
      { comment: "" },
      { approved: false },
      { approved: false, comment: "Go" },
    ]) {
      const refused = await approve(job_id, approver, more);
      expect([more, ...errorOf(refused)]).toEqual([more, 409, "already_decided"]);
      expect(refused.body.decision).toEqual({ approved: true, by: `key:${approver.key_id}`, comment: "Go" });
    }
    expect(await given(job_id)).toHaveLength(1);
  });

  test("those after the timeout are told that nobody decided", async () => {
    const wait_for_approval = { message: "Go on?", timeout_seconds: 0.2, on_timeout: "continue" };
    const steps = [
      { id: "ask", wait_for_approval },
      { id: "nap", sleep: { seconds: 0 } },
    ];
    const { job_id } = await api.submit({ workflow: "late", steps }, operator);
    await until(
      async () => (await api.ask(`/api/v1/status/${job_id}`, { headers: operator })).body.status === "succeeded",
      {
        what: "the job to go on",
      },
    );
    const late = await approve(job_id, operator, { comment: "Too late" });
    expect(errorOf(late)).toEqual([409, "already_decided"]);
    expect(late.body.decision).toEqual({ approved: true, by: null, comment: null });
  });
});
