/** Support: threads between people who need help and operators. */
import type { EventLog } from "../../log/mod.ts";
import { type MailerOptions, resendMailer } from "../../mail/mod.ts";
import { supportWorkflows } from "./mail.ts";

interface Needs {
  readonly log: EventLog;
  readonly config: {
    readonly mail: { readonly sender?: MailerOptions | undefined; readonly receiving_email?: string | undefined };
  };
}

export const support = {
  name: "support",
  workflows: ({ log, config: { mail } }: Needs) =>
    supportWorkflows({
      log,
      mailer: mail.sender && resendMailer(mail.sender),
      receiving_email: mail.receiving_email,
    }),
} as const;
