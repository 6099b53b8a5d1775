/** Reactions to messages: senders' are forwarded to operators by mail, and operators' to senders. */
import { entityId } from "../../../events/mod.ts";
import { defineReaction, submit } from "../../reactor/mod.ts";

/** The system workflows that send these mails: see `mail.ts`. Their payload names an event by its thread and version. */
export const FORWARD_MESSAGE = "levqor.forward_support_message";
export const MAIL_ANSWER = "levqor.mail_support_answer";

export const forwardSupportMessage = defineReaction({
  name: "forward_support_message",
  events: ["support.opened", "support.message_added"],
  react: ({ type, data, stream_id, version }) =>
    type === "support.opened" || data.from === "sender"
      ? [submit({ workflow: FORWARD_MESSAGE, payload: { thread_id: entityId(stream_id), version } })]
      : [],
});

export const mailSupportAnswer = defineReaction({
  name: "mail_support_answer",
  events: ["support.message_added"],
  react: ({ data: { from }, stream_id, version }) =>
    from === "operator"
      ? [submit({ workflow: MAIL_ANSWER, payload: { thread_id: entityId(stream_id), version } })]
      : [],
});
