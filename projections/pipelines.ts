/** Which pipelines are stored: what their list shows, and which workflow names runners take jobs of. */
import { chargedTo } from "../events/account.ts";
import { entityId } from "../events/mod.ts";
import { defineProjection } from "./projection.ts";

/** One pipeline. Times are RFC 3339, UTC. */
export type PipelineRow = {
  name: string;
  /** The newest; a job that has started may run an older one. */
  version: number;
  description: string | null;
  /** How many steps the newest version has. */
  steps: number;
  /** Where the log holds `pipeline.created`: the order of the list. */
  position: number;
  created_at: string;
  updated_at: string;
  /** Of whose share it is; `null`: of nobody's, as what the operator stores. */
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
