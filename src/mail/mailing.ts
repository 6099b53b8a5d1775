/** What jobs that mail have in common. */
import { type Static, Type } from "@sinclair/typebox";
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

const NotMailed = Type.Object({ skipped: Type.Literal("mail_not_configured") });

/** The outcome of a job that mails: the mail's id at the provider, or that none was sent because mail is not configured. */
export const MailOutcome = Type.Union([Type.Object({ mail_id: Type.String() }), NotMailed]);
export type MailOutcome = Static<typeof MailOutcome>;

export const NOT_MAILED: Static<typeof NotMailed> = { skipped: "mail_not_configured" };

/** Attempts over an hour and a half: the provider recognizes repetitions for a day. */
export const MAIL_RETRY = { max_attempts: 8, backoff: { initial_seconds: 5, factor: 3, max_seconds: 3_600 } } as const;
