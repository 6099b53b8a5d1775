/** Reactions to events of users. */
import { entityId } from "../../../events/mod.ts";
import { toTime } from "../../../events/time.ts";
import { SIGN_IN_ACTOR, UNCLAIMED_MS } from "../../domain/user.ts";
import { defineReaction, submit } from "../../reactor/mod.ts";

/** The system workflow that erases a user: see `erasure.ts`. */
export const ERASE_USER = "levqor.erase_user";

/** The system workflows that mail: see `email_change.ts`. Their payload names an event of the user. */
export const MAIL_EMAIL_CHANGE = "levqor.mail_email_change";
export const MAIL_EMAIL_CHANGED = "levqor.mail_email_changed";

/** Whoever wants another address is mailed a link there. */
export const mailEmailChange = defineReaction({
  name: "mail_email_change",
  events: ["user.email_change_requested"],
  react: ({ stream_id, version }) => [
    submit({ workflow: MAIL_EMAIL_CHANGE, payload: { user_id: entityId(stream_id), version } }),
  ],
});

/** Whoever changed their address themselves is told at the former one: it may not have been them. */
export const mailEmailChanged = defineReaction({
  name: "mail_email_changed",
  events: ["user.updated"],
  react: ({ stream_id, version, data, meta: { actor, account } }) =>
    "email" in data && actor === account
      ? [submit({ workflow: MAIL_EMAIL_CHANGED, payload: { user_id: entityId(stream_id), version } })]
      : [],
});

/** The system workflow that forgets a user of whom nothing followed: see `forgetting.ts`. */
export const FORGET_UNCLAIMED = "levqor.forget_unclaimed_user";

/** Whoever is recorded because somebody asked for a link to sign in has a month to use one. */
export const forgetUnclaimed = defineReaction({
  name: "forget_unclaimed_user",
  events: ["user.created"],
  react: ({ stream_id, meta, recorded_at }) =>
    meta.actor === SIGN_IN_ACTOR
      ? [
          submit({
            workflow: FORGET_UNCLAIMED,
            payload: { user_id: entityId(stream_id) },
            run_at: toTime(Date.parse(recorded_at) + UNCLAIMED_MS),
          }),
        ]
      : [],
});

/** Whatever becomes of the process that recorded the request, the user is erased. */
export const eraseUser = defineReaction({
  name: "erase_user",
  events: ["user.erasure_requested"],
  react: ({ stream_id }) => [submit({ workflow: ERASE_USER, payload: { user_id: entityId(stream_id) } })],
});
