/** Queries on mails. */

import { type MailClass, type MailQueued, mailStream, mailSubject } from "../../../events/mail.ts";
import { mailStatus } from "../../../events/mail_state.ts";
import { decode, type KnownEvent } from "../../../events/mod.ts";
import type { MailRow } from "../../../projections/mails.ts";
import type { Sql } from "../../db/mod.ts";
import { suppressionOf } from "../../domain/address.ts";
import { mailDecider } from "../../domain/mail.ts";
import type { EventLog } from "../../log/mod.ts";
import { readAddress } from "../../mail/mod.ts";

interface Filter {
  readonly status?: string | undefined;
  readonly class?: string | undefined;
  readonly kind?: string | undefined;
  readonly person?: string | undefined;
}

/** Mails that match, newest first, starting before a position. */
export function selectMails(
  sql: Sql,
  { filter, before, take }: { filter: Filter; before: number | undefined; take: number },
) {
  const { status, class: of_class, kind, person } = filter;
  return sql<MailRow[]>`
    select mail_id, status, kind, class, sender, person, bounce, reason, queued_at, updated_at, position
    from levqor_read.mails
    where true ${status === undefined ? sql`` : sql`and status = ${status}`}
      ${of_class === undefined ? sql`` : sql`and class = ${of_class}`}
      ${kind === undefined ? sql`` : sql`and kind = ${kind}`}
      ${person === undefined ? sql`` : sql`and person = ${person}`}
      ${before === undefined ? sql`` : sql`and position < ${before}`}
    order by position desc
    limit ${take}`;
}

/** To whom a mail went, and its subject line, as far as a caller may see them. */
export interface Recipient {
  readonly to: string | null;
  readonly subject: string | null;
  readonly recipient: "shown" | "hidden" | "erased";
}

export const HIDDEN: Recipient = { to: null, subject: null, recipient: "hidden" };

/** What is known of an address, and which mail is stopped by it now. */
export async function readStanding(parts: Parameters<typeof readAddress>[0], email: string) {
  const known = await readAddress(parts, email);
  const now = Date.now();
  const isStopped = (kind: MailClass) => suppressionOf(known, { kind, now }) !== undefined;
  return { stopped: isStopped("transactional") ? "all" : isStopped("marketing") ? "marketing" : "nothing", ...known };
}

/** Recipients by mail id, of mails that exist. */
export async function readRecipients(
  log: Pick<EventLog, "readFirst">,
  mailIds: readonly string[],
): Promise<ReadonlyMap<string, Recipient>> {
  const streams = mailIds.map((id) => [mailStream(id), id] as const);
  const first = await log.readFirst(streams.map(([stream]) => stream));
  return new Map(
    streams.flatMap(([stream, id]) => {
      const event = first.get(stream);
      return event ? [[id, recipientOf(decode(event))] as const] : [];
    }),
  );
}

/** A mail as it is in the log now; `undefined`: there is none. `opened`: with its recipient. */
export async function readMail(
  log: Pick<EventLog, "readStream">,
  { mail_id, opened }: { mail_id: string; opened: boolean },
) {
  const events = (await log.readStream(mailStream(mail_id))).map(decode);
  const [first] = events;
  if (!first) return undefined;
  const state = events.reduce(mailDecider.evolve, mailDecider.initial);
  const { kind, class: of_class, sender } = first.data as MailQueued;
  return {
    mail_id,
    ...mailStatus(state),
    kind,
    class: of_class,
    sender,
    person: first.meta.subject ?? mailSubject(mail_id),
    ...(opened ? recipientOf(first) : HIDDEN),
    queued_at: first.recorded_at,
    provider_id: state.sent?.provider_id ?? null,
    sent_at: state.sent?.at ?? null,
    delivered_at: state.delivered_at,
    bounced_at: state.bounced?.at ?? null,
    complained_at: state.complained_at,
  };
}

function recipientOf({ data, erased }: KnownEvent): Recipient {
  const { to, subject } = data as MailQueued;
  return { to, subject, recipient: erased ? "erased" : "shown" };
}
