/** What follows from consents: mails. */
import { consentStream } from "../../../events/consent.ts";
import { entityId } from "../../../events/mod.ts";
import { consentDecider } from "../../domain/consent.ts";
import { command, defineReaction, type Reaction, submit } from "../../reactor/mod.ts";

/** The system workflows that send these mails: see `mail.ts`. */
export const MAIL_CONFIRMATION = "levqor.mail_marketing_confirmation";
export const MAIL_WELCOME = "levqor.mail_marketing_welcome";
/** Forgets what is kept of requests for them. */
export const FORGET_REQUESTS = "levqor.forget_marketing_requests";

/** `delivery`: absent: no mail is sent. */
interface MailSettings {
  readonly mail: { readonly delivery: object | undefined };
}

/** An address for which somebody asks for marketing mail is asked to confirm it, if mail is sent. */
export function mailConfirmation({ mail: { delivery } }: MailSettings): Reaction {
  return defineReaction({
    name: "mail_marketing_confirmation",
    events: ["consent.marketing_requested"],
    react: ({ stream_id, version }) =>
      delivery === undefined
        ? []
        : [submit({ workflow: MAIL_CONFIRMATION, payload: { id: entityId(stream_id), version } })],
  });
}

/** Whoever confirmed is told so: the first marketing mail, with which they can already end it. */
export function mailWelcome({ mail: { delivery } }: MailSettings): Reaction {
  return defineReaction({
    name: "mail_marketing_welcome",
    events: ["consent.marketing_confirmed"],
    react({ data: { request }, stream_id, version }) {
      if (delivery === undefined) return [];
      const kind = request.stream_id === stream_id ? "address" : "user";
      return [submit({ workflow: MAIL_WELCOME, payload: { kind, id: entityId(stream_id), version } })];
    },
  });
}

/** A user who is erased gets no more marketing mail, and no address of theirs stays. */
export const endMarketingOfErased = defineReaction({
  name: "end_marketing_of_erased",
  events: ["user.erased"],
  react({ stream_id }) {
    const user_id = entityId(stream_id);
    return [
      command({
        stream_id: consentStream(user_id),
        decider: consentDecider,
        command: { type: "withdraw_marketing", by: "erasure" },
      }),
      submit({ workflow: FORGET_REQUESTS, payload: { user_id } }),
    ];
  },
});
