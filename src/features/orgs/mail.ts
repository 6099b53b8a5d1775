/** Mails an invitation, and destroys the key of its address when it is over. */
import { type Static, Type } from "@sinclair/typebox";
import type { Connector } from "../../../connectors/connector.ts";
import { invitationSubject } from "../../../events/org.ts";
import { DAY_MS } from "../../../events/time.ts";
import { ERASED_CLASSES } from "../../../events/user.ts";
import { Uuid } from "../../../events/uuid.ts";
import { INVITATION_MS } from "../../domain/org.ts";
import { defineSystemWorkflow } from "../../jobs/mod.ts";
import type { EventLog } from "../../log/mod.ts";
import { MAIL_RETRY, type Mailing, MailOutcome, NOT_MAILED } from "../../mail/mod.ts";
import type { Vault } from "../../vault/mod.ts";
import { orgOf, readOrgEvents } from "./commands.ts";
import { invitedEvent, shownInvitations } from "./invitations.ts";
import { INVITATION_PATH } from "./pages.tsx";
import { FORGET_INVITATION, MAIL_INVITATION } from "./reactions.ts";
import { type InvitationIds, invitationToken } from "./secrets.ts";

export interface InvitationMailOptions extends Pick<Mailing, "mailer"> {
  readonly log: Pick<EventLog, "readStream">;
  readonly vault: Vault;
  /** Of the service, as its users reach it, without a trailing slash. */
  readonly public_url: string;
}

/** Or the invitation is over, and its address forgotten. */
const Outcome = Type.Union([MailOutcome, Type.Object({ skipped: Type.Literal("invitation_over") })]);

export function invitationWorkflows(options: InvitationMailOptions): readonly Connector[] {
  return [
    defineSystemWorkflow({
      name: MAIL_INVITATION,
      summary: "Mails an invitation to an organisation.",
      input: Type.Object({ org_id: Uuid, invitation_id: Uuid }, { additionalProperties: false }),
      output: Outcome,
      retry: MAIL_RETRY,
      run: async (ids, { signal }) => await mailInvitation(options, { ...ids, signal }),
    }),
    defineSystemWorkflow({
      name: FORGET_INVITATION,
      summary: "Forgets the address of an invitation that is over.",
      input: Type.Object({ invitation_id: Uuid }, { additionalProperties: false }),
      output: Type.Object({ forgotten: Type.Integer() }),
      async run({ invitation_id }) {
        const keys = await options.vault.destroy(invitationSubject(invitation_id), ERASED_CLASSES);
        return { forgotten: keys.length };
      },
    }),
  ];
}

async function mailInvitation(
  { mailer, log, vault, public_url }: InvitationMailOptions,
  { signal, ...ids }: InvitationIds & { signal: AbortSignal },
): Promise<Static<typeof Outcome>> {
  if (!mailer) return NOT_MAILED;
  const { org_id, invitation_id } = ids;
  const events = await readOrgEvents(log, org_id);
  const org = orgOf(events);
  const event = invitedEvent(events, invitation_id);
  const invitation = org?.invitations.get(invitation_id);
  if (!org || !event || !invitation || Date.now() >= invitation.invited_at + INVITATION_MS) return OVER;
  const [shown] = await shownInvitations(vault, [event]);
  const to = shown?.email ?? null;
  if (to === null) return OVER;
  const values = {
    organisation: unlinked(org.name),
    role: invitation.role,
    url: `${public_url}${INVITATION_PATH}#${await invitationToken(vault, ids)}`,
    days: String(INVITATION_MS / DAY_MS),
  };
  const mail = { template: "invitation", values, to, person: invitationSubject(invitation_id) };
  return await mailer.send(mail, { idempotency_key: invitationSubject(invitation_id), signal });
}

/**
 * A name that leads nowhere: mail programs make links of whatever looks like an address, and whoever named the organisation would
 * have written it in a mail of ours. What is between two characters is followed by a word joiner, which nobody sees.
 */
function unlinked(name: string): string {
  return name.replace(BIDI, "").replace(/[.:/@](?=\S)/g, "$&\u2060");
}

/** Characters that change the order in which others are shown. */
const BIDI = /[\u202a-\u202e\u2066-\u2069]/g;

const OVER = { skipped: "invitation_over" } as const;
