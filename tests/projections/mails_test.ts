import { expect, test } from "bun:test";
import { mails } from "../../projections/mails.ts";
import { rowSpec } from "../spec.ts";

const mail_id = "0197a1f0-d7e5-8b3c-a1f2-6d4e8c0b2a95";
const rowAfter = rowSpec(mails, `mail-${mail_id}`);
const sealed = { $sealed: "1.key.text" };
const queued = {
  type: "mail.queued",
  data: { to: sealed, subject: sealed, kind: "support_answer", class: "transactional", sender: "support" },
};

test("a mail is listed with what became of it, for whom, and nothing personal", () => {
  const meta = { actor: "system:mail", correlation_id: mail_id, subject: "user:1" };
  const row = rowAfter(
    { ...queued, meta },
    { type: "mail.sent", data: { provider_id: "r1" } },
    { type: "mail.bounced", data: { at: "2026-01-02T03:00:09Z", kind: "soft", reason: "mailbox_full" } },
  );
  expect(row).toMatchObject({
    mail_id,
    status: "bounced",
    kind: "support_answer",
    class: "transactional",
    sender: "support",
    person: "user:1",
    bounce: "soft",
    reason: "mailbox_full",
    queued_at: "2026-01-02T03:00:01Z",
    updated_at: "2026-01-02T03:00:03Z",
    position: 101,
  });
  expect(JSON.stringify(row)).not.toContain("$sealed");
});

test("a mail to nobody known has itself as its person", () => {
  expect(rowAfter(queued)?.person).toBe(`mail:${mail_id}`);
});

test("what became of a mail that was not queued is a fault", () => {
  expect(() => rowAfter({ type: "mail.sent", data: { provider_id: "r1" } })).toThrow("it was not queued");
});
