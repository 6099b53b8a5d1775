/**
 * Events of organisations. Streams are named `org-<UUID>`. Its members share an account, `org:<UUID>`, to which its own events
 * belong, too. A **member** is a user, as an actor: `user:<id>`.
 *
 * An **invitation** is for an address, which is sealed for a subject of its own: its key is destroyed when the invitation is
 * over. Its token is in no event, and nowhere else: it is computed from the ids, with a key of the vault.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { personal } from "./personal.ts";
import { Uuid } from "./uuid.ts";

/** The stream of an organisation. */
export const orgStream = streamName("org");

/** The account of an organisation. */
export function orgAccount(orgId: string): string {
  return `org:${orgId}`;
}

/** What a member may do, the most first: `billing` alone is not part of what those before it may do. */
export const orgRoles = ["owner", "admin", "billing", "member", "viewer"] as const;
export type OrgRole = (typeof orgRoles)[number];

const Role = Type.Union(orgRoles.map((role) => Type.Literal(role)));
/** In capitals it would be nobody's, and an organisation could be left with an owner who does not exist. */
export const Member = Type.String({
  pattern: "^user:[0-9a-z-]{1,64}$",
  description: "A user, as events name them: in lower case.",
  examples: ["user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"],
});
/** Of the organisation, for people to read. */
const Name = Type.String({ minLength: 1, maxLength: 128 });

export const OrgCreated = Type.Object({ name: Name, owner: Member });
export type OrgCreated = Static<typeof OrgCreated>;

export const OrgRenamed = Type.Object({ name: Name });
export type OrgRenamed = Static<typeof OrgRenamed>;

export const OrgMemberJoined = Type.Object({ member: Member, role: Role });
export type OrgMemberJoined = Static<typeof OrgMemberJoined>;

export const OrgRoleChanged = Type.Object({ member: Member, role: Role });
export type OrgRoleChanged = Static<typeof OrgRoleChanged>;

/** They left, or somebody removed them: the event's actor. */
export const OrgMemberLeft = Type.Object({ member: Member });
export type OrgMemberLeft = Static<typeof OrgMemberLeft>;

/** The kind of the vault's pseudonyms of addresses that are invited. */
export const INVITED_ADDRESS = "invited_address";

/** The vault's subject whose address an invitation has. */
export function invitationSubject(invitationId: string): string {
  return `invitation:${invitationId}`;
}

export const OrgMemberInvited = Type.Object({
  invitation_id: Uuid,
  /** Normalised. */
  email: personal(Type.String({ minLength: 1, maxLength: 254 }), "trace"),
  /** The vault's pseudonym of the address: by it invitations for the same address are recognized. */
  address: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  role: Role,
  /** The member who invites; `null`: the operator. */
  by: Type.Union([Member, Type.Null()]),
});
export type OrgMemberInvited = Static<typeof OrgMemberInvited>;

export const OrgInvitationAccepted = Type.Object({ invitation_id: Uuid, member: Member });
export type OrgInvitationAccepted = Static<typeof OrgInvitationAccepted>;

/** Why an invitation is over that was not accepted; `inviter`: whoever invited may no longer give the role. */
export const invitationEnds = ["revoked", "replaced", "expired", "inviter", "erased"] as const;

export const OrgInvitationEnded = Type.Object({
  invitation_id: Uuid,
  reason: Type.Union(invitationEnds.map((reason) => Type.Literal(reason))),
});
export type OrgInvitationEnded = Static<typeof OrgInvitationEnded>;

/** Every event type of the category; a stream begins with the first. */
export const orgEvents = {
  "org.created": eventType(OrgCreated, "a user created an organisation, and is its first owner"),
  "org.renamed": eventType(OrgRenamed, "the organisation has another name"),
  "org.member_joined": eventType(OrgMemberJoined, "a user became a member of the organisation"),
  "org.role_changed": eventType(OrgRoleChanged, "a member has another role"),
  "org.member_left": eventType(OrgMemberLeft, "a member left the organisation, or was removed by somebody else"),
  "org.member_invited": eventType(OrgMemberInvited, "an address is about to be mailed an invitation"),
  "org.invitation_accepted": eventType(
    OrgInvitationAccepted,
    "a user accepted an invitation; recorded together with their becoming a member",
  ),
  "org.invitation_ended": eventType(
    OrgInvitationEnded,
    "an invitation was revoked, replaced by a newer one or has expired, whoever invited may no longer give the role, or somebody was erased",
  ),
} as const satisfies Record<string, EventSchema>;
