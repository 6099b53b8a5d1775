/** Users over the API: recording them, finding them, and what they see of themselves. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { decode } from "../../../events/mod.ts";
import { userStream } from "../../../events/user.ts";
import { changeUser, upsertUser } from "../../../src/access/users.ts";
import { USER_META_LIMIT_BYTES } from "../../../src/http/limits.ts";
import { openLog } from "../../../src/log/mod.ts";
import { personalLog } from "../../../src/vault/mod.ts";
import { type Answer, type Harness, post } from "../../http/harness.ts";
import { openSse } from "../../http/sse_client.ts";
import { eventually } from "../../support/service.ts";
import { type Headers, operator, sender, session, startUsers } from "./support.ts";

let api: Harness;
let send: ReturnType<typeof sender>;
beforeAll(async () => {
  api = await startUsers();
  send = sender(api);
});
afterAll(() => api.stop());

let count = 0;
/** An address that nobody has. */
const newEmail = () => `user-${++count}@example.com`;
const errorOf = ({ status, body }: Answer) => [
  status,
  body.error,
  body.errors?.map((one: { pointer: string }) => one.pointer),
];
const typesOf = async (userId: string) => (await api.log.readStream(userStream(userId))).map(({ type }) => type);
const find = (email: string, headers = operator) =>
  send("GET", `?email=${encodeURIComponent(email)}`, undefined, headers);
const upsert = (body: object) => send("POST", "/upsert", body);

describe("an upsert", () => {
  test("creates a user, then updates what it says", async () => {
    const email = newEmail();
    const first = await upsert({ email, name: "Ada", locale: "en-gb", currency: "GBP", meta: { plan: "solo" } });
    expect(first.status).toBe(201);
    expect(first.body).toEqual({
      created: true,
      user: {
        user_id: expect.any(String),
        account: `user:${first.body.user.user_id}`,
        email,
        email_bounced_at: null,
        email_verified_at: null,
        name: "Ada",
        locale: "en-GB",
        currency: "GBP",
        meta: { plan: "solo" },
        status: "active",
        terms_accepted_at: null,
        terms_version: null,
        marketing_consent: false,
        marketing_double_opt_in: false,
        created_at: expect.any(String),
        updated_at: first.body.user.created_at,
      },
    });
    expect(Number(first.headers.get("levqor-position"))).toBeGreaterThan(0);

    const again = await upsert({ email: ` ${email.toUpperCase()}`, name: null, meta: { plan: "team" } });
    expect(again.status).toBe(200);
    const { user } = first.body;
    const changed = { ...user, name: null, meta: { plan: "team" }, updated_at: expect.any(String) };
    expect(again.body).toEqual({ updated: true, user: changed });
    expect(again.body.user.updated_at).not.toBe(user.created_at);

    const same = await upsert({ email, meta: { plan: "team" } });
    expect([same.status, same.body, same.headers.get("levqor-position")]).toEqual([200, again.body, null]);
    expect(await typesOf(user.user_id)).toEqual(["user.created", "user.updated"]);
  });

  test("records nothing personal outside of envelopes, and belongs to the user's account", async () => {
    const planted = { email: "planted-9d41@example.com", name: "Planted 9d41", meta: { note: "planted 9d41" } };
    const { user } = (await upsert(planted)).body;
    await send("POST", `/${user.user_id}/suspend`, { reason: "Because of planted 9d41." });
    const events = await api.log.readStream(userStream(user.user_id));
    expect(events.map(({ type }) => type)).toEqual(["user.created", "user.suspended"]);
    for (const event of events) {
      expect(event.data_json).not.toMatch(/9d41/i);
      expect(decode(event).meta).toMatchObject({ account: user.account, subject: user.account });
    }
    expect(JSON.stringify(api.logged)).not.toMatch(/9d41/i);
  });

  test("of 64 spellings of one address at once, one creates the user", async () => {
    const spelling = (n: number) => {
      const accented = n % 2 === 0 ? "ren\u00e9" : "rene\u0301";
      const domain = n % 3 === 0 ? "BÜCHER.example" : "xn--bcher-kva.example";
      return `${" ".repeat(n % 5)}${n % 7 === 0 ? accented.toUpperCase() : accented}@${domain}`;
    };
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, n) => upsert({ email: spelling(n), meta: { n } })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(63).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => body.user.user_id)).size).toBe(1);
  });

  test("of two processes at once, one creates the user", async () => {
    const other = personalLog(openLog({ url: api.database_url }), api.vault);
    try {
      const processes = [personalLog(api.log, api.vault), other];
      const email = newEmail();
      const upserts = Array.from({ length: 16 }, (_, n) => {
        const parts = { log: processes[n % 2] as typeof other, vault: api.vault };
        return upsertUser(parts, { profile: { email, name: `Process ${n % 2}` }, meta: { actor: "test" } });
      });
      const outcomes = await Promise.all(upserts);
      expect(outcomes.filter((outcome) => "created" in outcome && outcome.created)).toHaveLength(1);
      expect(new Set(outcomes.map((outcome) => "user_id" in outcome && outcome.user_id)).size).toBe(1);
    } finally {
      await other.close();
    }
  });

  test("that was interrupted after its claim is completed by the next one", async () => {
    const email = newEmail();
    const user_id = crypto.randomUUID();
    expect(await api.vault.claim({ kind: "email", value: email }, `user:${user_id}`)).toEqual({ ok: true });
    expect(errorOf(await find(email))).toEqual([404, "user_not_found", undefined]);
    const { status, body } = await upsert({ email });
    expect([status, body.user.user_id]).toEqual([201, user_id]);
    expect((await find(email)).body).toEqual(body.user);
  });

  test("is the operator's alone", async () => {
    const { headers } = await session();
    const answer = await send("POST", "/upsert", { email: newEmail() }, headers);
    expect(errorOf(answer)).toEqual([403, "operator_required", undefined]);
  });
});

describe("an address", () => {
  const change = (userId: string, body: object) => send("PATCH", `/${userId}`, body);

  test("is changed by the operator, and free from then on", async () => {
    const [before, after] = [newEmail(), newEmail()];
    const { user } = (await upsert({ email: before })).body;
    const answer = await change(user.user_id, { email: after.toUpperCase() });
    expect([answer.status, answer.body.user.email]).toEqual([200, after]);
    expect((await find(before)).status).toBe(404);
    expect((await find(after)).body.user_id).toBe(user.user_id);
    const { status, body } = await upsert({ email: before });
    expect(status).toBe(201);
    expect(body.user.user_id).not.toBe(user.user_id);
    expect((await change(user.user_id, { email: null })).body.user.email).toBeNull();
    expect((await find(after)).status).toBe(404);
  });

  test("is one user's", async () => {
    const [hers, his] = [newEmail(), newEmail()];
    const { user } = (await upsert({ email: hers })).body;
    await upsert({ email: his });
    expect(errorOf(await change(user.user_id, { email: his }))).toEqual([409, "email_taken", undefined]);
    expect((await find(hers)).body.user_id).toBe(user.user_id);
    expect((await change(crypto.randomUUID(), { email: newEmail() })).status).toBe(404);
  });

  test("is the user's who was given it, if that was interrupted before it was recorded", async () => {
    const [before, after] = [newEmail(), newEmail()];
    const { user } = (await upsert({ email: before })).body;
    await api.vault.claim({ kind: "email", value: after }, user.account);
    const { status, body } = await upsert({ email: after });
    expect([status, body.user.user_id, body.user.email]).toEqual([200, user.user_id, after]);
    expect((await upsert({ email: before })).status).toBe(201);
  });

  test("is free after it was given up, if that was interrupted before it was released", async () => {
    const [before, after] = [newEmail(), newEmail()];
    const { user } = (await upsert({ email: before })).body;
    const { vault } = api;
    const interrupted = {
      claim: vault.claim.bind(vault),
      find: vault.find.bind(vault),
      prepare() {},
      release: () => Promise.reject(new Error("interrupted")),
    };
    const parts = { log: personalLog(api.log, vault), vault: interrupted };
    const wanted = { user_id: user.user_id, profile: { email: after }, meta: { actor: "test" } };
    await expect(changeUser(parts, wanted)).rejects.toThrow("interrupted");
    expect((await find(before)).status).toBe(404);
    const again = await upsert({ email: before });
    expect(again.status).toBe(201);
    expect(again.body.user.user_id).not.toBe(user.user_id);
    expect((await find(after)).body.user_id).toBe(user.user_id);
  });
});

describe("a look-up", () => {
  test("finds any spelling, for the operator", async () => {
    const email = newEmail();
    const { user } = (await upsert({ email })).body;
    expect((await find(email.toUpperCase())).body).toEqual(user);
    expect((await send("GET", `/${user.user_id}`)).body).toEqual(user);
    expect(errorOf(await find(newEmail()))).toEqual([404, "user_not_found", undefined]);
    expect(errorOf(await send("GET", `/${crypto.randomUUID()}`))).toEqual([404, "user_not_found", undefined]);
  });

  test("finds nobody else for a user, and tells nobody whether an address is known", async () => {
    const [known, own] = [newEmail(), newEmail()];
    const { user } = (await upsert({ email: known })).body;
    const { headers } = await session({ email: own, email_verified: true });
    await send("GET", "/me", undefined, headers);
    const [there, missing] = [await find(known, headers), await find(newEmail(), headers)];
    const { request_id: _, ...problem } = there.body;
    expect(problem.error).toBe("user_not_found");
    expect(missing.body).toMatchObject(problem);
    expect((await find(own, headers)).status).toBe(200);
    const calls: [string, object | undefined][] = [
      ["GET", undefined],
      ["PATCH", { name: "Eve" }],
    ];
    for (const [method, body] of calls) {
      const answer = await send(method, `/${user.user_id}`, body, headers);
      expect(errorOf(answer)).toEqual([404, "user_not_found", undefined]);
    }
    expect((await find(known, { accept: "*/*" })).status).toBe(401);
  });
});

describe("what is wrong", () => {
  test.each<[string, object, string, string]>([
    ["an address without a domain", { email: "ada" }, "invalid_email", "/email"],
    ["an address that is too long", { email: `${"a".repeat(65)}@example.com` }, "invalid_email", "/email"],
    ["an unknown language", { locale: "xx-YY" }, "unknown_locale", "/locale"],
    ["an unknown region", { locale: "en-XQ" }, "unknown_locale", "/locale"],
    ["another form of locale", { locale: "en_GB" }, "unknown_locale", "/locale"],
    ["a currency in lower case", { currency: "gbp" }, "unknown_currency", "/currency"],
    ["an unknown currency", { currency: "ZZZ" }, "unknown_currency", "/currency"],
    ["too much meta", { meta: { text: "x".repeat(USER_META_LIMIT_BYTES - 10) } }, "meta_too_large", "/meta"],
    ["an empty name", { name: "" }, "validation_failed", "/name"],
    ["an address that is no text", { email: 7 }, "validation_failed", "/email"],
  ])("%s is refused", async (_, wrong, error, pointer) => {
    const body = { email: newEmail(), ...wrong };
    expect(errorOf(await upsert(body))).toEqual([422, error, [pointer]]);
  });

  test("is not quoted", async () => {
    const marked = "secret-7c1e";
    const answers = [
      await upsert({ email: `${marked}@` }),
      await upsert({ email: newEmail(), locale: marked }),
      await upsert({ email: newEmail(), name: `${marked}\u0000` }),
      await upsert({ email: newEmail(), currency: marked }),
      await find(`${marked}@`),
      await find(`${marked}@example.com`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422, 404]);
    expect(answers.filter(({ text }) => text.includes(marked))).toEqual([]);
    expect(JSON.stringify(api.logged)).not.toContain(marked);
  });

  test("is not meta of 16 KB", async () => {
    const meta = { text: "x".repeat(USER_META_LIMIT_BYTES - '{"text":""}'.length) };
    expect((await upsert({ email: newEmail(), meta })).status).toBe(201);
  });
});

describe("the user who calls", () => {
  test("is recorded on first need, once, with a verified address that nobody has", async () => {
    const email = newEmail();
    const { headers, user_id } = await session({ email: email.toUpperCase(), email_verified: true });
    const answers = await Promise.all(Array.from({ length: 8 }, () => send("GET", "/me", undefined, headers)));
    expect(answers.map(({ status, body }) => [status, body.user_id, body.email])).toEqual(
      answers.map(() => [200, user_id, email]),
    );
    expect(await typesOf(user_id)).toEqual(["user.created", "user.email_verified"]);
    expect((await find(email)).body.user_id).toBe(user_id);
  });

  test("has no address if the auth server has not verified it, or somebody else has it", async () => {
    const taken = newEmail();
    await upsert({ email: taken });
    const claims = [
      { email: newEmail() },
      // Users write these themselves.
      { email: newEmail(), user_metadata: { email_verified: true } },
      { email: taken, email_verified: true },
    ];
    for (const claim of claims) {
      const { headers } = await session(claim);
      expect((await send("GET", "/me", undefined, headers)).body.email).toBeNull();
    }
    const email = newEmail();
    const { headers } = await session({ email, app_metadata: { email_verified: true } });
    expect((await send("GET", "/me", undefined, headers)).body.email).toBe(email);
  });

  test("changes what is known of them, but not the address", async () => {
    const { user_id, headers } = await session();
    const me = await send("PATCH", "/me", { name: "Ada", locale: "de-AT" }, headers);
    expect([me.status, me.body.user.name, me.body.user.locale]).toEqual([200, "Ada", "de-AT"]);
    expect((await send("PATCH", `/${user_id}`, { name: "Ada King" }, headers)).body.user.name).toBe("Ada King");
    for (const path of ["/me", `/${user_id}`]) {
      const answer = await send("PATCH", path, { email: newEmail() }, headers);
      expect(errorOf(answer)).toEqual([422, "validation_failed", ["/email"]]);
    }
  });

  test("is the one of the account: also for a key of it, and for the operator who acts for it", async () => {
    const { user_id, account, headers } = await session();
    await send("GET", "/me", undefined, headers);
    const expires_at = new Date(Date.now() + 300_000).toISOString();
    const { body } = await api.ask("/api/v1/keys", post({ name: "K", scopes: ["users:read"], expires_at }, headers));
    const callers: Headers[] = [{ "x-api-key": body.key }, { ...operator, "levqor-account": account }];
    for (const caller of callers) {
      expect((await send("GET", "/me", undefined, caller)).body.user_id).toBe(user_id);
    }
    expect(errorOf(await send("GET", "/me"))).toEqual([403, "user_required", undefined]);
    const stranger = { ...operator, "levqor-account": `user:${crypto.randomUUID()}` };
    expect((await send("GET", "/me", undefined, stranger)).status).toBe(404);
  });
});

describe("a suspended user", () => {
  test("is rejected with any credential, and what lasts ends, until that is lifted", async () => {
    const { user_id, account, headers } = await session();
    const expires_at = new Date(Date.now() + 300_000).toISOString();
    const { body } = await api.ask("/api/v1/keys", post({ name: "K", scopes: ["jobs:read"], expires_at }, headers));
    const key = { "x-api-key": body.key };
    const streams = await Promise.all([headers, key].map((one) => openSse(`${api.url}/api/v1/jobs/stream`, one)));
    const jobs = (caller: Headers) => api.ask("/api/v1/jobs", { headers: caller });

    // Nothing was recorded of the user yet.
    const suspended = await send("POST", `/${user_id}/suspend`, { reason: "Sends spam." });
    expect([suspended.status, suspended.body.user.status]).toEqual([200, "suspended"]);
    // Which they do only when the suspension is known here.
    await Promise.all(streams.map((stream) => stream.rest()));
    expect(streams.map((stream) => stream.closed()?.reason)).toEqual(["unauthorized", "unauthorized"]);
    for (const caller of [headers, key])
      expect(errorOf(await jobs(caller))).toEqual([403, "user_suspended", undefined]);
    // The operator sees to the account as before.
    expect((await jobs({ ...operator, "levqor-account": account })).status).toBe(200);

    const resumed = await send("POST", `/${user_id}/resume`);
    expect([resumed.status, resumed.body.user.status]).toEqual([200, "active"]);
    await eventually(async () => (await jobs(headers)).status === 200 && (await jobs(key)).status === 200);
    expect(await typesOf(user_id)).toEqual(["user.created", "user.suspended", "user.resumed"]);
  });

  test("is suspended by the operator alone", async () => {
    const { user_id, headers } = await session();
    for (const what of ["suspend", "resume"]) {
      const answer = await send("POST", `/${user_id}/${what}`, {}, headers);
      expect(errorOf(answer)).toEqual([403, "operator_required", undefined]);
    }
    expect((await send("POST", `/${crypto.randomUUID()}/resume`)).status).toBe(404);
  });
});
