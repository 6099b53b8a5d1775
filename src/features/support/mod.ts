/** Support: threads between people who need help and operators. */
import type { EventLog } from "../../log/mod.ts";
import { mailingOf } from "../../mail/mod.ts";
import type { mailSettings } from "../../mail/settings.ts";
import type { SettingsOf } from "../../settings/mod.ts";
import { supportWorkflows } from "./mail.ts";

export const support = {
  name: "support",
  workflows: ({ log, config }: { readonly log: EventLog; readonly config: SettingsOf<typeof mailSettings> }) =>
    supportWorkflows({ log, ...mailingOf(config) }),
} as const;
