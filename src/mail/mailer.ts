/**
 * Sends mail through Resend, with its SDK, which is loaded with the first mail.
 *
 * Mail is sent from within a job, with that job's retries, timeouts and history: a failure is a `ConnectorError` whose code
 * says whether to retry. Errors contain neither addresses nor text of the mail, nor Resend's own messages, which may quote them.
 */
import type { Resend } from "resend";
import { ConnectorError } from "../../connectors/connector.ts";
import { retryAfter } from "../../connectors/retry_after.ts";
import { htmlOf, type Letter, lengthOf, textOf } from "./letter.tsx";

/** One mail. */
export interface Mail extends Letter {
  /** One address. */
  readonly to: string;
  /** The address that replies are sent to, if it is not the sender's. */
  readonly reply_to?: string;
}

export interface SendOptions {
  /** Identifies the mail: a repetition within 24 hours sends nothing. 1 to 256 characters. */
  readonly idempotency_key: string;
  /** Cancels the attempt. */
  readonly signal: AbortSignal;
}

export interface Mailer {
  /**
   * Sends a mail, and returns its id at Resend. Throws a `ConnectorError`: `mail_unavailable` if another attempt may succeed,
   * `mail_rejected` if none can. Throws the signal's reason if it fires.
   */
  send(mail: Mail, sending: SendOptions): Promise<{ readonly mail_id: string }>;
}

export interface MailerOptions {
  readonly api_key: string;
  /** An address, with or without a name. */
  readonly from: string;
  readonly base_url: string;
  /** How long one attempt may take; 10 s by default. */
  readonly timeout_ms?: number;
}

/** Maximum length of a letter's paragraphs together, in UTF-16 units. */
export const LETTER_LENGTH_MAX = 50_000;
const SUBJECT_LENGTH_MAX = 200;
const IDEMPOTENCY_KEY_LENGTH_MAX = 256;
const TIMEOUT_MS = 10_000;

/** One address: anything else could be several, or inject a header. */
const ADDRESS = /^[^\s@<>,;:"()[\]\\\p{Cc}]+@[^\s@<>,;:"()[\]\\\p{Cc}]+$/u;
const ADDRESS_LENGTH_MAX = 254;
/** The form of Resend's documented error names. */
const ERROR_NAME = /^[a-z_]{1,64}$/;
/** Statuses between 400 and 499 after which a retry may succeed. */
const RETRYABLE = new Set([408, 425, 429]);

/** A mailer for an account at Resend. */
export function resendMailer({ api_key, from, base_url, timeout_ms = TIMEOUT_MS }: MailerOptions): Mailer {
  let client: Promise<Resend> | undefined;
  const load = async () => {
    const { Resend } = await import("resend");
    return new Resend(api_key, { baseUrl: base_url });
  };

  return {
    async send(mail, { idempotency_key, signal }) {
      checkMail(mail, idempotency_key);
      client ??= load();
      const { emails } = await client;
      signal.throwIfAborted();
      const timeout = AbortSignal.timeout(timeout_ms);
      const { to, reply_to } = mail;
      const sent = await emails.send(
        {
          from,
          to,
          ...(reply_to !== undefined && { replyTo: reply_to }),
          subject: subjectOf(mail),
          html: htmlOf(mail),
          text: textOf(mail),
        },
        { idempotencyKey: idempotency_key, signal: AbortSignal.any([signal, timeout]) },
      );
      signal.throwIfAborted();
      if (timeout.aborted) throw unavailable(`Resend did not respond within ${timeout_ms} ms.`);
      if (sent.error) throw failure(sent.error, sent.headers);
      const { id } = sent.data;
      if (typeof id !== "string" || id === "") throw unavailable("Resend accepted a mail without giving its id.");
      return { mail_id: id };
    },
  };
}

/** Throws if the mail cannot be sent as it is. */
function checkMail({ to, reply_to, paragraphs }: Mail, idempotency_key: string): void {
  for (const [member, address] of Object.entries({ to, reply_to })) {
    if (address !== undefined && (!ADDRESS.test(address) || address.length > ADDRESS_LENGTH_MAX)) {
      throw new ConnectorError("mail_rejected", `The mail was not sent: ${member} is not one e-mail address.`);
    }
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

interface Refusal {
  readonly name: string;
  /** Absent if the response is not Resend's own. */
  readonly statusCode?: number | null;
}

function failure(
  { name, statusCode: status }: Refusal,
  headers: Readonly<Record<string, string>> | null,
): ConnectorError {
  if (headers === null) return unavailable("Resend cannot be reached.");
  const reason = ERROR_NAME.test(name) ? name : "unknown";
  const message = `Resend responded ${status ?? "without a status"}: ${reason}.`;
  const detail = { status: status ?? null, reason };
  const is_final = status != null && status >= 400 && status < 500 && !RETRYABLE.has(status);
  // The first request with this idempotency key is still being processed.
  const is_concurrent = reason === "concurrent_idempotent_requests";
  if (is_final && !is_concurrent) return new ConnectorError("mail_rejected", message, { detail });
  return unavailable(message, { detail, retry_after: retryAfter(headers["retry-after"] ?? null, Date.now()) });
}

function unavailable(message: string, options: ConnectorError["options"] = {}): ConnectorError {
  return new ConnectorError("mail_unavailable", message, options);
}
