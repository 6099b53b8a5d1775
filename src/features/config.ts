/** What reactions of features read of the configuration: the settings of their own groups, and of mail. */
import type { mailSettings } from "../mail/settings.ts";
import type { SettingsOf } from "../settings/mod.ts";
import type { errorSettings } from "./errors/settings.ts";
import type { streamSettings } from "./streams/settings.ts";

export type FeatureConfig = SettingsOf<typeof errorSettings> &
  SettingsOf<typeof mailSettings> &
  SettingsOf<typeof streamSettings>;
