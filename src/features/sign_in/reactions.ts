/** Requests to sign in are answered by mail. */
import { entityId } from "../../../events/mod.ts";
import { defineReaction, submit } from "../../reactor/mod.ts";

/** The system workflow that sends the mail: see `mail.ts`. */
export const MAIL_LINK = "levqor.mail_sign_in_link";

export const mailSignInLink = defineReaction({
  name: "mail_sign_in_link",
  events: ["sign_in.requested"],
  react: ({ stream_id }) => [submit({ workflow: MAIL_LINK, payload: { sign_in_id: entityId(stream_id) } })],
});
