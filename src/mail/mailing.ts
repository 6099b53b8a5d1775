/** What jobs that mail have in common. */
import { type Mailer, type MailerOptions, resendMailer } from "./mailer.ts";

/** How mail is sent, and where operators receive theirs. */
export interface Mailing {
  /** Absent: no mail is sent. */
  readonly mailer: Mailer | undefined;
  /** Absent: operators get no mail. */
  readonly receiving_email: string | undefined;
}

/** That of a service with these settings. */
export function mailingOf({
  mail: { sender, receiving_email },
}: {
  readonly mail: { readonly sender: MailerOptions | undefined; readonly receiving_email: string | undefined };
}): Mailing {
  return { mailer: sender && resendMailer(sender), receiving_email };
}

/** Attempts over an hour and a half: the provider recognizes repetitions for a day. */
export const MAIL_RETRY = { max_attempts: 8, backoff: { initial_seconds: 5, factor: 3, max_seconds: 3_600 } } as const;
