/** What features read of the configuration, each the settings of its own group. */
import type { SettingsOf } from "../settings/mod.ts";
import type { streamSettings } from "./streams/settings.ts";

export type FeatureConfig = SettingsOf<typeof streamSettings>;
