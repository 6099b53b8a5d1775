import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mailStream } from "../../../events/mail.ts";
import { type MailState, mailStatus, unknownMail } from "../../../events/mail_state.ts";
import { decode, type KnownEvent } from "../../../events/mod.ts";
import { type AddressState, addressDecider } from "../../../src/domain/address.ts";
import { mailDecider } from "../../../src/domain/mail.ts";
import { type ResendReport, toldBy } from "../../../src/features/mail/webhook.ts";
import { mailboxOf } from "../../../src/mail/mod.ts";
import { startApi } from "../../http/harness.ts";
import { vendorSpec } from "../../support/vendor_description.ts";
import { bounce, type MailBench, reportOf, SECRETS, signed, startMailBench, typesOf } from "./support.ts";

/** `WEBHOOKS=10000 bun test tests/features/mail/webhook_test.ts` is what decision 119 reports. */
const WEBHOOKS = Number(process.env.WEBHOOKS ?? 200);

let bench: MailBench;
beforeAll(async () => {
  bench = await startMailBench();
});
afterAll(() => bench.api.stop());

const tell = (sent: RequestInit) => bench.api.ask("/webhooks/resend", sent);
const outcomeOf = async (sent: RequestInit) => (await tell(sent)).body.outcome;

describe("a report", () => {
  test("is recorded once, however often and under whatever id it comes", async () => {
    const mail_id = await bench.send("once");
    const report = reportOf(mail_id, "email.delivered");
    const sent = signed(report, { id: "msg_1" });
    const first = await tell(sent);
    expect([first.status, first.body]).toEqual([200, { outcome: "recorded" }]);
    expect(Number(first.headers.get("levqor-position"))).toBe(await bench.log.head());
    expect(await outcomeOf(sent)).toBe("ignored");
    expect(await outcomeOf(signed(report))).toBe("ignored");
    const [, , delivered] = (await bench.log.readStream(mailStream(mail_id))).map(decode);
    expect(delivered).toMatchObject({
      type: "mail.delivered",
      data: { at: "2026-01-15T09:30:00.123Z" },
      meta: { actor: "system:resend", account: "system", causation_id: "svix:msg_1", correlation_id: mail_id },
    });
  });

  test.each<[string, object, string]>([
    ["email.sent", {}, "mail.sent"],
    ["email.delivered", {}, "mail.delivered"],
    ["email.complained", {}, "mail.complained"],
    ["email.bounced", bounce("Permanent", "NoEmail"), "mail.bounced"],
    ["email.failed", { failed: { reason: "reached_daily_quota" } }, "mail.failed"],
    [
      "email.suppressed",
      {
        suppressed: {
          diagnosticCode: [],
          message: "ada@example.com is suppressed",
          reason: "previous_bounce",
          type: "OnAccountSuppressionList",
        },
      },
      "mail.suppressed",
    ],
  ])("of %s is what Resend describes, and is recorded without an address", async (type, data, recorded) => {
    const to = `${crypto.randomUUID()}@example.com`;
    const mail_id = await bench.send(`described ${type}`, { to });
    const report = reportOf(mail_id, type, { ...data, to: [to] });
    expect(vendorSpec("resend")?.webhookFaults(type, report) ?? []).toEqual([]);
    // The outbox's own record of having sent it is as good.
    expect(await outcomeOf(signed(report))).toBe(type === "email.sent" ? "ignored" : "recorded");
    expect(await typesOf(bench.log, mailStream(mail_id))).toContain(recorded);
    const events = JSON.stringify(await bench.api.log.readRange(0, 1_000));
    expect(["example.com", "does not exist", "550 "].filter((words) => events.includes(words))).toEqual([]);
  });

  test.each([
    ["a mail that the service did not send", () => reportOf(crypto.randomUUID(), "email.delivered")],
    ["a mail without our tag", () => reportOf(crypto.randomUUID(), "email.delivered", { tags: {} })],
    ["a tag that is no id", () => reportOf("../mail", "email.delivered")],
    ["an opened mail", async () => reportOf(await bench.send("opened"), "email.opened")],
    ["a domain", () => ({ type: "domain.updated", created_at: "2026-01-15T09:30:00Z", data: { id: "d1" } })],
    ["a time that does not exist", async () => reportOf(await bench.send("when"), "email.delivered", { at: "now" })],
    [
      "a mail with another id there",
      async () => reportOf(await bench.send("other"), "email.delivered", { email_id: "another" }),
    ],
  ])("of %s is ignored", async (_, report) => {
    const sent = signed(await report());
    const before = await bench.log.head();
    const { status, body } = await tell(sent);
    expect([status, body]).toEqual([200, { outcome: "ignored" }]);
    expect(await bench.log.head()).toBe(before);
  });
});

describe("a signature", () => {
  const forged = async (sent: RequestInit) => {
    const before = await bench.log.head();
    const { status, body } = await tell(sent);
    expect([status, body.error]).toEqual([400, "forged_webhook"]);
    expect(await bench.log.head()).toBe(before);
  };

  test("is one of any known secret", async () => {
    const mail_id = await bench.send("rotated");
    for (const secret of SECRETS) {
      expect((await tell(signed(reportOf(mail_id, "email.delivered"), { secret }))).status).toBe(200);
    }
    await forged(
      signed(reportOf(mail_id, "email.complained"), { secret: `whsec_${Buffer.alloc(32).toString("base64")}` }),
    );
  });

  test("may be one of several", async () => {
    const sent = signed(reportOf(await bench.send("several"), "email.delivered"));
    sent.headers["svix-signature"] = `v2,x v1,${Buffer.alloc(32).toString("base64")} ${sent.headers["svix-signature"]}`;
    expect((await tell(sent)).status).toBe(200);
  });

  test("is valid for five minutes before and after its time", async () => {
    const report = reportOf(await bench.send("time"), "email.delivered");
    for (const age_s of [-290, 290]) expect((await tell(signed(report, { age_s }))).status).toBe(200);
    for (const age_s of [-310, 310]) await forged(signed(report, { age_s }));
  });

  test("covers the id, the time and every byte of the body", async () => {
    const sent = signed(reportOf(await bench.send("bytes"), "email.complained"));
    const changed = (headers: object) => ({ ...sent, headers: { ...sent.headers, ...headers } });
    await forged({ ...sent, body: sent.body.replace("complained", "delivered") });
    await forged({ ...sent, body: `${sent.body} ` });
    await forged(changed({ "svix-id": "msg_other" }));
    await forged(changed({ "svix-timestamp": String(Number(sent.headers["svix-timestamp"]) + 1) }));
    await forged(changed({ "svix-timestamp": `${sent.headers["svix-timestamp"]}x` }));
    await forged(changed({ "svix-signature": "v1," }));
    await forged(changed({ "svix-id": "" }));
    await forged(changed({ "svix-id": "i".repeat(257) }));
    const { "svix-signature": _, ...headers } = sent.headers;
    await forged({ ...sent, headers });
    // What is wrong with a report is told only to whoever signs it.
    for (const body of ["{}", "[]", '"x"', '{"type":1}']) await forged({ ...sent, body });
  });

  test("cannot be told without a secret, so that Resend sends the report again later", async () => {
    const api = await startApi();
    const { status, body } = await api.ask("/webhooks/resend", signed(reportOf(crypto.randomUUID(), "email.sent")));
    expect([status, body.error]).toEqual([503, "webhooks_not_configured"]);
    await api.stop();
  });
});

test("reports use none of what callers without a key may ask for", async () => {
  const limited = await startMailBench({
    rate_limits: { burst: 1, global: 1, tiers: {} },
    api_keys: ["an-operators-key"],
  });
  const report = reportOf(await limited.send("limited"), "email.delivered");
  const answers = [];
  for (let i = 0; i < 3; i++) answers.push(await limited.api.ask("/webhooks/resend", signed(report)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(answers[0]?.headers.get("ratelimit-policy")).toContain('"reports";q=1200;w=60');
  const others = [await limited.api.ask("/api/v1/support/health"), await limited.api.ask("/api/v1/support/health")];
  await limited.api.stop();
  expect(others.map(({ status }) => status)).toEqual([401, 429]);
});

test("what is reported decides whether the next mail is sent", async () => {
  const to = `${crypto.randomUUID()}@example.com`;
  const [first, marketing] = [await bench.send("before", { to }), { unsubscribe_url: "https://levqor.ai/u/1" }];
  const skipped = async (key: string, changed: object) => {
    const mail_id = await bench.send(key, { to, ...changed });
    const events = (await bench.log.readStream(mailStream(mail_id))).map(decode);
    return mailStatus(events.reduce(mailDecider.evolve, unknownMail)).reason;
  };
  await tell(signed(reportOf(first, "email.complained", { to: [to.toUpperCase()] })));
  expect(await skipped("after a complaint", {})).toBeNull();
  expect(await skipped("after a complaint, marketing", { marketing })).toBe("complaint");
  await tell(signed(reportOf(first, "email.bounced", { ...bounce("Permanent", "General"), to: [to] })));
  expect(await skipped("after a bounce", {})).toBe("hard_bounce");
});

test(`${WEBHOOKS} reports, each twice and in any order, amount to what they say`, async () => {
  const mails = await Promise.all(
    Array.from({ length: WEBHOOKS / 4 }, (_, i) => bench.send(`shuffled ${i}`, { to: `m${i}@example.com` })),
  );
  const told = mails.flatMap((mail_id, index) => {
    const say = (type: string, minute: number, data: object = {}) =>
      reportOf(mail_id, type, { at: `2026-01-15T09:0${minute}:00.000Z`, to: [`M${index}@example.com`], ...data });
    const ends = [
      say("email.delivered", 3),
      say("email.bounced", 4, bounce("Permanent", "NoEmail")),
      say("email.complained", 5),
      say("email.failed", 6, { failed: { reason: "reached_daily_quota" } }),
    ];
    return [
      say("email.sent", 1),
      say("email.bounced", 2, bounce("Transient", "MailboxFull")),
      say("email.bounced", 7, bounce("Transient", "General")),
      ends[index % ends.length] as ReturnType<typeof say>,
    ];
  });
  const sent = told.map((report) => signed(report));
  const queue = shuffled([...sent, ...sent]).values();
  const statuses = new Map<number, number>();
  const work = async () => {
    for (const one of queue) {
      const { status } = await tell(one);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  expect([...statuses]).toEqual([[200, 2 * WEBHOOKS]]);

  const expected = expectedOf(told as ResendReport[]);
  for (const [index, mail_id] of mails.entries()) {
    const events = (await bench.log.readStream(mailStream(mail_id))).map(decode);
    const { queued: _, queued_at: __, sent: ___, ...mail } = events.reduce(mailDecider.evolve, unknownMail);
    const mailbox = await bench.log.readStream(await mailboxOf(bench.api.vault, `m${index}@example.com`));
    const address = mailbox.map(decode).reduce(addressDecider.evolve, addressDecider.initial);
    expect({ mail, address }).toEqual(expected.get(mail_id) as never);
  }
}, 600_000);

/** What reports amount to when they come in order, once. */
function expectedOf(reports: readonly ResendReport[]) {
  const all = new Map<string, { mail: Partial<MailState>; address: AddressState }>();
  for (const report of reports) {
    const told = toldBy(report);
    if (!told) throw new Error(`Nothing is told by ${report.type}`);
    const { queued: _, queued_at: __, sent: ___, ...nothing } = unknownMail;
    const { mail, address } = all.get(told.mail_id) ?? { mail: nothing, address: addressDecider.initial };
    const { queued, queued_at, sent, ...after } = mailDecider.evolve(
      { ...unknownMail, ...mail },
      told.report as unknown as KnownEvent,
    );
    const said = told.address ? addressDecider.decide(told.address, address) : [];
    const known = (said as KnownEvent[]).reduce(addressDecider.evolve, address);
    all.set(told.mail_id, { mail: after, address: known });
  }
  return all;
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}
