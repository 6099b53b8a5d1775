/**
 * What repeating a request with its Idempotency-Key does, for each call of the API document that takes one. Each has a case
 * here; a call without one fails the test.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Answer, type Harness, post, startApi } from "./harness.ts";

let api: Harness;
const made: Record<"job" | "schedule" | "key" | "org" | "thread" | "token", string> = {
  job: "",
  schedule: "",
  key: "",
  org: "",
  thread: "",
  token: "",
};

beforeAll(async () => {
  // What follows from an event by itself is recorded whenever it is.
  api = await startApi({ timing: { read_model_wait_ms: 10_000 }, reactions: [] });
  made.job = (await api.submit({ workflow: "nobody_runs_this" })).job_id;
  await api.ask(`/api/v1/jobs/${made.job}/cancel`, { method: "POST" });
  made.schedule = (await make("/api/v1/schedules", SCHEDULE)).schedule_id;
  made.key = (await make("/api/v1/keys", KEY)).key_id;
  made.org = (await make("/api/v1/orgs", { name: "Acme", owner: "user:ada" })).org_id;
  const thread = await make("/api/v1/support", THREAD);
  Object.assign(made, { thread: thread.thread_id, token: thread.reply_token });
});
afterAll(() => api.stop());

async function make(path: string, body: object): Promise<Answer["body"]> {
  const { status, body: answer } = await api.ask(path, post(body));
  expect(status).toBeLessThan(300);
  return answer;
}

const SCHEDULE = { name: "S", cron: "0 0 1 1 *", job: { workflow: "nobody_runs_this", payload: {} } };
const KEY = { name: "K", scopes: ["jobs:read"] };
const THREAD = { email: "ada@example.com", message: "Where are my jobs?" };
const INCIDENT = { title: "Slow", message: "Jobs wait.", impact: "minor" };
const PIPELINE = {
  name: "once",
  format: 1,
  steps: [{ id: "one", uses: "http", with: { url: "https://example.com/" } }],
};

interface Case {
  readonly path: () => string;
  readonly body?: object;
  /** Absent: it has no body, so there is no other request. */
  readonly other?: object;
  readonly headers?: () => Record<string, string>;
  /** The response's member that only the first response has: it is not stored. */
  readonly shown_once?: string;
  /** It responds with lines, and with no position of its own. */
  readonly lines?: true;
}

const CASES: Readonly<Record<string, Case>> = {
  submitJob: {
    path: () => "/api/v1/intake",
    body: { workflow: "nobody_runs_this", payload: { n: 1 } },
    other: { workflow: "nobody_runs_this", payload: { n: 2 } },
  },
  replayJob: { path: () => `/api/v1/jobs/${made.job}/replay`, body: {}, other: { payload: { n: 2 } } },
  cancelJobs: {
    path: () => "/api/v1/jobs/cancel",
    body: { filter: { workflow: "nothing_else_has_this" } },
    other: { filter: { workflow: "nor_this" } },
    lines: true,
  },
  replayJobs: {
    path: () => "/api/v1/jobs/replay",
    body: { filter: { workflow: "nothing_else_has_this" } },
    other: { filter: { workflow: "nor_this" } },
    lines: true,
  },
  createPipeline: {
    path: () => "/api/v1/pipelines",
    body: PIPELINE,
    other: { ...PIPELINE, description: "Another." },
  },
  createSchedule: { path: () => "/api/v1/schedules", body: SCHEDULE, other: { ...SCHEDULE, cron: "0 1 1 1 *" } },
  runSchedule: { path: () => `/api/v1/schedules/${made.schedule}/run` },
  createKey: { path: () => "/api/v1/keys", body: KEY, other: { ...KEY, name: "L" }, shown_once: "key" },
  rotateKey: {
    path: () => `/api/v1/keys/${made.key}/rotate`,
    body: { overlap_seconds: 60 },
    other: { overlap_seconds: 61 },
    shown_once: "key",
  },
  createOrg: {
    path: () => "/api/v1/orgs",
    body: { name: "Acme", owner: "user:ada" },
    other: { name: "Acme", owner: "user:bob" },
  },
  inviteOrgMember: {
    path: () => `/api/v1/orgs/${made.org}/invitations`,
    body: { email: "ada@example.com", role: "member" },
    other: { email: "ada@example.com", role: "viewer" },
  },
  openIncident: { path: () => "/api/v1/incidents", body: INCIDENT, other: { ...INCIDENT, impact: "major" } },
  openSupportThread: { path: () => "/api/v1/support", body: THREAD, other: { ...THREAD, message: "?" } },
  addSupportMessage: {
    path: () => `/api/v1/support/${made.thread}/messages`,
    headers: () => ({ "levqor-reply-token": made.token }),
    body: { message: "Hello?" },
    other: { message: "Hello again?" },
  },
};

test("every call that takes an Idempotency-Key has a case here", async () => {
  const { paths } = (await api.ask("/docs/json")).body;
  const calls = Object.values<Record<string, Answer["body"]>>(paths).flatMap((methods) => Object.values(methods));
  const idempotent = calls.filter((call) => JSON.stringify(call).includes("invalid_idempotency_key"));
  expect(Object.keys(CASES).sort()).toEqual(idempotent.map(({ operationId }) => operationId).sort());
});

describe.each(Object.entries(CASES))("%s", (_, { path, body, other, headers, shown_once, lines }) => {
  const key = crypto.randomUUID();
  const send = (sent: object | undefined) => {
    const more = { "idempotency-key": key, ...headers?.() };
    return api.ask(path(), sent ? post(sent, more) : { method: "POST", headers: more });
  };
  let first: Answer;
  let before: number;
  let head: number;
  beforeAll(async () => {
    before = await api.log.head();
    first = await send(body);
    head = await api.log.head();
  });

  test("records what it is asked for", () => {
    expect(first.status).toBeLessThan(300);
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(head).toBeGreaterThan(before);
    const position = first.headers.get("levqor-position");
    if (lines) return expect(position).toBeNull();
    expect(Number(position)).toBeWithin(before + 1, head + 1);
  });

  test("gives a repetition the same response, says so, and records nothing", async () => {
    const again = await send(body);
    expect(again.status).toBe(first.status);
    if (lines) expect(JSON.parse(again.text)).toEqual(JSON.parse(first.text.trim().split("\n").at(-1) as string));
    else expect(again.body).toEqual(shown_once ? { ...first.body, [shown_once]: null } : first.body);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("levqor-position")).toBe(first.headers.get("levqor-position"));
    expect(await api.log.head()).toBe(head);
  });

  // The run of a schedule has no body.
  if (!other) return;
  test("refuses another body under the same key, and records nothing", async () => {
    const refused = await send(other);
    expect([refused.status, refused.body.error]).toEqual([422, "idempotency_key_reused"]);
    expect(refused.body.detail).toBe("The Idempotency-Key was used before with another body.");
    expect(refused.headers.get("idempotency-replayed")).toBeNull();
    expect(await api.log.head()).toBe(head);
  });
});
