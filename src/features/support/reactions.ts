/** Reactions to messages: senders' are forwarded to operators by mail, and operators' to senders. */
import { entityId } from "../../../events/mod.ts";
import type { mailSettings } from "../../mail/settings.ts";
import { defineReaction, type Reaction, submit } from "../../reactor/mod.ts";
import type { SettingsOf } from "../../settings/mod.ts";

/** The system workflows that send these mails: see `mail.ts`. Their payload names an event by its thread and version. */
export const FORWARD_MESSAGE = "levqor.forward_support_message";
export const MAIL_ANSWER = "levqor.mail_support_answer";

type MailSettings = SettingsOf<typeof mailSettings>;

/** What senders write is forwarded, if mail is sent and operators have an address. */
export function forwardSupportMessage({ mail: { sender, receiving_email } }: MailSettings): Reaction {
  const forwards = sender !== undefined && receiving_email !== undefined;
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
export function mailSupportAnswer({ mail: { sender } }: MailSettings): Reaction {
  return defineReaction({
    name: "mail_support_answer",
    events: ["support.message_added"],
    react: ({ data: { from }, stream_id, version }) =>
      sender !== undefined && from === "operator"
        ? [submit({ workflow: MAIL_ANSWER, payload: { thread_id: entityId(stream_id), version } })]
        : [],
  });
}
