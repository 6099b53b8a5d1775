/** Reactions to messages: senders' are forwarded to operators by mail, and operators' to senders. */
import { entityId } from "../../../events/mod.ts";
import type { mailSettings } from "../../mail/settings.ts";
import { defineReaction, type Reaction, submit } from "../../reactor/mod.ts";
import type { SettingsOf } from "../../settings/mod.ts";

/** The system workflows that send these mails: see `mail.ts`. Their payload names an event by its thread and version. */
export const FORWARD_MESSAGE = "levqor.forward_support_message";
export const MAIL_ANSWER = "levqor.mail_support_answer";

/** What of the settings decides whether there is mail. */
interface MailSettings {
  readonly mail: Pick<SettingsOf<typeof mailSettings>["mail"], "delivery" | "receiving_email">;
}

/** What senders write is forwarded, if mail is sent and operators have an address. */
export function forwardSupportMessage({ mail: { delivery, receiving_email } }: MailSettings): Reaction {
  const forwards = delivery !== undefined && receiving_email !== undefined;
  return defineReaction({
    name: "forward_support_message",
    events: ["support.opened", "support.message_added"],
    react: ({ type, data, stream_id, version }) =>
      forwards && (type === "support.opened" || data.from === "sender")
        ? [submit({ workflow: FORWARD_MESSAGE, payload: { thread_id: entityId(stream_id), version } })]
        : [],
  });
}

/** What operators write is mailed to the sender, if mail is sent. */
export function mailSupportAnswer({ mail: { delivery } }: MailSettings): Reaction {
  return defineReaction({
    name: "mail_support_answer",
    events: ["support.message_added"],
    react: ({ data: { from }, stream_id, version }) =>
      delivery !== undefined && from === "operator"
        ? [submit({ workflow: MAIL_ANSWER, payload: { thread_id: entityId(stream_id), version } })]
        : [],
  });
}
