import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { post, startApi } from "../../http/harness.ts";
import { startNameServer } from "../../support/dns.ts";
import { bounce, type MailBench, reportOf, signed, startMailBench } from "./support.ts";

const OPERATOR = "the-operators-own-key";
const operator = { "x-api-key": OPERATOR };

let bench: MailBench;
let mails: { answer: string; sign_in: string };
/** Keys that may list mails, and not see recipients, and one that may not even list them. */
let reader: Record<string, string>;
let other: Record<string, string>;
beforeAll(async () => {
  bench = await startMailBench({ api_keys: [OPERATOR] });
  mails = {
    answer: await bench.send("answer", { kind: "support_answer", person: "user:1" }),
    sign_in: await bench.send("sign in", { kind: "sign_in", subject: "Sign in", to: "bob@example.com" }),
  };
  await bench.api.ask(
    "/webhooks/resend",
    signed(reportOf(mails.answer, "email.bounced", bounce("Permanent", "NoEmail"))),
  );
  const keyWith = async (scope: string) => {
    const body = JSON.stringify({ name: "K", scopes: [scope] });
    const headers = { ...operator, "content-type": "application/json" };
    return { "x-api-key": (await bench.api.ask("/api/v1/keys", { method: "POST", headers, body })).body.key };
  };
  [reader, other] = await Promise.all([keyWith("mail:read"), keyWith("support:read")]);
});
afterAll(() => bench.api.stop());

const at = async () => ({ "levqor-min-position": String(await bench.log.head()) });
const list = async (query = "", headers: Record<string, string> = operator) =>
  (await bench.api.ask(`/api/v1/mails${query}`, { headers: { ...headers, ...(await at()) } })).body.data;

describe("the list of mails", () => {
  test("shows the newest first, with whom they went to and what became of them", async () => {
    const [sign_in, answer] = await list();
    expect(sign_in).toMatchObject({
      mail_id: mails.sign_in,
      status: "sent",
      to: "bob@example.com",
      subject: "Sign in",
    });
    expect(answer).toMatchObject({
      mail_id: mails.answer,
      status: "bounced",
      kind: "support_answer",
      person: "user:1",
      to: "ada@example.com",
      recipient: "shown",
      bounce: "hard",
      reason: "no_email",
    });
  });

  test("hides recipients from keys without the scope", async () => {
    for (const mail of await list("", reader)) {
      expect(mail).toMatchObject({ to: null, subject: null, recipient: "hidden" });
    }
  });

  test("shows mails of a status, a class, a kind, a person, and in pages", async () => {
    const ids = async (query: string) => (await list(query)).map(({ mail_id }: { mail_id: string }) => mail_id);
    expect(await ids("?status=bounced")).toEqual([mails.answer]);
    expect(await ids("?kind=sign_in")).toEqual([mails.sign_in]);
    expect(await ids("?person=user:1")).toEqual([mails.answer]);
    expect(await ids("?class=marketing")).toEqual([]);
    const { body } = await bench.api.ask("/api/v1/mails?limit=1", { headers: operator });
    expect([body.has_more, body.data[0].mail_id]).toEqual([true, mails.sign_in]);
    expect(await ids(`?limit=1&cursor=${body.next_cursor}`)).toEqual([mails.answer]);
  });

  test("needs the scope", async () => {
    expect((await bench.api.ask("/api/v1/mails", { headers: other })).status).toBe(403);
    expect((await bench.api.ask("/api/v1/mails")).status).toBe(401);
  });
});

describe("a mail", () => {
  const get = async (mail_id: string, headers: Record<string, string> = operator) =>
    await bench.api.ask(`/api/v1/mails/${mail_id}`, { headers });

  test("is shown with the time of each report", async () => {
    const { body } = await get(mails.answer);
    expect(body).toMatchObject({
      status: "bounced",
      to: "ada@example.com",
      provider_id: mails.answer,
      delivered_at: null,
      bounced_at: "2026-01-15T09:30:00.123Z",
    });
    // Their owner sees it, too.
    const { body: upserted } = await bench.api.ask(
      "/api/v1/users/upsert",
      post({ email: "ada@example.com" }, operator),
    );
    expect(upserted.user.email_bounced_at).toBe("2026-01-15T09:30:00.123Z");
    expect((await get(mails.answer, reader)).body).toMatchObject({ to: null, subject: null, recipient: "hidden" });
  });

  test("that does not exist is not found, and a wrong id is said to be one", async () => {
    const missing = await get(crypto.randomUUID());
    expect([missing.status, missing.body.error]).toEqual([404, "mail_not_found"]);
    const wrong = await get("42");
    expect([wrong.status, wrong.body.error]).toEqual([400, "invalid_mail_id"]);
  });

  test("to somebody who was erased has no recipient any more", async () => {
    const mail_id = await bench.send("erased", { person: "user:2", to: "eve@example.com" });
    await bench.api.vault.destroy("user:2", ["profile"]);
    const erased = { mail_id, status: "sent", to: null, subject: null, recipient: "erased" };
    expect((await get(mail_id)).body).toMatchObject(erased);
    expect((await list("?person=user:2"))[0]).toMatchObject(erased);
  });
});

describe("an address that mail came back from", () => {
  const ask = async (verb: "check" | "release", email: string, headers: Record<string, string> = operator) =>
    await bench.api.ask(`/api/v1/mail/addresses/${verb}`, {
      method: "POST",
      body: JSON.stringify({ email }),
      headers: { ...headers, "content-type": "application/json" },
    });

  test("is said to be stopped, and gets mail again once an operator lets it", async () => {
    const to = "carol@example.com";
    const mail_id = await bench.send("bounces", { to });
    expect((await ask("check", to)).body.stopped).toBe("nothing");
    const report = reportOf(mail_id, "email.bounced", { ...bounce("Permanent", "NoEmail"), to: [to] });
    await bench.api.ask("/webhooks/resend", signed(report));
    const bounced = { stopped: "all", hard_bounced_at: "2026-01-15T09:30:00.123Z", released_at: null };
    expect((await ask("check", "Carol@Example.COM")).body).toMatchObject(bounced);
    for (const verb of ["check", "release"] as const) expect((await ask(verb, to, reader)).status).toBe(403);

    const released = await ask("release", to);
    expect(released.body).toMatchObject({ stopped: "nothing", hard_bounced_at: null, released_at: expect.any(String) });
    expect(Number(released.headers.get("levqor-position"))).toBe(await bench.log.head());
    expect((await list(`?person=mail:${await bench.send("again", { to })}`))[0].status).toBe("sent");
    expect((await ask("release", to)).headers.get("levqor-position")).toBeNull();
    expect(JSON.stringify(await bench.api.log.readRange(0, 1_000))).not.toContain("carol@");
  });

  test("must be one", async () => {
    const { status, body } = await ask("check", "nobody");
    expect([status, body.error]).toEqual([422, "validation_failed"]);
  });
});

describe("the domain that mail comes from", () => {
  test("is checked, and said to be missing where there is none", async () => {
    const none = { domain: null, ok: false, provider_status: null, problems: [], records: [] };
    expect((await bench.api.ask("/api/v1/mail/domain", { headers: reader })).body).toEqual(none);
    const dns = startNameServer();
    dns.records.set("TXT _dmarc.levqor.ai", ["v=DMARC1; p=none;"]);
    const one = await startMailBench({ domain: "levqor.ai", resolver: dns.address });
    const { status, body } = await one.api.ask("/api/v1/mail/domain");
    await one.api.stop();
    dns.stop();
    expect([status, body.domain, body.ok]).toEqual([200, "levqor.ai", false]);
    expect(body.records.map(({ purpose, status }: Record<string, string>) => [purpose, status])).toEqual([
      ["SPF", "missing"],
      ["DKIM", "missing"],
      ["DMARC", "ok"],
    ]);
  });
});

test("templates of mails are no pages", async () => {
  for (const path of ["/public/mail/support_answer", "/public/mail/support_answer.md"]) {
    expect((await bench.api.ask(path, { headers: operator })).status).toBe(404);
  }
});

describe("in development, /_dev/mails", () => {
  test("shows what would have been sent, newest first, as JSON and as a page with links", async () => {
    const href = "https://levqor.localhost/sign-in#token";
    const to = "dev@example.com";
    await bench.send("shown", { to, subject: "<b>Hi</b>", paragraphs: [{ link: { label: "Sign in", href } }] });
    const { body, headers } = await bench.api.ask("/_dev/mails");
    expect(body.data[0]).toMatchObject({ subject: "<b>Hi</b>", to, text: `Sign in: ${href}\n` });
    expect(headers.get("cache-control")).toBe("no-store");
    const { text } = await bench.api.ask("/_dev/mails", { headers: { accept: "text/html" } });
    expect(text).toContain(`<a href="${href}">${href}</a>`);
    expect(text).toContain("&lt;b>Hi&lt;/b>");
  });

  test("is nowhere else", async () => {
    const production = await startMailBench({ production: true, api_keys: [OPERATOR] });
    expect((await production.api.ask("/_dev/mails", { headers: operator })).status).toBe(404);
    await production.api.stop();
    const sending = await startApi();
    expect((await sending.ask("/_dev/mails")).status).toBe(404);
    await sending.stop();
  });
});
