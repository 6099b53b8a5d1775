/** Reactions to messages: senders' are forwarded to operators by mail. */
import { entityId } from "../../../events/mod.ts";
import { defineReaction, submit } from "../../reactor/mod.ts";

/** The system workflow that sends these mails: see `mail.ts`. Its payload names an event by its thread and version. */
export const FORWARD_MESSAGE = "levqor.forward_support_message";

export const forwardSupportMessage = defineReaction({
  name: "forward_support_message",
  events: ["support.opened", "support.message_added"],
  react: ({ type, data, stream_id, version }) =>
    type === "support.opened" || data.from === "sender"
      ? [submit({ workflow: FORWARD_MESSAGE, payload: { thread_id: entityId(stream_id), version } })]
      : [],
});
