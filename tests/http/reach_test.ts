/**
 * No call of the API document reaches beyond its caller: not with a key that is limited to some workflows, and not from
 * another account, be it a user's or the operator's. What a call may reach is derived from the document; one that says too
 * little has a case here, or fails the test.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { SignJWT } from "jose";
import { pipelineStream } from "../../events/pipeline.ts";
import { isOperatorScope, type Scope, scopes } from "../../src/access/mod.ts";
import { workflowStream } from "../../src/jobs/limits/limit_streams.ts";
import { type Operation, operationsOf } from "../fuzz/operations.ts";
import { type Answer, type Harness, post, startApi } from "./harness.ts";
import { openSocket } from "./socket_client.ts";
import { openSse } from "./sse_client.ts";

const OPERATOR = "the-operators-own-key";
const SECRET = "a secret of no less than 32 bytes";
const ISSUER = "https://auth.example.com";
const operator = { "x-api-key": OPERATOR };
const OWNER = crypto.randomUUID();
const steps = (uses: string) => [{ id: "one", uses, with: { url: "https://example.com/" } }];

type Headers = Record<string, string>;
let api: Harness;
/** The user whose account everything belongs to. */
let owner: Headers;
/** A key of the account; limited to the workflows `mine` and `http`. */
let limited: Headers;
/** Another user. */
let user: Headers;
/** What is beyond the limited key, and in an account that is not the others'. */
let jobs: Record<"queued" | "hidden" | "ended" | "hidden_ended" | "waiting" | "claimed", string>;
let schedules: Record<"theirs" | "hidden", string>;
let keys: Record<"theirs" | "unlimited", string>;
/** The owner's organisation. */
let org: string;
/** A user whom the operator recorded. */
let person: string;
/** Streams of others, with their versions. */
let before: Map<string, number>;

beforeAll(async () => {
  api = await startApi({
    api_keys: [OPERATOR],
    jwt: { verify_with: { secret: SECRET }, issuer: ISSUER, audience: "authenticated" },
    workflows: ["http", "hidden"],
    timing: { read_model_wait_ms: 10_000 },
  });
  [owner, user] = await Promise.all([session(OWNER), session(crypto.randomUUID())]);
  const all = (Object.keys(scopes) as Scope[]).filter((scope) => !isOperatorScope(scope));
  limited = { "x-api-key": (await make("/api/v1/keys", { name: "L", scopes: all, workflows: W, expires_at })).key };

  const submit = async (body: object) => (await api.submit({ workflow: "theirs", ...body }, owner)).job_id;
  const hidden = { workflow: "mine", steps: steps("hidden") };
  const callback_url = "https://example.com/told";
  jobs = {
    queued: await submit({}),
    hidden: await submit(hidden),
    ended: await submit({ callback_url, subject: "somebody" }),
    hidden_ended: await submit({ ...hidden, callback_url }),
    waiting: await submit({ workflow: "theirs-asking" }),
    claimed: await submit({ workflow: "theirs-claimed" }),
  };
  for (const id of [jobs.ended, jobs.hidden_ended]) await make(`/api/v1/jobs/${id}/cancel`, {});
  await api.log.append({
    stream_id: `job-${jobs.waiting}`,
    expected_version: 1,
    events: [
      { type: "job.started", data: { attempt: 1, worker: "w", lease_seconds: 30 } },
      {
        type: "job.suspended",
        data: { attempt: 1, step: "ask", waiting: "approval", until: "2099-01-01T00:00:00Z", message: "?" },
      },
    ],
    meta: { actor: "worker:w", correlation_id: jobs.waiting },
  });
  const claimed = await make("/api/v1/workers/claim", { worker: "w", workflows: ["theirs-claimed"], wait_seconds: 10 });
  expect(claimed.jobs).toHaveLength(1);

  const cron = { name: "S", cron: "0 0 1 1 *" };
  const schedule = async (job: object) =>
    (await make("/api/v1/schedules", { ...cron, job: { payload: {}, ...job } })).schedule_id;
  schedules = { theirs: await schedule({ workflow: "theirs" }), hidden: await schedule(hidden) };
  await make("/api/v1/pipelines", { name: "theirs-stored", format: 1, steps: steps("http") });
  await make("/api/v1/pipelines", { name: "mine", format: 1, steps: steps("hidden") });
  const put = { ...post({ concurrency: 3 }, owner), method: "PUT" };
  expect((await api.ask("/api/v1/workflows/theirs/limits", put)).status).toBe(200);
  const key = async (workflows: string[] | null) =>
    (await make("/api/v1/keys", { name: "K", scopes: ["jobs:read"], workflows, expires_at })).key_id;
  keys = { theirs: await key(["theirs"]), unlimited: await key(null) };
  org = (await make("/api/v1/orgs", { name: "Theirs" })).org_id;
  const recorded = await api.ask("/api/v1/users/upsert", post({ email: "person@example.com" }, operator));
  person = recorded.body.user.user_id;
  before = await versions();
});
afterAll(() => api.stop());

const SSO = { issuer: "https://example.com", client_id: "c", client_secret: "s", domain: "example.com" };
const W = ["mine", "http", "mine-too"];
/** A session ends, and so must the keys that it issues. */
const expires_at = new Date(Date.now() + 500_000).toISOString();

async function session(sub: string): Promise<Headers> {
  const iat = Math.floor(Date.now() / 1e3);
  const claims = { iss: ISSUER, aud: "authenticated", sub, iat, exp: iat + 600 };
  const token = new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SECRET));
  return { authorization: `Bearer ${await token}` };
}

async function make(path: string, body: object): Promise<Answer["body"]> {
  const answer = await api.ask(path, post(body, owner));
  if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
  return answer.body;
}

async function versions(): Promise<Map<string, number>> {
  const named = [
    ...Object.values(jobs).map((id) => `job-${id}`),
    ...Object.values(schedules).map((id) => `schedule-${id}`),
    ...Object.values(keys).map((id) => `key-${id}`),
    ...["theirs-stored", "mine"].map((name) => pipelineStream({ account: `user:${OWNER}`, name })),
    workflowStream({ account: `user:${OWNER}`, workflow: "theirs" }),
    `org-${org}`,
    `user-${person}`,
  ];
  return new Map([...(await api.log.readLast(named)).events].map(([id, { version }]) => [id, version]));
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly headers?: Headers;
  /** What the limited key gets: a status and a problem, or nothing of others. */
  readonly key: [number, string] | "nothing of others";
  /** What those get who act for other accounts; nothing of it by default. */
  readonly others?: [number, string] | "nothing of others";
}

const get = (path: string, key: Call["key"], others?: Call["others"]): Call => ({
  method: "GET",
  path,
  key,
  ...(others && { others }),
});
const call = (method: string, path: string, body: object, key: Call["key"]): Call => ({ method, path, body, key });
const NOT_ALLOWED = [403, "workflow_not_allowed"] as [number, string];
const NO_JOB = [404, "job_not_found"] as [number, string];
const NO_SCHEDULE = [404, "schedule_not_found"] as [number, string];
const NO_PIPELINE = [404, "pipeline_not_found"] as [number, string];
const NO_KEY = [404, "key_not_found"] as [number, string];
const NO_ORG = [404, "org_not_found"] as [number, string];
const NO_USER = [404, "user_not_found"] as [number, string];
const NOT_OPERATOR = [403, "operator_required"] as [number, string];
const NO_SESSION = [403, "session_required"] as [number, string];

/** A call for each of others' jobs. */
const perJob = (method: string, path: string, body?: object) => (): Call[] =>
  Object.values(jobs).map((id) => ({
    method,
    path: path.replace("{job_id}", id),
    ...(body && { body }),
    key: NO_JOB,
    others: NO_JOB,
  }));
const perSchedule = (method: string, path: string, body?: object, headers?: Headers) => (): Call[] =>
  Object.values(schedules).map((id) => ({
    method,
    path: path.replace("{schedule_id}", id),
    ...(body && { body }),
    ...(headers && { headers }),
    key: NO_SCHEDULE,
    others: NO_SCHEDULE,
  }));
const answering = (path: string, body: object) => (): Call[] =>
  [jobs.claimed, jobs.queued, jobs.ended].map((job_id) => ({
    ...call("POST", path, { job_id, attempt: 1, ...body }, NO_JOB),
    others: NO_JOB,
  }));

const inline = (uses: string) => ({ workflow: "mine", payload: {}, steps: steps(uses) });
const cron = { name: "S", cron: "0 0 1 1 *" };
/** A call about somebody else, for whom the limited key is like any other caller but the operator. */
const forUsers = (method: string, path: string, refusal: [number, string], body?: object): Call => ({
  method,
  path: `/api/v1/users${path}`,
  ...(body && { body }),
  key: refusal,
  others: refusal,
});
const submissions = [{ workflow: "theirs", payload: {} }, inline("hidden"), { ...inline("http"), workflow: "http-2" }];
const any = { "if-match": "*" };

/** The areas of scopes whose calls concern the service as a whole: it has no owner. */
const SERVICE = ["support", "mail", "errors", "ops", "metrics", "audit"];

/** What belongs to somebody, by the parameter that names it: of another, it does not exist. */
const OWNED: Record<string, { ids: () => string[]; missing: [number, string] }> = {
  job_id: { ids: () => Object.values(jobs), missing: NO_JOB },
  schedule_id: { ids: () => Object.values(schedules), missing: NO_SCHEDULE },
  key_id: { ids: () => Object.values(keys), missing: NO_KEY },
};

/**
 * Calls that need more than the document says of them. The others are open to all, concern the service, or name in
 * their path what belongs to somebody.
 */
const cases: Record<string, () => Call[]> = {
  submitJob: () => submissions.map((body) => call("POST", "/api/v1/intake", body, NOT_ALLOWED)),
  listJobs: () =>
    ["", "?workflow=theirs", "?workflow=mine", "?status=queued", `?origin_job_id=${jobs.ended}`].map((query) =>
      get(`/api/v1/jobs${query}`, "nothing of others"),
    ),
  replayJob: () => [
    ...perJob("POST", "/api/v1/jobs/{job_id}/replay", {})(),
    ...perJob("POST", "/api/v1/jobs/{job_id}/replay", { payload: {} })(),
    ...perJob("POST", "/api/v1/jobs/{job_id}/replay", { from_step: "one" })(),
  ],
  cancelJobs: () => [
    call("POST", "/api/v1/jobs/cancel", { filter: { workflow: "theirs" } }, NOT_ALLOWED),
    ...[true, false].map((dry_run) =>
      call("POST", "/api/v1/jobs/cancel", { filter: { status: "queued" }, dry_run }, "nothing of others"),
    ),
  ],
  replayJobs: () => [
    call("POST", "/api/v1/jobs/replay", { filter: { workflow: "theirs" } }, NOT_ALLOWED),
    ...[true, false].map((dry_run) =>
      call("POST", "/api/v1/jobs/replay", { filter: { status: "cancelled" }, dry_run }, "nothing of others"),
    ),
  ],
  // Their messages: below.
  streamJobs: () => [],
  openJobSocket: () => [],

  // It concerns only the caller.
  getCallbackSecret: () => [],

  createPipeline: () => [
    call("POST", "/api/v1/pipelines", { name: "theirs-2", format: 1, steps: steps("http") }, NOT_ALLOWED),
    call("POST", "/api/v1/pipelines", { name: "mine", format: 1, steps: steps("hidden") }, NOT_ALLOWED),
  ],
  listPipelines: () => [get("/api/v1/pipelines", "nothing of others")],
  getPipeline: () => [get("/api/v1/pipelines/theirs-stored", NO_PIPELINE, NO_PIPELINE)],
  getPipelineVersion: () => [get("/api/v1/pipelines/theirs-stored/versions/1", NO_PIPELINE, NO_PIPELINE)],
  updatePipeline: () => [
    {
      ...call("PUT", "/api/v1/pipelines/theirs-stored", { format: 1, steps: steps("http") }, NOT_ALLOWED),
      headers: any,
      others: NO_PIPELINE,
    },
    { ...call("PUT", "/api/v1/pipelines/mine", { format: 1, steps: steps("hidden") }, NOT_ALLOWED), headers: any },
    // Of this name, but its steps are others'.
    { ...call("PUT", "/api/v1/pipelines/mine", { format: 1, steps: steps("http") }, NOT_ALLOWED), headers: any },
  ],

  createSchedule: () => submissions.map((job) => call("POST", "/api/v1/schedules", { ...cron, job }, NOT_ALLOWED)),
  listSchedules: () => ["", "?status=active"].map((query) => get(`/api/v1/schedules${query}`, "nothing of others")),
  updateSchedule: () => [
    ...submissions.flatMap((job) =>
      perSchedule("PUT", "/api/v1/schedules/{schedule_id}", { ...cron, job }, any)().map((one) => ({
        ...one,
        key: NOT_ALLOWED,
      })),
    ),
    ...perSchedule(
      "PUT",
      "/api/v1/schedules/{schedule_id}",
      { ...cron, job: { workflow: "mine", payload: {} } },
      any,
    )(),
  ],

  claimJobs: () =>
    [["theirs"], ["mine-too", "theirs"]].map((workflows) =>
      call("POST", "/api/v1/workers/claim", { worker: "w", workflows, wait_seconds: 0 }, NOT_ALLOWED),
    ),
  heartbeatAttempt: answering("/api/v1/workers/heartbeat", {}),
  completeAttempt: answering("/api/v1/workers/complete", { result: {} }),
  failAttempt: answering("/api/v1/workers/fail", { error: { code: "mine", message: "m" } }),
  releaseAttempt: answering("/api/v1/workers/release", {}),

  listWorkflowLimits: () => [get("/api/v1/workflows/limits", "nothing of others")],
  getWorkflowLimits: () => [get("/api/v1/workflows/theirs/limits", NOT_ALLOWED)],
  setWorkflowLimits: () => [call("PUT", "/api/v1/workflows/theirs/limits", { concurrency: 1 }, NOT_ALLOWED)],

  // Of the account's own user alone: tests/features/sign_in.
  listSessions: () => [],
  endSession: () => [],
  endOtherSessions: () => [],

  // A key is nobody's member; of another's organisation a user learns nothing: tests/features/orgs.
  createOrg: () => [],
  listOrgs: () => [],
  ...Object.fromEntries(
    [
      ["getOrg", "GET", "", undefined],
      ["updateOrg", "PATCH", "", { name: "Mine" }],
      ["updateOrgMember", "PATCH", `/members/user:${OWNER}`, { role: "viewer" }],
      ["removeOrgMember", "DELETE", `/members/user:${OWNER}`, undefined],
      ["configureSso", "POST", "/sso", SSO],
      ["getSso", "GET", "/sso", undefined],
      ["verifySsoDomain", "POST", "/sso/verify", undefined],
      ["removeSso", "DELETE", "/sso", undefined],
      ["inviteOrgMember", "POST", "/invitations", { email: "mine@example.com", role: "viewer" }],
      ["listOrgInvitations", "GET", "/invitations", undefined],
      ["revokeOrgInvitation", "DELETE", `/invitations/${crypto.randomUUID()}`, undefined],
    ].map(([id, method, path, body]) => [
      id,
      () => [{ method, path: `/api/v1/orgs/${org}${path}`, ...(body && { body }), key: NO_SESSION, others: NO_ORG }],
    ]),
  ),
  handOverOrg: () => [
    { ...call("POST", `/api/v1/orgs/${org}/hand-over`, { to: `user:${OWNER}` }, NO_SESSION), others: NO_ORG },
  ],

  // For whoever has the token and the address: tests/features/orgs.
  ...Object.fromEntries(
    ["preview", "accept"].map((verb) => [
      `${verb}Invitation`,
      () => [
        {
          ...call("POST", `/api/v1/invitations/${verb}`, { token: `lvi_${"A".repeat(86)}` }, NO_SESSION),
          others: [410, "invitation_expired"] as [number, string],
        },
      ],
    ]),
  ),

  // Only about the caller: tests/features/consent.
  acceptTerms: () => [],
  listConsents: () => [],
  getConsentReceipt: () => [get(`/api/v1/consents/consent-${OWNER}@1/receipt`, NO_SESSION, [404, "consent_not_found"])],
  // Everybody's names for people are their own.
  getSubject: () => [get("/api/v1/subjects/somebody", "nothing of others")],
  exportSubject: () => [
    { method: "POST", path: "/api/v1/subjects/somebody/export", key: NOT_ALLOWED, others: "nothing of others" },
  ],
  eraseSubject: () => [
    { method: "DELETE", path: "/api/v1/subjects/somebody", key: NOT_ALLOWED, others: "nothing of others" },
  ],
  // Users are the operator's, and each their own: what a user sees is in tests/features/users.
  upsertUser: () => [forUsers("POST", "/upsert", NOT_OPERATOR, { email: "person@example.com", name: "Mine" })],
  findUser: () => [forUsers("GET", "?email=person%40example.com", NO_USER)],
  getOwnUser: () => [],
  updateOwnUser: () => [],
  eraseOwnUser: () => [],
  exportOwnUser: () => [],
  requestEmailChange: () => [],
  confirmEmailChange: () => [],
  getUser: () => [forUsers("GET", `/${person}`, NO_USER)],
  updateUser: () => [forUsers("PATCH", `/${person}`, NO_USER, { name: "Mine" })],
  suspendUser: () => [forUsers("POST", `/${person}/suspend`, NOT_OPERATOR, {})],
  resumeUser: () => [forUsers("POST", `/${person}/resume`, NOT_OPERATOR)],
  withdrawMarketing: () => [],

  createKey: () =>
    [null, ["theirs"], ["mine", "theirs"]].map((workflows) =>
      call("POST", "/api/v1/keys", { name: "K", scopes: ["jobs:read"], workflows, expires_at }, [
        403,
        "grant_exceeded",
      ]),
    ),
  listKeys: () => [get("/api/v1/keys", "nothing of others")],
};

/** What no response to another account may contain. */
const ids = () => [...[jobs, schedules, keys].flatMap((owned): string[] => Object.values(owned)), '"theirs-stored'];
/** What none to the limited key may contain. */
const beyond = () => [...ids(), '"theirs', '"hidden"'];

async function meets(
  { method, path, body, headers }: Call,
  wanted: NonNullable<Call["others"]>,
  caller: Headers,
): Promise<void> {
  const init = { method, headers: { "content-type": "application/json", ...caller, ...headers } };
  const answer = await api.ask(path, body ? { ...init, body: JSON.stringify(body) } : init);
  const asked = `${method} ${path} ${JSON.stringify(body)}`;
  if (wanted !== "nothing of others") {
    expect([asked, answer.status, answer.body.error]).toEqual([asked, ...wanted]);
    return;
  }
  expect([asked, answer.status < 300]).toEqual([asked, true]);
  // In their own accounts, others use the same names.
  for (const name of caller === limited ? beyond() : ids())
    expect([asked, answer.text.includes(name) && answer.text]).toEqual([asked, false]);
}

const documented = async (): Promise<Operation[]> => operationsOf((await api.ask("/docs/json")).body);

/** The parameter of a call's path that names what belongs to somebody. */
const ownedBy = ({ path }: Operation) => Object.keys(OWNED).find((name) => path.includes(`{${name}}`));
const concernsService = ({ scope }: Operation) =>
  scope !== undefined && SERVICE.includes(scope.split(":")[0] as string);

/** A call for each thing of others, with the body of each example. */
function callsOf(operation: Operation): Call[] {
  const name = ownedBy(operation) as string;
  const { ids, missing } = OWNED[name] as (typeof OWNED)[string];
  const { method, path, body } = operation;
  return ids().flatMap((id) =>
    (body?.examples ?? [undefined]).map((example) => ({
      method,
      path: path.replace(`{${name}}`, id),
      ...(example === undefined ? {} : { body: example as object }),
      headers: any,
      key: missing,
      others: missing,
    })),
  );
}

test("every call has a case here, is open to all, concerns the service, or names what belongs to somebody", async () => {
  const all = await documented();
  const none = all.filter((one) => !cases[one.id] && one.scope && !concernsService(one) && !ownedBy(one));
  expect(none.map(({ id }) => id)).toEqual([]);
  expect(Object.keys(cases).filter((id) => !all.some((one) => one.id === id))).toEqual([]);
  // An open call that names it would show it to everybody.
  expect(all.filter((one) => !one.scope && ownedBy(one)).map(({ id }) => id)).toEqual([]);
});

test("no call that concerns the service is a user's, or of a key in a user's account", async () => {
  for (const { method, path, parameters, body } of (await documented()).filter(concernsService)) {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) =>
      encodeURIComponent(String(parameters.find((parameter) => parameter.name === name)?.example)),
    );
    const example = body?.examples[0] as object | undefined;
    const one = { method, path: filled, ...(example && { body: example }), key: NOT_ALLOWED };
    for (const caller of [user, limited]) await meets(one, [403, "insufficient_scope"], caller);
  }
});

test("what names a thing reaches none that is beyond a limited key, or in another account", async () => {
  const calls = (await documented()).filter((one) => ownedBy(one) && !cases[one.id]).flatMap(callsOf);
  expect(calls.length).toBeGreaterThan(50);
  for (const one of calls) {
    await meets(one, one.key, limited);
    for (const caller of [user, operator]) await meets(one, one.others as [number, string], caller);
  }
});

test("only calls that check their caller name a job's stream", async () => {
  const found: string[] = [];
  const src = join(import.meta.dir, "../../src");
  for await (const file of new Bun.Glob("{http,features}/**/*.ts").scan(src)) {
    const text = await Bun.file(join(src, file)).text();
    if (/\bjobStream\(|\(`job-\$|\breadSchedules\(/.test(text)) found.push(file);
  }
  // The event source filters, and schemas show an example; the others are the scheduler's, which acts for everybody, a
  // schedule's own, which asks within a reach, and a subject's, whose jobs are selected within one.
  expect(found.sort()).toEqual([
    "features/events/schemas.ts",
    "features/schedules/commands.ts",
    "features/schedules/scheduler.ts",
    "features/streams/event_source.ts",
    "features/streams/schemas.ts",
    "features/subjects/queries.ts",
  ]);
});

test("everything exists, for its owner and for an operator who acts for the account", async () => {
  for (const headers of [owner, { ...operator, "levqor-account": `user:${OWNER}` }]) {
    for (const path of ["jobs", "schedules", "pipelines", "workflows/limits", "keys"]) {
      const { text } = await api.ask(`/api/v1/${path}`, { headers });
      expect([path, beyond().some((name) => text.includes(name))]).toEqual([path, true]);
    }
    for (const id of Object.values(jobs)) {
      expect((await api.ask(`/api/v1/status/${id}`, { headers })).status).toBe(200);
    }
  }
});

describe.each(Object.entries(cases))("%s", (_, calls) => {
  test("reaches nothing else with a key that is limited to some workflows", async () => {
    for (const one of calls()) await meets(one, one.key, limited);
  });

  test("reaches nothing from another account", async () => {
    for (const one of calls()) {
      // The operator sees organisations and users, which is why they are not among what is theirs alone.
      const callers = /^\/api\/v1\/(?:orgs|invitations|users)\b/.test(one.path) ? [user] : [user, operator];
      for (const caller of callers) await meets(one, one.others ?? "nothing of others", caller);
    }
  });
});

test("nothing that belongs to others has changed after all these calls", async () => {
  expect(await versions()).toEqual(before);
});

describe("what lasts", () => {
  test("the stream of all jobs shows a limited key only the jobs within its reach", async () => {
    const { job_id } = await api.submit({ workflow: "mine" }, limited);
    const stream = await openSse(`${api.url}/api/v1/jobs/stream?after=0`, limited);
    const told: string[] = [];
    while (told.at(-1) !== job_id) for (const { data } of await stream.take(1)) told.push(data.job_id);
    await stream.close();
    for (const id of Object.values(jobs)) expect(told).not.toContain(id);
  });

  test.each(["user", "operator"])("the stream of all jobs shows none of another account: %s", async (name) => {
    const headers = name === "user" ? user : operator;
    const { job_id } = await api.submit({ workflow: "theirs" }, headers);
    const stream = await openSse(`${api.url}/api/v1/jobs/stream?after=0`, headers);
    const told: string[] = [];
    while (told.at(-1) !== job_id) for (const { data } of await stream.take(1)) told.push(data.job_id);
    await stream.close();
    for (const id of Object.values(jobs)) expect(told).not.toContain(id);
  });

  test("so does a WebSocket, to which other jobs do not exist", async () => {
    const { job_id } = await api.submit({ workflow: "mine" }, limited);
    const socket = await openSocket(api.url, { headers: limited });
    try {
      for (const id of Object.values(jobs)) {
        socket.send({ type: "subscribe", id: "theirs", job_id: id });
        expect(await socket.next()).toMatchObject({ type: "error", problem: { error: "job_not_found" } });
      }
      socket.send({ type: "subscribe", id: "all", all: true, after: 0 });
      expect(await socket.next()).toMatchObject({ type: "subscribed" });
      const told: string[] = [];
      while (told.at(-1) !== job_id) told.push((await socket.next()).event.job_id);
      for (const id of Object.values(jobs)) expect(told).not.toContain(id);
    } finally {
      socket.close();
    }
  });
});

describe("a key that is limited to some workflows", () => {
  const ask = (method: string, path: string, body?: object, headers: Headers = {}) =>
    api.ask(path, {
      ...(body ? post(body, { ...limited, ...headers }) : { headers: { ...limited, ...headers } }),
      method,
    });

  test("can do within them everything that its scopes allow", async () => {
    const { job_id } = await api.submit({ workflow: "mine", steps: steps("http") }, limited);
    const { body: made } = await ask("POST", "/api/v1/schedules", { ...cron, job: { workflow: "mine", payload: {} } });
    const path = `/api/v1/schedules/${made.schedule_id}`;
    const head = String(await api.log.head());
    const calls: [string, string, object | undefined, number][] = [
      ["GET", `/api/v1/jobs/${job_id}`, undefined, 200],
      ["GET", `/api/v1/jobs/${job_id}/events`, undefined, 200],
      ["POST", `/api/v1/jobs/${job_id}/cancel`, {}, 200],
      ["POST", `/api/v1/jobs/${job_id}/replay`, {}, 202],
      ["POST", `${path}/pause`, undefined, 200],
      ["POST", `${path}/resume`, undefined, 200],
      ["POST", `${path}/run`, undefined, 202],
      ["GET", path, undefined, 200],
      ["GET", `${path}/events`, undefined, 200],
      ["GET", "/api/v1/pipelines/mine", undefined, 200],
      ["GET", "/api/v1/workflows/mine/limits", undefined, 200],
    ];
    for (const [method, url, body, status] of calls) {
      expect([method, url, (await ask(method, url, body)).status]).toEqual([method, url, status]);
    }
    const listed = await ask("GET", "/api/v1/jobs", undefined, { "levqor-min-position": head });
    expect(listed.body.data.map((job: { job_id: string }) => job.job_id)).toContain(job_id);
    expect((await ask("DELETE", path)).status).toBe(200);
  });

  test("bulk calls count and change what is within them, and leave the rest", async () => {
    const workflow = "http";
    const [own, far] = [
      await api.submit({ workflow, callback_url: "https://example.com/bulk" }, limited),
      await api.submit({ workflow, steps: steps("hidden") }, owner),
    ];
    const bulk = async (path: string, body: object) =>
      (await ask("POST", path, body)).text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    expect(await bulk("/api/v1/jobs/cancel", { filter: { workflow }, dry_run: true })).toEqual([
      { type: "counted", matched: 1 },
    ]);
    expect((await bulk("/api/v1/jobs/cancel", { filter: { workflow } })).at(-1)).toMatchObject({
      matched: 1,
      changed: 1,
    });
    const statusOf = async (id: string) => (await api.ask(`/api/v1/status/${id}`, { headers: owner })).body.status;
    expect([await statusOf(own.job_id), await statusOf(far.job_id)]).toEqual(["cancelled", "queued"]);
    const replayed = await bulk("/api/v1/jobs/replay", { filter: { workflow, status: "cancelled" } });
    expect(replayed.at(-1)).toMatchObject({ type: "finished", matched: 1, changed: 1 });
  });

  test("loses a schedule that is given to another workflow, and its earlier events reveal nothing", async () => {
    const { schedule_id } = (
      await ask("POST", "/api/v1/schedules", { ...cron, job: { workflow: "mine", payload: {} } })
    ).body;
    const path = `/api/v1/schedules/${schedule_id}`;
    const update = (job: object) => api.ask(path, { ...post({ ...cron, job }, { ...owner, ...any }), method: "PUT" });
    expect((await update({ workflow: "theirs", payload: { secret: "planted-far" } })).status).toBe(200);
    for (const [method, url] of [
      ["GET", path],
      ["GET", `${path}/events`],
      ["POST", `${path}/run`],
      ["DELETE", path],
    ]) {
      expect([url, (await ask(method as string, url as string)).body.error]).toEqual([url, "schedule_not_found"]);
    }
    expect((await update({ workflow: "mine", payload: {} })).status).toBe(200);
    const history = await ask("GET", `${path}/events`);
    expect(history.body.data.map(({ type }: { type: string }) => type)).toEqual([
      "schedule.created",
      "schedule.updated",
    ]);
    expect(history.text).not.toContain("planted-far");
  });

  test("cannot issue one that reaches further, by any means", async () => {
    const body = { name: "K", scopes: ["jobs:read"], expires_at };
    expect((await ask("POST", "/api/v1/keys", body)).body.error).toBe("grant_exceeded");
    expect((await ask("POST", "/api/v1/keys", { ...body, workflows: null })).body.error).toBe("grant_exceeded");
    expect((await ask("POST", "/api/v1/keys", { ...body, workflows: [] })).body.error).toBe("validation_failed");
    const { key, key_id } = (await ask("POST", "/api/v1/keys", { ...body, workflows: ["mine"] })).body;
    const rotated = await ask("POST", `/api/v1/keys/${key_id}/rotate`, {});
    for (const one of [key, rotated.body.key]) {
      const asked = await api.ask(`/api/v1/status/${jobs.queued}`, { headers: { "x-api-key": one } });
      expect(asked.status).toBe(404);
    }
  });

  test("does not learn which jobs of others use up a limit", async () => {
    const job = { workflow: "mine", concurrency_key: "k" };
    const held = await api.submit({ ...job, steps: steps("hidden") }, owner);
    const { job_id } = await api.submit(job, limited);
    await api.log.appendAll([
      {
        stream_id: `job-${held.job_id}`,
        expected_version: 1,
        events: [{ type: "job.started", data: { attempt: 1, worker: "w", lease_seconds: 300 } }],
        meta: { actor: "worker:w", correlation_id: held.job_id },
      },
      {
        stream_id: (await import("../../src/jobs/limits/limit_streams.ts")).limitStream({
          workflow: "mine",
          concurrency_key: "k",
          account: `user:${OWNER}`,
        }),
        expected_version: 0,
        events: [
          {
            type: "limit.granted",
            data: { ...job, job_id: held.job_id, attempt: 1, holders: { [held.job_id]: 1 } },
          },
        ],
        meta: { actor: "worker:w", correlation_id: held.job_id },
      },
    ]);
    const seen = await api.ask(`/api/v1/status/${job_id}`, { headers: owner });
    expect(seen.body.waiting_for.detail).toContain(held.job_id);
    const told = await api.ask(`/api/v1/status/${job_id}`, { headers: limited });
    expect(told.body.waiting_for.reason).toBe("concurrency_key");
    expect(told.text).not.toContain(held.job_id);
  });
});
