/**
 * Events of mails that the service sends. Streams are named `mail-<UUID>`, by an id that derives from the sender's idempotency
 * key. What the provider reports may come in any order, and more than once: `mail_state.ts` has what it amounts to.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { personal } from "./personal.ts";
import { Time } from "./time.ts";

/** The stream of a mail. */
export const mailStream = streamName("mail");

/** The vault's subject of a mail to nobody known. */
export const mailSubject = (mailId: string) => `mail:${mailId}`;

/** Whom mail is from, by what it is about; `no-reply` for what nobody needs to answer. */
export const mailSenders = ["support", "billing", "no-reply", "security"] as const;
export type MailSender = (typeof mailSenders)[number];

/** `marketing` needs consent, and can be ended by its recipient. */
export const mailClasses = ["transactional", "marketing"] as const;
export type MailClass = (typeof mailClasses)[number];

/** `hard`: the address does not exist or never accepts mail. `soft`: it does not at the moment. */
export const bounceKinds = ["hard", "soft"] as const;
export type BounceKind = (typeof bounceKinds)[number];

/** Who decided: the service, before the mail was handed over, or the provider afterwards. */
export const mailDeciders = ["service", "provider"] as const;
export type MailDecider = (typeof mailDeciders)[number];

function oneOf<const Text extends string>(texts: readonly Text[]) {
  return Type.Union(texts.map((text) => Type.Literal(text)));
}

/** A stable word, in snake case. */
const Reason = Type.String({ pattern: "^[a-z][a-z0-9_]{0,63}$", examples: ["mailbox_full"] });

/** The meta's subject is whose address it goes to: `user:<id>`, for example; `mail:<id>` if that is nobody known. */
export const MailQueued = Type.Object({
  to: personal(Type.String({ minLength: 1, maxLength: 254 })),
  subject: personal(Type.String({ maxLength: 200 })),
  /** What it is: for example `support_answer`. */
  kind: Reason,
  class: oneOf(mailClasses),
  sender: oneOf(mailSenders),
});
export type MailQueued = Static<typeof MailQueued>;

/** The provider accepted it. */
export const MailSent = Type.Object({
  /** The mail's id at the provider. */
  provider_id: Type.String({ minLength: 1, maxLength: 128 }),
  /** When, if the provider said so. */
  at: Type.Optional(Time),
});
export type MailSent = Static<typeof MailSent>;

/** The recipient's server accepted it. */
export const MailDelivered = Type.Object({ at: Time });
export type MailDelivered = Static<typeof MailDelivered>;

export const MailBounced = Type.Object({ at: Time, kind: oneOf(bounceKinds), reason: Reason });
export type MailBounced = Static<typeof MailBounced>;

/** The recipient reported it as spam. */
export const MailComplained = Type.Object({ at: Time });
export type MailComplained = Static<typeof MailComplained>;

/** It is not sent, or not delivered, because of what is known of its address or its recipient. */
export const MailSuppressed = Type.Object({ by: oneOf(mailDeciders), reason: Reason, at: Type.Optional(Time) });
export type MailSuppressed = Static<typeof MailSuppressed>;

/** It cannot be sent, or delivered. */
export const MailFailed = Type.Object({ by: oneOf(mailDeciders), reason: Reason, at: Type.Optional(Time) });
export type MailFailed = Static<typeof MailFailed>;

/** Every event type of the category; a stream begins with the first. */
export const mailEvents = {
  "mail.queued": eventType(MailQueued, "the service is about to send a mail"),
  "mail.sent": eventType(MailSent, "the provider accepted a mail"),
  "mail.delivered": eventType(MailDelivered, "the recipient's server accepted a mail"),
  "mail.bounced": eventType(
    MailBounced,
    "the recipient's server refused a mail, for ever (`hard`) or for now (`soft`)",
  ),
  "mail.complained": eventType(MailComplained, "the recipient reported a mail as spam"),
  "mail.suppressed": eventType(
    MailSuppressed,
    "a mail was not sent because of earlier bounces or complaints, withdrawn consent, or an erasure",
  ),
  "mail.failed": eventType(MailFailed, "the provider refused a mail, or could not deliver it"),
} as const satisfies Record<string, EventSchema>;
