/** Which pipelines are stored: what their list shows, and for which workflow names runners run steps. */
import { chargedTo } from "../events/account.ts";
import { pipelineOf } from "../events/pipeline.ts";
import { defineProjection } from "./projection.ts";

/** One pipeline. Times are RFC 3339, UTC. */
export type PipelineRow = {
  name: string;
  /** The newest version; a started job may run an older one. */
  version: number;
  description: string | null;
  /** Whether jobs of all accounts can run it. */
  published: boolean;
  /** The number of steps in the newest version. */
  steps: number;
  /** The position of `pipeline.created`: the order of the list. */
  position: number;
  created_at: string;
  updated_at: string;
  /** The account that it belongs to. */
  account: string;
  /** Whose share it uses; `null`: nobody's, as for what the operator stores. */
  charged_to: string | null;
};

export const pipelines = defineProjection({
  name: "pipelines",
  version: 3,
  reads: ["pipeline.created", "pipeline.updated"],
  columns: {
    name: { type: "text" },
    version: { type: "int" },
    description: { type: "text", nullable: true },
    published: { type: "boolean" },
    steps: { type: "int" },
    position: { type: "bigint" },
    created_at: { type: "timestamptz" },
    updated_at: { type: "timestamptz" },
    account: { type: "text" },
    charged_to: { type: "text", nullable: true },
  },
  key: ["account", "name"],
  indexes: ["(account, position)"],

  keysOf: (event) => [pipelineOf(event.stream_id)],

  evolve(row: PipelineRow | null, event): PipelineRow | null {
    const { description, published = false, steps } = event.data.definition;
    return {
      ...pipelineOf(event.stream_id),
      version: event.version,
      description: description ?? null,
      published,
      steps: steps.length,
      position: row?.position ?? event.position,
      created_at: row?.created_at ?? event.recorded_at,
      updated_at: event.recorded_at,
      charged_to: row ? row.charged_to : chargedTo(event.meta),
    };
  },
});
