/**
 * Which jobs can run here: those whose workflow is a connector or a stored pipeline, and those with their own steps.
 *
 * Pipelines become known by the read model, which is polled, and sooner by the log's news.
 */
import { OPERATOR } from "../../../events/account.ts";
import type { JobPipelinePinned } from "../../../events/job.ts";
import { decode } from "../../../events/mod.ts";
import type { Steps } from "../../../events/pipeline.ts";
import { type PipelineId, pipelineStream } from "../../../events/pipeline.ts";
import { isUndefinedTable, type Sql } from "../../db/mod.ts";
import type { JobState } from "../../domain/job/job_state.ts";
import { pipelineState } from "../../domain/pipeline/pipeline.ts";
import type { EventLog } from "../../log/mod.ts";
import { type AccountsWorkflow, workflowName } from "../limits/limit_streams.ts";
import type { RunnableWorkflows } from "../options.ts";

/** Cached definitions. */
const MAX_KEPT = 200;
const REFRESH_EVERY_MS = 1_000;

/** A stored pipeline by its name, which is also a workflow's. */
export interface NamedPipeline extends AccountsWorkflow {
  /** Whether jobs of all accounts can run it. */
  readonly published: boolean;
}

export class Workflows implements RunnableWorkflows {
  readonly runs_steps = true;
  readonly #connectors: readonly string[];
  /** By {@link workflowName}: pipelines, as far as they are known. */
  readonly #pipelines = new Map<string, NamedPipeline>();
  #everyones: Set<string>;
  #refreshAt = 0;

  constructor(connectors: Pick<ReadonlySet<string>, "keys">) {
    this.#connectors = [...connectors.keys()];
    this.#everyones = new Set(this.#connectors);
  }

  /** The connectors' names, and those of published pipelines. */
  get everyones(): ReadonlySet<string> {
    return this.#everyones;
  }

  get own(): readonly AccountsWorkflow[] {
    return [...this.#pipelines.values()];
  }

  has(workflow: AccountsWorkflow): boolean {
    return this.#everyones.has(workflow.workflow) || this.#pipelines.has(workflowName(workflow));
  }

  /** Registers a pipeline; true if that makes more jobs runnable. */
  learn(pipeline: NamedPipeline): boolean {
    const isMore = pipeline.published ? !this.#everyones.has(pipeline.workflow) : !this.has(pipeline);
    this.#pipelines.set(workflowName(pipeline), pipeline);
    if (pipeline.published) this.#everyones.add(pipeline.workflow);
    return isMore;
  }

  /** Queries the read model, at most once a second; true if that makes more jobs runnable. */
  async refresh(sql: Sql): Promise<boolean> {
    if (performance.now() < this.#refreshAt) return false;
    this.#refreshAt = performance.now() + REFRESH_EVERY_MS;
    let rows: readonly NamedPipeline[];
    try {
      rows = await sql<NamedPipeline[]>`select account, name as workflow, published from levqor_read.pipelines`;
    } catch (error) {
      if (isUndefinedTable(error)) return false;
      throw error;
    }
    const isMore = rows.filter((row) => this.learn(row)).length > 0;
    // What is no longer published is not everyone's. A pipeline that the read model does not have yet stays known.
    const published = [...this.#pipelines.values()].filter((pipeline) => pipeline.published);
    this.#everyones = new Set([...this.#connectors, ...published.map(({ workflow }) => workflow)]);
    return isMore;
  }
}

type PipelineVersion = PipelineId & { readonly version: number };

/** What a pipeline's jobs run. */
export interface Pipeline extends PipelineVersion {
  /** Whether jobs of all accounts can run it. */
  readonly published: boolean;
  readonly steps: Steps;
}

/** What a job's history says of the pipeline that it runs. */
export function pinOf({ account, name, version }: PipelineVersion, job: Pick<JobState, "account">): JobPipelinePinned {
  return { pipeline: name, ...(account !== job.account && { account }), version };
}

/** What determines the pipeline that a job runs. */
type PipelinesJob = Pick<JobState, "account" | "workflow" | "pipeline">;

/** Reads stored pipelines. A version never changes, so each is read once. */
export class PipelineReader {
  readonly #log: Pick<EventLog, "readStream">;
  readonly #kept = new Map<string, Pipeline>();

  constructor(log: Pick<EventLog, "readStream">) {
    this.#log = log;
  }

  /**
   * The pipeline that a job runs: the version that it has run before, or else the newest of its account's, or of a
   * published one; `undefined` if there is none.
   */
  async of({ account, workflow, pipeline }: PipelinesJob): Promise<Pipeline | undefined> {
    if (pipeline) return await this.read(pipeline, pipeline.version);
    const own = await this.read({ account, name: workflow });
    if (own || account === OPERATOR) return own;
    const published = await this.read({ account: OPERATOR, name: workflow });
    return published?.published ? published : undefined;
  }

  /** A pipeline at its newest version, or at the given one; `undefined` if there is none. */
  async read({ account, name }: PipelineId, version?: number): Promise<Pipeline | undefined> {
    const stream_id = pipelineStream({ account, name });
    const kept = version === undefined ? undefined : this.#kept.get(`${stream_id}@${version}`);
    if (kept) return kept;
    const events = await this.#log.readStream(stream_id, { limit: version });
    const state = pipelineState(events.map(decode));
    if (state.definition === null || (version !== undefined && state.version !== version)) return undefined;
    const { steps, published = false } = state.definition;
    const pipeline = { account, name, version: state.version, published, steps };
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(`${stream_id}@${pipeline.version}`, pipeline);
    return pipeline;
  }
}
