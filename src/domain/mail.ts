/**
 * A mail of the service.
 *
 * ```text
 *   queued ──▶ sent ──▶ delivered ──▶ complained
 *      │         ├────▶ bounced
 *      │         └────▶ failed, suppressed (by the provider)
 *      └──▶ failed, suppressed (by the service) ──▶ sent, if it is tried again
 * ```
 */
import type { MailQueued } from "../../events/mail.ts";
import { type MailState, unknownMail, withMailEvent } from "../../events/mail_state.ts";
import type { EventData, KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { Decider, Rejection } from "./decider.ts";

/** The types of events that say what became of a mail. */
export type MailReportType =
  | "mail.sent"
  | "mail.delivered"
  | "mail.bounced"
  | "mail.complained"
  | "mail.suppressed"
  | "mail.failed";

/** What became of it, as an event. */
export type MailReport = { [T in MailReportType]: { readonly type: T; readonly data: EventData<T> } }[MailReportType];

export type MailCommand =
  | ({ readonly type: "queue" } & MailQueued)
  /** `provider_id`: the mail's id there, as whoever reports knows it. */
  | { readonly type: "report"; readonly report: MailReport; readonly provider_id?: string };

export interface MailRejection extends Rejection {
  readonly code: "mail_not_found" | "other_mail";
}

export const mailDecider: Decider<MailState, MailCommand, MailRejection> = {
  initial: unknownMail,
  evolve: withMailEvent,
  decide,
};

function decide(command: MailCommand, state: MailState): readonly KnownNewEvent[] | MailRejection {
  if (command.type === "queue") {
    // A repetition: what was recorded counts.
    if (state.queued) return [];
    const { type: _, ...data } = command;
    return [{ type: "mail.queued", data }];
  }
  const { report, provider_id = state.sent?.provider_id } = command;
  if (!state.queued) return refuse("mail_not_found", "Cannot record what became of the mail: it does not exist.");
  if (state.sent && state.sent.provider_id !== (report.type === "mail.sent" ? report.data.provider_id : provider_id)) {
    return refuse("other_mail", "Cannot record what became of the mail: it has another id at the provider.");
  }
  return isNews(state, report) ? [report] : [];
}

/** Whether a report changes the state. What the service itself decides is recorded once. */
function isNews(state: MailState, report: MailReport): boolean {
  if ((report.type === "mail.failed" || report.type === "mail.suppressed") && report.data.at === undefined) {
    return state[report.type === "mail.failed" ? "failed" : "suppressed"][report.data.by] === null;
  }
  return withMailEvent(state, { ...report, recorded_at: "" } as KnownEvent) !== state;
}

function refuse(code: MailRejection["code"], message: string): MailRejection {
  return { rejected: true, code, message };
}
