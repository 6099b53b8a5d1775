/** The life of a stored pipeline: created once, then one version after another. Its version is its stream's. */
import type { KnownEvent, KnownNewEvent } from "../../../events/mod.ts";
import type { PipelineDefinition } from "../../../events/pipeline.ts";
import { isSameJson } from "../../json/mod.ts";
import type { Decider, Rejection } from "../decider.ts";
import { beyond, type Reach, type Within } from "../reach.ts";

export interface PipelineState {
  /** 0: there is none with this name. */
  readonly version: number;
  readonly definition: PipelineDefinition | null;
  /** RFC 3339. */
  readonly created_at: string | null;
  readonly updated_at: string | null;
}

/** A definition under its intended name: whoever stores it is responsible for its steps. */
export type NamedPipeline = PipelineDefinition & { readonly workflow: string };

export type PipelineCommand =
  | { readonly type: "create"; readonly pipeline: Within<NamedPipeline> }
  | {
      readonly type: "update";
      readonly pipeline: Within<NamedPipeline>;
      /** `any`: whatever its current version is. */
      readonly expected_version: number | "any";
      /** Of the caller, who must also be allowed to use the steps of the version being replaced. */
      readonly reach: Reach;
      /** Whether the caller may change what jobs of all accounts run. */
      readonly may_publish: boolean;
    };

export interface PipelineRejection extends Rejection {
  readonly code: "pipeline_exists" | "pipeline_not_found" | "version_mismatch" | "beyond_reach" | "published";
}

const initial: PipelineState = { version: 0, definition: null, created_at: null, updated_at: null };

export const pipelineDecider: Decider<PipelineState, PipelineCommand, PipelineRejection> = { initial, evolve, decide };

/** The state that a pipeline's events, in order, lead to. */
export function pipelineState(events: Iterable<KnownEvent>): PipelineState {
  let state = initial;
  for (const event of events) state = evolve(state, event);
  return state;
}

function evolve(state: PipelineState, event: KnownEvent): PipelineState {
  if (event.type !== "pipeline.created" && event.type !== "pipeline.updated") return state;
  return {
    version: event.version,
    definition: event.data.definition,
    created_at: state.created_at ?? event.recorded_at,
    updated_at: event.recorded_at,
  };
}

function decide(command: PipelineCommand, state: PipelineState): readonly KnownNewEvent[] | PipelineRejection {
  const { workflow, ...definition } = command.pipeline;
  if (command.type === "create") {
    if (state.version === 0) return [{ type: "pipeline.created", data: { definition } }];
    return refuse("pipeline_exists", `The name is in use: version ${state.version} of that pipeline is recorded.`);
  }
  if (state.version === 0) return refuse("pipeline_not_found", "No pipeline has this name.");
  const other = beyond(command.reach, { workflow, steps: state.definition?.steps });
  if (other !== undefined) {
    return refuse("beyond_reach", `The key may not replace a version whose steps use ${JSON.stringify(other)}.`);
  }
  if (state.definition?.published && !command.may_publish) {
    return refuse("published", "The pipeline is published: jobs of all accounts can run it.");
  }
  if (command.expected_version !== "any" && command.expected_version !== state.version) {
    const message = `Expected version ${command.expected_version}, found ${state.version}.`;
    return refuse("version_mismatch", message);
  }
  // The same definition is not a new version: a PUT may be repeated.
  if (isSameJson(definition, state.definition)) return [];
  return [{ type: "pipeline.updated", data: { definition } }];
}

function refuse(code: PipelineRejection["code"], message: string): PipelineRejection {
  return { rejected: true, code, message };
}
