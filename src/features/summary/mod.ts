/** Summaries of days and weeks, which operators read, and get by mail. */
import { type Mailing, mailingOf } from "../../mail/mod.ts";
import type { mailSettings } from "../../mail/settings.ts";
import type { SettingsOf } from "../../settings/mod.ts";
import { type MailSummaryOptions, mailSummary, type SubmittingOptions, startSubmitting } from "./mail.ts";

interface Needs extends Omit<MailSummaryOptions, keyof Mailing> {
  readonly config: SettingsOf<typeof mailSettings>;
}

export const summary = {
  name: "summary",
  roles: ["all", "worker"],
  start: (options: SubmittingOptions) => startSubmitting(options),
  workflows: ({ config, ...parts }: Needs) => [mailSummary({ ...parts, ...mailingOf(config) })],
} as const;
