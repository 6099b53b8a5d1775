// Slow: whoever asks too often is answered after a second, and links have to become too old.
/** Signing in by mail, over the API: with the job that mails the link, and the page that it leads to. */
import { afterAll, beforeAll, describe, expect, setSystemTime, test } from "bun:test";
import type { ConnectorContext } from "../../../connectors/connector.ts";
import { decode } from "../../../events/mod.ts";
import { signInStream } from "../../../events/sign_in.ts";
import { userAccount } from "../../../events/user.ts";
import { changeUser, findUser, upsertUser } from "../../../src/access/users.ts";
import { LINK_MS } from "../../../src/domain/sign_in.ts";
import { signInWorkflows } from "../../../src/features/sign_in/mail.ts";
import { mailSignInLink } from "../../../src/features/sign_in/reactions.ts";
import { SIGN_INS } from "../../../src/features/sign_in/sign_in_routes.ts";
import type { EventLog } from "../../../src/log/mod.ts";
import { createMailer, Outbox } from "../../../src/mail/mod.ts";
import { submit } from "../../../src/reactor/mod.ts";
import { personalLog } from "../../../src/vault/mod.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";
import { reactionSpec } from "../../spec.ts";
import { keepSecret } from "../../support/secrets.ts";

const FROM = { support: "s@levqor.ai", billing: "b@levqor.ai", "no-reply": "n@levqor.ai", security: "x@levqor.ai" };
const own = { "sec-fetch-site": "same-origin" };

let api: Harness;
let log: EventLog;
let outbox: Outbox;
beforeAll(async () => {
  api = await startApi({
    api_keys: ["the-key-of-the-operator"],
    rate_limits: { burst: 1_000_000, global: null, tiers: { free: null } },
    trust_proxy: { header: "x-real-ip", hops: undefined, proxies: [] },
    timing: { hold_ms: 1 },
    cors_origins: ["https://app.example.com"],
  });
  log = personalLog(api.log, api.vault);
  outbox = new Outbox(() => {});
});
afterAll(() => api.stop());

let networks = 0;
/** From a network of its own, unless it says otherwise. */
const ask = (path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
  api.ask(path, post(body, { "x-real-ip": `198.51.${++networks >> 8}.${networks & 255}`, ...headers }));

interface Asked {
  readonly answer: Answer;
  readonly sign_in_id: string;
  /** The browser's. */
  readonly cookie: string;
}

async function request(email: string, more: object = {}): Promise<Asked> {
  const answer = await ask("/auth/sign-in", { email, ...more });
  expect(answer.status).toBe(202);
  const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
  keepSecret(cookie.split(".")[1] as string);
  return { answer, cookie, sign_in_id: cookie.slice(cookie.indexOf("=") + 1, cookie.indexOf(".")) };
}

/** Runs the job that mails a link. */
async function runJob(sign_in_id: string): Promise<unknown> {
  const mailer = createMailer({ delivery: outbox, from: FROM as never, log, vault: api.vault });
  const [workflow] = signInWorkflows({ mailer, log, vault: api.vault, public_url: "http://api" });
  return await workflow?.run({ sign_in_id }, { signal: new AbortController().signal } as ConnectorContext);
}

/** Asks for a link, and reads the mail. */
async function mailed(email: string, more: object = {}) {
  const asked = await request(email, more);
  await runJob(asked.sign_in_id);
  const [mail] = outbox.mails();
  expect(mail?.to).toBe(email);
  const token = /http:\/\/api\/auth\/link#(lvl_[\w-]{65})/.exec(mail?.text ?? "")?.[1] as string;
  const code = /\b[0-9A-Z]{4}-[0-9A-Z]{4}\b/.exec(mail?.text ?? "")?.[0] as string;
  keepSecret(token);
  return { ...asked, token, code };
}

const redeem = (body: object, headers: Record<string, string> = {}) =>
  ask("/auth/redeem", { deliver: "token", ...body }, headers);
const address = () => `ada-${crypto.randomUUID()}@example.com`;

/** Runs at another time of this process. */
async function later<Value>(ms: number, run: () => Promise<Value>): Promise<Value> {
  setSystemTime(new Date(Date.now() + ms));
  try {
    return await run();
  } finally {
    setSystemTime();
  }
}

describe("asking for a link", () => {
  test("looks the same for an address that is known and one that is not", async () => {
    const known = address();
    await upsertUser({ log, vault: api.vault }, { profile: { email: known }, meta: { actor: "key:1" } });
    const shape = ({ answer, cookie }: Asked) => ({
      status: answer.status,
      text: answer.text,
      cookie: cookie.length,
      headers: [...answer.headers.keys()].sort(),
    });
    expect(shape(await request(known))).toEqual(shape(await request(address())));
  });

  test("records the address sealed, and a job of the service's own follows", async () => {
    const email = address();
    const { sign_in_id } = await request(email, { next: "/public/docs" });
    const [stored] = await api.log.readStream(signInStream(sign_in_id));
    expect(stored?.data_json).not.toContain(email);
    expect(decode((await log.readStream(signInStream(sign_in_id)))[0] as never).data).toMatchObject({
      email,
      next: "/public/docs",
    });
    const when = reactionSpec(mailSignInLink, signInStream(sign_in_id));
    const data = { email, next: null, browser: "a".repeat(64) };
    when({ type: "sign_in.requested", data }).then(
      submit({ workflow: "levqor.mail_sign_in_link", payload: { sign_in_id } }),
    );
  });

  test.each([
    [{ email: "ada" }, "/email", "invalid_email"],
    [{ email: "ada@example.com", next: "//evil.example" }, "/next", "validation_failed"],
    [{ email: "ada@example.com", next: "/\\evil.example" }, "/next", "validation_failed"],
    [{ email: "ada@example.com", next: "https://evil.example/" }, "/next", "validation_failed"],
    [{ email: "" }, "/email", "validation_failed"],
    [{}, "/email", "validation_failed"],
  ])("is rejected for %j", async (body, pointer, error) => {
    const { status, body: problem } = await ask("/auth/sign-in", body);
    expect([status, problem.error, problem.errors[0].pointer]).toEqual([422, error, pointer]);
  });

  test("is possible five times in a quarter of an hour, for one address and from one network", async () => {
    const [email, ip] = [address(), "2001:db8:1:2::1"];
    const tries = async (count: number, make: (index: number) => Promise<Answer>) =>
      (await Promise.all(Array.from({ length: count }, (_, i) => make(i)))).map(({ status }) => status).sort();
    const allowed = Array<number>(SIGN_INS.quota).fill(202);
    expect(await tries(7, () => ask("/auth/sign-in", { email }))).toEqual([...allowed, 429, 429]);
    const nearby = (i: number) => ({ "x-real-ip": `2001:db8:1:2::${i + 1}` });
    expect(await tries(7, (i) => ask("/auth/sign-in", { email: address() }, nearby(i)))).toEqual([
      ...allowed,
      429,
      429,
    ]);
    const refused = await ask("/auth/sign-in", { email: address() }, { "x-real-ip": ip });
    expect(refused.body).toMatchObject({ error: "rate_limited", violated_policies: ["sign-in"] });
    const wait_s = Number(refused.headers.get("retry-after"));
    expect(wait_s).toBeGreaterThan(SIGN_INS.period_s - 60);
    expect(wait_s).toBeLessThanOrEqual(SIGN_INS.period_s);
    // Other spellings of the address are the same one.
    expect((await ask("/auth/sign-in", { email: ` ${email.toUpperCase()}` })).status).toBe(429);
    expect((await ask("/auth/sign-in", { email: address() })).status).toBe(202);
    const stored = await api.sql`select string_agg(scope, ' ') as scopes from levqor_ops.rate_rare`;
    expect(stored[0]?.scopes).toMatch(/^[0-9a-f ]+$/);
  });
});

describe("the job", () => {
  test("creates the user of a new address, once, and forgets the address that was typed", async () => {
    const email = address();
    const parts = { log, vault: api.vault };
    expect(await findUser(parts, email)).toBeUndefined();
    const { sign_in_id } = await mailed(email);
    const user = await findUser(parts, email);
    expect(user).toBeString();
    await mailed(email);
    expect(await findUser(parts, email)).toBe(user as string);
    const [first] = (await log.readStream(signInStream(sign_in_id))).map(decode);
    expect(first?.data).toMatchObject({ email: null });
  });

  test("that runs again mails nothing again", async () => {
    const { sign_in_id } = await mailed(address());
    const before = outbox.mails().length;
    expect(await runJob(sign_in_id)).toEqual({ skipped: "forgotten" });
    expect(outbox.mails()).toHaveLength(before);
  });

  test("says that mail is not configured", async () => {
    const { sign_in_id } = await request(address());
    const [workflow] = signInWorkflows({ mailer: undefined, log, vault: api.vault, public_url: "http://api" });
    const context = { signal: new AbortController().signal } as ConnectorContext;
    expect(await workflow?.run({ sign_in_id }, context)).toEqual({ skipped: "mail_not_configured" });
  });
});

describe("a link", () => {
  test("is not used up by programs that open it, and then by exactly one of 64 at once", async () => {
    const email = address();
    const { token } = await mailed(email, { next: "/public/docs" });
    for (let i = 0; i < 50; i++) {
      const page = await api.ask(`/auth/link#${token}`, { method: i % 2 ? "HEAD" : "GET", headers: {} });
      expect(page.status).toBe(200);
    }
    const outcomes = await Promise.all(Array.from({ length: 64 }, () => redeem({ token })));
    const counted = Object.groupBy(outcomes, ({ status, body }) => `${status} ${body.error}`);
    expect(Object.entries(counted).map(([what, all]) => [what, all?.length])).toEqual(
      expect.arrayContaining([
        ["200 undefined", 1],
        ["410 link_used", 63],
      ]),
    );
    const { body } = outcomes.find(({ status }) => status === 200) as Answer;
    const user = userAccount((await findUser({ log, vault: api.vault }, email)) as string);
    expect(body).toMatchObject({ user, next: "/public/docs" });
    const sessions = await api.ask("/auth/sessions", { headers: { authorization: `Bearer ${body.token}` } });
    expect(sessions.body.data).toMatchObject([{ session_id: body.session_id, method: "email_link", current: true }]);
    expect(sessions.body.data[0].ip).toStartWith("198.51.");
  });

  test("is valid for ten minutes, and only the newest", async () => {
    const email = address();
    const first = await mailed(email);
    expect((await later(LINK_MS, () => redeem({ token: first.token }))).body.error).toBe("link_expired");
    const second = await mailed(email);
    expect((await redeem({ token: first.token })).body.error).toBe("link_expired");
    expect((await redeem({ code: first.code }, { cookie: first.cookie })).body.error).toBe("link_expired");
    expect((await redeem({ token: second.token })).status).toBe(200);
  });

  test("is not valid once its user has another address: whoever reads the former mailbox is somebody else", async () => {
    const email = address();
    const { token, code, cookie } = await mailed(email);
    const parts = { log, vault: api.vault };
    const user_id = (await findUser(parts, email)) as string;
    const changed = await changeUser(parts, { user_id, profile: { email: address() }, meta: { actor: "key:1" } });
    expect(changed.ok).toBe(true);
    expect((await redeem({ token })).body.error).toBe("link_expired");
    expect((await redeem({ code }, { cookie })).body.error).toBe("link_expired");
  });

  test("that was changed is none", async () => {
    const { token } = await mailed(address());
    for (const at of [5, 30, 60]) {
      const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      expect((await redeem({ token: changed })).body.error).toBe("link_expired");
    }
    expect((await redeem({ token: "lvl_x" })).status).toBe(422);
    expect((await redeem({})).status).toBe(422);
    expect((await redeem({ token })).status).toBe(200);
  });

  test("gives a page of the service a cookie, and nobody else", async () => {
    const { token } = await mailed(address());
    const elsewhere = [{}, { "sec-fetch-site": "none" }, { origin: "https://app.example.com" }];
    for (const headers of elsewhere as Record<string, string>[]) {
      const { status, body } = await redeem({ token, deliver: "cookie" }, headers);
      expect([headers, status, body.error]).toEqual([headers, 403, "origin_refused"]);
    }
    const { status, body, headers } = await redeem({ token, deliver: "cookie" }, own);
    expect([status, body.token, body.next]).toEqual([200, null, "/"]);
    const cookie = headers.get("set-cookie") as string;
    expect(cookie).toMatch(/^levqor-session-dev=lvs_\w{38}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/);
    const session = cookie.split(";")[0] as string;
    expect((await api.ask("/auth/sessions", { headers: { cookie: session } })).status).toBe(200);
    // Another sign-in in the same browser ends it.
    const again = await mailed(address());
    expect((await redeem({ token: again.token, deliver: "cookie" }, { ...own, cookie: session })).status).toBe(200);
    expect((await api.ask("/auth/sessions", { headers: { cookie: session } })).status).toBe(401);
  });
});

describe("a code", () => {
  test("signs in the browser that asked, however it is written, and no other", async () => {
    const { code, cookie } = await mailed(address());
    for (const headers of [{}, { cookie: (await request(address())).cookie }] as Record<string, string>[]) {
      expect((await redeem({ code }, headers)).body.error).toMatch(/^link_expired$/);
    }
    const forged = cookie.replace(/\..$/, ".");
    expect(
      (await redeem({ code }, { cookie: `${forged.slice(0, -1)}${forged.endsWith("A") ? "B" : "A"}` })).status,
    ).toBe(410);
    const written = code.toLowerCase().replace("-", " ");
    expect((await redeem({ code: written }, { cookie })).status).toBe(200);
    expect((await redeem({ code }, { cookie })).body.error).toBe("link_used");
  });

  test("is not accepted after five wrong ones, and the link still is", async () => {
    const { code, cookie, token } = await mailed(address());
    const wrong = code.startsWith("0") ? code.replace("0", "1") : `0${code.slice(1)}`;
    for (let i = 0; i < 5; i++) {
      expect((await redeem({ code: wrong }, { cookie })).body).toMatchObject({ status: 403, error: "wrong_code" });
    }
    expect((await redeem({ code }, { cookie })).body.error).toBe("link_expired");
    expect((await redeem({ token })).status).toBe(200);
  });
});

test("no token, code or address is anywhere in the database, but sealed", async () => {
  const email = address();
  const { token, code, cookie } = await mailed(email);
  const { body } = await redeem({ token });
  const secrets = [email, token, token.slice(26), code, code.replace("-", ""), cookie.split(".")[1], body.token];
  const tables = await api.sql<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname like 'levqor%' and has_table_privilege(format('%I.%I', schemaname, tablename), 'select')`;
  for (const { name } of tables) {
    const [row] = await api.sql.unsafe<{ text: string }[]>(
      `select coalesce(json_agg(t)::text, '') as text from ${name} t`,
    );
    for (const secret of secrets) expect([name, row?.text.includes(secret as string)]).toEqual([name, false]);
  }
});
