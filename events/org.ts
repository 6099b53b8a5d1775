/**
 * Events of organisations. Streams are named `org-<UUID>`. Its members share an account, `org:<UUID>`, to which its own events
 * belong, too. A **member** is a user, as an actor: `user:<id>`.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";

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

/** Every event type of the category; a stream begins with the first. */
export const orgEvents = {
  "org.created": eventType(OrgCreated, "a user created an organisation, and is its first owner"),
  "org.renamed": eventType(OrgRenamed, "the organisation has another name"),
  "org.member_joined": eventType(OrgMemberJoined, "a user became a member of the organisation"),
  "org.role_changed": eventType(OrgRoleChanged, "a member has another role"),
  "org.member_left": eventType(OrgMemberLeft, "a member left the organisation, or was removed by somebody else"),
} as const satisfies Record<string, EventSchema>;
