/** Marketing mail: nobody gets any who did not confirm it, or has ended it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { SignJWT } from "jose";
import type { ConnectorContext } from "../../../connectors/connector.ts";
import { decode } from "../../../events/mod.ts";
import { consentDecider, userConsents } from "../../../src/domain/consent.ts";
import { holderOfAddress } from "../../../src/features/consent/holders.ts";
import { consentWorkflows } from "../../../src/features/consent/mail.ts";
import { REQUESTS } from "../../../src/features/consent/marketing_routes.ts";
import type { EventLog } from "../../../src/log/mod.ts";
import { createMailer, resendDelivery } from "../../../src/mail/mod.ts";
import { openEvents, personalLog } from "../../../src/vault/mod.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";
import { chromiumAvailable, launchChromium } from "../../support/chromium.ts";
import { testDatabase } from "../../support/postgres.ts";
import { type ResendStandIn, refused, startResend } from "../../support/resend.ts";
import { eventually, startServiceProcess } from "../../support/service.ts";

const KEY = "the-key-of-the-operator";
const SECRET = "a secret of no less than 32 bytes";
const ISSUER = "https://auth.example.com";
const FROM = "Levqor <no-reply@levqor.ai>";
const operator = { "x-api-key": KEY };

let api: Harness;
let log: EventLog;
let resend: ResendStandIn;

beforeAll(async () => {
  api = await startApi({
    api_keys: [KEY],
    jwt: { verify_with: { secret: SECRET }, issuer: ISSUER, audience: "authenticated" },
    documents: true,
  });
  log = personalLog(api.log, api.vault);
});
afterAll(() => api.stop());
beforeEach(() => {
  resend = startResend();
});
afterEach(async () => {
  expect(resend.faults).toEqual([]);
  await resend.stop();
});

let addresses = 0;
const newAddress = () => `ada${++addresses}@example.com`;
const optIn = (email: string, headers: Record<string, string> = operator) =>
  api.ask("/api/v1/marketing/opt-in", post({ email }, headers));
const confirm = (token: string) => api.ask("/api/v1/marketing/confirm", post({ token }));
const unsubscribe = (token: string, init: RequestInit = {}) =>
  api.ask(`/unsubscribe/${token}`, { method: "POST", ...init });
const errorOf = ({ status, body }: Answer) => [status, body.error];
const eventsOf = async (id: string) => (await log.readStream(`consent-${id}`)).map(decode);
const typesOf = async (id: string) => (await eventsOf(id)).map(({ type }) => type.slice("consent.marketing_".length));
const idOf = async (address: string) => (await holderOfAddress(api.vault, address)).id;

/** Runs a workflow as a job does. */
function run(
  name: "mail_marketing_confirmation" | "mail_marketing_welcome" | "forget_marketing_requests",
  input: object,
) {
  const delivery = resendDelivery({ api_key: resend.key, base_url: resend.url.replace(/\/$/, "") });
  const from = { support: FROM, billing: FROM, "no-reply": FROM, security: FROM };
  const mailer = createMailer({ delivery, from, log, vault: api.vault });
  const workflows = consentWorkflows({ log, vault: api.vault, mailer, base_url: api.url });
  const context = { signal: new AbortController().signal } as ConnectorContext;
  return workflows.find((workflow) => workflow.name === `levqor.${name}`)?.run(input, context);
}

const lastMail = () => resend.mails.at(-1)?.body as { to: string; text: string; headers?: Record<string, string> };

/** The token at the end of the link in the last mail. */
const linkedToken = (path: string) => new RegExp(`${api.url}${path}/(\\S+)`).exec(lastMail().text)?.[1] as string;

/** Asks for marketing mail, and returns the token of the link that is mailed. */
async function linkFor(address: string): Promise<string> {
  expect((await optIn(address)).status).toBe(202);
  const id = await idOf(address);
  const events = await eventsOf(id);
  await run("mail_marketing_confirmation", { id, version: events.length });
  expect(lastMail().to).toBe(address);
  return linkedToken("/marketing/confirm");
}

/** Somebody who confirmed: their stream's id, and the token of their link to unsubscribe. */
async function subscriber(kind: "user" | "address" = "address") {
  const address = newAddress();
  const user = crypto.randomUUID();
  if (kind === "user") await api.vault.claim({ kind: "email", value: address }, `user:${user}`);
  expect((await confirm(await linkFor(address))).status).toBe(200);
  const id = kind === "user" ? user : await idOf(address);
  const welcome = { kind, id, version: (await eventsOf(id)).length };
  await run("mail_marketing_welcome", welcome);
  return { address, id, welcome, token: linkedToken("/unsubscribe") };
}

describe("asking for marketing mail", () => {
  test("has the same response for every address, and is recorded once for many at once", async () => {
    const address = newAddress();
    const spellings = [address, address.toUpperCase(), ` ${address} `];
    const answers = await Promise.all(Array.from({ length: 64 }, (_, n) => optIn(spellings[n % 3] as string)));
    const known = (await subscriber("user")).address;
    for (const { status, text } of [...answers, await optIn(known), await optIn(newAddress())]) {
      expect([status, text]).toEqual([202, '{"status":"accepted"}']);
    }
    expect(await typesOf(await idOf(address))).toEqual(["requested"]);
  });

  test("records no address that can be read without the vault, and no other trace of who asked", async () => {
    const address = newAddress();
    await optIn(address);
    const [event] = await api.log.readStream(`consent-${await idOf(address)}`);
    expect(`${event?.data_json} ${event?.meta_json} ${event?.stream_id}`).not.toContain(address.slice(0, 4));
    expect(Object.keys(JSON.parse(event?.data_json as string))).toEqual(["address", "notice"]);
  });

  test.each([
    ["without @", "ada"],
    ["without a domain", "ada@"],
    ["without a name", "@example.com"],
    ["with a space", "grace hopper@example.com"],
    ["in a domain of one label", "ada@example"],
    ["of 320 characters", `ada@${"x".repeat(312)}.com`],
  ])("rejects what is no address, and does not repeat it: %s", async (_, email) => {
    const answer = await optIn(email);
    expect([...errorOf(answer), answer.body.errors?.[0].pointer]).toEqual([422, "invalid_email", "/email"]);
    expect(answer.text).not.toMatch(/grace|xxx/);
    expect(errorOf(await optIn("x".repeat(321)))).toEqual([422, "validation_failed"]);
  });

  test("without a key is possible only so often, whatever the address", async () => {
    const other = await startApi({ api_keys: [KEY], documents: true });
    try {
      const ask = (n: number, headers = {}) =>
        other.ask("/api/v1/marketing/opt-in", post({ email: `bob${n}@example.com` }, headers));
      const asked = await Promise.all(Array.from({ length: REQUESTS.at_once }, (_, n) => ask(n)));
      expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([202]));
      const one_more = await ask(REQUESTS.at_once);
      expect([...errorOf(one_more), one_more.headers.get("retry-after")]).toEqual([429, "too_many_opt_ins", "60"]);
      expect((await ask(REQUESTS.at_once, operator)).status).toBe(202);
    } finally {
      await other.stop();
    }
  });
});

describe("the link in the mail", () => {
  test("changes nothing when it is opened, and gives consent when its button is pressed", async () => {
    const address = newAddress();
    const token = await linkFor(address);
    expect(lastMail().headers).toBeUndefined();
    const id = await idOf(address);
    for (const method of ["GET", "HEAD", "GET"]) {
      const page = await api.ask(`/marketing/confirm/${token}`, { method });
      expect([page.status, page.headers.get("cache-control"), page.headers.get("x-robots-tag")]).toEqual([
        200,
        "no-store",
        "noindex",
      ]);
    }
    expect(await typesOf(id)).toEqual(["requested"]);
    const pressed = await api.ask(`/marketing/confirm/${token}`, { method: "POST", body: new URLSearchParams() });
    expect([pressed.status, pressed.headers.get("set-cookie")]).toEqual([200, null]);
    expect(pressed.text).toContain("Your address is confirmed");
    expect((await confirm(token)).body).toEqual({ status: "confirmed" });
    expect(await typesOf(id)).toEqual(["requested", "confirmed"]);
    const [, confirmed] = await eventsOf(id);
    expect(confirmed?.data).toMatchObject({
      address,
      ip: "127.0.0.1",
      request: { version: 1 },
      notice: { version: 1 },
    });
    expect((await api.log.readStream(`consent-${id}`))[1]?.data_json).not.toMatch(/example\.com|127\.0\.0\.1/);
  });

  test("gives consent for the user who has the address, as the user's record shows", async () => {
    const { id, address, welcome } = await subscriber("user");
    const events = await eventsOf(id);
    expect(events).toMatchObject([
      { type: "consent.marketing_confirmed", meta: { account: `user:${id}`, subject: `user:${id}`, actor: "visitor" } },
    ]);
    const state = events.reduce(consentDecider.evolve, consentDecider.initial);
    expect(userConsents(state)).toMatchObject({ marketing_consent: true, marketing_double_opt_in: true });
    expect(await typesOf(await idOf(address))).toEqual(["requested"]);
    expect(welcome.version).toBe(1);
  });

  test("is not mailed to somebody who has confirmed already", async () => {
    const { address } = await subscriber();
    const id = await idOf(address);
    expect(await run("mail_marketing_confirmation", { id, version: 1 })).toEqual({ skipped: "not_needed" });
  });

  test("confirms nothing if it was changed, or made for something else", async () => {
    const token = await linkFor(newAddress());
    const other = await subscriber();
    const [id, version, signature] = token.split(".") as [string, string, string];
    const forged = [
      `${id}.2.${signature}`,
      `${other.id}.${version}.${signature}`,
      `${id}.${version}.${signature.slice(0, 42)}${signature.endsWith("A") ? "E" : "A"}`,
      token.slice(0, -1),
      other.token,
      "x",
    ];
    for (const one of forged) {
      expect([one, ...errorOf(await confirm(one))]).toEqual([one, 404, "confirmation_unknown"]);
      expect((await api.ask(`/marketing/confirm/${one}`, { method: "POST" })).text).toContain(
        "The link is not complete",
      );
    }
    expect(await typesOf(id)).toEqual(["requested"]);
  });

  test("gives nothing back after it was withdrawn", async () => {
    const address = newAddress();
    const token = await linkFor(address);
    await confirm(token);
    const id = await idOf(address);
    await run("mail_marketing_welcome", { kind: "address", id, version: 2 });
    await unsubscribe(linkedToken("/unsubscribe"));
    expect(errorOf(await confirm(token))).toEqual([410, "confirmation_used"]);
    expect((await api.ask(`/marketing/confirm/${token}`, { method: "POST" })).text).toContain(
      "The link was used before",
    );
    expect(await typesOf(id)).toEqual(["requested", "confirmed", "withdrawn"]);
  });
});

describe("unsubscribing", () => {
  test("is named by each marketing mail, for people and for mail programs", async () => {
    const { token } = await subscriber();
    const url = `${api.url}/unsubscribe/${token}`;
    expect(lastMail().headers).toEqual({
      "List-Unsubscribe": `<${url}>`,
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    });
    expect(lastMail().text).toContain(url);
  });

  const multipart = new FormData();
  multipart.set("List-Unsubscribe", "One-Click");
  test.each<[string, RequestInit]>([
    ["as a form", { body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }) }],
    ["as a form with parts", { body: multipart }],
    ["without a body", {}],
    ["as something else", { body: "{", headers: { "content-type": "application/json" } }],
  ])("works with one click, %s: 200, no cookie, no redirect, one event", async (_, init) => {
    const { token, id } = await subscriber();
    const before = await typesOf(id);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => unsubscribe(token, { redirect: "manual", ...init })),
    );
    for (const { status, headers } of [...answers, await unsubscribe(token, init)]) {
      expect([status, headers.get("set-cookie"), headers.get("location")]).toEqual([200, null, null]);
    }
    expect(await typesOf(id)).toEqual([...before, "withdrawn"]);
  });

  test("shows a page, which changes nothing by itself", async () => {
    const { token, id } = await subscriber();
    const before = await typesOf(id);
    for (const method of ["GET", "HEAD"]) expect((await api.ask(`/unsubscribe/${token}`, { method })).status).toBe(200);
    expect(await typesOf(id)).toEqual(before);
  });

  test("has the same response for a link that was not made here, and records nothing", async () => {
    const { token, id } = await subscriber();
    const good = await unsubscribe(token);
    const head = await api.log.head();
    for (const one of [`address.${id}.${"A".repeat(43)}`, "x", "x".repeat(2_000), "%E2%82%AC", `${token}x`]) {
      const { status, text } = await unsubscribe(`${one}?utm=1`);
      expect([one, status, text]).toEqual([one, 200, good.text]);
    }
    expect(await api.log.head()).toBe(head);
  });

  test("with a link to the address also ends what its user agreed to, and the other way round", async () => {
    const first = await subscriber("address");
    const user = crypto.randomUUID();
    await api.vault.claim({ kind: "email", value: first.address }, `user:${user}`);
    // They have an account now, and agree again in it.
    const events = await eventsOf(first.id);
    const request = { stream_id: `consent-${first.id}`, version: 1 };
    const data = { ...(events[1]?.data as object), request };
    const meta = { actor: "visitor", correlation_id: "test", subject: `user:${user}` };
    await log.append({
      stream_id: `consent-${user}`,
      expected_version: 0,
      events: [{ type: "consent.marketing_confirmed", data }],
      meta,
    });
    await unsubscribe(first.token);
    expect([(await typesOf(first.id)).at(-1), (await typesOf(user)).at(-1)]).toEqual(["withdrawn", "withdrawn"]);
  });

  test.skipIf(!chromiumAvailable)("works in a browser, with its button", async () => {
    const { token, id } = await subscriber();
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`${api.url}/unsubscribe/${token}`);
      await page.getByRole("button", { name: "Unsubscribe" }).click();
      await page.getByRole("heading", { name: "You are unsubscribed" }).waitFor();
    } finally {
      await browser.close();
    }
    expect((await typesOf(id)).at(-1)).toBe("withdrawn");
  });
});

describe("unsubscribing against sending", () => {
  test("a mail that is to be sent again is not, once its recipient has unsubscribed", async () => {
    const { token, ...subscribed } = await subscriber();
    const welcome = { ...subscribed.welcome, version: 1_000 };
    const sent = resend.mails.length;
    resend.refuse(() => refused(503, "internal_server_error", { "retry-after": "0" }));
    await expect(run("mail_marketing_welcome", welcome)).rejects.toThrow();
    await unsubscribe(token);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => run("mail_marketing_welcome", welcome)));
    expect(outcomes).toEqual(Array(8).fill({ skipped: "consent_withdrawn" }));
    expect(resend.mails).toHaveLength(sent);
  });

  test("while mails are being sent, none that is begun after the response is handed over", async () => {
    const { token, id } = await subscriber();
    const sent = resend.mails.length;
    const begun: { after: boolean; outcome: unknown }[] = [];
    let isOver = false;
    const sending = (async () => {
      for (let version = 1_000; begun.filter(({ after }) => after).length < 3; version++) {
        const after = isOver;
        begun.push({ after, outcome: await run("mail_marketing_welcome", { kind: "address", id, version }) });
      }
    })();
    await resend.accepted(sent + 3);
    await unsubscribe(token);
    isOver = true;
    await sending;
    const outcomesOf = (wanted: boolean) => begun.filter(({ after }) => after === wanted).map(({ outcome }) => outcome);
    expect(outcomesOf(false)[0]).toEqual({ mail_id: expect.any(String) });
    expect(outcomesOf(true)).toEqual(Array(3).fill({ skipped: "consent_withdrawn" }));
  });
});

describe("a user in their own session", () => {
  async function session(id: string) {
    const claims = { iss: ISSUER, aud: "authenticated", sub: id, exp: Math.floor(Date.now() / 1000) + 600 };
    const token = await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SECRET));
    return { authorization: `Bearer ${token}` };
  }

  test("ends marketing mail without accepting any terms, and then gets none", async () => {
    const { id, welcome } = await subscriber("user");
    const optOut = (headers: Record<string, string>, body: object = {}) =>
      api.ask("/api/v1/marketing/opt-out", post(body, headers));
    const headers = await session(id);
    expect(errorOf(await api.ask("/api/v1/jobs", { headers }))).toEqual([403, "terms_not_accepted"]);
    for (const _ of [1, 2]) expect((await optOut(headers)).body).toEqual({ status: "withdrawn" });
    expect(await typesOf(id)).toEqual(["confirmed", "withdrawn"]);
    expect(await run("mail_marketing_welcome", welcome)).toEqual({ skipped: "consent_withdrawn" });
    const other = await subscriber("user");
    expect(errorOf(await optOut(headers, { user: `user:${other.id}` }))).toEqual([422, "validation_failed"]);
    expect((await optOut(operator, { user: `user:${other.id}` })).status).toBe(200);
    expect((await eventsOf(other.id)).at(-1)).toMatchObject({ data: { by: "operator" } });
  });
});

/** Of the request that a stream begins with. */
const requestOf = async (id: string) => (await eventsOf(id))[0]?.meta.subject as string;

test("an address that was forgotten is mailed nothing, and its link confirms nothing", async () => {
  const address = newAddress();
  const pending = await linkFor(address);
  const { id, welcome, token } = await subscriber();
  await Promise.all([
    api.vault.destroy(await requestOf(await idOf(address)), ["trace"]),
    api.vault.destroy(await requestOf(id), ["trace"]),
    api.vault.destroy(`address:${id}`, ["trace", "evidence"]),
  ]);
  expect(errorOf(await confirm(pending))).toEqual([410, "confirmation_expired"]);
  expect(await run("mail_marketing_welcome", welcome)).toEqual({ skipped: "consent_withdrawn" });
  const forgotten = { id: await idOf(address), version: 1 };
  expect(await run("mail_marketing_confirmation", forgotten)).toEqual({ skipped: "not_needed" });
  expect((await unsubscribe(token)).status).toBe(200);
  const opened = await openEvents(api.vault, await api.log.readStream(`consent-${id}`));
  expect(opened.map(decode)).toMatchObject([
    { data: { address: null } },
    { data: { address: null, notice: { version: 1 } } },
    {},
  ]);
});

test("of a user who is erased no request is readable, and the address can be used again", async () => {
  const { id, address } = await subscriber("user");
  expect(await run("forget_marketing_requests", { user_id: id })).toEqual({ forgotten: 1 });
  const [request] = await eventsOf(await idOf(address));
  expect(request?.data).toMatchObject({ address: null });
  await api.vault.release({ kind: "email", value: address }, `user:${id}`);
  // As if a quarter of an hour had passed.
  const again = { address, notice: { version: 1, sha256: "0".repeat(64) } };
  await log.append({
    stream_id: `consent-${await idOf(address)}`,
    expected_version: 1,
    events: [{ type: "consent.marketing_requested", data: again }],
    meta: { actor: "visitor", correlation_id: "test", subject: "opt_in:another" },
  });
  await run("mail_marketing_confirmation", { id: await idOf(address), version: 2 });
  expect((await confirm(linkedToken("/marketing/confirm"))).status).toBe(200);
});

test("the service mails the link and, once it is confirmed, the first marketing mail, through jobs without addresses", async () => {
  const database = await testDatabase();
  const service = await startServiceProcess({
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    API_KEYS: KEY,
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString("base64")}`,
    RESEND_API_KEY: resend.key,
    RESEND_BASE_URL: resend.url,
    MAIL_DOMAIN: "levqor.ai",
    PUBLIC_URL: "https://levqor.example",
  });
  try {
    const email = "grace@example.com";
    // As soon as the notice is published.
    await eventually(async () => {
      const asked = await service.call("/api/v1/marketing/opt-in", { method: "POST", body: { email } });
      return asked.status === "accepted";
    });
    await resend.accepted(1);
    const [, path] = /https:\/\/levqor\.example(\/marketing\/confirm\/\S+)/.exec(lastMail().text) ?? [];
    expect((await fetch(`${service.url}${path}`, { method: "POST" })).status).toBe(200);
    await resend.accepted(2);
    expect(lastMail()).toMatchObject({ to: email, headers: { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" } });
    expect(lastMail().headers?.["List-Unsubscribe"]).toMatch(
      /^<https:\/\/levqor\.example\/unsubscribe\/address\.\S+>$/,
    );
    expect(service.logged()).not.toMatch(/grace|confirm\/[0-9a-f]|unsubscribe\/address/);
  } finally {
    await service.stop();
    await database.drop();
  }
}, 60_000);
