/** Invitations to organisations: for their list, and to find those that have expired, or that somebody who is erased has to do with. */
import { entityId } from "../events/mod.ts";
import type { OrgRole } from "../events/org.ts";
import { defineProjection } from "./projection.ts";

/** One invitation. Times are RFC 3339, UTC. */
export type OrgInvitationRow = {
  invitation_id: string;
  org_id: string;
  /** The vault's pseudonym of the address. */
  address: string;
  role: OrgRole;
  /** `null`: the operator. */
  invited_by: string | null;
  invited_at: string;
  /** When it was accepted, or ended otherwise. */
  over_at: string | null;
  /** The version of `org.member_invited`. */
  version: number;
  /** Its position: the order of the list. */
  position: number;
};

export const orgInvitations = defineProjection({
  name: "org_invitations",
  version: 1,
  reads: ["org.member_invited", "org.invitation_accepted", "org.invitation_ended"],
  columns: {
    invitation_id: { type: "uuid" },
    org_id: { type: "uuid" },
    address: { type: "text" },
    role: { type: "text" },
    invited_by: { type: "text", nullable: true },
    invited_at: { type: "timestamptz" },
    over_at: { type: "timestamptz", nullable: true },
    version: { type: "bigint" },
    position: { type: "bigint" },
  },
  key: "invitation_id",
  indexes: [
    "(org_id, position) where over_at is null",
    "(address) where over_at is null",
    "(invited_by) where over_at is null",
    "(invited_at) where over_at is null",
    "(position) where over_at is not null",
  ],

  keysOf({ data: { invitation_id } }) {
    return [invitation_id.toLowerCase()];
  },

  evolve(row: OrgInvitationRow | null, event, invitation_id): OrgInvitationRow {
    const { recorded_at, version, position } = event;
    if (event.type === "org.member_invited") {
      const { address, role, by } = event.data;
      const org_id = entityId(event.stream_id);
      return {
        invitation_id,
        org_id,
        address,
        role,
        invited_by: by,
        invited_at: recorded_at,
        over_at: null,
        version,
        position,
      };
    }
    if (!row) throw new Error(`Cannot end invitation ${invitation_id} of ${event.stream_id}: it does not exist`);
    return { ...row, over_at: recorded_at };
  },
});
