/** Invitations to organisations: sending, accepting and ending them. */
import type { StoredEvent } from "../../../events/envelope.ts";
import { decode } from "../../../events/mod.ts";
import { invitationSubject, type OrgMemberInvited, type OrgRole, orgStream } from "../../../events/org.ts";
import { toTime } from "../../../events/time.ts";
import { userOf } from "../../../events/user.ts";
import { readUser } from "../../access/users.ts";
import type { Sql } from "../../db/mod.ts";
import {
  INVITATION_MS,
  type Invitation,
  type OrgCommand,
  type OrgRejection,
  type OrgState,
  orgDecider,
} from "../../domain/org.ts";
import { type EventLog, type Handled, type HandledOnce, handleOnce } from "../../log/mod.ts";
import { admitRarely, type RareLimit } from "../../rate/mod.ts";
import { openEvents, type Vault } from "../../vault/mod.ts";
import { commandOrg, type OrgMeta, orgMeta, orgOf, readOrg, readOrgEvents } from "./commands.ts";
import { addressName, type InvitationIds } from "./secrets.ts";

/** Invitations that are mailed to one address, whoever invites: between two, and in a day. */
export const ADDRESS_INTERVAL = { policy: "invitation-address", quota: 1, period_s: 900 };
export const ADDRESS_DAY = { policy: "invitation-address-day", quota: 3, period_s: 86_400 };
/** Those that one organisation sends in a day, and one user for all of theirs. */
export const ORG_DAY = { policy: "invitation-org-day", quota: 100, period_s: 86_400 };
export const INVITER_DAY = { policy: "invitation-inviter-day", quota: 200, period_s: 86_400 };

interface Parts {
  readonly log: EventLog;
  readonly vault: Vault;
}

interface Inviting {
  readonly org_id: string;
  readonly invitation_id: string;
  /** Normalised. */
  readonly email: string;
  readonly role: OrgRole;
  readonly by: string | null;
  readonly meta: OrgMeta;
  /** Derived from the request's Idempotency-Key; `undefined`: it has none. */
  readonly causation_id: string | undefined;
}

export type Invited =
  | HandledOnce<OrgRejection>
  | { readonly ok: false; readonly reason: "limited"; readonly wait_s: number };

/**
 * Invites an address, once for each Idempotency-Key. What it does takes as long, and says as much, whether or not the address is
 * a user's. Throws what `log.append`, the vault and the database throw.
 */
export async function invite(
  { log, vault, sql }: Parts & { readonly sql: Sql },
  { org_id, meta, causation_id, ...asked }: Inviting,
): Promise<Invited> {
  const { email, invitation_id, role, by } = asked;
  const [address, owner] = await Promise.all([addressName(vault, email), vault.find({ kind: "email", value: email })]);
  const command = { type: "invite", ...asked, address, invitee: owner ?? null, now: Date.now() } as const;
  const events = await readOrgEvents(log, org_id);
  if (!invitedEvent(events, invitation_id)) {
    // Only what is going to be mailed counts.
    const refusal = orgDecider.decide(command, orgOf(events) ?? orgDecider.initial);
    if ("rejected" in refusal) return { ok: false, reason: "refused", refusal };
    const wait_s = Math.ceil(await admitRarely(sql, limitsOf({ org_id, address, by })));
    if (wait_s > 0) return { ok: false, reason: "limited", wait_s };
  }
  return await handleOnce(log, {
    stream_id: orgStream(org_id),
    decider: orgDecider,
    command,
    meta: {
      ...orgMeta(org_id, meta),
      subject: invitationSubject(invitation_id),
      ...(causation_id !== undefined && { causation_id }),
    },
    read: () => readOrgEvents(log, org_id),
    asked: { invitation_id, address, role, by },
    apart_from: ["email"],
  });
}

/** What limits an invitation. */
function limitsOf({ org_id, address, by }: Pick<Inviting, "org_id" | "by"> & { address: string }): RareLimit[] {
  return [
    { ...ADDRESS_INTERVAL, scope: address },
    { ...ADDRESS_DAY, scope: address },
    { ...ORG_DAY, scope: org_id },
    ...(by === null ? [] : [{ ...INVITER_DAY, scope: by }]),
  ];
}

/** Who wants to accept an invitation. */
export interface Invitee {
  /** `user:<id>`. */
  readonly member: string;
  /** Their verified address; `null`: none is known. */
  readonly email: string | null;
}

/** Accepts an invitation for a user. Throws what `log.append` and the vault throw. */
export async function acceptInvitation(
  parts: Parts,
  { meta, ...accepting }: InvitationIds & Invitee & { readonly meta: OrgMeta },
): Promise<Handled<OrgState, OrgRejection>> {
  const { org_id } = accepting;
  const { command } = await acceptance(parts, accepting);
  return await commandOrg(parts.log, { org_id, command, meta });
}

export type Previewed =
  | { readonly ok: true; readonly name: string; readonly invitation: Invitation }
  | { readonly ok: false; readonly refusal: OrgRejection };

/** What an invitation offers a user, or why they cannot accept it. Nothing is recorded. */
export async function previewInvitation(parts: Parts, accepting: InvitationIds & Invitee): Promise<Previewed> {
  const { org, invitation, command } = await acceptance(parts, accepting);
  const decision = orgDecider.decide(command, org);
  if ("rejected" in decision) return { ok: false, refusal: decision };
  return { ok: true, name: org.name, invitation: invitation as Invitation };
}

/** An organisation as it is in the log now, and the command that accepts an invitation to it. */
async function acceptance(
  { log, vault }: Parts,
  { org_id, invitation_id, member, email }: InvitationIds & Invitee,
): Promise<{ org: OrgState; invitation: Invitation | undefined; command: OrgCommand }> {
  const org = (await readOrg(log, org_id)) ?? orgDecider.initial;
  const invitation = org.invitations.get(invitation_id);
  const [address, inviter_is_active] = await Promise.all([
    email === null ? null : addressName(vault, email),
    isActive(log, invitation?.by ?? null),
  ]);
  const command = { type: "accept", invitation_id, member, address, inviter_is_active, now: Date.now() } as const;
  return { org, invitation, command };
}

/** Whether whoever invited is neither suspended nor erased. `null`: the operator. */
async function isActive(log: Pick<EventLog, "readStream">, inviter: string | null): Promise<boolean> {
  const user_id = inviter === null ? undefined : userOf(inviter);
  const status = user_id === undefined ? undefined : (await readUser(log, user_id))?.status;
  // A user of the auth server need not be recorded.
  return status === undefined || status === "active" || status === "none";
}

/** The event of an invitation. */
export function invitedEvent(events: readonly StoredEvent[], invitationId: string): StoredEvent | undefined {
  return events.find(
    (event) =>
      event.type === "org.member_invited" && (decode(event).data as OrgMemberInvited).invitation_id === invitationId,
  );
}

/** Invitations as those who manage members see them. */
export async function shownInvitations(vault: Vault, events: readonly StoredEvent[]) {
  return (await openEvents(vault, events)).map((event) => {
    const { data, recorded_at } = decode(event);
    const { invitation_id, role, by } = data as OrgMemberInvited;
    // Its key may be destroyed: the invitation has just ended, or traces are kept for less than a week.
    const email = (data as { email: string | null }).email;
    const expires_at = expiryOf(Date.parse(recorded_at));
    return { invitation_id, email, role, invited_by: by, invited_at: recorded_at, expires_at };
  });
}

/** When an invitation expires, in RFC 3339. `invited_at`: in milliseconds since 1970. */
export function expiryOf(invited_at: number): string {
  return toTime(invited_at + INVITATION_MS);
}
