import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { SignJWT } from "jose";
import { authorOf } from "../../../events/account.ts";
import { decode } from "../../../events/mod.ts";
import { jobState } from "../../../src/domain/job/job.ts";
import { CallbackLog } from "../../../src/features/jobs/schemas.ts";
import { CallbackSecrets } from "../../../src/jobs/mod.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";

const KEY = "a-key-for-the-callbacks";
const OTHER_KEY = "the-next-key-for-callbacks";
const JWT_SECRET = "a secret of no less than 32 bytes";
const ISSUER = "https://auth.example.com";
const NO_JOB = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";

let api: Harness;
beforeAll(async () => {
  api = await startApi({
    api_keys: [KEY, OTHER_KEY],
    callback_secrets: new CallbackSecrets(`whsec_${Buffer.alloc(32, 7).toString("base64")}`),
    jwt: { verify_with: { secret: JWT_SECRET }, issuer: ISSUER, audience: "authenticated" },
  });
});
afterAll(() => api.stop());

const headers = { "x-api-key": KEY };
const log = (id: string, query = "") => api.ask(`/api/v1/jobs/${id}/callbacks${query}`, { headers });
const redeliver = (id: string) => api.ask(`/api/v1/jobs/${id}/callbacks/redeliver`, { method: "POST", headers });

/** Records what a worker would. */
async function record(job_id: string, ...events: { type: string; data: unknown }[]): Promise<void> {
  const stream_id = `job-${job_id}`;
  const { length } = await api.log.readStream(stream_id);
  const meta = { actor: "worker:w1", correlation_id: job_id };
  const { ok } = await api.log.append({ stream_id, expected_version: length, events, meta });
  expect(ok).toBe(true);
}

const succeeded = { type: "job.succeeded", data: { attempt: 0, result: null } };
const error = { code: "unexpected_status", message: "The receiver responded with 503; 2xx means delivered." };
const attempted = {
  type: "job.callback_attempted",
  data: { webhook_id: "msg_1", attempt: 1, status_code: 503, error, retry_in_seconds: 5.5 },
};
const failed = { type: "job.callback_failed", data: { webhook_id: "msg_1", attempt: 2, error } };

async function submit(): Promise<string> {
  return (await api.submit({ callback_url: "https://example.com/hook" }, headers)).job_id;
}

describe("GET /api/v1/jobs/:job_id/callbacks", () => {
  test("is empty until the first attempt", async () => {
    const id = await submit();
    expect((await log(id)).body).toEqual({ data: [], has_more: false, next_cursor: null });
  });

  test("shows every attempt and when the next is due, and who asked for a redelivery", async () => {
    const id = await submit();
    await record(id, succeeded, attempted, failed);
    const { position } = (await api.log.readStream(`job-${id}`)).at(-1) ?? { position: 0 };
    const asked = await redeliver(id);
    expect([asked.status, asked.body]).toEqual([202, { job_id: id, callback: "pending" }]);
    expect(Number(asked.headers.get("levqor-position"))).toBeGreaterThan(position);

    const { body } = await log(id);
    const of = { webhook_id: "msg_1", error, actor: "worker:w1", recorded_at: expect.stringMatching(/Z$/) };
    expect(body.data).toEqual([
      { ...of, version: 3, outcome: "retrying", attempt: 1, status_code: 503, next_attempt_at: expect.any(String) },
      { ...of, version: 4, outcome: "failed", attempt: 2, status_code: null, next_attempt_at: null },
      {
        version: 5,
        outcome: "requested",
        attempt: null,
        webhook_id: null,
        status_code: null,
        error: null,
        next_attempt_at: null,
        actor: expect.stringMatching(/^key:[0-9a-f]{8}$/),
        recorded_at: expect.any(String),
      },
    ]);
    const [first] = body.data;
    expect(Date.parse(first.next_attempt_at) - Date.parse(first.recorded_at)).toBe(5_500);
    expect(TypeCompiler.Compile(CallbackLog).Check(body)).toBe(true);
  });

  test("in pages", async () => {
    const id = await submit();
    await record(id, succeeded, attempted, failed);
    const first = (await log(id, "?limit=1")).body;
    expect([first.data[0].version, first.has_more]).toEqual([3, true]);
    const second = (await log(id, `?limit=1&cursor=${first.next_cursor}`)).body;
    expect([second.data[0].version, second.has_more, second.next_cursor]).toEqual([4, false, null]);
  });

  test("exists for an existing job, with a key", async () => {
    expect((await log(NO_JOB)).body.error).toBe("job_not_found");
    expect((await log("42")).body.error).toBe("invalid_job_id");
    expect((await api.ask(`/api/v1/jobs/${NO_JOB}/callbacks`)).status).toBe(401);
  });
});

describe("POST /api/v1/jobs/:job_id/callbacks/redeliver", () => {
  test("is rejected while the job runs, and for a job without callback_url", async () => {
    const waiting = await submit();
    const early = await redeliver(waiting);
    expect([early.status, early.body.detail]).toEqual([409, "Cannot send the callback: the job is queued."]);
    const { job_id } = await api.submit({}, headers);
    await record(job_id, succeeded);
    const without = await redeliver(job_id);
    expect([without.status, without.body.error]).toEqual([409, "conflict"]);
    expect(without.body.detail).toContain("without callback_url");
  });

  test("needs a job and a key", async () => {
    expect((await redeliver(NO_JOB)).body.error).toBe("job_not_found");
    const path = `/api/v1/jobs/${NO_JOB}/callbacks/redeliver`;
    expect((await api.ask(path, { method: "POST" })).body.error).toBe("unauthorized");
  });
});

describe("GET /api/v1/callbacks/secret", () => {
  const RECEIVER = "https://example.com/hooks?token=1";
  const secret = async (credential: Record<string, string>, receiver = RECEIVER) =>
    await api.ask(`/api/v1/callbacks/secret?receiver=${encodeURIComponent(receiver)}`, { headers: credential });

  async function session(sub: string): Promise<Record<string, string>> {
    const claims = { iss: ISSUER, aud: "authenticated", sub, exp: Math.floor(Date.now() / 1000) + 600 };
    const signing = new SignJWT(claims).setIssuedAt().setProtectedHeader({ alg: "HS256" });
    return { authorization: `Bearer ${await signing.sign(new TextEncoder().encode(JWT_SECRET))}` };
  }
  async function issued(scopes: string[]) {
    const asked = post({ name: "n", scopes }, headers);
    const { body } = await api.ask("/api/v1/keys", asked);
    return { id: body.key_id as string, headers: { "x-api-key": body.key as string } };
  }
  /** Whose secret a job's callback is signed with. */
  async function author(job_id: string): Promise<string> {
    return jobState((await api.log.readStream(`job-${job_id}`)).map(decode)).author;
  }

  test("gives each account a separate secret, and each origin another", async () => {
    const callers = [await session("ada"), await session("bob"), (await issued(["jobs:write"])).headers, headers];
    const answers = await Promise.all(callers.map((one) => secret(one)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.secret)).size).toBe(4);
    expect((await secret(headers, "http://example.com")).body.secret).not.toBe(answers[3]?.body.secret);
    const { body, headers: sent } = answers[3] as (typeof answers)[0];
    expect(body).toEqual({
      account: "operator",
      receiver: "https://example.com",
      secret: expect.stringMatching(/^whsec_/),
      next_secret: null,
    });
    expect(sent.get("cache-control")).toBe("no-store");
    expect(JSON.stringify(api.logged)).not.toContain(body.secret);
  });

  test("is the same after a key was rotated, the operator's or an issued one", async () => {
    expect((await secret({ "x-api-key": OTHER_KEY })).body).toEqual((await secret(headers)).body);
    const key = await issued(["jobs:write"]);
    const { body } = await api.ask(`/api/v1/keys/${key.id}/rotate`, post({}, headers));
    expect((await secret({ "x-api-key": body.key })).body).toEqual((await secret(key.headers)).body);
  });

  test("needs the scope jobs:write, and a receiver", async () => {
    const reader = await issued(["jobs:read"]);
    expect((await secret(reader.headers)).body.error).toBe("insufficient_scope");
    expect((await secret({})).body.error).toBe("unauthorized");
    for (const wrong of ["", "example.com", "ftp://example.com", "https://", `https://e.example/${"x".repeat(1024)}`]) {
      expect([wrong, (await secret(headers, wrong)).body.error]).toEqual([wrong, "validation_failed"]);
    }
    expect((await api.ask("/api/v1/callbacks/secret", { headers })).body.error).toBe("validation_failed");
  });

  test("a replay is signed for the origin's submitter, unless it has its own payload", async () => {
    const key = await issued(["jobs:write"]);
    const owner = (await secret(key.headers)).body.account;
    const { job_id } = await api.submit({ callback_url: RECEIVER }, key.headers);
    await record(job_id, succeeded);
    expect(await author(job_id)).toBe(owner);
    const replay = async (body: object) =>
      (await api.ask(`/api/v1/jobs/${job_id}/replay`, post(body, headers))).body.job_id;
    const same = await replay({});
    expect(await author(same)).toBe(owner);
    await record(same, succeeded);
    const again = await api.ask(`/api/v1/jobs/${same}/replay`, post({}, headers));
    expect(await author(again.body.job_id)).toBe(owner);
    expect(await author(await replay({ payload: { mine: true } }))).toBe("operator");
    const other = await api.ask(`/api/v1/jobs/${same}/replay`, post({ payload: {} }, headers));
    await record(other.body.job_id, succeeded);
    const third = await api.ask(`/api/v1/jobs/${other.body.job_id}/replay`, post({}, headers));
    expect(await author(third.body.job_id)).toBe("operator");
  });

  test("bulk replays are signed for each origin's submitter", async () => {
    const key = await issued(["jobs:write"]);
    const { job_id } = await api.submit({ workflow: "of-bulk", callback_url: RECEIVER }, key.headers);
    await record(job_id, succeeded);
    const { position } = (await api.log.readStream(`job-${job_id}`)).at(-1) ?? { position: 0 };
    const filter = { workflow: "of-bulk", status: "succeeded" };
    const { status } = await api.ask("/api/v1/jobs/replay", post({ filter }, headers));
    expect(status).toBe(200);
    const submitted = (await api.log.readRange(position, 100)).filter(({ type }) => type === "job.submitted");
    expect(submitted.map(({ meta_json }) => authorOf(JSON.parse(meta_json)))).toEqual([`key:${key.id}`]);
  });

  test("a schedule's job is signed for whoever wrote its definition, whoever runs it", async () => {
    const key = await issued(["schedules:write", "jobs:write"]);
    const definition = { name: "s", cron: "0 0 1 1 *", job: { workflow: "s", payload: {}, callback_url: RECEIVER } };
    const { body } = await api.ask("/api/v1/schedules", post(definition, key.headers));
    const run = async () => {
      const ran = await api.ask(`/api/v1/schedules/${body.schedule_id}/run`, post({}, headers));
      return await author(ran.body.job_id);
    };
    expect(await run()).toBe(`key:${key.id}`);
    const changed = { ...definition, name: "changed" };
    const put = { ...post(changed, { ...headers, "if-match": "*" }), method: "PUT" };
    expect((await api.ask(`/api/v1/schedules/${body.schedule_id}`, put)).status).toBe(200);
    expect(await run()).toBe("operator");
  });
});
