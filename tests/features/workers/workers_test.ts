// Slow: many claims wait for jobs, and leases of seconds have to end.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { ClaimedJobs } from "../../../src/features/workers/schemas.ts";
import { commandJob, startSweeper } from "../../../src/jobs/mod.ts";
import { openLog } from "../../../src/log/mod.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";
import { silent, until } from "../../jobs/support.ts";

const NO_JOB = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";

let api: Harness;
let sweeper: ReturnType<typeof startSweeper>;
beforeAll(async () => {
  api = await startApi();
  sweeper = startSweeper({ log: api.log, sql: api.sql, instance: "sweeper", logger: silent, sweep_seconds: 0.1 });
});
afterAll(async () => {
  await sweeper.stop();
  await api.stop();
});

/** an external client knows no types. */
type Json = Answer["body"];

const call = (action: string, body: object, init: RequestInit = {}) =>
  api.ask(`/api/v1/workers/${action}`, { ...post(body), ...init });
/** Claims what is ready now, or the first that comes within the time. */
const claim = async (workflow: string, more: object = {}): Promise<Json[]> => {
  const answer = await call("claim", { worker: "w1", workflows: [workflow], wait_seconds: 0, ...more });
  if (answer.status !== 200) throw new Error(`The claim answered ${answer.status}: ${answer.text}`);
  return answer.body.jobs;
};
const submit = async (workflow: string, more: object = {}) => (await api.submit({ workflow, ...more })).job_id;
const status = async (id: string) => (await api.ask(`/api/v1/status/${id}`)).body;
const types = async (id: string) => (await api.log.readStream(`job-${id}`)).map((event) => event.type);
/** A workflow of the test's own. */
const fresh = () => `test-${crypto.randomUUID()}`;
const jsonOf = (answers: Answer) => [answers.status, answers.body.error];

/** Claims one job and is sure to have it. */
async function claimed(workflow: string, more: object = {}): Promise<Json> {
  const [job] = await claim(workflow, { wait_seconds: 10, ...more });
  if (!job) throw new Error(`No job of ${workflow} was given`);
  return job;
}

describe("POST /api/v1/workers/claim", () => {
  test("returns waiting jobs, as submitted, and records the claim", async () => {
    const workflow = fresh();
    const id = await submit(workflow, { payload: { text: "Guten Tag" }, priority: "high" });
    const before = Date.now();
    const answer = await call("claim", { worker: "translator-7", workflows: [workflow], lease_seconds: 40 });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect([...TypeCompiler.Compile(ClaimedJobs).Errors(answer.body)]).toEqual([]);
    expect(answer.body.jobs).toEqual([
      {
        job_id: id,
        workflow,
        payload: { text: "Guten Tag" },
        priority: "high",
        attempt: 1,
        max_attempts: 5,
        idempotency_key: id,
        lease_seconds: 40,
        lease_expires_at: expect.stringMatching(/Z$/),
        created_at: expect.stringMatching(/Z$/),
      },
    ]);
    expect(Date.parse(answer.body.jobs[0].lease_expires_at) - before).toBeWithin(35_000, 45_000);
    const started = (await api.ask(`/api/v1/jobs/${id}/events`)).body.data[1];
    expect(started).toMatchObject({
      type: "job.started",
      data: { attempt: 1, worker: "translator-7", lease_seconds: 40, external: true },
      meta: { actor: "anonymous", correlation_id: id, causation_id: `job-${id}@1` },
    });
    expect((await status(id)).status).toBe("running");
  });

  test("returns no more than requested, and every job once", async () => {
    const workflow = fresh();
    const ids = await Promise.all(Array.from({ length: 25 }, () => submit(workflow)));
    const rounds = await Promise.all(
      Array.from({ length: 5 }, () => claim(workflow, { max_jobs: 4, wait_seconds: 10 })),
    );
    for (const jobs of rounds) expect(jobs.length).toBeWithin(1, 5);
    const rest: Json[] = [];
    while (rounds.flat().length + rest.length < 25) rest.push(...(await claim(workflow, { max_jobs: 100 })));
    const given = [...rounds.flat(), ...rest].map((job) => job.job_id);
    expect(given.toSorted()).toEqual(ids.toSorted());
    expect(await claim(workflow, { max_jobs: 100 })).toEqual([]);
  });

  test("returns only jobs of the given workflows", async () => {
    const [one, two, other] = [fresh(), fresh(), fresh()];
    const ids = [await submit(one), await submit(two)];
    await submit(other);
    const answer = await call("claim", { worker: "w", workflows: [one, two, one], wait_seconds: 0, max_jobs: 9 });
    expect(answer.body.jobs.map((job: Json) => job.job_id).toSorted()).toEqual(ids.toSorted());
  });

  test("high goes before normal before low, but a flood above lets a low one through", async () => {
    const workflow = fresh();
    const [low] = [await submit(workflow, { priority: "low" })];
    await submit(workflow);
    for (let i = 0; i < 50; i++) await submit(workflow, { priority: "high" });
    const given: Json[] = [];
    for (let i = 0; i < 45; i++) given.push(...(await claim(workflow)));
    expect(given[0].priority).toBe("high");
    // Passed over 32 times in a row at most, or once more.
    expect(given.findIndex((job) => job.job_id === low)).toBeWithin(30, 36);
    expect(given.findIndex((job) => job.priority === "normal")).toBeWithin(7, 11);
  });

  test("waits for a job, and gets it within moments of its intake", async () => {
    const workflow = fresh();
    await claim(workflow);
    const waiting = claim(workflow, { wait_seconds: 30 });
    await Bun.sleep(300);
    const submitted = performance.now();
    const id = await submit(workflow);
    const [job] = await waiting;
    expect(job.job_id).toBe(id);
    // Not when its wait is over.
    expect(performance.now() - submitted).toBeLessThan(15_000);
  });

  test("returns none when the time is up", async () => {
    const began = performance.now();
    expect(await claim(fresh(), { wait_seconds: 0.5 })).toEqual([]);
    expect(performance.now() - began).toBeWithin(450, 5_000);
  });

  test("returns what is ready to a worker that does not wait, even the first one", async () => {
    for (let i = 0; i < 5; i++) {
      const workflow = fresh();
      const id = await submit(workflow);
      expect((await claim(workflow)).map((job) => job.job_id)).toEqual([id]);
    }
  });

  test("serves waiting claims in order of arrival", async () => {
    const workflow = fresh();
    await claim(workflow);
    const first = claim(workflow, { wait_seconds: 30, worker: "first" });
    await Bun.sleep(200);
    const second = claim(workflow, { wait_seconds: 30, worker: "second" });
    await Bun.sleep(200);
    const ids = [await submit(workflow)];
    expect((await first)[0].job_id).toBe(ids[0]);
    ids.push(await submit(workflow));
    expect((await second)[0].job_id).toBe(ids[1]);
  });

  test("returns a job not before its start time, and then by itself", async () => {
    const workflow = fresh();
    const due = Date.now() + 1_500;
    const id = await submit(workflow, { run_at: new Date(due).toISOString() });
    expect(await claim(workflow)).toEqual([]);
    const [job] = await claim(workflow, { wait_seconds: 20 });
    expect(job.job_id).toBe(id);
    expect(Date.now()).toBeGreaterThanOrEqual(due - 200);
  });

  test("returns one job of a concurrency key at a time, and the next when it has finished", async () => {
    const workflow = fresh();
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push(await submit(workflow, { concurrency_key: "customer-42" }));
    const other = await submit(workflow, { concurrency_key: "customer-43" });
    const first = await claim(workflow, { max_jobs: 10 });
    expect(first.map((job) => job.job_id).toSorted()).toEqual([ids[0], other].toSorted());
    const next = claim(workflow, { max_jobs: 10, wait_seconds: 20 });
    await Bun.sleep(300);
    await call("complete", { job_id: ids[0], attempt: 1 });
    expect((await next).map((job) => job.job_id)).toEqual([ids[1]]);
    await call("fail", { job_id: ids[1], attempt: 1, error: { code: "no", message: "No.", retryable: false } });
    expect((await claimed(workflow)).job_id).toBe(ids[2]);
  });

  test("lets nobody claim what the service runs itself", async () => {
    const answer = await call("claim", { worker: "w", workflows: ["mine", "http"] });
    expect(jsonOf(answer)).toEqual([422, "workflow_built_in"]);
    expect(answer.body.errors).toEqual([{ pointer: "/workflows/1", message: expect.stringContaining("another") }]);
  });

  test.each([
    [{ workflows: [] }, "/workflows", "must have at least 1 entry"],
    [{ workflows: Array.from({ length: 101 }, (_, i) => `w${i}`) }, "/workflows", "must have at most 100 entries"],
    [{ workflows: "one" }, "/workflows", "must be an array"],
    [{ worker: "" }, "/worker", "must have at least 1 character"],
    [{ worker: "x".repeat(129) }, "/worker", "must have at most 128 characters"],
    [{ max_jobs: 0 }, "/max_jobs", "must be at least 1"],
    [{ max_jobs: 101 }, "/max_jobs", "must be at most 100"],
    [{ wait_seconds: 30.5 }, "/wait_seconds", "must be at most 30"],
    [{ wait_seconds: -1 }, "/wait_seconds", "must be at least 0"],
    [{ lease_seconds: 0.5 }, "/lease_seconds", "must be at least 1"],
    [{ lease_seconds: 3601 }, "/lease_seconds", "must be at most 3600"],
    [{ lease: 1 }, "/lease", "is not supported here"],
  ])("rejects %j", async (wrong, pointer, message) => {
    const answer = await call("claim", { worker: "w", workflows: ["one"], wait_seconds: 0, ...wrong });
    expect(jsonOf(answer)).toEqual([422, "validation_failed"]);
    expect(answer.body.errors).toEqual([{ pointer, message }]);
  });

  test("accepts the largest values", async () => {
    const workflows = Array.from({ length: 100 }, (_, i) => `w${i}`);
    const wish = { worker: "x".repeat(128), workflows, max_jobs: 100, lease_seconds: 3_600, wait_seconds: 0 };
    expect((await call("claim", wish)).body).toEqual({ jobs: [] });
  });

  test("a client that disconnects while it waits is given nothing", async () => {
    const workflow = fresh();
    await claim(workflow);
    const gone = new AbortController();
    const body = { worker: "gone", workflows: [workflow], wait_seconds: 30 };
    const waiting = call("claim", body, { signal: gone.signal }).catch(() => "gone");
    await until(() => api.connections() > 0, { what: "the claim to wait" });
    await Bun.sleep(200);
    gone.abort();
    expect(await waiting).toBe("gone");
    await until(() => api.connections() === 0, { what: "the claim to be given up" });
    const id = await submit(workflow);
    const job = await claimed(workflow);
    expect([job.job_id, job.attempt]).toEqual([id, 1]);
  });
});

describe("a claimed job", () => {
  test("is completed with its result", async () => {
    const id = await submit("a_job");
    const { attempt } = await claimed("a_job");
    const answer = await call("complete", { job_id: id, attempt, result: [1, { two: null }] });
    expect([answer.status, answer.body]).toEqual([200, { job_id: id, status: "succeeded" }]);
    expect(Number(answer.headers.get("levqor-position"))).toBeGreaterThan(0);
    expect(await status(id)).toMatchObject({ status: "succeeded", result: [1, { two: null }] });
  });

  test("accepts a result as large as fits into a request, as the guide says, and not a byte more", async () => {
    const workflow = fresh();
    const id = await submit(workflow);
    const { attempt } = await claimed(workflow);
    const empty = Buffer.byteLength(JSON.stringify({ job_id: id, attempt, result: "" }));
    const result = "x".repeat(512 * 1024 - empty);
    expect(jsonOf(await call("complete", { job_id: id, attempt, result: `${result}x` }))).toEqual([
      413,
      "body_too_large",
    ]);
    expect((await call("complete", { job_id: id, attempt, result })).status).toBe(200);
    expect((await status(id)).result).toBe(result);
  });

  test("is completed without a result", async () => {
    const id = await submit("a_job");
    await claimed("a_job");
    await call("complete", { job_id: id.toUpperCase(), attempt: 1 });
    expect(await status(id)).toMatchObject({ status: "succeeded", result: null });
  });

  test("fails for good if its worker says so", async () => {
    const id = await submit("a_job");
    await claimed("a_job");
    const error = { code: "language_unknown", message: "No dictionary for Klingon.", detail: { language: "tlh" } };
    const answer = await call("fail", { job_id: id, attempt: 1, error: { ...error, retryable: false } });
    expect(answer.body).toEqual({ job_id: id, status: "failed" });
    expect(await status(id)).toMatchObject({ status: "failed", error });
  });

  test("is retried after a delay unless its worker says otherwise, until no attempt is left", async () => {
    const workflow = fresh();
    const id = await submit(workflow, { max_attempts: 2, backoff: { initial_seconds: 0.5 } });
    await claimed(workflow);
    const error = { code: "busy", message: "Come again." };
    const first = await call("fail", { job_id: id, attempt: 1, error });
    expect(first.body).toEqual({ job_id: id, status: "queued", retry_at: expect.stringMatching(/Z$/) });
    const second = await claimed(workflow);
    expect([second.job_id, second.attempt]).toEqual([id, 2]);
    const last = await call("fail", { job_id: id, attempt: 2, error });
    expect(last.body).toEqual({ job_id: id, status: "failed" });
  });

  test("waits as long as its worker requests", async () => {
    const id = await submit("a_job");
    await claimed("a_job");
    const error = { code: "busy", message: "Come again.", retry_after_seconds: 600 };
    const { body } = await call("fail", { job_id: id, attempt: 1, error });
    expect(Date.parse(body.retry_at) - Date.now()).toBeWithin(590_000, 610_000);
    expect((await status(id)).waiting_for.reason).toBe("retry");
  });

  test("is released to another at once, and the attempt does not count", async () => {
    const workflow = fresh();
    const id = await submit(workflow, { max_attempts: 1 });
    await claimed(workflow);
    expect((await call("release", { job_id: id, attempt: 1 })).body).toEqual({ job_id: id, status: "queued" });
    const again = await claimed(workflow);
    expect([again.job_id, again.attempt]).toEqual([id, 2]);
  });

  test("is kept by heartbeats for as long as it was claimed for, or as they say", async () => {
    const workflow = fresh();
    const id = await submit(workflow);
    await claimed(workflow, { lease_seconds: 1 });
    for (let i = 0; i < 6; i++) {
      await Bun.sleep(400);
      const beat = await call("heartbeat", { job_id: id, attempt: 1 });
      expect(beat.body).toEqual({ job_id: id, attempt: 1, lease_expires_at: expect.stringMatching(/Z$/) });
    }
    const { body } = await call("heartbeat", { job_id: id, attempt: 1, lease_seconds: 300 });
    expect(Date.parse(body.lease_expires_at) - Date.now()).toBeWithin(280_000, 301_000);
    expect(await types(id)).not.toContain("job.released");
  });

  test("records no more heartbeats than its lease needs, and reads only new events", async () => {
    const workflow = fresh();
    const id = await submit(workflow);
    await claimed(workflow, { lease_seconds: 60 });
    const beats = [];
    for (let index = 0; index < 20; index++) beats.push((await call("heartbeat", { job_id: id, attempt: 1 })).body);
    expect(new Set(beats.map(({ lease_expires_at }) => lease_expires_at)).size).toBe(1);
    expect(await types(id)).toEqual(["job.submitted", "job.started", "job.heartbeat"]);
    // Another lease is another wish, and who holds the job no more hears of it at once.
    await call("heartbeat", { job_id: id, attempt: 1, lease_seconds: 90 });
    expect((await types(id)).filter((type) => type === "job.heartbeat")).toHaveLength(2);
    await api.ask(`/api/v1/jobs/${id}/cancel`, { method: "POST" });
    expect(jsonOf(await call("heartbeat", { job_id: id, attempt: 1, lease_seconds: 90 }))).toEqual([
      409,
      "job_cancelled",
    ]);
  });

  test("reads a job once for its heartbeats, whatever its payload, whether they are accepted or rejected", async () => {
    let read = 0;
    const watched = await startApi({
      openApiLog: (url) => {
        const log = openLog({ url });
        const readStream = log.readStream.bind(log);
        return Object.assign(log, {
          async readStream(...asked: Parameters<typeof readStream>) {
            const events = await readStream(...asked);
            read += events.reduce((sum, { data_json }) => sum + data_json.length, 0);
            return events;
          },
        });
      },
    });
    try {
      const workflow = fresh();
      const payload = { text: "x".repeat(150_000) };
      const { job_id } = await watched.submit({ workflow, payload });
      const ask = (action: string, body: object) => watched.ask(`/api/v1/workers/${action}`, post(body));
      const beat = (attempt: number, lease_seconds: number) => ask("heartbeat", { job_id, attempt, lease_seconds });
      const { jobs } = (await ask("claim", { worker: "w", workflows: [workflow], wait_seconds: 10 })).body;
      expect(jobs).toHaveLength(1);
      read = 0;
      for (let lease = 60; lease < 80; lease++) expect((await beat(1, lease)).status).toBe(200);
      expect(read).toBeWithin(150_000, 160_000);
      for (let index = 0; index < 20; index++) expect(jsonOf(await beat(7, 60))).toEqual([409, "attempt_superseded"]);
      expect(read).toBeLessThan(170_000);
      const result = { text: "y".repeat(150_000) };
      expect((await ask("complete", { job_id, attempt: 1, result })).status).toBe(200);
      read = 0;
      for (let index = 0; index < 20; index++) expect(jsonOf(await beat(1, 60))).toEqual([409, "job_finished"]);
      // All of it once, and once more what came after the submission.
      expect(read).toBeLessThan(2 * 150_000 + 170_000);
    } finally {
      await watched.stop();
    }
  }, 60_000);

  test("counts as an attempt after 100 releases", async () => {
    const workflow = fresh();
    const id = await submit(workflow, { max_attempts: 1 });
    for (let attempt = 1; attempt <= 100; attempt++) {
      await claimed(workflow);
      expect((await call("release", { job_id: id, attempt })).body.status).toBe("queued");
    }
    await claimed(workflow);
    expect((await call("release", { job_id: id, attempt: 101 })).body.status).toBe("failed");
    expect((await status(id)).error.code).toBe("worker_lost");
  }, 60_000);

  test("is released a limited number of times a minute by one caller", async () => {
    const key = "k".repeat(24);
    const rate_limits = { burst: 20, global: 200, tiers: { enterprise: null } };
    const limited = await startApi({ api_keys: [key], rate_limits });
    try {
      const release = () =>
        limited.ask("/api/v1/workers/release", post({ job_id: NO_JOB, attempt: 1 }, { "x-api-key": key }));
      const first = await release();
      expect([first.status, first.headers.get("ratelimit-policy")]).toEqual([404, '"releases";q=600;w=60']);
      for (let index = 0; index < 599; index += 1) await release();
      const refused = await release();
      expect([refused.status, refused.body.violated_policies]).toEqual([429, ["releases"]]);
    } finally {
      await limited.stop();
    }
  }, 60_000);

  test("leaves its caller no more jobs than a share, whoever else claims; the operator may have any number", async () => {
    const key = "k".repeat(24);
    const shared = await startApi({ api_keys: [key], caller_share: 0.004 });
    try {
      const operator = { "x-api-key": key };
      const issue = async (name: string) => {
        const issued = post({ name, scopes: ["workers:write"], tier: "enterprise" }, operator);
        return { "x-api-key": (await shared.ask("/api/v1/keys", issued)).body.key as string };
      };
      const [first, second] = [await issue("first"), await issue("second")];
      const workflow = fresh();
      for (let index = 0; index < 100; index++) await shared.submit({ workflow }, operator);
      const claims = async (headers: Record<string, string>, max_jobs: number, wait_seconds = 0) =>
        await shared.ask(
          "/api/v1/workers/claim",
          post({ worker: "w", workflows: [workflow], max_jobs, wait_seconds, lease_seconds: 600 }, headers),
        );
      const counts = async (headers: Record<string, string>, max_jobs: number) => {
        const answers = await Promise.all(Array.from({ length: 4 }, () => claims(headers, max_jobs)));
        return answers.flatMap(({ body }) => body.jobs ?? []);
      };
      const mine = await counts(first, 15);
      expect(mine).toHaveLength(40);
      expect(await counts(second, 100)).toHaveLength(40);
      const refused = await claims(first, 1, 10);
      expect([refused.status, refused.body.error, refused.headers.get("retry-after")]).toEqual([
        429,
        "too_many_claimed",
        "1",
      ]);
      expect(refused.body.detail).toBe(
        "The caller has 40 claimed jobs without a report; one caller may have at most 40.",
      );
      expect(await counts(operator, 4)).toHaveLength(16);
      // What is answered for makes room.
      const { job_id } = mine[0];
      expect((await shared.ask("/api/v1/workers/complete", post({ job_id, attempt: 1 }, first))).status).toBe(200);
      const again = await until(
        async () => {
          const { body } = await claims(first, 3);
          return body.jobs?.length > 0 ? body.jobs : undefined;
        },
        { what: "room for another job" },
      );
      expect(again).toHaveLength(1);
    } finally {
      await shared.stop();
    }
  }, 60_000);

  test("waits with others of its caller up to a share, so that there is room for others' claims", async () => {
    const keys = ["k".repeat(24), "o".repeat(24)];
    const shared = await startApi({ api_keys: [keys[0] as string], caller_share: 0.01 });
    try {
      const operator = { "x-api-key": keys[0] as string };
      const wish = (workflow: string) => ({ worker: "w", workflows: [workflow], wait_seconds: 3 });
      const issue = async (name: string) => {
        const issued = post({ name, scopes: ["workers:write"] }, operator);
        return { "x-api-key": (await shared.ask("/api/v1/keys", issued)).body.key as string };
      };
      const [one, other] = [await issue("one"), await issue("other")];
      const ask = (workflow: string, headers: Record<string, string>) =>
        shared.ask("/api/v1/workers/claim", post(wish(workflow), headers));
      const waiting = Array.from({ length: 10 }, () => ask("same", one));
      await Bun.sleep(500);
      const refused = await ask("same", one);
      expect([refused.status, refused.body.error, refused.headers.get("retry-after")]).toEqual([
        503,
        "too_many_claims",
        "1",
      ]);
      expect(refused.body.detail).toBe("10 claims of this caller are waiting here already, the maximum.");
      const sets = [ask("first", other)];
      await Bun.sleep(300);
      expect((await ask("second", other)).body.detail).toBe(
        "Claims of this caller are waiting for 1 different sets of workflows already.",
      );
      for (const answer of await Promise.all([...waiting, ...sets, ask("second", operator)])) {
        expect(answer.status).toBe(200);
      }
    } finally {
      await shared.stop();
    }
  }, 60_000);

  test("has its callback sent by the service's own workers, at once", async () => {
    const id = await submit("a_job", { callback_url: "https://example.com/hook" });
    await claimed("a_job");
    const ended = await call("complete", { job_id: id, attempt: 1 });
    const position = ended.headers.get("levqor-position") as string;
    await api.ask("/api/v1/jobs", { headers: { "levqor-min-position": position } });
    const [row] = await api.sql`select callback from levqor_read.jobs where job_id = ${id}`;
    // Not `pending`, which is left to the worker that ended the job for a while.
    expect(row?.callback).toBe("scheduled");
  });
});

describe("a worker's report", () => {
  test("after its lease has expired is rejected, with the current holder", async () => {
    const workflow = fresh();
    const id = await submit(workflow);
    await claimed(workflow, { worker: "slow", lease_seconds: 1 });
    const second = await claimed(workflow, { worker: "quick", lease_seconds: 60 });
    expect([second.job_id, second.attempt]).toEqual([id, 2]);
    for (const [action, more] of [
      ["heartbeat", {}],
      ["complete", { result: "late" }],
      ["fail", { error: { code: "late", message: "Late." } }],
      ["release", {}],
    ] as const) {
      const answer = await call(action, { job_id: id, attempt: 1, ...more });
      expect(jsonOf(answer)).toEqual([409, "attempt_superseded"]);
      expect(answer.body.detail).toContain('"quick" has claimed it with attempt 2');
      expect(answer.body).toMatchObject({
        status: 409,
        job_status: "running",
        holder: { worker: "quick", attempt: 2, lease_expires_at: expect.stringMatching(/Z$/) },
      });
    }
    expect((await call("complete", { job_id: id, attempt: 2, result: "in time" })).status).toBe(200);
    expect((await status(id)).result).toBe("in time");
  });

  test("is rejected if nobody has claimed the job yet", async () => {
    const workflow = fresh();
    const id = await submit(workflow, { backoff: { initial_seconds: 600 } });
    await claimed(workflow, { lease_seconds: 1 });
    await until(async () => (await types(id)).includes("job.released"), { what: "the lease to lapse" });
    const answer = await call("complete", { job_id: id, attempt: 1 });
    expect(jsonOf(answer)).toEqual([409, "attempt_superseded"]);
    expect(answer.body).toMatchObject({ job_status: "queued", holder: null });
    expect(answer.body.detail).toContain("queued for another worker");
  });

  test("is rejected if the job was cancelled, from the next heartbeat on", async () => {
    const id = await submit("a_job");
    await claimed("a_job");
    const meta = { actor: "anonymous", correlation_id: id };
    await commandJob(api.log, { reach: EVERYTHING, job_id: id, command: { type: "cancel" }, meta });
    for (const action of ["heartbeat", "complete", "release"]) {
      const answer = await call(action, { job_id: id, attempt: 1 });
      expect(jsonOf(answer)).toEqual([409, "job_cancelled"]);
      expect(answer.body).toMatchObject({ job_status: "cancelled", holder: null });
    }
  });

  test("is rejected if the job has finished in another way", async () => {
    const id = await submit("a_job");
    await claimed("a_job");
    await api.ask(`/api/v1/_dev/complete/${id}`, post({ result: { by: "hand" } }));
    const answer = await call("complete", { job_id: id, attempt: 1, result: { by: "worker" } });
    expect(jsonOf(answer)).toEqual([409, "job_finished"]);
    expect(answer.body.detail).toContain("has succeeded");
  });

  test("is rejected once the attempt has taken too long: its heartbeat ends it", async () => {
    const workflow = fresh();
    const id = await submit(workflow, { attempt_timeout_seconds: 1, max_attempts: 1 });
    const job = await claimed(workflow, { lease_seconds: 600 });
    // No lease outlasts the attempt for long.
    expect(job.lease_seconds).toBe(6);
    expect((await call("heartbeat", { job_id: id, attempt: 1 })).status).toBe(200);
    await Bun.sleep(1_100);
    expect(jsonOf(await call("heartbeat", { job_id: id, attempt: 1 }))).toEqual([409, "attempt_timeout"]);
    expect(await status(id)).toMatchObject({ status: "failed", error: { code: "attempt_timeout" } });
  });

  test("that was recorded before gets the same response", async () => {
    const error = { code: "busy", message: "Come again.", detail: { by: ["another"] } };
    for (const [action, more, other] of [
      ["complete", { result: { a: 1 } }, { result: { a: 2 } }],
      ["fail", { error }, { error: { ...error, code: "other" } }],
      ["fail", { error: { ...error, retryable: false } }, { error: { ...error, message: "Other." } }],
      ["release", {}, undefined],
    ] as const) {
      const workflow = fresh();
      const id = await submit(workflow, { backoff: { initial_seconds: 600, max_seconds: 600 } });
      await claimed(workflow);
      const first = await call(action, { job_id: id, attempt: 1, ...more });
      const again = await call(action, { job_id: id, attempt: 1, ...more });
      expect([again.status, again.body]).toEqual([200, first.body]);
      expect(again.headers.get("idempotency-replayed")).toBe("true");
      expect(again.headers.get("levqor-position")).toBe(first.headers.get("levqor-position") as string);
      expect(await types(id)).toHaveLength(3);
      if (other) expect((await call(action, { job_id: id, attempt: 1, ...other })).status).toBe(409);
    }
  });

  test("counts only for attempts of external workers", async () => {
    const { job_id } = await api.submit();
    const claim = { type: "start", worker: "built-in", lease_seconds: 600 } as const;
    const meta = { actor: "worker:built-in", correlation_id: job_id };
    await commandJob(api.log, { reach: EVERYTHING, job_id, command: claim, meta });
    for (const action of ["heartbeat", "complete", "release"]) {
      expect(jsonOf(await call(action, { job_id, attempt: 1 }))).toEqual([409, "attempt_superseded"]);
    }
    expect(await types(job_id)).toEqual(["job.submitted", "job.started"]);
  });

  test("names an existing job and attempt", async () => {
    expect(jsonOf(await call("complete", { job_id: NO_JOB, attempt: 1 }))).toEqual([404, "job_not_found"]);
    const id = await submit("a_job");
    await claimed("a_job");
    expect(jsonOf(await call("complete", { job_id: id, attempt: 2 }))).toEqual([409, "attempt_superseded"]);
    expect(jsonOf(await call("complete", { job_id: "42", attempt: 1 }))).toEqual([422, "validation_failed"]);
    expect(jsonOf(await call("complete", { job_id: id, attempt: 0 }))).toEqual([422, "validation_failed"]);
  });

  test.each([
    [{ code: "Not Snake", message: "m" }, "/error/code"],
    [{ code: "x".repeat(65), message: "m" }, "/error/code"],
    [{ code: "x", message: "" }, "/error/message"],
    [{ code: "x", message: "m".repeat(2049) }, "/error/message"],
    [{ code: "x", message: "m", retryable: "yes" }, "/error/retryable"],
    [{ code: "x", message: "m", retry_after_seconds: 86_401 }, "/error/retry_after_seconds"],
    [{ code: "x", message: "m", fatal: true }, "/error/fatal"],
  ])("must match its schema: %j", async (error, pointer) => {
    const answer = await call("fail", { job_id: NO_JOB, attempt: 1, error });
    expect(answer.body.errors?.map((each: Json) => each.pointer)).toEqual([pointer]);
  });
});

describe("the service", () => {
  test("requires a key if keys are configured", async () => {
    const locked = await startApi({ api_keys: ["a-key-for-the-workers"] });
    const headers = { "x-api-key": "a-key-for-the-workers" };
    const bodies = {
      claim: { worker: "w", workflows: ["one"], wait_seconds: 0 },
      heartbeat: { job_id: NO_JOB, attempt: 1 },
      complete: { job_id: NO_JOB, attempt: 1 },
      fail: { job_id: NO_JOB, attempt: 1, error: { code: "x", message: "m" } },
      release: { job_id: NO_JOB, attempt: 1 },
    };
    for (const [action, body] of Object.entries(bodies)) {
      expect((await locked.ask(`/api/v1/workers/${action}`, post(body))).status).toBe(401);
      expect((await locked.ask(`/api/v1/workers/${action}`, post(body, headers))).status).not.toBe(401);
    }
    const { job_id } = await locked.submit({ workflow: "one" }, headers);
    await locked.ask("/api/v1/workers/claim", post({ ...bodies.claim, wait_seconds: 10 }, headers));
    const [, started] = (await locked.ask(`/api/v1/jobs/${job_id}/events`, { headers })).body.data;
    expect(started.meta.actor).toMatch(/^key:[0-9a-f]{8}$/);
    await locked.stop();
  });

  test("releases waiting claims when it stops", async () => {
    const stopping = await startApi();
    const body = { worker: "w", workflows: ["one"], wait_seconds: 30 };
    const waiting = stopping.ask("/api/v1/workers/claim", post(body));
    await until(() => stopping.connections() > 0, { what: "the claim to wait" });
    const began = performance.now();
    stopping.shutDown();
    expect((await waiting).body).toEqual({ jobs: [] });
    expect(performance.now() - began).toBeLessThan(5_000);
    await stopping.stop();
  });

  test("tells the submitter to a workflow that nobody runs how it can be claimed", async () => {
    const { waiting_for } = await status(await submit('odd "name"'));
    expect(waiting_for.detail).toContain("POST /api/v1/workers/claim");
    expect(waiting_for.detail).toContain(JSON.stringify('odd "name"'));
  });
});
