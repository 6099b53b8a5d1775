/** Single sign-on over the API and its pages, at a real OpenID Connect provider, and at one that answers as it should not. */
import { afterAll, beforeAll, beforeEach, describe, expect, setSystemTime, test } from "bun:test";
import { decode } from "../../../events/mod.ts";
import { orgStream } from "../../../events/org.ts";
import { ssoSignInStream, ssoStream } from "../../../events/sso.ts";
import { userAccount, userOf } from "../../../events/user.ts";
import { commandUser, findUser, upsertUser } from "../../../src/access/users.ts";
import { MEMBERS_MAX } from "../../../src/domain/org.ts";
import { SSO_MS } from "../../../src/domain/sso.ts";
import { commandOrg, createOrg } from "../../../src/features/orgs/commands.ts";
import { SSO_VISITS } from "../../../src/features/sso/pages.tsx";
import { SSO_CHANGES } from "../../../src/features/sso/routes.ts";
import { admitRarely } from "../../../src/rate/mod.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";
import { type NameServerStandIn, startNameServer } from "../../support/dns.ts";
import {
  CLIENT,
  type FalseProvider,
  type RealProvider,
  startFalseProvider,
  startProvider,
} from "../../support/provider.ts";
import { keepSecret } from "../../support/secrets.ts";
import { signedIn } from "../../support/sessions.ts";

const OPERATOR = "the-key-of-the-operator";
const operator = { "x-api-key": OPERATOR };
const PUBLIC = "http://api";

let api: Harness;
let dns: NameServerStandIn;
let real: RealProvider;
let fake: FalseProvider;
/** Of the real provider, and of the false one. */
let org: Organisation;
let other: Organisation;

beforeAll(async () => {
  keepSecret(CLIENT.client_secret);
  dns = startNameServer();
  api = await startApi({
    api_keys: [OPERATOR],
    outbound_allow: ["127.0.0.0/8"],
    resolver: dns.address,
    rate_limits: { burst: 1_000_000, global: null, tiers: { free: null } },
    trust_proxy: { header: "x-real-ip", hops: undefined, proxies: [] },
    cors_origins: ["https://app.example.com"],
  });
  org = await newOrg("acme.example");
  other = await newOrg("forged.example");
  real = await startProvider([callback(org)]);
  fake = await startFalseProvider();
  await proven(org, real.issuer);
  await proven(other, fake.issuer);
});
afterAll(async () => {
  real.stop();
  fake.stop();
  await api.stop();
  dns.stop();
});
beforeEach(() => Object.assign(fake, { metadata: {}, token: {}, answer: undefined }));

interface Organisation {
  readonly org_id: string;
  readonly domain: string;
  readonly owner: { readonly user: string; readonly headers: Record<string, string> };
}

const callback = ({ org_id }: Organisation) => `${PUBLIC}/auth/sso/${org_id}/callback`;
const path = ({ org_id }: Pick<Organisation, "org_id">, more = "") => `/api/v1/orgs/${org_id}/sso${more}`;

async function newOrg(domain: string): Promise<Organisation> {
  const owner = await signedIn(api.personal_log);
  const org_id = crypto.randomUUID();
  await createOrg(api.personal_log, { org_id, name: "Acme", owner: owner.user, meta: { actor: owner.user } });
  return { org_id, domain, owner };
}

const configure = (one: Organisation, body: object = {}) =>
  api.ask(path(one), post({ issuer: real.issuer, ...CLIENT, domain: one.domain, ...body }, one.owner.headers));
const verify = (one: Organisation) => api.ask(path(one, "/verify"), { method: "POST", headers: one.owner.headers });

/** Sets the record that the connection asks for. */
async function proven(one: Organisation, issuer: string): Promise<void> {
  const { status, body } = await configure(one, { issuer });
  expect(status).toBe(200);
  dns.records.set(`TXT ${body.record.name}`, ["v=spf1 -all", body.record.value]);
  expect((await verify(one)).status).toBe(200);
}

let networks = 0;
/** A browser visits a page, from a network of its own unless it says otherwise. */
function visit(address: string, { cookie = "", ...headers }: Record<string, string> = {}): Promise<Answer> {
  const ip = `198.51.${++networks >> 8}.${networks & 255}`;
  return api.ask(address.replace(PUBLIC, ""), {
    redirect: "manual",
    headers: { cookie, "x-real-ip": ip, "user-agent": "Test", ...headers },
  });
}

interface Begun {
  readonly location: string;
  readonly cookie: string;
}

async function begin({ org_id }: Organisation, query = ""): Promise<Begun> {
  const { status, headers } = await visit(`/auth/sso/${org_id}${query}`);
  expect(status).toBe(303);
  const cookie = headers.get("set-cookie")?.split(";")[0] ?? "";
  keepSecret(cookie.slice(cookie.indexOf("=") + 1));
  return { location: headers.get("location") as string, cookie };
}

/** Signs in at the real provider, and comes back. */
async function signIn(sub: string, claims: object = {}): Promise<Answer> {
  real.people.set(sub, { email: `${sub}@acme.example`, email_verified: true, ...claims });
  const { location, cookie } = await begin(org);
  return await visit(await real.signIn(location, sub), { cookie });
}

/** Comes back from the false provider, whose token is as a test wants it. */
async function comeBack(
  token: FalseProvider["token"],
  more: Record<string, string> = {},
  to: Organisation = other,
): Promise<Answer> {
  const { location, cookie } = await begin(to);
  const { searchParams } = new URL(location);
  fake.token = { nonce: searchParams.get("nonce") as string, ...token };
  const query = new URLSearchParams({ code: "any", state: searchParams.get("state") as string, ...more });
  return await visit(`${callback(to)}?${query}`, { cookie });
}

const sessionCookie = ({ headers }: Answer) =>
  headers
    .getSetCookie()
    .find((line) => line.startsWith("levqor-session-dev="))
    ?.split(";")[0];
async function userOfAnswer(answer: Answer): Promise<string> {
  const cookie = sessionCookie(answer) as string;
  keepSecret(cookie.slice(cookie.indexOf("=") + 1));
  const { body } = await api.ask("/api/v1/users/me", { headers: { cookie } });
  return `user:${body.user_id}`;
}
const refusal = ({ status, text, headers }: Answer) => {
  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(headers.get("set-cookie")).toBeNull();
  return [status, /<code>(\w+)<\/code>/.exec(text)?.[1]];
};
const unique = (name: string) => `${name}-${crypto.randomUUID().slice(0, 8)}`;

describe("a connection", () => {
  test("is set by owners, seen by admins, too, and its secret by nobody", async () => {
    const one = await newOrg("one.example");
    const set = await configure(one);
    expect(set.body).toMatchObject({
      issuer: real.issuer,
      client_id: CLIENT.client_id,
      domain: "one.example",
      verified_at: null,
      record: {
        type: "TXT",
        name: "_levqor.one.example",
        value: expect.stringMatching(/^levqor-verification=[0-9a-f]{32}$/),
      },
      redirect_uri: callback(one),
      sign_in_url: `${PUBLIC}/auth/sso/${one.org_id}`,
    });
    expect(set.text).not.toContain(CLIENT.client_secret);
    const seen = await api.ask(path(one), { headers: operator });
    expect(seen.body).toEqual(set.body);
    const [recorded] = await api.log.readStream(ssoStream(one.org_id));
    expect(recorded?.data_json).toContain('"client_secret":{"$sealed"');

    const as = async (role: "admin" | "member") => {
      const member = await signedIn(api.personal_log);
      const command = { type: "join", member: member.user, role, by: null } as const;
      await commandOrg(api.personal_log, { org_id: one.org_id, command, meta: { actor: "key:1" } });
      const seen = await api.ask(path(one), { headers: member.headers });
      return [seen, await configure({ ...one, owner: member }), await verify({ ...one, owner: member })].map(
        ({ status, body }) => body.error ?? status,
      );
    };
    // Whoever chooses the provider signs in as any owner with an address in the domain.
    expect(await as("admin")).toEqual([200, "role_exceeded", "role_exceeded"]);
    expect(await as("member")).toEqual(["role_exceeded", "role_exceeded", "role_exceeded"]);
    const stranger = await signedIn(api.personal_log);
    expect((await api.ask(path(one), { headers: stranger.headers })).body.error).toBe("org_not_found");
  });

  test.each([
    ["ftp://127.0.0.1/", /^\/issuer does not start with http/],
    ["http://login.example.com", /^\/issuer must begin with https/],
    ["https://10.0.0.1", /^\/issuer must be at a public address/],
    ["https://user@example.com", /^\/issuer must have no user/],
    ["https://example.com/.well-known/openid-configuration", /^\/issuer must be the issuer itself/],
    ["http://127.0.0.1:1", /^\/issuer cannot be reached/],
  ])("is refused with the issuer %s", async (issuer, detail) => {
    const { status, body } = await configure(org, { issuer });
    expect([status, body.error]).toEqual([422, "validation_failed"]);
    expect(body.detail).toMatch(detail);
  });

  test.each([
    [{ issuer: "https://else.example" }, /what the provider calls itself/],
    [{ code_challenge_methods_supported: ["plain"] }, /does not list S256/],
    [{ code_challenge_methods_supported: undefined }, /does not list S256/],
    [{ token_endpoint: undefined }, /without token_endpoint/],
    [{ jwks_uri: "https://10.0.0.1/jwks" }, /jwks_uri must be at a public address/],
    [{ token_endpoint: "https://[fd00::1]/token" }, /token_endpoint must be at a public address/],
    [{ authorization_endpoint: "http://login.example.com/" }, /authorization_endpoint must begin with https/],
    [{ padding: "x".repeat(300_000) }, /more than 262144 bytes/],
  ])("is refused with the metadata %#", async (metadata, detail) => {
    fake.metadata = metadata;
    const { status, body } = await configure(other, { issuer: fake.issuer });
    expect([status, body.error]).toEqual([422, "validation_failed"]);
    expect(body.detail).toMatch(detail);
  });

  test("needs a domain", async () => {
    for (const domain of ["example", "https://example.com", "a@example.com", "127.0.0.1"]) {
      expect((await configure(org, { domain })).body.errors[0].pointer).toBe("/domain");
    }
  });

  test("is set at most 50 times a day: its history is read whenever somebody signs in", async () => {
    const one = await newOrg("often.example");
    for (let i = 0; i < SSO_CHANGES.quota; i++) {
      expect(await admitRarely(api.sql, [{ ...SSO_CHANGES, scope: one.org_id }])).toBe(0);
    }
    const { status, headers, body } = await configure(one);
    expect([status, body.error, body.violated_policies]).toEqual([429, "rate_limited", ["sso-changes"]]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await configure(await newOrg("often.example"))).status).toBe(200);
  });

  test("needs a recent sign-in to be changed", async () => {
    setSystemTime(new Date(Date.now() + 700_000));
    try {
      for (const answer of [await configure(org), await verify(org)])
        expect(answer.body.error).toBe("step_up_required");
    } finally {
      setSystemTime();
    }
  });

  test("that is removed leaves no readable secret, and its domain is free", async () => {
    const [one, two] = [await newOrg("two.example"), await newOrg("two.example")];
    await proven(one, real.issuer);
    const claimed = await configure(two);
    dns.records.set("TXT _levqor.two.example", [claimed.body.record.value]);
    expect((await verify(two)).body.error).toBe("sso_domain_taken");
    const remove = () => api.ask(path(one), { method: "DELETE", headers: one.owner.headers });
    const removed = { org_id: one.org_id, status: "removed" };
    // Each waits until no process uses the key any more.
    expect((await Promise.all([remove(), remove()])).map(({ body }) => body)).toEqual([removed, removed]);
    expect((await api.ask(path(one), { headers: one.owner.headers })).body.error).toBe("sso_not_configured");
    const [configured] = await api.personal_log.readStream(ssoStream(one.org_id));
    expect(decode(configured as never).data).toMatchObject({ client_secret: null });
    expect((await verify(two)).status).toBe(200);
  });

  test("that is replaced keeps a proven domain, and nobody returns to the one before", async () => {
    const one = await newOrg("three.example");
    await proven(one, real.issuer);
    const { cookie } = await begin(one);
    const replaced = await configure(one);
    expect(replaced.body.verified_at).not.toBeNull();
    expect(refusal(await visit(`${callback(one)}?code=1&state=1`, { cookie }))).toEqual([400, "sso_expired"]);
  });
});

describe("a domain", () => {
  test("is proven by its TXT record, which is another for each organisation", async () => {
    const one = await newOrg("five.example");
    const { record } = (await configure(one)).body;
    const missing = await verify(one);
    expect([missing.status, missing.body.error, missing.body.expected, missing.body.found]).toEqual([
      409,
      "sso_domain_unproven",
      record,
      [],
    ]);
    const foreign = (await configure(await newOrg("five.example"))).body.record;
    expect(foreign.name).toBe(record.name);
    dns.records.set(`TXT ${record.name}`, [foreign.value]);
    expect((await verify(one)).body).toMatchObject({ error: "sso_domain_unproven", found: [foreign.value] });
    dns.records.set(`TXT ${record.name}`, [foreign.value, record.value]);
    const { body } = await verify(one);
    expect(body.verified_at).not.toBeNull();
    expect((await verify(one)).body).toEqual(body);
  });

  test("that two prove at once is one's", async () => {
    const both = [await newOrg("nine.example"), await newOrg("nine.example")];
    const values: string[] = [];
    for (const one of both) values.push((await configure(one)).body.record.value);
    dns.records.set("TXT _levqor.nine.example", values);
    const outcomes = (await Promise.all(both.map(verify))).map(({ body }) => body.error ?? "proven");
    expect(outcomes.sort()).toEqual(["proven", "sso_domain_taken"]);
  });
});

describe("signing in", () => {
  test("makes a user, who is a member that reads, with a session like any other", async () => {
    const sub = unique("ada");
    const back = await signIn(sub);
    expect([back.status, back.headers.get("location")]).toEqual([303, "/"]);
    const user = await userOfAnswer(back);
    expect(await findUser({ log: api.personal_log, vault: api.vault }, `${sub}@acme.example`)).toBe(userOf(user));
    const { body } = await api.ask(`/api/v1/orgs/${org.org_id}`, { headers: org.owner.headers });
    expect(body.members).toContainEqual({ member: user, role: "viewer" });
    const cookie = sessionCookie(back) as string;
    const sessions = (await api.ask("/auth/sessions", { headers: { cookie } })).body.data;
    expect(sessions).toEqual([expect.objectContaining({ method: "sso", user_agent: "Test", current: true })]);
    const stored = await api.sql<{ text: string }[]>`
      select data::text as text from levqor_log.events where data::text like ${`%${sub}%`}`;
    expect([...stored]).toEqual([]);
  });

  test("again is the same user, whose role stays", async () => {
    const sub = unique("bob");
    const user = await userOfAnswer(await signIn(sub));
    const command = { type: "change_role", member: user, role: "admin", by: null } as const;
    await commandOrg(api.personal_log, { org_id: org.org_id, command, meta: { actor: "key:1" } });
    expect(await userOfAnswer(await signIn(sub))).toBe(user);
    const events = (await api.log.readStream(orgStream(org.org_id))).filter(({ data_json }) =>
      data_json.includes(user),
    );
    expect(events.map(({ type }) => type)).toEqual(["org.member_joined", "org.role_changed"]);
  });

  test("is linked to whoever has the address", async () => {
    const email = `${unique("carol")}@acme.example`;
    const parts = { log: api.personal_log, vault: api.vault };
    const known = await upsertUser(parts, { profile: { email }, meta: { actor: "key:1" } });
    const spelling = email.toUpperCase();
    expect(await userOfAnswer(await signIn(unique("s"), { email: spelling }))).toBe(
      userAccount((known as { user_id: string }).user_id),
    );
  });

  test("follows a changed address, and whoever has the address now", async () => {
    const [sub, next] = [unique("dora"), unique("dora")];
    const user = await userOfAnswer(await signIn(sub));
    const renamed = `${unique("dora-new")}@acme.example`;
    expect(await userOfAnswer(await signIn(sub, { email: renamed }))).toBe(user);
    expect(await findUser({ log: api.personal_log, vault: api.vault }, renamed)).toBe(userOf(user));
    // Another subject with the same address: the former one is not linked any more.
    expect(await userOfAnswer(await signIn(next, { email: renamed }))).toBe(user);
    expect(await userOfAnswer(await signIn(sub, { email: `${unique("dora-old")}@acme.example` }))).not.toBe(user);
  });

  test("is refused if the changed address is another user's, or the user's own is beyond the domain", async () => {
    const [sub, second] = [unique("eve"), unique("eve")];
    const user = await userOfAnswer(await signIn(sub));
    await signIn(second);
    expect(refusal(await signIn(sub, { email: `${second}@acme.example` }))).toEqual([403, "sso_identity_conflict"]);
    const command = { type: "update", profile: { email: `${unique("eve")}@elsewhere.example` } } as const;
    await commandUser(api.personal_log, { user_id: userOf(user) as string, command, meta: { actor: "key:1" } });
    expect(refusal(await signIn(sub))).toEqual([403, "sso_identity_conflict"]);
  });

  test("is refused by a full organisation, which records nobody", async () => {
    const one = await newOrg("full.example");
    await proven(one, fake.issuer);
    const events = Array.from({ length: MEMBERS_MAX - 1 }, () => ({
      type: "org.member_joined" as const,
      data: { member: `user:${crypto.randomUUID()}`, role: "viewer" as const },
    }));
    const meta = { actor: "key:1", correlation_id: one.org_id };
    await api.log.append({ stream_id: orgStream(one.org_id), expected_version: 1, events, meta });
    const email = `${unique("late")}@full.example`;
    expect(refusal(await comeBack({ claims: { sub: unique("late"), email, email_verified: true } }, {}, one))).toEqual([
      403,
      "sso_org_full",
    ]);
    expect(await findUser({ log: api.personal_log, vault: api.vault }, email)).toBeUndefined();
  });

  test.each([
    ["unverified", { email_verified: false }, "sso_email_unverified"],
    ["verified in words only", { email_verified: "true" }, "sso_email_unverified"],
    ["unknown", { email: undefined }, "sso_email_unverified"],
    ["of another domain", { email: "ada@example.com" }, "sso_domain_mismatch"],
    ["of a subdomain", { email: "ada@mail.acme.example" }, "sso_domain_mismatch"],
    ["of a domain that ends alike", { email: "ada@notacme.example" }, "sso_domain_mismatch"],
    ["with the domain in front", { email: "ada@acme.example@example.com" }, "sso_email_unverified"],
  ])("is refused if the address is %s", async (_, claims, code) => {
    expect(refusal(await signIn(unique("mallory"), claims))).toEqual([403, code]);
  });

  test("is refused to users who are suspended, or about to be erased", async () => {
    const sub = unique("frank");
    const user_id = userOf(await userOfAnswer(await signIn(sub))) as string;
    const meta = { actor: "key:1" };
    await commandUser(api.personal_log, { user_id, command: { type: "suspend" }, meta });
    expect(refusal(await signIn(sub))).toEqual([403, "user_suspended"]);
    const command = { type: "request_erasure", erasure_id: crypto.randomUUID() } as const;
    await commandUser(api.personal_log, { user_id, command, meta });
    expect(refusal(await signIn(sub))).toEqual([403, "user_erased"]);
  });

  test("from a page of somebody else's needs a click: it may be their organisation", async () => {
    for (const site of ["cross-site", "same-site"]) {
      const asked = await visit(`/auth/sso/${org.org_id}?next=/public/docs?a=1%26b`, { "sec-fetch-site": site });
      expect([asked.status, asked.headers.get("set-cookie")]).toEqual([200, null]);
      expect(asked.headers.get("cache-control")).toContain("no-store");
      expect(asked.text).toContain(new URL(real.issuer).host);
      const href = /<a class="button" href="([^"]*)"/.exec(asked.text)?.[1]?.replaceAll("&amp;", "&") as string;
      expect(href).toBe(`/auth/sso/${org.org_id}?next=%2Fpublic%2Fdocs%3Fa%3D1%26b`);
      expect((await visit(href, { "sec-fetch-site": "same-origin" })).status).toBe(303);
    }
    expect((await visit(`/auth/sso/${org.org_id}`, { "sec-fetch-site": "none" })).status).toBe(303);
  });

  test("by several at once with one answer of the provider starts one session", async () => {
    const sub = unique("grace");
    real.people.set(sub, { email: `${sub}@acme.example`, email_verified: true });
    const { location, cookie } = await begin(org, "?next=/public/docs");
    const address = await real.signIn(location, sub);
    const answers = await Promise.all([1, 2, 3, 4].map(() => visit(address, { cookie })));
    const [signed, ...others] = answers.sort((a, b) => a.status - b.status);
    expect([signed?.status, signed?.headers.get("location")]).toEqual([303, "/public/docs"]);
    expect(others.map(refusal)).toEqual([1, 2, 3].map(() => [409, "sso_used"]));
    expect(refusal(await visit(address, { cookie }))).toEqual([409, "sso_used"]);
    const { body } = await api.ask("/auth/sessions", {
      headers: { cookie: sessionCookie(signed as Answer) as string },
    });
    expect(body.data).toHaveLength(1);
  });

  test("is finished by the browser that began, within ten minutes, with its state", async () => {
    const sub = unique("heidi");
    real.people.set(sub, { email: `${sub}@acme.example`, email_verified: true });
    const [begun, foreign] = [await begin(org), await begin(org)];
    const address = await real.signIn(begun.location, sub);
    const expired = [400, "sso_expired"];
    expect(refusal(await visit(address))).toEqual(expired);
    expect(refusal(await visit(address, { cookie: foreign.cookie }))).toEqual(expired);
    expect(refusal(await visit(`${address}x`.replace(/state=\w/, "state=x"), { cookie: begun.cookie }))).toEqual(
      expired,
    );
    expect(refusal(await visit(address.replace(org.org_id, other.org_id), { cookie: begun.cookie }))).toEqual(expired);
    const changed = begun.cookie.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    expect(refusal(await visit(address, { cookie: changed }))).toEqual(expired);
    setSystemTime(new Date(Date.now() + SSO_MS));
    const late = await visit(address, { cookie: begun.cookie }).finally(() => setSystemTime());
    expect(refusal(late)).toEqual(expired);
    expect((await visit(address, { cookie: begun.cookie })).status).toBe(303);
  });

  test("is refused if the provider refuses, which is on record and uses it up", async () => {
    const { location, cookie } = await begin(org);
    const state = new URL(location).searchParams.get("state");
    const query = new URLSearchParams({ error: "access_denied", state: state as string, iss: real.issuer });
    const address = `${callback(org)}?${query}`;
    const refused = await visit(address, { cookie });
    expect(refusal(refused)).toEqual([403, "sso_provider_refused"]);
    expect(refused.text).toContain("access_denied");
    const sign_in_id = cookie.slice(cookie.indexOf("=") + 1, cookie.indexOf("."));
    expect((await api.log.readStream(ssoSignInStream(sign_in_id))).map(({ data_json }) => data_json)).toEqual([
      `{"org_id":"${org.org_id}"}`,
      `{"org_id":"${org.org_id}","code":"sso_provider_refused"}`,
    ]);
    expect(refusal(await visit(address, { cookie }))).toEqual([409, "sso_used"]);
  });

  test.each([
    ["with another nonce", { nonce: "another" }],
    ["without a nonce", { nonce: undefined }],
    ["for another audience", { claims: { aud: "another" } }],
    ["of another issuer", { claims: { iss: "https://else.example" } }],
    ["that has expired", { claims: { exp: Math.floor(Date.now() / 1_000) - 600 } }],
    ["of the future", { claims: { nbf: Math.floor(Date.now() / 1_000) + 600 } }],
    ["that another key signed", { key: "other" }],
    ["without a subject", { claims: { sub: undefined } }],
    ["with a subject that is too long", { claims: { sub: "x".repeat(256) } }],
  ] as const)("is refused with an ID token %s", async (_, token) => {
    const claims = { email: "ada@forged.example", email_verified: true };
    const good = { claims };
    expect((await comeBack(good)).status).toBe(303);
    const bad = { ...token, claims: { ...claims, ...("claims" in token ? token.claims : {}) } };
    expect(refusal(await comeBack(bad))).toEqual([403, "sso_response_invalid"]);
  });

  test.each([
    ["rejects the exchange", () => Response.json({ error: "invalid_client" }, { status: 401 })],
    ["sends too much", () => new Response("x".repeat(300_000), { headers: { "content-type": "application/json" } })],
    ["sends somewhere else", () => Response.redirect("http://127.0.0.1/", 307)],
  ])("is refused if the provider %s", async (_, answer) => {
    fake.answer = answer;
    expect(refusal(await comeBack({}))).toEqual([502, "sso_provider_failed"]);
  });

  test("is refused if the provider names a private address afterwards", async () => {
    const one = await newOrg("six.example");
    await proven(one, fake.issuer);
    fake.metadata = { jwks_uri: "https://192.168.0.1/jwks" };
    expect(refusal(await visit(`/auth/sso/${one.org_id}`))).toEqual([502, "sso_provider_failed"]);
  });

  test("looks the same where there is no organisation, no provider and no proof", async () => {
    const none = await newOrg("seven.example");
    const unproven = await newOrg("eight.example");
    await configure(unproven);
    const pages = [none.org_id, unproven.org_id, crypto.randomUUID(), "acme", "%00"].map((id) =>
      visit(`/auth/sso/${id}`),
    );
    const [first, ...others] = (await Promise.all(pages)).map(({ status, text }) => [status, text]);
    expect(first?.[0]).toBe(404);
    for (const page of others) expect(page).toEqual(first as never);
  });

  test("leads nowhere that whoever wrote the link could choose freely", async () => {
    const next = async (query: string) =>
      (await visit(`/auth/sso/${org.org_id}?next=${encodeURIComponent(query)}`)).status;
    for (const bad of ["//evil.example", "https://evil.example/", "/\\evil.example", `/${"x".repeat(1_024)}`]) {
      expect(await next(bad)).toBe(422);
    }
    for (const good of ["/public/docs", "https://app.example.com/", `/${"x".repeat(1_023)}`]) {
      expect(await next(good)).toBe(303);
    }
  });

  test("replaces the session that the browser had", async () => {
    const sub = unique("ivan");
    const before = sessionCookie(await signIn(sub)) as string;
    const { location, cookie } = await begin(org);
    const back = await visit(await real.signIn(location, sub), { cookie: `${before}; ${cookie}` });
    expect(back.status).toBe(303);
    expect((await api.ask("/auth/sessions", { headers: { cookie: before } })).status).toBe(401);
  });

  test("is possible 300 times in a quarter of an hour from one network", async () => {
    const ip = "2001:db8:5:6::1";
    const from = (i: number) => visit("/auth/sso/none", { "x-real-ip": `2001:db8:5:6::${(i + 1).toString(16)}` });
    const answers = await Promise.all(Array.from({ length: SSO_VISITS.quota + 1 }, (_, i) => from(i)));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(1);
    const refused = await visit("/auth/sso/none", { "x-real-ip": ip });
    expect(refusal(refused)).toEqual([429, "rate_limited"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});
