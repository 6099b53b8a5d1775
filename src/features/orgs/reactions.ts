/** Invitations are mailed, and forgotten when they are over. */
import { entityId } from "../../../events/mod.ts";
import { defineReaction, type Reaction, submit } from "../../reactor/mod.ts";

/** The system workflows that do it: see `mail.ts`. */
export const MAIL_INVITATION = "levqor.mail_invitation";
export const FORGET_INVITATION = "levqor.forget_invitation";

/** `delivery`: absent: no mail is sent. */
interface MailSettings {
  readonly mail: { readonly delivery: object | undefined };
}

/** Whoever is invited is told so, if mail is sent. */
export function mailInvitation({ mail: { delivery } }: MailSettings): Reaction {
  return defineReaction({
    name: "mail_invitation",
    events: ["org.member_invited"],
    react: ({ stream_id, data: { invitation_id } }) =>
      delivery === undefined
        ? []
        : [submit({ workflow: MAIL_INVITATION, payload: { org_id: entityId(stream_id), invitation_id } })],
  });
}

/** No address stays of an invitation that is over. */
export const forgetInvitation = defineReaction({
  name: "forget_invitation",
  events: ["org.invitation_accepted", "org.invitation_ended"],
  react: ({ data: { invitation_id } }) => [submit({ workflow: FORGET_INVITATION, payload: { invitation_id } })],
});
