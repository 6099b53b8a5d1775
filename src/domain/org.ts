/**
 * An organisation and its members.
 *
 * ```text
 *   (none) ──create──▶ one owner ──join, change_role, leave, remove, hand_over──▶ members, at least one of them an owner
 * ```
 *
 * Whoever acts is a member, whose role is looked up where it is decided: so it is the role that they have at that moment,
 * whoever changes it meanwhile. `null`: the operator, who may do what an owner may. Nobody gives a role above their own, or
 * takes one away. To those who are not members the organisation does not exist.
 *
 * An **invitation** is valid for seven days, and for as long as whoever invited may give its role. An address has one at a
 * time: a newer one replaces it.
 */
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { OrgInvitationEnded, OrgMemberInvited, OrgRole } from "../../events/org.ts";
import { DAY_MS } from "../../events/time.ts";
import type { Decider, Rejection } from "./decider.ts";

/** Members of one organisation: each event is read whenever one of them is looked up. */
export const MEMBERS_MAX = 1_000;

/** Open invitations of one organisation. */
export const INVITATIONS_MAX = 200;
/** For how long an invitation is valid. */
export const INVITATION_MS = 7 * DAY_MS;

/** An invitation that is not over, though it may have expired. */
export interface Invitation extends Pick<OrgMemberInvited, "address" | "role" | "by"> {
  /** Milliseconds since 1970. */
  readonly invited_at: number;
  /** Of its event. */
  readonly version: number;
}

export interface OrgState {
  /** Empty: there is none. */
  readonly name: string;
  readonly members: ReadonlyMap<string, OrgRole>;
  /** RFC 3339. */
  readonly created_at: string | null;
  /** By id, the oldest first. */
  readonly invitations: ReadonlyMap<string, Invitation>;
  /** When members left, by the event's version, if there were invitations then: none of these brings them back. */
  readonly left: ReadonlyMap<string, number>;
}

/** `by`: the member who acts; `null`: the operator. */
export type OrgCommand =
  | { readonly type: "create"; readonly name: string; readonly owner: string }
  | { readonly type: "rename"; readonly name: string; readonly by: string | null }
  | { readonly type: "join"; readonly member: string; readonly role: OrgRole; readonly by: string | null }
  | { readonly type: "change_role"; readonly member: string; readonly role: OrgRole; readonly by: string | null }
  /** Removes a member, or lets them leave. */
  | { readonly type: "remove"; readonly member: string; readonly by: string | null }
  /** Makes another member an owner in place of an owner, who becomes an admin. */
  | { readonly type: "hand_over"; readonly from: string; readonly to: string; readonly by: string | null }
  /** `invitee`: the user who has the address; `null`: nobody has it. `now`: in milliseconds since 1970. */
  | ({ readonly type: "invite"; readonly invitee: string | null; readonly now: number } & OrgMemberInvited)
  | { readonly type: "revoke"; readonly invitation_id: string; readonly by: string | null }
  | ({ readonly type: "accept" } & Accepting)
  /** Ends the invitations that have expired. */
  | { readonly type: "expire"; readonly now: number }
  /** Somebody is erased, who may have the address: ends the invitations by them, and for them. */
  | { readonly type: "forget"; readonly member: string; readonly address: string | null };

interface Accepting {
  readonly invitation_id: string;
  readonly member: string;
  /** The pseudonym of the member's verified address; `null`: none is known. */
  readonly address: string | null;
  /** Whether whoever invited is neither suspended nor erased. */
  readonly inviter_is_active: boolean;
  readonly now: number;
}

export interface OrgRejection extends Rejection {
  readonly code:
    | "org_exists"
    | "org_not_found"
    | "member_not_found"
    | "already_member"
    | "role_exceeded"
    | "last_owner"
    | "too_many_members"
    | "too_many_invitations"
    | "invitation_not_found"
    | "invitation_used"
    | "invitation_expired"
    | "wrong_invitee";
}

export const orgDecider: Decider<OrgState, OrgCommand, OrgRejection> = {
  initial: { name: "", members: new Map(), created_at: null, invitations: new Map(), left: new Map() },
  evolve,
  decide,
};

/** Whether a role may give another, and take it away. */
function mayGrant(own: OrgRole, role: OrgRole): boolean {
  return own === "owner" || (own === "admin" && role !== "owner");
}

/** Whether a role invites, changes and removes members. */
export function mayManageMembers(own: OrgRole): boolean {
  return mayGrant(own, "viewer");
}

function evolve(state: OrgState, event: KnownEvent): OrgState {
  switch (event.type) {
    case "org.created": {
      const { name, owner } = event.data;
      return { ...state, name, members: new Map([[owner, "owner"]]), created_at: event.recorded_at };
    }
    case "org.renamed":
      return { ...state, name: event.data.name };
    case "org.member_joined":
    case "org.role_changed":
      return { ...state, members: new Map(state.members).set(event.data.member, event.data.role) };
    case "org.member_left": {
      const members = new Map(state.members);
      members.delete(event.data.member);
      if (state.invitations.size === 0) return { ...state, members };
      return { ...state, members, left: new Map(state.left).set(event.data.member, event.version) };
    }
    case "org.member_invited": {
      const { invitation_id, address, role, by } = event.data;
      const invited = { address, role, by, invited_at: Date.parse(event.recorded_at), version: event.version };
      return { ...state, invitations: new Map(state.invitations).set(invitation_id, invited) };
    }
    case "org.invitation_accepted":
    case "org.invitation_ended": {
      const invitations = new Map(state.invitations);
      invitations.delete(event.data.invitation_id);
      return { ...state, invitations, left: invitations.size === 0 ? new Map() : state.left };
    }
    default:
      return state;
  }
}

function decide(command: OrgCommand, state: OrgState): readonly KnownNewEvent[] | OrgRejection {
  if (command.type === "create") {
    if (state.created_at !== null) return refuse("org_exists", "Cannot create the organisation: its id is in use.");
    return [{ type: "org.created", data: { name: command.name, owner: command.owner } }];
  }
  if (!("by" in command)) return decideForAll(command, state);
  const own = command.by === null ? "owner" : state.members.get(command.by);
  if (state.created_at === null || own === undefined) return refuse("org_not_found", "There is no such organisation.");
  switch (command.type) {
    case "rename":
      if (!mayGrant(own, "member"))
        return refuse("role_exceeded", "Only owners and admins can rename the organisation.");
      return command.name === state.name ? [] : [{ type: "org.renamed", data: { name: command.name } }];
    case "join":
      return join(command, state, own);
    case "change_role":
      return changeRole(command, state, own);
    case "remove":
      return remove(command, state, own);
    case "hand_over":
      return handOver(command, state, own);
    case "invite":
      return invite(command, state, own);
    case "revoke":
      return revoke(command, state, own);
  }
}

/** What is not decided by the role of a member. */
function decideForAll(
  command: OrgCommand & { type: "accept" | "expire" | "forget" },
  state: OrgState,
): readonly KnownNewEvent[] | OrgRejection {
  switch (command.type) {
    case "accept":
      return accept(command, state);
    case "expire":
      return endAll(state, "expired", (one) => hasExpired(one, command.now));
    case "forget":
      return endAll(state, "erased", ({ by, address }) => by === command.member || address === command.address);
  }
}

function join(
  { member, role }: OrgCommand & { type: "join" },
  { members }: OrgState,
  own: OrgRole,
): readonly KnownNewEvent[] | OrgRejection {
  if (!mayGrant(own, role)) return exceeded(own, role);
  if (members.has(member)) return refuse("already_member", "The user is a member already.");
  if (members.size >= MEMBERS_MAX) return tooManyMembers(members);
  return [{ type: "org.member_joined", data: { member, role } }];
}

function changeRole(
  { member, role }: OrgCommand & { type: "change_role" },
  state: OrgState,
  own: OrgRole,
): readonly KnownNewEvent[] | OrgRejection {
  const { members } = state;
  const current = members.get(member);
  if (current === undefined) return notMember();
  if (current === role) return [];
  if (!mayGrant(own, role)) return exceeded(own, role);
  if (!mayGrant(own, current)) return exceeded(own, current);
  return (
    lastOwner(members, member) ?? [
      { type: "org.role_changed", data: { member, role } },
      ...endedWithInviter(state, member, role),
    ]
  );
}

function remove(
  { member, by }: OrgCommand & { type: "remove" },
  state: OrgState,
  own: OrgRole,
): readonly KnownNewEvent[] | OrgRejection {
  const { members } = state;
  const current = members.get(member);
  if (current === undefined) return notMember();
  if (member !== by && !mayGrant(own, current)) return exceeded(own, current);
  return (
    lastOwner(members, member) ?? [
      { type: "org.member_left", data: { member } },
      ...endedWithInviter(state, member, undefined),
    ]
  );
}

function handOver(
  { from, to }: OrgCommand & { type: "hand_over" },
  state: OrgState,
  own: OrgRole,
): readonly KnownNewEvent[] | OrgRejection {
  const { members } = state;
  const current = members.get(to);
  if (own !== "owner" || members.get(from) !== "owner") {
    return refuse("role_exceeded", "Only an owner can hand the organisation over.");
  }
  if (current === undefined) return notMember();
  if (to === from) return [];
  return [
    ...(current === "owner" ? [] : [{ type: "org.role_changed", data: { member: to, role: "owner" } } as const]),
    { type: "org.role_changed", data: { member: from, role: "admin" } },
    ...endedWithInviter(state, from, "admin"),
  ];
}

function invite(
  { type: _, invitee, now, ...data }: OrgCommand & { type: "invite" },
  { members, invitations }: OrgState,
  own: OrgRole,
): readonly KnownNewEvent[] | OrgRejection {
  if (!mayGrant(own, data.role)) return exceeded(own, data.role);
  if (invitee !== null && members.has(invitee)) return refuse("already_member", "The address is a member's.");
  const [before_id, before] = [...invitations].find(([, { address }]) => address === data.address) ?? [];
  if (before && !mayGrant(own, before.role)) return exceeded(own, before.role);
  const open = [...invitations.values()].filter((one) => one !== before && !hasExpired(one, now));
  if (open.length >= INVITATIONS_MAX) {
    const message = `The organisation has ${open.length} open invitations, the maximum. Revoke some, or wait until they are accepted.`;
    return refuse("too_many_invitations", message);
  }
  // The new one first: by it a repetition of the request is recognized.
  return [
    { type: "org.member_invited", data },
    ...(before_id === undefined ? [] : [invitationEnded(before_id, "replaced")]),
  ];
}

function revoke(
  { invitation_id }: OrgCommand & { type: "revoke" },
  { invitations }: OrgState,
  own: OrgRole,
): readonly KnownNewEvent[] | OrgRejection {
  // Who may not invite learns of none.
  if (!mayManageMembers(own)) return exceeded(own, "viewer");
  const invitation = invitations.get(invitation_id);
  if (!invitation) return refuse("invitation_not_found", "The organisation has no such open invitation.");
  if (!mayGrant(own, invitation.role)) return exceeded(own, invitation.role);
  return [invitationEnded(invitation_id, "revoked")];
}

function accept(
  { invitation_id, member, address, inviter_is_active, now }: Accepting,
  { members, invitations, left }: OrgState,
): readonly KnownNewEvent[] | OrgRejection {
  const invitation = invitations.get(invitation_id);
  if (!invitation) {
    if (members.has(member)) return refuse("invitation_used", "The invitation is over, and the user a member.");
    return noLonger("it was accepted, revoked or replaced by a newer one");
  }
  const { role, by, version } = invitation;
  if (hasExpired(invitation, now)) return noLonger("it was sent more than 7 days ago");
  if (address !== invitation.address) {
    return refuse("wrong_invitee", "The invitation is for an e-mail address that is not the user's.");
  }
  if (members.has(member)) return refuse("already_member", "The user is a member already.");
  if ((left.get(member) ?? 0) > version) return noLonger("it was sent before the user's membership ended");
  const own = by === null ? "owner" : members.get(by);
  if (!inviter_is_active || own === undefined || !mayGrant(own, role)) {
    return noLonger("whoever invited can no longer do so");
  }
  if (members.size >= MEMBERS_MAX) return tooManyMembers(members);
  return [
    { type: "org.invitation_accepted", data: { invitation_id, member } },
    { type: "org.member_joined", data: { member, role } },
  ];
}

function hasExpired({ invited_at }: Invitation, now: number): boolean {
  return now >= invited_at + INVITATION_MS;
}

/** The ends of the invitations by a member who is about to have another role, or none. */
function endedWithInviter(state: OrgState, member: string, role: OrgRole | undefined): readonly KnownNewEvent[] {
  return endAll(state, "inviter", (one) => one.by === member && (role === undefined || !mayGrant(role, one.role)));
}

function endAll(
  { invitations }: OrgState,
  reason: OrgInvitationEnded["reason"],
  isOver: (invitation: Invitation) => boolean,
): readonly KnownNewEvent[] {
  return [...invitations].filter(([, one]) => isOver(one)).map(([id]) => invitationEnded(id, reason));
}

function invitationEnded(invitation_id: string, reason: OrgInvitationEnded["reason"]): KnownNewEvent {
  return { type: "org.invitation_ended", data: { invitation_id, reason } };
}

function noLonger(why: string): OrgRejection {
  return refuse("invitation_expired", `The invitation is no longer valid: ${why}.`);
}

function tooManyMembers({ size }: OrgState["members"]): OrgRejection {
  return refuse("too_many_members", `The organisation has ${size} members, the maximum.`);
}

function exceeded(own: OrgRole, role: OrgRole): OrgRejection {
  return refuse("role_exceeded", `The role "${own}" can neither give the role "${role}" nor take it away.`);
}

function notMember(): OrgRejection {
  return refuse("member_not_found", "The user is not a member of the organisation.");
}

/** Why a member must stay an owner; `undefined`: another one is, or they are none. */
function lastOwner(members: OrgState["members"], member: string): OrgRejection | undefined {
  const owners = [...members].filter(([, role]) => role === "owner");
  if (owners.length !== 1 || owners[0]?.[0] !== member) return undefined;
  return refuse("last_owner", "The organisation would be without an owner. Make another member an owner first.");
}

function refuse(code: OrgRejection["code"], message: string): OrgRejection {
  return { rejected: true, code, message };
}
