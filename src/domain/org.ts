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
 */
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { OrgRole } from "../../events/org.ts";
import type { Decider, Rejection } from "./decider.ts";

/** Members of one organisation: each event is read whenever one of them is looked up. */
export const MEMBERS_MAX = 1_000;

export interface OrgState {
  /** Empty: there is none. */
  readonly name: string;
  readonly members: ReadonlyMap<string, OrgRole>;
  /** RFC 3339. */
  readonly created_at: string | null;
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
  | { readonly type: "hand_over"; readonly from: string; readonly to: string; readonly by: string | null };

export interface OrgRejection extends Rejection {
  readonly code:
    | "org_exists"
    | "org_not_found"
    | "member_not_found"
    | "already_member"
    | "role_exceeded"
    | "last_owner"
    | "too_many_members";
}

export const orgDecider: Decider<OrgState, OrgCommand, OrgRejection> = {
  initial: { name: "", members: new Map(), created_at: null },
  evolve,
  decide,
};

/** Whether a role may give another, and take it away. */
function mayGrant(own: OrgRole, role: OrgRole): boolean {
  return own === "owner" || (own === "admin" && role !== "owner");
}

function evolve(state: OrgState, event: KnownEvent): OrgState {
  switch (event.type) {
    case "org.created": {
      const { name, owner } = event.data;
      return { name, members: new Map([[owner, "owner"]]), created_at: event.recorded_at };
    }
    case "org.renamed":
      return { ...state, name: event.data.name };
    case "org.member_joined":
    case "org.role_changed":
      return { ...state, members: new Map(state.members).set(event.data.member, event.data.role) };
    case "org.member_left": {
      const members = new Map(state.members);
      members.delete(event.data.member);
      return { ...state, members };
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
  }
}

function join(
  { member, role }: OrgCommand & { type: "join" },
  { members }: OrgState,
  own: OrgRole,
): readonly KnownNewEvent[] | OrgRejection {
  if (!mayGrant(own, role)) return exceeded(own, role);
  if (members.has(member)) return refuse("already_member", "The user is a member already.");
  if (members.size >= MEMBERS_MAX) {
    return refuse("too_many_members", `The organisation has ${members.size} members, the maximum.`);
  }
  return [{ type: "org.member_joined", data: { member, role } }];
}

function changeRole(
  { member, role }: OrgCommand & { type: "change_role" },
  { members }: OrgState,
  own: OrgRole,
): readonly KnownNewEvent[] | OrgRejection {
  const current = members.get(member);
  if (current === undefined) return notMember();
  if (current === role) return [];
  if (!mayGrant(own, role)) return exceeded(own, role);
  if (!mayGrant(own, current)) return exceeded(own, current);
  return lastOwner(members, member) ?? [{ type: "org.role_changed", data: { member, role } }];
}

function remove(
  { member, by }: OrgCommand & { type: "remove" },
  { members }: OrgState,
  own: OrgRole,
): readonly KnownNewEvent[] | OrgRejection {
  const current = members.get(member);
  if (current === undefined) return notMember();
  if (member !== by && !mayGrant(own, current)) return exceeded(own, current);
  return lastOwner(members, member) ?? [{ type: "org.member_left", data: { member } }];
}

function handOver(
  { from, to }: OrgCommand & { type: "hand_over" },
  { members }: OrgState,
  own: OrgRole,
): readonly KnownNewEvent[] | OrgRejection {
  const current = members.get(to);
  if (own !== "owner" || members.get(from) !== "owner") {
    return refuse("role_exceeded", "Only an owner can hand the organisation over.");
  }
  if (current === undefined) return notMember();
  if (to === from) return [];
  return [
    ...(current === "owner" ? [] : [{ type: "org.role_changed", data: { member: to, role: "owner" } } as const]),
    { type: "org.role_changed", data: { member: from, role: "admin" } },
  ];
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
