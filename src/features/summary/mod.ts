/** Summaries of days and weeks, which operators read, and get by mail. */
import { type MailerOptions, resendMailer } from "../../mail/mod.ts";
import { type MailSummaryOptions, mailSummary, type SubmittingOptions, startSubmitting } from "./mail.ts";

interface Needs extends Omit<MailSummaryOptions, "mailer" | "receiving_email"> {
  readonly config: {
    readonly mail: { readonly sender?: MailerOptions | undefined; readonly receiving_email?: string | undefined };
  };
}

export const summary = {
  name: "summary",
  roles: ["all", "worker"],
  start: (options: SubmittingOptions) => startSubmitting(options),
  workflows: ({ config: { mail }, ...parts }: Needs) => [
    mailSummary({ ...parts, mailer: mail.sender && resendMailer(mail.sender), receiving_email: mail.receiving_email }),
  ],
} as const;
