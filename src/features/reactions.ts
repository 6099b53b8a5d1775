/** The reactions of all features. */
import type { Reaction } from "../reactor/mod.ts";
import type { FeatureConfig } from "./config.ts";
import { forwardErrors } from "./errors/reactions.ts";
import { forwardSupportMessage, mailSupportAnswer } from "./support/reactions.ts";

/** Those of a service with these settings: each is there whatever they are, and may do nothing. */
export function reactionsOf(config: FeatureConfig): readonly Reaction[] {
  return [forwardErrors(config), forwardSupportMessage(config), mailSupportAnswer(config)];
}
