/** Reports of what became of mail: signed, but with whatever the servers of others say. */
import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import type { KnownNewEvent } from "../../../events/mod.ts";
import { addressDecider } from "../../../src/domain/address.ts";
import { ResendReport, toldBy } from "../../../src/features/mail/webhook.ts";
import { compileCheck } from "../../../src/json/mod.ts";
import { eventFault } from "../../../src/log/event_check.ts";
import type { FuzzTarget } from "../target.ts";

const check = compileCheck(ResendReport);

const word = fc.oneof(
  fc.string({ maxLength: 70 }),
  fc.string({ unit: fc.constantFrom(..."aZ_09"), maxLength: 70 }),
  fc.constantFrom("Permanent", "Transient", "MailboxFull", "previous_bounce", "previous_complaint", "constructor"),
);
const id = fc.oneof(fc.uuid(), word);
const type = fc.oneof(
  fc
    .constantFrom("sent", "delivered", "bounced", "complained", "failed", "suppressed", "opened")
    .map((one) => `email.${one}`),
  word,
);
const time = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom("2026-01-15T09:30:00.123456789+23:59", "9999-12-31T23:59:59Z", "1969-12-31T23:59:59Z", "now"),
  word,
);
const data = fc.record(
  {
    email_id: id,
    to: fc.array(word, { maxLength: 3 }),
    tags: fc.oneof(fc.record({ mail_id: id }), fc.dictionary(word, fc.anything(), { maxKeys: 3 })),
    bounce: fc.record({ type: word, subType: word }, { requiredKeys: [] }),
    failed: fc.record({ reason: word }, { requiredKeys: [] }),
    suppressed: fc.record({ reason: word }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

export const mailReports: FuzzTarget = {
  name: "mail_reports",
  properties: {
    "any report that has the form of one says something that can be recorded, or nothing": fc.property(
      fc.record({ type, created_at: time, data }),
      (report) => {
        if (!check.is(report)) return;
        const told = toldBy(report);
        if (!told) return;
        const { initial, decide } = addressDecider;
        const known = told.address ? (decide(told.address, initial) as readonly KnownNewEvent[]) : [];
        for (const event of [told.report, ...known]) strictEqual(eventFault(event.type, event.data), undefined);
      },
    ),
  },
};
