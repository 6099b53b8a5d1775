/**
 * Sends mail, from within a job, with that job's retries, timeouts and history: a failure is a `ConnectorError` whose code
 * says whether to retry. Errors contain neither addresses nor text of the mail.
 */
import { ConnectorError } from "../../connectors/connector.ts";
import type { Delivery, Handing, Outgoing } from "./delivery.ts";
import { htmlOf, type Letter, lengthOf, type Paragraph, textOf } from "./letter.tsx";

/** Whom mail is from, by what it is about; `no-reply` for what nobody needs to answer. */
export type Sender = "support" | "billing" | "no-reply" | "security";

/** One mail. */
export interface Mail extends Letter {
  /** One address. */
  readonly to: string;
  /** The address that replies are sent to, if it is not the sender's. */
  readonly reply_to?: string;
  /** `support` by default. */
  readonly sender?: Sender;
  /** Present: it is marketing, which its recipient can end at `unsubscribe_url` (RFC 8058). Otherwise it is transactional. */
  readonly marketing?: { readonly unsubscribe_url: string };
}

export interface SendOptions extends Handing {
  /** Asked right before the mail is handed over; if it is `false`, the mail is not sent: consent may have been withdrawn. */
  readonly mayStillSend?: () => Promise<boolean>;
}

/** The mail's id at the provider, or why it was not sent. */
export type Sent = { readonly mail_id: string } | { readonly skipped: "consent_withdrawn" };

export interface Mailer {
  /**
   * Sends a mail. Throws a `ConnectorError`: `mail_unavailable` if another attempt may succeed, `mail_rejected` if none can.
   * Throws the signal's reason if it fires.
   */
  send(mail: Mail, sending: SendOptions): Promise<Sent>;
}

export interface MailerOptions {
  readonly delivery: Delivery;
  /** Each an address, with or without a name. */
  readonly from: Readonly<Record<Sender, string>>;
}

/** Maximum length of a letter's paragraphs together, in UTF-16 units. */
export const LETTER_LENGTH_MAX = 50_000;
const SUBJECT_LENGTH_MAX = 200;
const IDEMPOTENCY_KEY_LENGTH_MAX = 256;

/** One address: anything else could be several, or inject a header. */
const ADDRESS = /^[^\s@<>,;:"()[\]\\\p{Cc}]+@[^\s@<>,;:"()[\]\\\p{Cc}]+$/u;
const ADDRESS_LENGTH_MAX = 254;
/** A URL that fits into a header between angle brackets, and into a mail program's patience. */
const HREF = /^https?:\/\/[!-;=?-~]{1,2000}$/;

/** A mailer with these senders. */
export function createMailer({ delivery, from }: MailerOptions): Mailer {
  return {
    async send(mail, { mayStillSend, ...handing }) {
      checkMail(mail, handing.idempotency_key);
      const outgoing = outgoingOf(mail, from);
      if (mayStillSend && !(await mayStillSend())) return { skipped: "consent_withdrawn" };
      const { provider_id: mail_id } = await delivery.deliver(outgoing, handing);
      return { mail_id };
    },
  };
}

function outgoingOf(mail: Mail, from: MailerOptions["from"]): Outgoing {
  const { to, reply_to, sender = "support", marketing, paragraphs } = mail;
  const footer = marketing ? marketingFooter(marketing) : [];
  return {
    from: from[sender],
    to,
    reply_to,
    subject: subjectOf(mail),
    html: htmlOf({ subject: mail.subject, paragraphs, footer }),
    text: textOf({ paragraphs, footer }),
    headers: marketing ? unsubscribeHeaders(marketing) : {},
  };
}

type Marketing = NonNullable<Mail["marketing"]>;

function marketingFooter({ unsubscribe_url }: Marketing): readonly Paragraph[] {
  return [
    "You get this mail because you agreed to get news from Levqor.",
    { link: { label: "Unsubscribe", href: unsubscribe_url } },
  ];
}

/** What mail programs need to offer their own button (RFC 8058): they send a POST to the URL. */
function unsubscribeHeaders({ unsubscribe_url }: Marketing): Record<string, string> {
  return {
    "List-Unsubscribe": `<${unsubscribe_url}>`,
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
  };
}

/** Throws if the mail cannot be sent as it is. */
function checkMail({ to, reply_to, marketing, paragraphs }: Mail, idempotency_key: string): void {
  for (const [member, address] of Object.entries({ to, reply_to })) {
    if (address !== undefined && (!ADDRESS.test(address) || address.length > ADDRESS_LENGTH_MAX)) {
      throw new ConnectorError("mail_rejected", `The mail was not sent: ${member} is not one e-mail address.`);
    }
  }
  const links = paragraphs.flatMap((each) => (typeof each === "object" && "link" in each ? [each.link.href] : []));
  for (const href of [...links, ...(marketing ? [marketing.unsubscribe_url] : [])]) {
    // The link may contain a secret.
    if (!HREF.test(href)) throw new Error("Cannot send the mail: a link in it is not an http:// or https:// URL");
  }
  const length = paragraphs.reduce((sum, each) => sum + lengthOf(each), 0);
  if (length > LETTER_LENGTH_MAX) {
    throw new Error(`Cannot send the mail: it has ${length} characters, and at most ${LETTER_LENGTH_MAX} may be sent`);
  }
  const { length: keyLength } = idempotency_key;
  if (keyLength === 0 || keyLength > IDEMPOTENCY_KEY_LENGTH_MAX) {
    throw new Error(`Cannot send the mail: its idempotency key has ${keyLength} characters, expected 1 to 256`);
  }
}

/** The subject on one line, cut to its maximum length. */
function subjectOf({ subject }: Letter): string {
  const line = subject.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return line.length > SUBJECT_LENGTH_MAX ? `${line.slice(0, SUBJECT_LENGTH_MAX - 1).toWellFormed()}…` : line;
}
