import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { decode } from "../../events/mod.ts";
import { limitStream } from "../../src/jobs/limits/limit_streams.ts";
import { type Harness, post, startApi } from "./harness.ts";
import { openSocket } from "./socket_client.ts";
import { openSse } from "./sse_client.ts";

const KEY = "the-key-of-the-operator";
const SECRET = "a secret of no less than 32 bytes";
const ISSUER = "https://auth.example.com";
const ADA = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";
const BOB = "0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21";

let api: Harness;
let ada: Record<string, string>;
let bob: Record<string, string>;
const operator = { "x-api-key": KEY };

async function session(sub: string, app_metadata: object = {}, seconds = 600): Promise<Record<string, string>> {
  const claims = { iss: ISSUER, aud: "authenticated", sub, exp: Math.floor(Date.now() / 1000) + seconds, app_metadata };
  const token = await new SignJWT(claims)
    .setIssuedAt()
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(SECRET));
  return { authorization: `Bearer ${token}` };
}

beforeAll(async () => {
  api = await startApi({
    api_keys: [KEY],
    jwt: { verify_with: { secret: SECRET }, issuer: ISSUER, audience: "authenticated" },
  });
  [ada, bob] = await Promise.all([session(ADA), session(BOB)]);
});
afterAll(() => api.stop());

describe("a user", () => {
  test("submits jobs under their own name, and reads them", async () => {
    const { job_id } = await api.submit({}, ada);
    const status = await api.ask(`/api/v1/status/${job_id}`, { headers: ada });
    expect(status.body).toMatchObject({ job_id, status: "queued" });
    const [submitted] = (await api.log.readStream(`job-${job_id}`)).map(decode);
    expect(submitted?.meta.actor).toBe(`user:${ADA}`);
  });

  test("never reaches another user's job, in any call", async () => {
    const { job_id } = await api.submit({}, ada);
    const { body: document } = await api.ask("/docs/json");
    const calls = Object.entries<Record<string, { parameters?: { name: string }[] }>>(document.paths).flatMap(
      ([path, methods]) =>
        path.includes("{job_id}") ? Object.keys(methods).map((method) => [method.toUpperCase(), path] as const) : [],
    );
    expect(calls.length).toBeGreaterThanOrEqual(9);
    for (const [method, path] of calls) {
      const url = path.replace("{job_id}", job_id);
      const init = method === "GET" ? {} : { ...post({ result: {}, step: "one", approved: true }), method };
      const headers = { ...(init as { headers?: object }).headers, ...bob };
      const { status, body } = await api.ask(url, { ...init, headers });
      expect({ method, path, status, error: body.error }).toEqual({
        method,
        path,
        status: 404,
        error: "job_not_found",
      });
    }
    const history = (await api.log.readStream(`job-${job_id}`)).map(({ type }) => type);
    expect(history).toEqual(["job.submitted"]);
  });

  test("lists only the jobs of their account, and so does the operator, who can act for any", async () => {
    const [of_ada, of_bob] = [
      await api.submit({ workflow: "listed" }, ada),
      await api.submit({ workflow: "listed" }, bob),
    ];
    const { job_id, position } = await api.submit({ workflow: "listed" }, operator);
    const list = async (headers: object) => {
      const asked = { headers: { ...headers, "levqor-min-position": String(position) } };
      const { body } = await api.ask("/api/v1/jobs?workflow=listed", asked);
      return body.data.map((job: { job_id: string }) => job.job_id);
    };
    expect(await list(ada)).toEqual([of_ada.job_id]);
    expect(await list(bob)).toEqual([of_bob.job_id]);
    expect(await list(operator)).toEqual([job_id]);
    expect(await list({ ...operator, "levqor-account": `user:${ADA}` })).toEqual([of_ada.job_id]);
  });

  test("acts for no account but their own", async () => {
    const asked = (account: string, headers = ada) =>
      api.ask("/api/v1/jobs", { headers: { ...headers, "levqor-account": account } });
    expect((await asked(`user:${ADA}`)).status).toBe(200);
    for (const account of [`user:${BOB}`, "operator", "system", "nobody"]) {
      expect({ account, ...(await asked(account)) }).toMatchObject({ account, status: 403 });
    }
    for (const account of ["system", "user:", "user:a b", "nobody:1"]) {
      expect((await asked(account, operator as never)).body).toMatchObject({ error: "account_not_allowed" });
    }
  });

  test("cancels and replays their own", async () => {
    const { job_id } = await api.submit({}, ada);
    const asked = (path: string) => api.ask(`/api/v1/jobs/${job_id}/${path}`, post({}, ada));
    expect((await asked("cancel")).body).toEqual({ job_id, status: "cancelled" });
    const { status, body } = await asked("replay");
    expect(status).toBe(202);
    expect((await api.ask(`/api/v1/status/${body.job_id}`, { headers: ada })).status).toBe(200);
    expect((await api.ask(`/api/v1/status/${body.job_id}`, { headers: bob })).status).toBe(404);
  });

  test.each([
    ["the state of the service", "GET", "/api/v1/ops/health", undefined],
    ["the event log", "GET", "/api/v1/events", undefined],
    ["reported errors", "GET", "/api/v1/errors", undefined],
    ["all support threads", "GET", "/api/v1/support", undefined],
    ["the report of an incident", "POST", "/api/v1/incidents", { title: "x", severity: "minor" }],
  ])("may not call %s, which is the operator's, whatever their scopes", async (_, method, path, body) => {
    const init = body ? { ...post(body, ada), method } : { headers: ada };
    expect((await api.ask(path, init)).body).toMatchObject({ status: 403, error: "insufficient_scope" });
  });

  test("follows their own job over a WebSocket, and no other", async () => {
    const { job_id } = await api.submit({}, ada);
    const other = await api.submit({}, bob);
    const socket = await openSocket(api.url, { headers: ada });
    try {
      socket.send({ type: "subscribe", id: "mine", job_id });
      expect(await socket.next()).toMatchObject({ type: "subscribed", id: "mine" });
      expect(await socket.next()).toMatchObject({ type: "event", id: "mine", event: { type: "job.submitted" } });
      socket.send({ type: "subscribe", id: "others", job_id: other.job_id });
      expect(await socket.next()).toMatchObject({ type: "error", id: "others", problem: { error: "job_not_found" } });
      socket.send({ type: "subscribe", id: "all", all: true });
      expect(await socket.next()).toMatchObject({ type: "subscribed", id: "all" });
      await api.submit({}, bob);
      const own = await api.submit({}, ada);
      expect(await socket.next()).toMatchObject({
        type: "event",
        id: "all",
        event: { stream_id: `job-${own.job_id}` },
      });
    } finally {
      socket.close();
    }
  });

  test("with scopes from the auth server can do what they allow, for the operator's jobs", async () => {
    const support = await session(BOB, { levqor_scopes: ["jobs:read"] });
    const [own, { job_id }] = [await api.submit({}, ada), await api.submit({}, operator)];
    expect((await api.ask(`/api/v1/status/${job_id}`, { headers: support })).status).toBe(200);
    expect((await api.ask(`/api/v1/status/${own.job_id}`, { headers: support })).status).toBe(404);
    const cancel = await api.ask(`/api/v1/jobs/${job_id}/cancel`, post({}, support));
    expect(cancel.body).toMatchObject({ error: "insufficient_scope", required_scope: "jobs:write" });
  });

  test("is neither delayed by another's concurrency key nor told of it", async () => {
    const job = { workflow: "keyed", concurrency_key: "customer-42" };
    const first = await api.submit(job, ada);
    const [second, others] = [await api.submit(job, ada), await api.submit(job, bob)];
    const operators = await api.submit(job, operator);
    const run = (job_id: string, account: string) => {
      const data = { ...job, job_id, attempt: 1, holders: { [job_id]: 1 } };
      const start = { type: "job.started", data: { attempt: 1, worker: "w", lease_seconds: 600 } };
      const meta = { actor: "worker:w", account, correlation_id: job_id };
      return api.log.appendAll([
        { stream_id: `job-${job_id}`, expected_version: 1, events: [start], meta },
        {
          stream_id: limitStream({ ...job, account }),
          expected_version: 0,
          events: [{ type: "limit.granted", data }],
          meta,
        },
      ]);
    };
    expect((await run(first.job_id, `user:${ADA}`)).ok).toBe(true);
    const waitingFor = async (job_id: string, headers: Record<string, string>) =>
      (await api.ask(`/api/v1/status/${job_id}`, { headers })).body.waiting_for;
    const detail = '1 job of the workflow "keyed" with the concurrency key "customer-42" may run at once.';
    const held = { reason: "concurrency_key", detail: `${detail} Held by ${first.job_id}.` };
    expect(await waitingFor(second.job_id, ada)).toEqual(held);
    expect(await waitingFor(others.job_id, bob)).toMatchObject({ reason: "worker" });
    expect(await waitingFor(operators.job_id, operator)).toMatchObject({ reason: "worker" });
    expect((await run(operators.job_id, "operator")).ok).toBe(true);
    expect(await waitingFor(others.job_id, bob)).toMatchObject({ reason: "worker" });
    const byScope = await api.submit(job, await session(BOB, { levqor_scopes: ["jobs:write"] }));
    expect(await waitingFor(byScope.job_id, operator)).toMatchObject({ reason: "concurrency_key" });
  });

  test("works as an external worker for their own account alone, whatever the workflow's name", async () => {
    const workflow = "translated-here-and-there";
    const [of_ada, of_bob] = [await api.submit({ workflow }, ada), await api.submit({ workflow }, bob)];
    const of_operator = await api.submit({ workflow }, operator);
    const claim = async (headers: Record<string, string>) => {
      const wanted = { worker: "w", workflows: [workflow], max_jobs: 10, wait_seconds: 0 };
      const { body } = await api.ask("/api/v1/workers/claim", post(wanted, headers));
      return body.jobs.map((job: { job_id: string }) => job.job_id);
    };
    expect(await claim(ada)).toEqual([of_ada.job_id]);
    expect(await claim(operator)).toEqual([of_operator.job_id]);
    expect(await claim({ ...operator, "levqor-account": `user:${BOB}` })).toEqual([of_bob.job_id]);
  });

  test("sets limits for their own jobs alone, whatever the workflow's name", async () => {
    const path = "/api/v1/workflows/limited-here-and-there/limits";
    const set = { ...post({ concurrency: 7 }, ada), method: "PUT" };
    expect((await api.ask(path, set)).body.concurrency).toBe(7);
    for (const headers of [bob, operator]) expect((await api.ask(path, { headers })).body.concurrency).toBeNull();
    expect((await api.ask(path, { headers: ada })).body.concurrency).toBe(7);
  });

  test("shares no Idempotency-Key with another", async () => {
    const headers = { "idempotency-key": "order-1" };
    const [first, again] = [await api.submit({}, { ...ada, ...headers }), await api.submit({}, { ...ada, ...headers })];
    expect(again.job_id).toBe(first.job_id);
    expect((await api.submit({}, { ...bob, ...headers })).job_id).not.toBe(first.job_id);
  });
});

test("a stream ends with the session that opened it", async () => {
  const { job_id } = await api.submit({}, ada);
  const short = await session(ADA, {}, 3);
  const stream = await openSse(`${api.url}/api/v1/jobs/${job_id}/stream`, short);
  const socket = await openSocket(api.url, { headers: short });
  await stream.rest();
  expect(stream.closed()?.reason).toBe("unauthorized");
  expect(await socket.rest()).toMatchObject({ code: 4401 });
});

test("a rejected session gets the reason, and its token is in no response and no log", async () => {
  const expired = await new SignJWT({ iss: ISSUER, aud: "authenticated", sub: ADA, exp: 1 })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(SECRET));
  const { status, text, body, headers } = await api.ask("/api/v1/jobs", {
    headers: { authorization: `Bearer ${expired}` },
  });
  expect({ status, error: body.error, detail: body.detail }).toEqual({
    status: 401,
    error: "unauthorized",
    detail: "The token has expired.",
  });
  expect(headers.get("www-authenticate")).toContain("Bearer");
  expect(text).not.toContain(expired);
  expect(JSON.stringify(api.logged)).not.toContain(expired.split(".")[2] as string);
});
