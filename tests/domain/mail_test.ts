import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { MailQueued } from "../../events/mail.ts";
import { mailStatus, unknownMail } from "../../events/mail_state.ts";
import type { KnownNewEvent } from "../../events/mod.ts";
import { type MailReport, mailDecider } from "../../src/domain/mail.ts";
import { deciderSpec, record } from "../spec.ts";

const given = deciderSpec(mailDecider);
const at = "2026-01-15T09:30:00.000Z";
const later = "2026-01-15T09:31:00.000Z";

const asked: MailQueued = {
  to: "ada@example.com",
  subject: "Your question",
  kind: "support_answer",
  class: "transactional",
  sender: "support",
};
const queued: KnownNewEvent = { type: "mail.queued", data: asked };
const sent: MailReport = { type: "mail.sent", data: { provider_id: "r1" } };
const delivered: MailReport = { type: "mail.delivered", data: { at } };
const bounced = (kind: "hard" | "soft", when = at): MailReport => ({
  type: "mail.bounced",
  data: { at: when, kind, reason: "general" },
});
const complained: MailReport = { type: "mail.complained", data: { at } };
const report = (one: MailReport) => ({ type: "report", report: one }) as const;

describe("a mail", () => {
  test("is queued once, whatever asks again", () => {
    given()
      .when({ type: "queue", ...asked })
      .then(queued);
    given(queued)
      .when({ type: "queue", ...asked, kind: "other" })
      .then();
  });

  test("that does not exist has no reports", () => {
    given().when(report(delivered)).refused("mail_not_found");
  });

  test("has one id at the provider", () => {
    given(queued).when(report(sent)).then(sent);
    given(queued, sent)
      .when(report({ type: "mail.sent", data: { provider_id: "r1", at } }))
      .then();
    given(queued, sent)
      .when(report({ type: "mail.sent", data: { provider_id: "r2" } }))
      .refused("other_mail");
    given(queued, sent)
      .when({ ...report(delivered), provider_id: "r2" })
      .refused("other_mail");
  });

  test("has each report once, the earliest of its kind, and a hard bounce rather than a soft one", () => {
    for (const one of [delivered, complained, bounced("soft"), bounced("hard")]) {
      given(queued).when(report(one)).then(one);
      given(queued, one).when(report(one)).then();
      given(queued, { ...one, data: { ...one.data, at: later } } as MailReport)
        .when(report(one))
        .then(one);
    }
    given(queued, bounced("soft"))
      .when(report(bounced("hard", later)))
      .then(bounced("hard", later));
    given(queued, bounced("hard", later))
      .when(report(bounced("soft")))
      .then();
  });

  test("that the service could not send, for any reason, has the first", () => {
    const failed: MailReport = { type: "mail.failed", data: { by: "service", reason: "invalid_from_address" } };
    given(queued, failed)
      .when(report({ type: "mail.failed", data: { by: "service", reason: "in_doubt" } }))
      .then();
  });

  test.each<[string, readonly MailReport[], ReturnType<typeof mailStatus>]>([
    ["queued", [], { status: "queued", bounce: null, reason: null }],
    [
      "suppressed",
      [{ type: "mail.suppressed", data: { by: "service", reason: "complaint" } }],
      { status: "suppressed", bounce: null, reason: "complaint" },
    ],
    [
      "sent, although it had failed before",
      [{ type: "mail.failed", data: { by: "service", reason: "in_doubt" } }, sent],
      { status: "sent", bounce: null, reason: null },
    ],
    ["bounced for now", [sent, bounced("soft")], { status: "bounced", bounce: "soft", reason: "general" }],
    ["delivered after all", [bounced("soft"), delivered], { status: "delivered", bounce: "soft", reason: null }],
    ["bounced for ever", [delivered, bounced("hard")], { status: "bounced", bounce: "hard", reason: "general" }],
    [
      "not delivered by the provider",
      [sent, { type: "mail.failed", data: { by: "provider", reason: "unknown", at } }],
      { status: "failed", bounce: null, reason: "unknown" },
    ],
    ["complained of", [complained, bounced("hard"), delivered], { status: "complained", bounce: "hard", reason: null }],
  ])("is %s", (_, reports, status) => {
    expect(mailStatus(record([queued, ...reports]).reduce(mailDecider.evolve, unknownMail))).toEqual(status);
  });
});

test("reports in any order, and any of them twice, amount to the same", () => {
  const time = fc.integer({ min: 0, max: 3 }).map((minute) => `2026-01-15T09:3${minute}:00.000Z`);
  const reason = fc.constantFrom("general", "mailbox_full");
  const one: fc.Arbitrary<MailReport> = fc.oneof(
    fc.constant<MailReport>({ type: "mail.sent", data: { provider_id: "r1", at } }),
    time.map((at): MailReport => ({ type: "mail.delivered", data: { at } })),
    time.map((at): MailReport => ({ type: "mail.complained", data: { at } })),
    fc
      .record({ at: time, kind: fc.constantFrom("hard", "soft"), reason })
      .map((data): MailReport => ({ type: "mail.bounced", data })),
    fc
      .record({ at: time, by: fc.constant("provider" as const), reason })
      .chain((data) => fc.constantFrom<MailReport>({ type: "mail.failed", data }, { type: "mail.suppressed", data })),
  );
  /** The state after reports of which each is recorded only if it says something new. */
  const after = (reports: readonly MailReport[]) => {
    let events: KnownNewEvent[] = [queued];
    for (const each of reports) {
      const state = record(events).reduce(mailDecider.evolve, mailDecider.initial);
      events = [...events, ...(mailDecider.decide(report(each), state) as KnownNewEvent[])];
    }
    return record(events).reduce(mailDecider.evolve, mailDecider.initial);
  };
  const shuffled = fc
    .array(one, { maxLength: 8 })
    .chain((reports) =>
      fc.tuple(fc.constant(reports), fc.shuffledSubarray([...reports, ...reports], { minLength: 2 * reports.length })),
    );
  fc.assert(
    fc.property(shuffled, ([reports, again]) => expect(after(again)).toEqual(after(reports))),
    { numRuns: 300 },
  );
});
