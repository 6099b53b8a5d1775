/**
 * Which jobs can run here: those whose workflow is a connector or a stored pipeline, and those with their own steps.
 *
 * Pipelines become known by the read model, which is polled, and sooner by the log's news.
 */
import { decode } from "../../../events/mod.ts";
import type { Steps } from "../../../events/pipeline.ts";
import { pipelineStream } from "../../../events/pipeline.ts";
import { isUndefinedTable, type Sql } from "../../db/mod.ts";
import { pipelineState } from "../../domain/pipeline/pipeline.ts";
import type { EventLog } from "../../log/mod.ts";
import type { WorkflowNames } from "../options.ts";

/** Cached definitions. */
const MAX_KEPT = 200;
const REFRESH_EVERY_MS = 1_000;

export class Workflows implements WorkflowNames {
  readonly runs_steps = true;
  readonly #connectors: WorkflowNames;
  readonly #pipelines = new Set<string>();
  #refreshAt = 0;

  constructor(connectors: WorkflowNames) {
    this.#connectors = connectors;
  }

  /** Workflow names whose jobs can run, as far as they are known. */
  keys(): SetIterator<string> {
    return new Set([...this.#connectors.keys(), ...this.#pipelines]).keys();
  }

  has(workflow: string): boolean {
    return this.#connectors.has(workflow) || this.#pipelines.has(workflow);
  }

  /** Registers a pipeline; true if it was not known. */
  learn(pipeline: string): boolean {
    if (this.#pipelines.has(pipeline)) return false;
    this.#pipelines.add(pipeline);
    return true;
  }

  /** Queries the read model, at most once a second; true if it has pipelines that were not known here. */
  async refresh(sql: Sql): Promise<boolean> {
    if (performance.now() < this.#refreshAt) return false;
    this.#refreshAt = performance.now() + REFRESH_EVERY_MS;
    let rows: readonly { name: string }[];
    try {
      rows = await sql<{ name: string }[]>`select name from levqor_read.pipelines`;
    } catch (error) {
      if (isUndefinedTable(error)) return false;
      throw error;
    }
    return rows.filter(({ name }) => this.learn(name)).length > 0;
  }
}

/** What a pipeline's jobs run. */
export interface Pipeline {
  readonly name: string;
  readonly version: number;
  readonly steps: Steps;
}

/** Reads stored pipelines. A version never changes, so each is read once. */
export class PipelineReader {
  readonly #log: Pick<EventLog, "readStream">;
  readonly #kept = new Map<string, Pipeline>();

  constructor(log: Pick<EventLog, "readStream">) {
    this.#log = log;
  }

  /** A pipeline at its newest version, or at the given one; `undefined` if there is none. */
  async read(name: string, version?: number): Promise<Pipeline | undefined> {
    const kept = version === undefined ? undefined : this.#kept.get(`${name}@${version}`);
    if (kept) return kept;
    const events = await this.#log.readStream(pipelineStream(name), { limit: version });
    const state = pipelineState(events.map(decode));
    if (state.definition === null || (version !== undefined && state.version !== version)) return undefined;
    const pipeline = { name, version: state.version, steps: state.definition.steps };
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(`${name}@${pipeline.version}`, pipeline);
    return pipeline;
  }
}
