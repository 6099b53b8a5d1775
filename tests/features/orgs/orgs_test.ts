/** Organisations over the API: their members, and acting for them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { decode } from "../../../events/mod.ts";
import { ORGS_OF_ONE_USER_MAX } from "../../../src/http/limits.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";
import { openSse } from "../../http/sse_client.ts";

const KEY = "the-key-of-the-operator";
const SECRET = "a secret of no less than 32 bytes";
const ISSUER = "https://auth.example.com";

type Headers = Record<string, string>;
const operator: Headers = { "x-api-key": KEY };
let api: Harness;

interface User {
  readonly id: string;
  readonly headers: Headers;
}

async function user(): Promise<User> {
  const sub = crypto.randomUUID();
  const claims = { iss: ISSUER, aud: "authenticated", sub, exp: Math.floor(Date.now() / 1000) + 600 };
  const token = await new SignJWT(claims)
    .setIssuedAt()
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(SECRET));
  return { id: `user:${sub}`, headers: { authorization: `Bearer ${token}` } };
}

let ada: User;
let bob: User;
let eve: User;

beforeAll(async () => {
  api = await startApi({
    api_keys: [KEY],
    jwt: { verify_with: { secret: SECRET }, issuer: ISSUER, audience: "authenticated" },
  });
  [ada, bob, eve] = await Promise.all([user(), user(), user()]);
});
afterAll(() => api.stop());

const send = (method: string, path: string, body: object | undefined, { headers }: { headers: Headers }) =>
  api.ask(path, { ...(body === undefined ? { headers } : post(body, headers)), method });
const operators = { headers: operator };

/** An organisation of Ada's, with the other members. */
async function team(...members: [User, string][]): Promise<{ org_id: string; path: string; account: string }> {
  // Created by the operator, who may create any number.
  const { status, body } = await send("POST", "/api/v1/orgs", { name: "Acme", owner: ada.id }, operators);
  expect(status).toBe(201);
  const path = `/api/v1/orgs/${body.org_id}`;
  for (const [{ id }, role] of members) {
    const added = await send("POST", `${path}/members`, { member: id, role }, operators);
    expect(added.status).toBe(201);
  }
  return { org_id: body.org_id, path, account: body.account };
}

const acting = ({ headers }: { headers: Headers }, account: string) => ({
  headers: { ...headers, "levqor-account": account },
});
const errorOf = ({ status, body }: Answer) => [status, body.error];
const membersOf = ({ body }: Answer) => body.members.map(({ member, role }: Record<string, string>) => [member, role]);

describe("an organisation", () => {
  test("is created by a user, who owns it, once for each Idempotency-Key", async () => {
    const create = () =>
      send("POST", "/api/v1/orgs", { name: "Once" }, { headers: { ...ada.headers, "idempotency-key": "o" } });
    const first = await create();
    expect(first.status).toBe(201);
    expect(first.body).toEqual({
      org_id: expect.any(String),
      account: `org:${first.body.org_id}`,
      name: "Once",
      role: "owner",
      created_at: expect.any(String),
      members: [{ member: ada.id, role: "owner" }],
    });
    expect((await create()).body).toEqual(first.body);
    const events = (await api.log.readStream(`org-${first.body.org_id}`)).map(decode);
    expect(events).toMatchObject([
      { type: "org.created", meta: { actor: ada.id, account: `org:${first.body.org_id}` } },
    ]);
  });

  test("is one of a limited number that a user creates, whatever account they act for", async () => {
    const many = await user();
    const create = (who: { headers: Headers }) => send("POST", "/api/v1/orgs", { name: "Many" }, who);
    const made = [];
    for (let n = 0; n < ORGS_OF_ONE_USER_MAX; n++) made.push(await create(many));
    expect(made.map(({ status }) => status)).toEqual(made.map(() => 201));
    for (const who of [many, acting(many, made[0]?.body.account)]) {
      expect(errorOf(await create(who))).toEqual([409, "too_many_stored"]);
    }
  });

  test("is listed for its members, and exists for nobody else", async () => {
    const { org_id, path } = await team([bob, "viewer"]);
    const position = String(await api.log.head());
    const listed = async ({ headers }: User) => {
      const { body } = await api.ask("/api/v1/orgs", { headers: { ...headers, "levqor-min-position": position } });
      return body.data.map((org: { org_id: string; role: string }) => [org.org_id, org.role]);
    };
    expect(await listed(ada)).toContainEqual([org_id, "owner"]);
    expect(await listed(bob)).toContainEqual([org_id, "viewer"]);
    expect(await listed(eve)).toEqual([]);
    const calls: [string, string, object | undefined][] = [
      ["GET", path, undefined],
      ["PATCH", path, { name: "Mine" }],
      ["PATCH", `${path}/members/${bob.id}`, { role: "admin" }],
      ["DELETE", `${path}/members/${bob.id}`, undefined],
      ["DELETE", `${path}/members/${eve.id}`, undefined],
      ["POST", `${path}/hand-over`, { to: eve.id }],
    ];
    for (const [method, url, body] of calls) {
      expect([method, url, ...errorOf(await send(method, url, body, eve))]).toEqual([
        method,
        url,
        404,
        "org_not_found",
      ]);
    }
    expect(errorOf(await send("POST", `${path}/members`, { member: eve.id, role: "owner" }, eve))).toEqual([
      403,
      "insufficient_scope",
    ]);
  });

  test("is renamed, and the list shows it", async () => {
    const { org_id, path } = await team();
    const { body, headers } = await send("PATCH", path, { name: "Acme Europe" }, ada);
    expect(body.name).toBe("Acme Europe");
    const asked = { ...ada.headers, "levqor-min-position": headers.get("levqor-position") as string };
    const list = await api.ask("/api/v1/orgs", { headers: asked });
    expect(list.body.data).toContainEqual(expect.objectContaining({ org_id, name: "Acme Europe" }));
  });

  test("changes its members by their roles, and always has an owner", async () => {
    const { path } = await team([bob, "admin"], [eve, "viewer"]);
    const of = ({ id }: User) => `${path}/members/${id}`;
    expect(errorOf(await send("PATCH", of(ada), { role: "viewer" }, bob))).toEqual([403, "role_exceeded"]);
    expect(errorOf(await send("DELETE", of(ada), undefined, ada))).toEqual([409, "last_owner"]);
    expect(errorOf(await send("PATCH", of(bob), { role: "owner" }, bob))).toEqual([403, "role_exceeded"]);
    expect((await send("PATCH", of(eve), { role: "member" }, bob)).status).toBe(200);
    const handed = await send("POST", `${path}/hand-over`, { to: bob.id }, ada);
    expect(membersOf(handed)).toEqual([
      [ada.id, "admin"],
      [bob.id, "owner"],
      [eve.id, "member"],
    ]);
    expect(handed.body.role).toBe("admin");
    const left = await send("DELETE", of(ada), undefined, ada);
    expect(membersOf(left)).toEqual([
      [bob.id, "owner"],
      [eve.id, "member"],
    ]);
    expect(errorOf(await send("GET", path, undefined, ada))).toEqual([404, "org_not_found"]);
  });

  test("whose owners demote each other at once keeps one", async () => {
    for (let i = 0; i < 10; i++) {
      const { path, org_id } = await team([bob, "owner"]);
      const demote = (whom: User, by: User) => send("PATCH", `${path}/members/${whom.id}`, { role: "viewer" }, by);
      const answers = await Promise.all([demote(bob, ada), demote(ada, bob)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 403]);
      const events = (await api.log.readStream(`org-${org_id}`)).map(({ type }) => type);
      expect(events.filter((type) => type === "org.role_changed")).toHaveLength(1);
    }
  });

  test("is nothing that a key can be a member of", async () => {
    const expires_at = new Date(Date.now() + 300_000).toISOString();
    const made = await send(
      "POST",
      "/api/v1/keys",
      { name: "K", scopes: ["orgs:read", "orgs:write"], expires_at },
      ada,
    );
    const key = { headers: { "x-api-key": made.body.key } };
    const { path } = await team();
    for (const [method, url, body] of [
      ["POST", "/api/v1/orgs", { name: "A" }],
      ["GET", "/api/v1/orgs", undefined],
      ["GET", path, undefined],
      ["PATCH", path, { name: "B" }],
    ] as const) {
      expect([url, ...errorOf(await send(method, url, body, key))]).toEqual([url, 403, "session_required"]);
    }
  });

  test("is read and changed by the operator, but not by way of a customer's account", async () => {
    const { path } = await team([bob, "member"]);
    expect((await send("GET", path, undefined, operators)).body.role).toBeNull();
    expect((await send("PATCH", path, { name: "By support" }, operators)).body.name).toBe("By support");
    expect(errorOf(await send("DELETE", `${path}/members/${ada.id}`, undefined, operators))).toEqual([
      409,
      "last_owner",
    ]);
    expect((await send("POST", `${path}/hand-over`, { from: ada.id, to: bob.id }, operators)).status).toBe(200);
    const named = await send("POST", "/api/v1/orgs", { name: "Named", owner: eve.id }, operators);
    expect(membersOf(named)).toEqual([[eve.id, "owner"]]);
    for (const [body, who] of [
      [{ name: "Nobody's" }, operators],
      [{ name: "Another's", owner: eve.id }, ada],
    ] as const) {
      const { status, body: problem } = await send("POST", "/api/v1/orgs", body, who);
      expect([status, problem.errors?.[0]?.pointer]).toEqual([422, "/owner"]);
    }
    const again = await send("POST", `${path}/members`, { member: bob.id, role: "owner" }, operators);
    expect(errorOf(again)).toEqual([409, "already_member"]);
  });
});

describe("acting for an organisation", () => {
  test("its members share its account, and nobody else sees it", async () => {
    const { account } = await team([bob, "member"]);
    const submitted = await api.submit({ workflow: "shared" }, acting(ada, account).headers);
    const status = (who: { headers: Headers }) => send("GET", `/api/v1/status/${submitted.job_id}`, undefined, who);
    expect((await status(acting(bob, account))).status).toBe(200);
    for (const other of [ada, bob, eve, operators]) {
      expect(errorOf(await status(other))).toEqual([404, "job_not_found"]);
    }
    expect(errorOf(await status(acting(eve, account)))).toEqual([403, "account_not_allowed"]);
    expect((await status(acting(operators, account))).status).toBe(200);
    const [event] = (await api.log.readStream(`job-${submitted.job_id}`)).map(decode);
    expect(event?.meta).toMatchObject({ actor: ada.id, account });
  });

  test("is named in lower case: in capitals an account or a member would be nobody's", async () => {
    const { account, path } = await team([bob, "member"]);
    const [kind, id] = account.split(":") as [string, string];
    const capitals = `${kind}:${id.toUpperCase()}`;
    for (const who of [operators, ada]) {
      const answer = await send("GET", "/api/v1/jobs", undefined, acting(who, capitals));
      expect(errorOf(answer)).toEqual([403, "account_not_allowed"]);
    }
    const ghost = { member: `user:${eve.id.slice("user:".length).toUpperCase()}`, role: "owner" };
    const { status, body } = await send("POST", `${path}/members`, ghost, operators);
    expect([status, body.errors[0].pointer]).toEqual([422, "/member"]);
  });

  test("each may do what their role allows", async () => {
    const [viewer, billing, admin] = [await user(), await user(), await user()];
    const { account } = await team([bob, "member"], [viewer, "viewer"], [billing, "billing"], [admin, "admin"]);
    const calls = [
      ["GET", "/api/v1/jobs", undefined],
      ["POST", "/api/v1/intake", { workflow: "http", payload: {} }],
      ["GET", "/api/v1/keys", undefined],
      ["GET", "/api/v1/ops/health", undefined],
    ] as const;
    const allowed = async (who: User) => {
      const answers = calls.map(([method, path, body]) => send(method, path, body, acting(who, account)));
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    expect(await allowed(ada)).toEqual([200, 202, 200, 403]);
    expect(await allowed(admin)).toEqual([200, 202, 200, 403]);
    expect(await allowed(bob)).toEqual([200, 202, 403, 403]);
    expect(await allowed(viewer)).toEqual([200, 403, 403, 403]);
    expect(await allowed(billing)).toEqual([403, 403, 403, 403]);
  });

  test("its keys are its own, and stay when whoever issued them leaves", async () => {
    const { account, path } = await team([bob, "admin"]);
    const expires_at = new Date(Date.now() + 300_000).toISOString();
    const wanted = { name: "K", scopes: ["jobs:read", "jobs:write"], expires_at };
    const { body } = await send("POST", "/api/v1/keys", wanted, acting(bob, account));
    const key = { headers: { "x-api-key": body.key } };
    const { job_id } = await api.submit({}, key.headers);
    expect((await send("DELETE", `${path}/members/${bob.id}`, undefined, bob)).status).toBe(200);
    expect((await send("GET", `/api/v1/status/${job_id}`, undefined, key)).status).toBe(200);
    expect((await send("GET", `/api/v1/status/${job_id}`, undefined, acting(ada, account))).status).toBe(200);
    expect((await send("GET", `/api/v1/keys/${body.key_id}`, undefined, acting(ada, account))).status).toBe(200);
    expect(errorOf(await send("GET", `/api/v1/keys/${body.key_id}`, undefined, ada))).toEqual([404, "key_not_found"]);
  });

  test("ends with the membership, for streams that are open, too", async () => {
    const { account, path } = await team([bob, "viewer"]);
    const as_bob = acting(bob, account);
    const stream = await openSse(`${api.url}/api/v1/jobs/stream`, as_bob.headers);
    expect((await send("DELETE", `${path}/members/${bob.id}`, undefined, ada)).status).toBe(200);
    await stream.rest();
    expect(stream.closed()?.reason).toBe("unauthorized");
    expect(errorOf(await send("GET", "/api/v1/jobs", undefined, as_bob))).toEqual([403, "account_not_allowed"]);
  });

  test("shares no Idempotency-Key with the member's own account", async () => {
    const { account } = await team();
    const key = { "idempotency-key": "both" };
    const own = await api.submit({}, { ...ada.headers, ...key });
    const shared = await api.submit({}, { ...acting(ada, account).headers, ...key });
    expect(shared.job_id).not.toBe(own.job_id);
    expect((await api.submit({}, { ...acting(ada, account).headers, ...key })).job_id).toBe(shared.job_id);
  });
});
