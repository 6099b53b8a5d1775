/** Mails as their list shows them: what became of each, but neither to whom it went nor what it said. */
import { type BounceKind, type MailClass, type MailSender, mailSubject } from "../events/mail.ts";
import { type MailState, type MailStatus, mailStatus, unknownMail, withMailEvent } from "../events/mail_state.ts";
import { entityId } from "../events/mod.ts";
import { defineProjection } from "./projection.ts";

/** One mail. Times are RFC 3339, UTC. */
export type MailRow = {
  mail_id: string;
  status: MailStatus;
  kind: string;
  class: MailClass;
  sender: MailSender;
  /** The vault's subject whose address it went to. */
  person: string;
  bounce: BounceKind | null;
  /** Why it did not arrive. */
  reason: string | null;
  queued_at: string;
  /** When its status was last reported. */
  updated_at: string;
  /** What its events amount to, without what is personal. */
  state: Omit<MailState, "queued">;
  /** The position of `mail.queued`. */
  position: number;
};

export const mails = defineProjection({
  name: "mails",
  version: 1,
  reads: [
    "mail.queued",
    "mail.sent",
    "mail.delivered",
    "mail.bounced",
    "mail.complained",
    "mail.suppressed",
    "mail.failed",
  ],
  columns: {
    mail_id: { type: "uuid" },
    status: { type: "text" },
    kind: { type: "text" },
    class: { type: "text" },
    sender: { type: "text" },
    person: { type: "text" },
    bounce: { type: "text", nullable: true },
    reason: { type: "text", nullable: true },
    queued_at: { type: "timestamptz" },
    updated_at: { type: "timestamptz" },
    state: { type: "json" },
    position: { type: "bigint" },
  },
  key: "mail_id",
  indexes: ["(position)", "(status, position)", "(kind, position)", "(person, position)"],

  evolve(row: MailRow | null, event): MailRow | null {
    if (event.type === "mail.queued") {
      if (row) throw new Error(`Cannot queue mail ${row.mail_id}: it exists since position ${row.position}`);
      const { kind, class: of_class, sender } = event.data;
      const mail_id = entityId(event.stream_id);
      const { queued: _, ...state } = withMailEvent(unknownMail, event);
      return {
        mail_id,
        ...mailStatus({ ...state, queued: null }),
        kind,
        class: of_class,
        sender,
        person: event.meta.subject ?? mailSubject(mail_id),
        queued_at: event.recorded_at,
        updated_at: event.recorded_at,
        state,
        position: event.position,
      };
    }
    if (!row) throw new Error(`Cannot apply ${event.type} to ${event.stream_id}: it was not queued`);
    const { queued: _, ...state } = withMailEvent({ ...row.state, queued: null }, event);
    return { ...row, ...mailStatus({ ...state, queued: null }), state, updated_at: event.recorded_at };
  },
});
