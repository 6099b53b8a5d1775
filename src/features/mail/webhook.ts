/**
 * Resend's reports: whether they are Resend's, and what they say. They contain addresses, subjects and answers of other servers, of
 * which nothing is kept but what is needed.
 */
import { type Static, Type } from "@sinclair/typebox";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import { parseTime } from "../../../events/time.ts";
import type { AddressCommand } from "../../domain/address.ts";
import type { MailReport } from "../../domain/mail.ts";
import { component } from "../../http/document/components.ts";
import { MAIL_ID_TAG } from "../../mail/mod.ts";

export interface Signed {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: string;
  readonly signature: string;
}

/** Tells whether a report's text was signed with any of these secrets, at most five minutes before or after now. */
export function verifierOf(secrets: readonly string[]): (text: string, signed: Signed) => boolean {
  const webhooks = secrets.map((secret) => new Webhook(secret));
  return (text, { id, timestamp, signature }) => {
    const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
    return webhooks.some((webhook) => {
      try {
        webhook.verify(text, headers, { jsonParse: false });
        return true;
      } catch (error) {
        if (error instanceof WebhookVerificationError) return false;
        throw error;
      }
    });
  };
}

const Data = Type.Object(
  {
    email_id: Type.Optional(Type.String({ maxLength: 128 })),
    to: Type.Optional(Type.Array(Type.String({ maxLength: 1_024 }), { maxItems: 50 })),
    tags: Type.Optional(Type.Object({ [MAIL_ID_TAG]: Type.Optional(Type.String()) }, { additionalProperties: true })),
    bounce: Type.Optional(
      Type.Object(
        { type: Type.Optional(Type.String()), subType: Type.Optional(Type.String()) },
        { additionalProperties: true },
      ),
    ),
    failed: Type.Optional(Type.Object({ reason: Type.Optional(Type.String()) }, { additionalProperties: true })),
    suppressed: Type.Optional(Type.Object({ reason: Type.Optional(Type.String()) }, { additionalProperties: true })),
  },
  { additionalProperties: true },
);

export const ResendReport = component(
  "ResendReport",
  Type.Object(
    {
      type: Type.String({ maxLength: 128, description: "What happened, for example `email.delivered`." }),
      created_at: Type.String({ maxLength: 64, description: "When, in RFC 3339." }),
      data: Data,
    },
    {
      additionalProperties: true,
      examples: [
        {
          type: "email.delivered",
          created_at: "2026-01-15T09:30:00.123Z",
          data: {
            email_id: "4ef9a417-02e9-4d39-ad75-9611e0fcc33c",
            created_at: "2026-01-15T09:29:58.456Z",
            from: "Levqor <support@levqor.ai>",
            to: ["ada@example.com"],
            subject: "We answered your support request",
            tags: { [MAIL_ID_TAG]: "0197a1f0-d7e5-8b3c-a1f2-6d4e8c0b2a95" },
          },
        },
      ],
    },
  ),
);
export type ResendReport = Static<typeof ResendReport>;

/** What a report says of a mail of ours, and of the addresses that it went to. */
export interface Told {
  readonly mail_id: string;
  readonly provider_id: string;
  readonly report: MailReport;
  readonly address?: AddressCommand;
  readonly addresses: readonly string[];
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const WORD = /^[a-z][a-z0-9_]{0,63}$/;

/** `undefined`: it is not about a mail that the service sent, or says nothing of what became of it. */
export function toldBy({ type, created_at, data }: ResendReport): Told | undefined {
  const { email_id: provider_id, to = [], tags } = data;
  const mail_id = tags?.[MAIL_ID_TAG];
  const time = parseTime(created_at);
  if (typeof mail_id !== "string" || !UUID.test(mail_id) || !provider_id || "fault" in time) return undefined;
  const at = new Date(time.instant.epochMilliseconds).toISOString();
  const said = saying(type, { data, provider_id, at });
  return said && { mail_id, provider_id, addresses: to, ...said };
}

function saying(
  type: string,
  { data, provider_id, at }: { data: ResendReport["data"]; provider_id: string; at: string },
): Pick<Told, "report" | "address"> | undefined {
  switch (type) {
    case "email.sent":
      return { report: { type: "mail.sent", data: { provider_id, at } } };
    case "email.delivered":
      return { report: { type: "mail.delivered", data: { at } } };
    case "email.complained":
      return { report: { type: "mail.complained", data: { at } }, address: { type: "complain", at } };
    case "email.bounced": {
      // "Transient" and "Undetermined" may pass.
      const kind = data.bounce?.type === "Permanent" ? "hard" : "soft";
      const reason = wordOf(data.bounce?.subType);
      return { report: { type: "mail.bounced", data: { at, kind, reason } }, address: { type: "bounce", kind, at } };
    }
    case "email.failed":
      return { report: { type: "mail.failed", data: { by: "provider", reason: wordOf(data.failed?.reason), at } } };
    case "email.suppressed": {
      // Resend's own list remembers what it did not report, or reported elsewhere.
      const reason = wordOf(data.suppressed?.reason);
      const address: AddressCommand =
        reason === "previous_complaint" ? { type: "complain", at } : { type: "bounce", kind: "hard", at };
      return {
        report: { type: "mail.suppressed", data: { by: "provider", reason, at } },
        ...(reason.startsWith("previous_") && { address }),
      };
    }
    default:
      return undefined;
  }
}

/** `MailboxFull` as `mailbox_full`; `unknown` for what is not a word. */
function wordOf(text: string | undefined): string {
  const word = (text ?? "").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
  return WORD.test(word) ? word : "unknown";
}
