/** Schemas of the feature's requests and responses. */
import { Type } from "@sinclair/typebox";
import { bounceKinds, mailClasses, mailSenders } from "../../../events/mail.ts";
import { mailStatuses } from "../../../events/mail_state.ts";
import { component } from "../../http/document/components.ts";
import { list, oneOf, PageQuery, PRINTABLE, Timestamp } from "../../http/schema.ts";

const EXAMPLE_MAIL_ID = "0197a1f0-d7e5-8b3c-a1f2-6d4e8c0b2a95";

export const MailId = Type.String({
  format: "uuid",
  description: "A UUIDv8, derived from what the mail is about. Resend has it as the tag `mail_id`.",
  examples: [EXAMPLE_MAIL_ID],
});

const NullableText = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

export const ReportReceived = component(
  "ReportReceived",
  Type.Object(
    {
      outcome: oneOf(["recorded", "ignored"], "`ignored`: it says nothing new, or is not about mail of the service."),
    },
    { additionalProperties: false, examples: [{ outcome: "recorded" }] },
  ),
);

export const MailDomain = component(
  "MailDomain",
  Type.Object(
    {
      domain: NullableText("The domain that mail comes from; `null`: neither MAIL_DOMAIN nor MAIL_FROM is set."),
      ok: Type.Boolean({ description: "Whether everything is as it must be." }),
      provider_status: NullableText(
        "What Resend says of the domain; `null`: it could not be asked, or does not know it.",
      ),
      problems: Type.Array(Type.String(), { description: "What else is wrong, and how to fix it." }),
      records: Type.Array(
        Type.Object(
          {
            purpose: oneOf(["SPF", "DKIM", "DMARC"], "What the record is for."),
            type: oneOf(["TXT", "MX", "CNAME"], "The record's type."),
            name: Type.String({ description: "The record's full name." }),
            value: NullableText("What is expected; `null`: only Resend knows. Of an MX record, its priority and host."),
            status: oneOf(["ok", "missing", "wrong", "unknown"], "`unknown`: the name server could not be asked."),
            found: Type.Array(Type.String(), { description: "What the name server has." }),
            how_to_fix: NullableText("What to do; `null`: nothing."),
          },
          { additionalProperties: false },
        ),
        { description: "The DNS records that the domain needs." },
      ),
    },
    {
      additionalProperties: false,
      examples: [
        {
          domain: "levqor.ai",
          ok: false,
          provider_status: "verified",
          problems: [],
          records: [
            {
              purpose: "DMARC",
              type: "TXT",
              name: "_dmarc.levqor.ai",
              value: "v=DMARC1; p=none;",
              status: "missing",
              found: [],
              how_to_fix: "Add a TXT record named _dmarc.levqor.ai with the value v=DMARC1; p=none;.",
            },
          ],
        },
      ],
    },
  ),
);

export const MailAddressRequest = component(
  "MailAddressRequest",
  Type.Object(
    {
      email: Type.String({
        minLength: 3,
        maxLength: 254,
        format: "email",
        description: "One address, in any spelling. It is not recorded.",
        examples: ["ada@example.com"],
      }),
    },
    { additionalProperties: false, examples: [{ email: "ada@example.com" }] },
  ),
);

const When = (description: string) => Type.Union([Timestamp, Type.Null()], { description });

export const MailAddress = component(
  "MailAddress",
  Type.Object(
    {
      stopped: oneOf(
        ["all", "marketing", "nothing"],
        "Which mail is not sent to the address: `all` after a hard bounce, `marketing` after a complaint or a recent soft bounce.",
      ),
      hard_bounced_at: When("When a server first said that the address never accepts mail."),
      soft_bounced_at: When("When a server last said that it does not accept mail now."),
      complained_at: When("When a mail was first reported as spam."),
      released_at: When("When an operator last let mail be sent again: reports of before do not count."),
    },
    {
      additionalProperties: false,
      examples: [
        {
          stopped: "all",
          hard_bounced_at: "2026-01-15T09:45:02.123Z",
          soft_bounced_at: null,
          complained_at: null,
          released_at: null,
        },
      ],
    },
  ),
);

const Status = oneOf(
  mailStatuses,
  "What became of it. `sent`: Resend accepted it. `suppressed`: it was not sent, for the reason given. `bounced` for now (`soft`) may still be delivered.",
);
const Kind = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: PRINTABLE,
  description: "What it is.",
  examples: ["support_answer"],
});
const Class = oneOf(mailClasses, "`marketing` needs consent.");
const Person = Type.String({
  minLength: 1,
  maxLength: 300,
  pattern: PRINTABLE,
  description:
    "Whose address it went to: `user:<id>` or `support:<thread id>`, for example; `mail:<mail id>` if that is nobody known.",
  examples: ["support:0197a1f0-c9d2-7e41-8a3b-5f6c7d8e9a0b"],
});

export const MailListQuery = Type.Object(
  {
    ...PageQuery.properties,
    status: Type.Optional(oneOf(mailStatuses, "Only mails with this status.")),
    class: Type.Optional(oneOf(mailClasses, "Only mails of this class.")),
    kind: Type.Optional(Type.Unsafe<string>({ ...Kind, description: "Only mails of this kind." })),
    person: Type.Optional(Type.Unsafe<string>({ ...Person, description: "Only mails to this person." })),
  },
  { additionalProperties: false },
);

const Hidden = "`null` if the key does not have the scope mail:recipients, or it was erased.";

const members = {
  mail_id: MailId,
  status: Status,
  kind: Kind,
  class: Class,
  sender: oneOf(mailSenders, "Whom it is from."),
  person: Person,
  to: NullableText(`The address. ${Hidden}`),
  subject: NullableText(`The subject line. ${Hidden}`),
  recipient: oneOf(
    ["shown", "hidden", "erased"],
    "Why `to` and `subject` are there or not: `hidden` without the scope, `erased` if the person was forgotten.",
  ),
  bounce: Type.Union([oneOf(bounceKinds, "For ever, or for now."), Type.Null()], {
    description: "`null`: it did not come back.",
  }),
  reason: NullableText("Why it did not arrive, as a word."),
  queued_at: Timestamp,
};

const example = {
  mail_id: EXAMPLE_MAIL_ID,
  status: "bounced",
  kind: "support_answer",
  class: "transactional",
  sender: "support",
  person: "support:0197a1f0-c9d2-7e41-8a3b-5f6c7d8e9a0b",
  to: "ada@example.com",
  subject: "We answered your support request",
  recipient: "shown",
  bounce: "hard",
  reason: "no_email",
  queued_at: "2026-01-15T09:45:00.123456Z",
} as const;

export const ListedMail = component(
  "ListedMail",
  Type.Object(
    { ...members, updated_at: Timestamp },
    { additionalProperties: false, examples: [{ ...example, updated_at: "2026-01-15T09:45:03.123456Z" }] },
  ),
);

export const MailList = component("MailList", list(ListedMail));

export const ShownMail = component(
  "Mail",
  Type.Object(
    {
      ...members,
      provider_id: NullableText("Its id at Resend; `null`: it was not sent."),
      sent_at: When("When Resend accepted it."),
      delivered_at: When("When the recipient's server accepted it."),
      bounced_at: When("When the recipient's server refused it."),
      complained_at: When("When the recipient reported it as spam."),
    },
    {
      additionalProperties: false,
      examples: [
        {
          ...example,
          provider_id: "4ef9a417-02e9-4d39-ad75-9611e0fcc33c",
          sent_at: "2026-01-15T09:45:00.923456Z",
          delivered_at: null,
          bounced_at: "2026-01-15T09:45:02.123Z",
          complained_at: null,
        },
      ],
    },
  ),
);
