/**
 * Sends mail, from within a job, with that job's retries, timeouts and history: a failure is a `ConnectorError` whose code
 * says whether to retry. Errors contain neither addresses nor text of the mail.
 *
 * Each mail is on record before it is handed over, in a stream whose id derives from the caller's idempotency key, and is
 * handed over under that id. So after a crash at any point it is sent once: a mail that was recorded as sent is not handed
 * over again, and the provider recognizes one that it has accepted.
 */
import { ConnectorError } from "../../connectors/connector.ts";
import { SYSTEM } from "../../events/account.ts";
import type { EventMeta } from "../../events/envelope.ts";
import { type MailClass, type MailSender, mailStream, mailSubject } from "../../events/mail.ts";
import type { MailState } from "../../events/mail_state.ts";
import { type Suppression, suppressionOf } from "../domain/address.ts";
import { type MailCommand, type MailReport, mailDecider } from "../domain/mail.ts";
import { derivedUuid } from "../log/derived_id.ts";
import { type EventLog, handle } from "../log/mod.ts";
import type { Vault } from "../vault/mod.ts";
import { readAddress } from "./addresses.ts";
import type { Delivery, Outgoing } from "./delivery.ts";
import { htmlOf, type Letter, lengthOf, type Paragraph, textOf } from "./letter.tsx";
import { readTemplates, type Template, type Values } from "./template.ts";

/** What a mail says: a letter, or a template of `public/mail` and its values, by which it is known on record, too. */
type Content = Letter | { readonly template: string; readonly values: Values };

/** One mail. */
export type Mail = Content & Addressed;

interface Addressed {
  /** One address. */
  readonly to: string;
  /** The address that replies are sent to, if it is not the sender's. */
  readonly reply_to?: string;
  /** By default the template's, or `support`. */
  readonly sender?: MailSender;
  /** What it is, for the record, in snake case. By default the template's name, or `message`. */
  readonly kind?: string;
  /**
   * The vault's subject whose address it goes to, for example `user:<id>`: erasing them makes the record unreadable, and a
   * mail that was not sent by then is not sent. By default, it is nobody known.
   */
  readonly person?: string;
  /** Present: it is marketing, which its recipient can end at `unsubscribe_url` (RFC 8058). Otherwise it is transactional. */
  readonly marketing?: { readonly unsubscribe_url: string };
}

export interface SendOptions {
  /** Identifies the mail: a repetition sends nothing. 1 to 256 characters. */
  readonly idempotency_key: string;
  /** Cancels the attempt. */
  readonly signal: AbortSignal;
  /** Asked right before the mail is handed over; if it is `false`, the mail is not sent: consent may have been withdrawn. */
  readonly mayStillSend?: () => Promise<boolean>;
}

/** Why a mail was not sent. */
export type SkipReason = Suppression | "consent_withdrawn" | "erased";

/** The mail's id, and why it was not sent if it was not. */
export interface Sent {
  readonly mail_id: string;
  readonly skipped?: SkipReason;
}

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
  readonly from: Readonly<Record<MailSender, string>>;
  /** It seals and opens personal data. */
  readonly log: EventLog;
  readonly vault: Pick<Vault, "pseudonym" | "destroyed">;
  /** By name; by default those in `public/mail`. */
  readonly templates?: ReadonlyMap<string, Template>;
  /** In ms since 1970; `Date.now` by default. */
  readonly now?: () => number;
}

/** Maximum length of a letter's paragraphs together, in UTF-16 units. */
export const LETTER_LENGTH_MAX = 50_000;
const SUBJECT_LENGTH_MAX = 200;
const IDEMPOTENCY_KEY_LENGTH_MAX = 256;
/** How long after the first attempt a mail is handed over again: Resend recognizes repetitions for 24 hours. */
const HANDING_OVER_MS = 23 * 60 * 60 * 1_000;

/** One address: anything else could be several, or inject a header. */
const ADDRESS = /^[^\s@<>,;:"()[\]\\\p{Cc}]+@[^\s@<>,;:"()[\]\\\p{Cc}]+$/u;
const ADDRESS_LENGTH_MAX = 254;
/** A URL that fits into a header between angle brackets, and into a mail program's patience. */
const HREF = /^https?:\/\/[!-;=?-~]{1,2000}$/;

/** A mailer with these senders. */
export function createMailer({ delivery, from, log, vault, now = Date.now, ...options }: MailerOptions): Mailer {
  const templates = options.templates ?? readTemplates();
  return {
    async send(asked, { idempotency_key, signal, mayStillSend }) {
      const mail = written(asked, templates);
      checkMail(mail, idempotency_key);
      const outgoing = outgoingOf(mail, from);
      const { to, subject } = outgoing;
      const { sender = "support", kind = "message", marketing } = mail;
      const of_class: MailClass = marketing ? "marketing" : "transactional";
      const mail_id = derivedUuid(["mail", idempotency_key]);
      const person = mail.person ?? mailSubject(mail_id);
      const meta = { actor: "system:mail", account: SYSTEM, subject: person, correlation_id: mail_id };
      const record = (command: MailCommand) => changeMail(log, { mail_id, command, meta });
      const report = (what: MailReport) => record({ type: "report", report: what });

      const { state } = await record({ type: "queue", to, subject, sender, kind, class: of_class });
      checkSame(state, to);
      if (state.sent) return { mail_id };
      const skipped =
        (await isErased(person)) ??
        (await suppression(to, of_class)) ??
        (mayStillSend && !(await mayStillSend()) ? "consent_withdrawn" : undefined);
      if (skipped) {
        await report({ type: "mail.suppressed", data: { by: "service", reason: skipped } });
        return { mail_id, skipped };
      }
      try {
        checkAge(state, now());
        const { provider_id } = await delivery.deliver(outgoing, { mail_id, signal });
        await report({ type: "mail.sent", data: { provider_id } });
      } catch (error) {
        if (error instanceof ConnectorError && error.code === "mail_rejected") {
          await report({ type: "mail.failed", data: { by: "service", reason: reasonOf(error) } });
        }
        throw error;
      }
      return { mail_id };
    },
  };

  async function isErased(person: string): Promise<"erased" | undefined> {
    const destroyed = await vault.destroyed(person);
    return destroyed.some((one) => one.class === "profile") ? "erased" : undefined;
  }

  async function suppression(address: string, kind: MailClass): Promise<Suppression | undefined> {
    return suppressionOf(await readAddress({ log, vault }, address), { kind, now: now() });
  }
}

/** A mail with its letter. */
type Written = Letter & Addressed;

/** Throws if there is no such template, or a value for it is missing. */
function written(mail: Mail, templates: ReadonlyMap<string, Template>): Written {
  if (!("template" in mail)) return mail;
  const { template: name, values, ...addressed } = mail;
  const template = templates.get(name);
  if (!template) throw new Error(`Cannot send a mail: there is no template public/mail/${name}.md`);
  return { kind: name, sender: template.sender, ...addressed, ...template.fill(values) };
}

/** Runs a command on a mail. Throws what `log.append` throws. */
function changeMail(
  log: EventLog,
  { mail_id, ...handling }: { mail_id: string; command: MailCommand; meta: EventMeta },
) {
  return handle(log, { stream_id: mailStream(mail_id), decider: mailDecider, ...handling });
}

/**
 * Throws if a mail to another address was recorded under the same idempotency key. What it says may have changed: templates do,
 * between two attempts.
 */
function checkSame({ queued }: MailState, to: string): void {
  const before = (queued?.to ?? null) as string | null;
  if (before !== null && before !== to) throw rejected("its idempotency key belongs to another mail", "key_reused");
}

/**
 * Throws if an earlier attempt was so long ago that the provider would not recognize a mail that it accepted then. One that it
 * refused may be handed over at any time: somebody replays its job on purpose.
 */
function checkAge({ queued_at, failed }: MailState, now: number): void {
  if (queued_at === null || failed.service || now - Date.parse(queued_at) <= HANDING_OVER_MS) return;
  throw rejected("an attempt of more than 23 hours ago may have sent it; to send it again, replay its job", "in_doubt");
}

function rejected(why: string, reason: string): ConnectorError {
  return new ConnectorError("mail_rejected", `The mail was not sent: ${why}.`, { detail: { reason } });
}

/** The reason for which a mail was rejected, as a word. */
function reasonOf({ options: { detail } }: ConnectorError): string {
  return (detail as { reason?: string } | undefined)?.reason ?? "unknown";
}

function outgoingOf(mail: Written, from: MailerOptions["from"]): Outgoing {
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

type Marketing = NonNullable<Addressed["marketing"]>;

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
function checkMail({ to, reply_to, marketing, paragraphs }: Written, idempotency_key: string): void {
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
