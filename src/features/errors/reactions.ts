/** What follows from reported errors. */
import { eventId } from "../../../events/envelope.ts";
import { defineReaction, type Reaction, submit } from "../../reactor/mod.ts";
import type { SettingsOf } from "../../settings/mod.ts";
import { FORWARD_ERROR, type ForwardInput } from "./forward.ts";
import type { errorSettings } from "./settings.ts";

/** Recorded reports are forwarded to Sentry, if it is configured. */
export function forwardErrors({ sentry_dsn }: SettingsOf<typeof errorSettings>): Reaction {
  return defineReaction({
    name: "forward_error",
    events: ["error.reported"],
    react(event) {
      if (sentry_dsn === undefined) return [];
      const payload: ForwardInput = { event_id: eventId(event) };
      return [submit({ workflow: FORWARD_ERROR, payload })];
    },
  });
}
