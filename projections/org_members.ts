/** Who belongs to which organisation: for the list of a user's organisations. */
import { entityId } from "../events/mod.ts";
import type { OrgRole } from "../events/org.ts";
import { defineProjection } from "./projection.ts";

/** One membership. Times are RFC 3339, UTC. */
export type OrgMemberRow = {
  org_id: string;
  member: string;
  role: OrgRole;
  /** The position at which they joined: the order of the list. */
  position: number;
};

export const orgMembers = defineProjection({
  name: "org_members",
  version: 1,
  reads: ["org.created", "org.member_joined", "org.role_changed", "org.member_left"],
  columns: {
    org_id: { type: "uuid" },
    member: { type: "text" },
    role: { type: "text" },
    position: { type: "bigint" },
  },
  key: ["org_id", "member"],
  indexes: ["(member, position)"],

  keysOf(event) {
    const { data } = event;
    return [{ org_id: entityId(event.stream_id), member: "owner" in data ? data.owner : data.member }];
  },

  evolve(row: OrgMemberRow | null, event, key): OrgMemberRow | null {
    if (event.type === "org.member_left") return null;
    const role = event.type === "org.created" ? "owner" : event.data.role;
    return { ...key, role, position: row?.position ?? event.position };
  },
});
