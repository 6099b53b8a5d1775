/** Which pipelines are stored: what their list shows, and for which workflow names runners run steps. */
import { chargedTo } from "../events/account.ts";
import { entityId } from "../events/mod.ts";
import { defineProjection } from "./projection.ts";

/** One pipeline. Times are RFC 3339, UTC. */
export type PipelineRow = {
  name: string;
  /** The newest version; a started job may run an older one. */
  version: number;
  description: string | null;
  /** The number of steps in the newest version. */
  steps: number;
  /** The position of `pipeline.created`: the order of the list. */
  position: number;
  created_at: string;
  updated_at: string;
  /** Whose share it uses; `null`: nobody's, as for what the operator stores. */
  account: string | null;
};

export const pipelines = defineProjection({
  name: "pipelines",
  version: 2,
  reads: ["pipeline.created", "pipeline.updated"],
  columns: {
    name: { type: "text" },
    version: { type: "int" },
    description: { type: "text", nullable: true },
    steps: { type: "int" },
    position: { type: "bigint" },
    created_at: { type: "timestamptz" },
    updated_at: { type: "timestamptz" },
    account: { type: "text", nullable: true },
  },
  key: "name",
  indexes: ["(position)"],

  evolve(row: PipelineRow | null, event): PipelineRow | null {
    const { description, steps } = event.data.definition;
    return {
      name: entityId(event.stream_id),
      version: event.version,
      description: description ?? null,
      steps: steps.length,
      position: row?.position ?? event.position,
      created_at: row?.created_at ?? event.recorded_at,
      updated_at: event.recorded_at,
      account: row ? row.account : chargedTo(event.meta),
    };
  },
});
