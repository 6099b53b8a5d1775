/** Organisations, as their list shows them. */
import { entityId } from "../events/mod.ts";
import { defineProjection } from "./projection.ts";

/** One organisation. Times are RFC 3339, UTC. */
export type OrgRow = {
  org_id: string;
  name: string;
  created_at: string;
  /** The position of `org.created`: the order of the list. */
  position: number;
  /** Who created it, whose share it uses. */
  charged_to: string;
};

export const orgs = defineProjection({
  name: "orgs",
  version: 1,
  reads: ["org.created", "org.renamed"],
  columns: {
    org_id: { type: "uuid" },
    name: { type: "text" },
    created_at: { type: "timestamptz" },
    position: { type: "bigint" },
    charged_to: { type: "text" },
  },
  key: "org_id",
  indexes: ["(position)", "(charged_to)"],

  evolve(row: OrgRow | null, event): OrgRow | null {
    if (event.type === "org.renamed") {
      if (!row) throw new Error(`Cannot rename ${event.stream_id}: it was not created`);
      return { ...row, name: event.data.name };
    }
    const { name, owner } = event.data;
    const { position, recorded_at } = event;
    return { org_id: entityId(event.stream_id), name, created_at: recorded_at, position, charged_to: owner };
  },
});
