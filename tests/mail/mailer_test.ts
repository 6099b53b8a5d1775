import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { ConnectorError } from "../../connectors/connector.ts";
import { mailStream } from "../../events/mail.ts";
import { decode } from "../../events/mod.ts";
import { type AddressCommand, addressDecider } from "../../src/domain/address.ts";
import { isRetryable } from "../../src/jobs/run/retry.ts";
import { derivedUuid } from "../../src/log/derived_id.ts";
import { type EventLog, handle } from "../../src/log/mod.ts";
import { LETTER_LENGTH_MAX, type MailerOptions } from "../../src/mail/mailer.ts";
import {
  createMailer,
  MAIL_ID_TAG,
  type Mail,
  type Mailer,
  mailboxOf,
  OUTBOX_MAX,
  Outbox,
  resendDelivery,
} from "../../src/mail/mod.ts";
import { personalLog, type Vault } from "../../src/vault/mod.ts";
import { meta } from "../support/events.ts";
import { type ResendStandIn, refused, resendDescribed, type SentMail, startResend } from "../support/resend.ts";
import { openStore, type Store } from "../support/store.ts";
import { testVault } from "../support/vault.ts";

const FROM = "Levqor <support@levqor.ai>";
const from = {
  support: FROM,
  billing: "Levqor Billing <billing@levqor.ai>",
  "no-reply": "Levqor <no-reply@levqor.ai>",
  security: "Levqor Security <security@levqor.ai>",
} as const;
const mailerOf = ({ timeout_ms, ...options }: { timeout_ms?: number } & Partial<MailerOptions> = {}) => {
  const base_url = resend.url.replace(/\/$/, "");
  const delivery = resendDelivery({ api_key: resend.key, base_url, ...(timeout_ms && { timeout_ms }) });
  return createMailer({ delivery, from, log, vault, ...options });
};
let store: Store;
let vault: Vault;
let log: EventLog;
let resend: ResendStandIn;
let mailer: Mailer;
beforeEach(async () => {
  store = await openStore();
  vault = testVault(store.sql);
  log = personalLog(store.log, vault);
  resend = startResend();
  mailer = mailerOf();
});
afterEach(async () => {
  await resend.stop();
  vault.close();
  await store.close();
});

const mail: Mail = {
  to: "ada@example.com",
  subject: "Your question",
  paragraphs: ["We have answered:", { quote: "They run.\nAll of them." }],
};
const sending = (idempotency_key = "support-1@2", signal = new AbortController().signal) => ({
  idempotency_key,
  signal,
});
const send = (changed: Partial<Mail> = {}) => mailer.send({ ...mail, ...changed }, sending());

/** What a mail fails with. */
async function failureOf(sent: Promise<unknown>): Promise<ConnectorError> {
  const error = await sent.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ConnectorError);
  return error;
}
const retryable = ({ code, options }: ConnectorError) => isRetryable({ code, message: "", detail: options.detail });

describe("a mail", () => {
  test("is sent as HTML and as text, under its id, which derives from its idempotency key", async () => {
    const sent = await send({ reply_to: "help@levqor.ai" });
    const mail_id = derivedUuid(["mail", "support-1@2"]);
    expect(sent).toEqual({ mail_id });
    expect(resend.mails).toEqual([
      {
        id: expect.any(String),
        idempotency_key: mail_id,
        body: {
          from: FROM,
          to: "ada@example.com",
          reply_to: "help@levqor.ai",
          subject: "Your question",
          tags: [{ name: MAIL_ID_TAG, value: mail_id }],
          text: "We have answered:\n\n> They run.\n> All of them.\n",
          html: expect.stringMatching(
            /^<!doctype html><html lang="en">.*>Levqor<\/p><p>We have answered:<\/p><blockquote/,
          ),
        },
      },
    ]);
  });

  test.skipIf(!resendDescribed)("is sent, accepted and refused as Resend describes it", async () => {
    await send({ reply_to: "help@levqor.ai" });
    resend.refuse(() => refused(422, "validation_error"));
    await failureOf(mailer.send(mail, sending("refused")));
    expect(resend.requests).toBe(2);
    expect(resend.faults).toEqual([]);
  });

  test("that is sent again under its key is sent once", async () => {
    const [first, second] = [await send(), await send()];
    expect(second).toEqual(first);
    expect(resend.requests).toBe(1);
  });

  test("is rejected if one to another address was sent under its key", async () => {
    await send();
    const error = await failureOf(send({ to: "bob@example.com" }));
    expect([error.code, error.options.detail]).toEqual(["mail_rejected", { reason: "key_reused" }]);
    expect(resend.requests).toBe(1);
  });

  test("whose template has changed since it was sent is not sent again", async () => {
    const first = await send();
    expect(await send({ subject: "Changed" })).toEqual(first);
    expect(resend.requests).toBe(1);
  });
});

describe("the record of a mail", () => {
  const mail_id = derivedUuid(["mail", "support-1@2"]);
  const events = async (from: Pick<EventLog, "readStream"> = log) =>
    (await from.readStream(mailStream(mail_id))).map(decode);
  const types = async () => (await events()).map(({ type }) => type);

  test("has whom it went to and its subject sealed under that person, and nothing that it said", async () => {
    await send({ person: "user:1", kind: "support_answer", sender: "billing" });
    const [queued, sent] = await events();
    expect(queued).toMatchObject({
      data: { to: mail.to, subject: mail.subject, kind: "support_answer", class: "transactional", sender: "billing" },
      meta: { actor: "system:mail", account: "system", subject: "user:1" },
    });
    expect(sent).toMatchObject({ type: "mail.sent", data: { provider_id: resend.mails[0]?.id as string } });
    const recorded = JSON.stringify(await events(store.log));
    for (const personal of [mail.to, mail.subject, "We have answered", "They run"]) {
      expect(recorded).not.toContain(personal);
    }
    await vault.destroy("user:1", ["profile"]);
    expect((await events())[0]?.data).toMatchObject({ to: null, subject: null, kind: "support_answer" });
  });

  test("belongs to nobody known by default", async () => {
    await send();
    expect((await events())[0]?.meta.subject).toBe(`mail:${mail_id}`);
  });

  test("tells a mail that was refused for good, and that was sent after all", async () => {
    resend.refuse(() => refused(403, "invalid_from_address"));
    await failureOf(send());
    expect((await events())[1]).toMatchObject({
      type: "mail.failed",
      data: { by: "service", reason: "invalid_from_address" },
    });
    await send();
    expect(await types()).toEqual(["mail.queued", "mail.failed", "mail.sent"]);
  });

  test("says nothing of an attempt that may be repeated", async () => {
    resend.refuse(() => refused(503, "internal_server_error"));
    await failureOf(send());
    expect(await types()).toEqual(["mail.queued"]);
  });

  test("ends what an attempt may have sent so long ago that Resend would not know, until somebody asks for it again", async () => {
    const hours = (count: number) => mailerOf({ now: () => Date.now() + count * 3_600_000 });
    resend.refuse(
      () => refused(503, "internal_server_error"),
      () => refused(503, "internal_server_error"),
    );
    await failureOf(send());
    await failureOf(hours(22.9).send(mail, sending()));
    const error = await failureOf(hours(23.1).send(mail, sending()));
    expect([error.code, error.options.detail]).toEqual(["mail_rejected", { reason: "in_doubt" }]);
    expect(resend.mails).toHaveLength(0);
    await hours(24).send(mail, sending());
    expect(await types()).toEqual(["mail.queued", "mail.failed", "mail.sent"]);
  });

  test("of somebody who was erased is not made readable again, and their mail is not sent", async () => {
    await vault.destroy("user:2", ["profile"]);
    for (let attempt = 1; attempt <= 2; attempt++) {
      expect(await send({ person: "user:2" })).toEqual({ mail_id, skipped: "erased" });
    }
    expect(await types()).toEqual(["mail.queued", "mail.suppressed"]);
    expect((await events())[0]?.data).toMatchObject({ to: null });
    expect(resend.requests).toBe(0);
  });
});

describe("an address", () => {
  const marketing = { unsubscribe_url: "https://api.levqor.ai/unsubscribe/lvu_token" };
  const at = "2026-01-01T00:00:00.000Z";
  /** What is known of the recipient's address, in another spelling. */
  const known = async (command: AddressCommand) => {
    const stream_id = await mailboxOf(vault, mail.to.toUpperCase());
    await handle(log, { stream_id, decider: addressDecider, command, meta });
  };
  const outcomes = async (now: string) => {
    const then = mailerOf({ now: () => Date.parse(now) });
    const one = await then.send(mail, sending("transactional"));
    const other = await then.send({ ...mail, marketing }, sending("marketing"));
    return [one.skipped, other.skipped];
  };

  test("gets no mail at all after a hard bounce", async () => {
    await known({ type: "bounce", kind: "hard", at });
    expect(await outcomes("2036-01-01T00:00:00Z")).toEqual(["hard_bounce", "hard_bounce"]);
    expect(resend.requests).toBe(0);
  });

  test("gets no marketing after a complaint", async () => {
    await known({ type: "complain", at });
    expect(await outcomes("2036-01-01T00:00:00Z")).toEqual([undefined, "complaint"]);
  });

  test("gets no marketing for a week after a soft bounce", async () => {
    await known({ type: "bounce", kind: "soft", at });
    expect(await outcomes("2026-01-07T23:59:59.999Z")).toEqual([undefined, "soft_bounce"]);
    expect(await outcomes("2026-01-08T00:00:00Z")).toEqual([undefined, undefined]);
  });

  test("is in no event", async () => {
    await known({ type: "complain", at });
    const [event] = await store.log.readStream(await mailboxOf(vault, mail.to));
    expect(JSON.stringify(event)).not.toContain("example.com");
    expect(event?.stream_id).toMatch(/^address-[0-9a-f]{64}$/);
  });
});

describe("what people write", () => {
  test("is shown as text, even if it is HTML", async () => {
    const quote = `</blockquote><script>alert("1")</script><img src=x onerror='alert(2)'> & <b>bold</b>`;
    await send({ subject: "<b>Hi</b> & </title><script>1</script>", paragraphs: ["<i>Look</i>", { quote }] });
    const [{ body }] = resend.mails as [SentMail];
    const { html, text, subject } = body;
    for (const tag of ["<script", "<img", "<b>", "<i>"]) expect(html).not.toContain(tag);
    expect(html).toContain("&lt;script>alert(&quot;1&quot;)&lt;/script>");
    expect(text).toBe(`<i>Look</i>\n\n> ${quote}\n`);
    expect(subject).toBe("<b>Hi</b> & </title><script>1</script>");
  });

  test("cannot inject a header: a subject is one line, and of a bounded length", async () => {
    await send({ subject: "Hi\r\nBcc: eve@example.com\u2028\u0000there" });
    expect(resend.mails[0]?.body.subject).toBe("Hi Bcc: eve@example.com there");
    await mailer.send({ ...mail, subject: "x".repeat(199) + "😀".repeat(10) }, sending("long"));
    expect(resend.mails[1]?.body.subject).toBe(`${"x".repeat(199)}…`);
  });

  test("stays a quote in the text, however its lines end", async () => {
    await send({ paragraphs: [{ quote: "one\r\ntwo\rthree\u2028four\n\nfive" }] });
    expect(resend.mails[0]?.body.text).toBe("> one\n> two\n> three\n> four\n> \n> five\n");
  });

  test.each([
    ["ada@example.com\r\nBcc: eve@example.com"],
    ["ada@example.com, eve@example.com"],
    ["Ada <ada@example.com>"],
    ["ada@example.com\u0000"],
    ["ada"],
    [""],
    [`${"a".repeat(250)}@b.co`],
  ])("is not sent to an address such as %j", async (address) => {
    for (const wrong of [{ to: address }, { reply_to: address }]) {
      const error = await failureOf(send(wrong));
      expect([error.code, retryable(error)]).toEqual(["mail_rejected", false]);
    }
    expect(resend.requests).toBe(0);
  });

  test("has a bounded length", async () => {
    await send({ paragraphs: ["x".repeat(LETTER_LENGTH_MAX - 1), { quote: "x" }] });
    await expect(send({ paragraphs: ["x".repeat(LETTER_LENGTH_MAX), { quote: "x" }] })).rejects.toThrow(
      "it has 50001 characters",
    );
    await expect(mailer.send(mail, sending("k".repeat(257)))).rejects.toThrow("its idempotency key has 257 characters");
    expect(resend.requests).toBe(1);
  });
});

describe("a sender", () => {
  test("is named after what the mail is about, and is support by default", async () => {
    for (const sender of ["billing", "no-reply", "security", undefined] as const) {
      await mailer.send({ ...mail, ...(sender && { sender }) }, sending(`by ${sender}`));
    }
    expect(resend.mails.map(({ body }) => String(body.from))).toEqual([
      from.billing,
      from["no-reply"],
      from.security,
      from.support,
    ]);
  });
});

describe("a link", () => {
  test("is a button, and a URL in the text", async () => {
    await send({ paragraphs: [{ link: { label: "Sign <in>", href: "https://levqor.ai/a?b=1&c=2#t" } }] });
    const [{ body }] = resend.mails as [SentMail];
    expect(body.text).toBe("Sign <in>: https://levqor.ai/a?b=1&c=2#t\n");
    expect(body.html).toMatch(/<a href="https:\/\/levqor.ai\/a\?b=1&amp;c=2#t" style="[^"]+">Sign &lt;in><\/a>/);
  });

  test.each([
    ["javascript:alert(1)"],
    ["https://levqor.ai/>\r\nBcc: eve@example.com"],
    [`https://a/${"x".repeat(2_000)}`],
  ])("is not %p, which no error shows", async (href) => {
    const message = "Cannot send the mail: a link in it is not an http:// or https:// URL";
    await expect(send({ paragraphs: [{ link: { label: "Look", href } }] })).rejects.toThrow(new Error(message));
    await expect(send({ marketing: { unsubscribe_url: href } })).rejects.toThrow(new Error(message));
  });
});

describe("a marketing mail", () => {
  const marketing = { unsubscribe_url: "https://api.levqor.ai/unsubscribe/lvu_token" };

  test("can be ended with one click in the mail program, and with a link (RFC 8058)", async () => {
    await send({ marketing });
    const [{ body }] = resend.mails as [SentMail];
    expect(body.headers).toEqual({
      "List-Unsubscribe": `<${marketing.unsubscribe_url}>`,
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    });
    expect(body.text).toContain(`\n\nUnsubscribe: ${marketing.unsubscribe_url}\n`);
    expect(body.html).toContain(`<a href="${marketing.unsubscribe_url}">Unsubscribe</a>`);
    await mailer.send(mail, sending("transactional"));
    expect(resend.mails[1]?.body).not.toHaveProperty("headers");
  });

  test("is not sent if consent was withdrawn since it was decided to send it", async () => {
    const consents = [true, false];
    const mayStillSend = async () => consents.shift() as boolean;
    const one = await mailer.send({ ...mail, marketing }, { ...sending("1"), mayStillSend });
    expect(one.skipped).toBeUndefined();
    const other = await mailer.send({ ...mail, marketing }, { ...sending("2"), mayStillSend });
    expect(other.skipped).toBe("consent_withdrawn");
    expect(resend.requests).toBe(1);
  });
});

describe("the outbox", () => {
  test("keeps mails in memory, each once, newest first, and no more than it may", async () => {
    const told: string[] = [];
    const outbox = new Outbox((mail_id) => told.push(mail_id));
    const { signal } = new AbortController();
    const outgoing = { from: FROM, to: mail.to, reply_to: undefined, subject: "S", html: "", text: "", headers: {} };
    for (let i = 0; i <= OUTBOX_MAX; i++) await outbox.deliver(outgoing, { mail_id: `m${i}`, signal });
    await outbox.deliver({ ...outgoing, subject: "Again" }, { mail_id: `m${OUTBOX_MAX}`, signal });
    const mails = outbox.mails();
    expect(mails).toHaveLength(OUTBOX_MAX);
    expect(mails[0]).toMatchObject({ mail_id: `m${OUTBOX_MAX}`, to: mail.to, subject: "S" });
    expect(mails.at(-1)?.mail_id).toBe("m1");
    expect(told).toHaveLength(OUTBOX_MAX + 1);
  });
});

describe("a mail that cannot be sent", () => {
  test.each([
    [400, "validation_error", false],
    [401, "invalid_api_key", false],
    [403, "invalid_from_address", false],
    [409, "concurrent_idempotent_requests", true],
    [422, "missing_required_field", false],
    [429, "rate_limit_exceeded", true],
    [429, "daily_quota_exceeded", true],
    [500, "internal_server_error", true],
    [503, "application_error", true],
  ])("because of %p %s may be retried: %p", async (status, name, again) => {
    resend.refuse(() => refused(status, name));
    const error = await failureOf(send());
    expect([error.code, retryable(error)]).toEqual([again ? "mail_unavailable" : "mail_rejected", again]);
    expect(error.options.detail).toEqual({ status, reason: name });
    expect(error.message).toBe(`Resend responded ${status}: ${name}.`);
  });

  test("says how long to wait, if Resend does", async () => {
    resend.refuse(() => refused(429, "rate_limit_exceeded", { "retry-after": "17" }));
    expect((await failureOf(send())).options.retry_after).toBe(17);
  });

  test("reveals neither its recipient nor its text", async () => {
    resend.refuse(
      () => refused(422, "validation_error"),
      () => new Response("ada@example.com", { status: 502 }),
    );
    for (let i = 0; i < 2; i++) {
      const { message, options } = await failureOf(send());
      expect(JSON.stringify([message, options])).not.toMatch(/ada|example|They run/);
    }
  });

  test.each([
    ["an answer that is no JSON", () => new Response("<html>", { status: 502 })],
    ["an error of something else", () => Response.json({ message: "no" }, { status: 403 })],
    ["an id that is none", () => Response.json({ id: "" })],
    ["a success that is no JSON", () => new Response("ok")],
  ])("because of %s may be retried", async (_, answer) => {
    resend.refuse(answer);
    const error = await failureOf(send());
    expect([error.code, retryable(error)]).toEqual(["mail_unavailable", true]);
    await send();
    expect(resend.mails).toHaveLength(1);
  });

  test("because nobody answers may be retried", async () => {
    await resend.stop();
    expect((await failureOf(send())).code).toBe("mail_unavailable");
  });

  test("in time may be retried", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    resend.refuse(() => promise);
    const error = await failureOf(mailerOf({ timeout_ms: 50 }).send(mail, sending()));
    expect([error.code, error.message]).toEqual(["mail_unavailable", "Resend did not respond within 50 ms."]);
    resolve(Response.json({ id: "late" }));
  });

  test("because the attempt must stop ends with the reason", async () => {
    const stop = new AbortController();
    const { promise, resolve } = Promise.withResolvers<Response>();
    resend.refuse(() => {
      stop.abort(new Error("cancelled"));
      return promise;
    });
    await expect(mailer.send(mail, sending("k", stop.signal))).rejects.toThrow("cancelled");
    await expect(mailer.send(mail, sending("k", stop.signal))).rejects.toThrow("cancelled");
    resolve(Response.json({ id: "late" }));
  });
});
