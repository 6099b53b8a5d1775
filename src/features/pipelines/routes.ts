/** Stored pipelines: jobs of several steps under a name, in versions. */

import { Elysia } from "elysia";
import { decode, type EventMeta } from "../../../events/mod.ts";
import { type PipelineDefinition, PipelineName } from "../../../events/pipeline.ts";
import type { PipelineRow } from "../../../projections/pipelines.ts";
import { type Caller, reachOf } from "../../access/mod.ts";
import {
  type PipelineCommand,
  type PipelineState,
  pipelineDecider,
  pipelineState,
} from "../../domain/pipeline/pipeline.ts";
import { beyond } from "../../domain/reach.ts";
import { type Auth, permitted } from "../../http/auth.ts";
import { describe } from "../../http/document/openapi.ts";
import type { ApiOptions } from "../../http/options.ts";
import { Problem } from "../../http/problem.ts";
import { readJson } from "../../http/request/body.ts";
import { derivedId, idempotencyKey } from "../../http/request/idempotency.ts";
import { ifMatch } from "../../http/request/if_match.ts";
import { readPage } from "../../http/request/read_model.ts";
import { requestIds } from "../../http/request/request_id.ts";
import type { StoredThings } from "../../http/request/stored.ts";
import { checkSteps } from "../../http/request/submission.ts";
import { invalid, queryReader, validator } from "../../http/request/validation.ts";
import { PageQuery } from "../../http/schema.ts";
import { pipelineStream } from "../../jobs/run/workflows.ts";
import { isSameJson } from "../../json/mod.ts";
import { handle } from "../../log/handle.ts";
import { Pipeline, PipelineCreate, PipelineList, PipelineUpdate } from "./schemas.ts";

const ROUTE = "/api/v1/pipelines";
const checkCreate = validator(PipelineCreate);
const checkUpdate = validator(PipelineUpdate);
const readPageQuery = queryReader(PageQuery);
const [EXAMPLE] = Pipeline.examples as [object];

export function pipelineRoutes(
  { log, sql, projector, workflows, stored, timing }: ApiOptions & { stored: StoredThings },
  auth: Auth,
) {
  const wait_ms = timing?.read_model_wait_ms;
  return new Elysia({ name: "levqor/pipelines" })
    .use(requestIds())
    .post(
      ROUTE,
      async ({ request, set, cause }) => {
        const caller = auth.require(request, "pipelines:write");
        const key = idempotencyKey(request);
        const { name, ...definition } = checkCreate((await readJson(request)).value);
        const pipeline = permitted(caller, { workflow: name, ...definition });
        checkSteps(definition.steps, { connectors: workflows, pointer: "/steps" });
        if (workflows.has(name)) {
          throw new Problem("pipeline_exists", `"${name}" is the name of a connector; a pipeline needs another.`);
        }
        const causation_id = key === null ? undefined : derivedId(caller, ROUTE, key);
        const meta = { actor: caller.actor, correlation_id: pipelineStream(name), ...cause, causation_id };
        const handled = await stored.add("pipelines", {
          caller,
          stream_id: pipelineStream(name),
          record: () => command({ type: "create", pipeline }, meta),
        });
        if (!handled.ok) {
          const state = await replayed(name, { definition, causation_id });
          if (!state) throw new Problem("pipeline_exists", handled.refusal.message);
          set.headers["idempotency-replayed"] = "true";
          return answer(set, { name, state, status: 201 });
        }
        set.headers["levqor-position"] = String(handled.position);
        return answer(set, { name, state: await read(caller, name), status: 201 });
      },
      {
        parse: "none",
        detail: describe({
          id: "createPipeline",
          tag: "Pipelines",
          summary: "Store a pipeline",
          description:
            "Records the pipeline's first version. Jobs whose workflow is its name run its steps from now on. Steps are checked: ids, the order in which they refer to each other, and every expression. The answer's ETag is the version.",
          scope: "pipelines:write",
          headers: ["Idempotency-Key"],
          body: PipelineCreate,
          answers: {
            201: {
              description: "The pipeline is on record.",
              schema: Pipeline,
              example: EXAMPLE,
              headers: ["ETag", "Levqor-Position", "Idempotency-Replayed"],
            },
          },
          errors: [
            "workflow_not_allowed",
            "invalid_idempotency_key",
            "pipeline_exists",
            "idempotency_key_reused",
            "too_many_stored",
            "unavailable",
            "outcome_unknown",
          ],
        }),
      },
    )
    .get(
      ROUTE,
      async ({ request }) => {
        const { workflows: names } = auth.require(request, "pipelines:read");
        const { limit, cursor } = readPageQuery(request);
        const select = (before: number | undefined, take: number) => sql<PipelineRow[]>`
          select name, version, description, steps, position, created_at, updated_at from levqor_read.pipelines
          where true ${before === undefined ? sql`` : sql`and position < ${before}`}
            ${names === "all" ? sql`` : sql`and name = any(${[...names]}::text[])`}
          order by position desc limit ${take}`;
        const paged = { name: "pipelines", limit, cursor, select };
        const { items, has_more, next_cursor } = await readPage({ request, log, projector, wait_ms }, paged);
        return { data: items.map(({ position, ...pipeline }) => pipeline), has_more, next_cursor };
      },
      {
        detail: describe({
          id: "listPipelines",
          tag: "Pipelines",
          summary: "List stored pipelines, newest first",
          description:
            "Read from a read model that follows the log. To see a write of your own for certain, send its Levqor-Position as Levqor-Min-Position.",
          scope: "pipelines:read",
          query: PageQuery,
          headers: ["Levqor-Min-Position"],
          answers: {
            200: {
              description: "A page of pipelines.",
              schema: PipelineList,
              example: {
                data: [
                  {
                    name: "welcome-users",
                    version: 1,
                    description: "Welcomes new users, once somebody has agreed.",
                    steps: 3,
                    created_at: "2026-01-15T09:30:00.123456Z",
                    updated_at: "2026-01-15T09:30:00.123456Z",
                  },
                ],
                has_more: false,
                next_cursor: null,
              },
            },
          },
          errors: ["validation_failed", "invalid_cursor", "read_model_behind", "unavailable"],
        }),
      },
    )
    .get(
      `${ROUTE}/:name`,
      async ({ request, params, set }) => {
        const caller = auth.require(request, "pipelines:read");
        return answer(set, { name: params.name, state: await read(caller, params.name) });
      },
      {
        detail: describe({
          id: "getPipeline",
          tag: "Pipelines",
          summary: "A pipeline's newest version",
          description: "Read from the log itself: never older than any answer given before.",
          scope: "pipelines:read",
          params: { name: PipelineName },
          conditional: true,
          answers: {
            200: { description: "The newest version.", schema: Pipeline, example: EXAMPLE },
          },
          errors: ["pipeline_not_found", "unavailable"],
        }),
      },
    )
    .put(
      `${ROUTE}/:name`,
      async ({ request, params, set, cause }) => {
        const caller = auth.require(request, "pipelines:write");
        const { actor } = caller;
        const { name } = params;
        const expected_version = ifMatch(request);
        const { name: named = name, ...definition } = checkUpdate((await readJson(request)).value);
        if (named !== name) {
          throw invalid([{ pointer: "/name", message: `must be ${JSON.stringify(name)}, as in the path` }]);
        }
        const pipeline = permitted(caller, { workflow: name, ...definition });
        checkSteps(definition.steps, { connectors: workflows, pointer: "/steps" });
        const meta = { actor, correlation_id: pipelineStream(name), ...cause };
        const handled = await command({ type: "update", pipeline, expected_version, reach: reachOf(caller) }, meta);
        if (!handled.ok) {
          const { code, message } = handled.refusal;
          if (code === "pipeline_not_found") throw notFound(name);
          throw new Problem(code === "beyond_reach" ? "workflow_not_allowed" : "version_mismatch", message);
        }
        if (handled.position !== undefined) set.headers["levqor-position"] = String(handled.position);
        return answer(set, { name, state: await read(caller, name, handled.version) });
      },
      {
        parse: "none",
        detail: describe({
          id: "updatePipeline",
          tag: "Pipelines",
          summary: "Make a pipeline's next version",
          description:
            "Records a new version, made from the one that If-Match names. Jobs that have started keep the version they started with; all others run the new one. A key that is limited to some workflows replaces no version whose steps use others. What is already the newest version is not recorded again.",
          scope: "pipelines:write",
          params: { name: PipelineName },
          headers: ["If-Match"],
          body: PipelineUpdate,
          answers: {
            200: {
              description: "The version that is now the newest.",
              schema: Pipeline,
              example: EXAMPLE,
              headers: ["ETag", "Levqor-Position"],
            },
          },
          errors: [
            "workflow_not_allowed",
            "pipeline_not_found",
            "version_mismatch",
            "precondition_required",
            "unavailable",
            "outcome_unknown",
          ],
        }),
      },
    )
    .get(
      `${ROUTE}/:name/versions/:version`,
      async ({ request, params, set }) => {
        const caller = auth.require(request, "pipelines:read");
        const { name, version } = params;
        if (!/^[1-9]\d{0,8}$/.test(version)) throw notFound(name, version);
        return answer(set, { name, state: await read(caller, name, Number(version)) });
      },
      {
        detail: describe({
          id: "getPipelineVersion",
          tag: "Pipelines",
          summary: "One version of a pipeline",
          description: "Every version stays readable: jobs that started with it run it to their end.",
          scope: "pipelines:read",
          params: { name: PipelineName, version: Pipeline.properties.version },
          conditional: true,
          answers: {
            200: { description: "That version.", schema: Pipeline, example: EXAMPLE },
          },
          errors: ["pipeline_not_found", "unavailable"],
        }),
      },
    );

  /** The pipeline at its newest version, or at the one named. Throws the problem `pipeline_not_found`. */
  async function read(caller: Caller, name: string, version?: number): Promise<PipelineState> {
    const isName = new RegExp(PipelineName.pattern as string).test(name);
    if (!isName || beyond(caller, { workflow: name }) !== undefined) throw notFound(name, version);
    const events = await log.readStream(pipelineStream(name), { limit: version });
    const state = pipelineState(events.map(decode));
    if (state.version === 0 || (version !== undefined && state.version !== version)) throw notFound(name, version);
    return state;
  }

  function command(command: PipelineCommand, meta: EventMeta) {
    const stream_id = pipelineStream(command.pipeline.workflow);
    return handle(log, { stream_id, decider: pipelineDecider, command, meta });
  }

  /** The first version, where the same request was answered with it before; `undefined` where it was another. */
  async function replayed(
    name: string,
    { definition, causation_id }: { definition: PipelineDefinition; causation_id: string | undefined },
  ): Promise<PipelineState | undefined> {
    const [first] = (await log.readStream(pipelineStream(name), { limit: 1 })).map(decode);
    if (!first || causation_id === undefined || first.meta.causation_id !== causation_id) return undefined;
    const state = pipelineState([first]);
    if (isSameJson(state.definition, definition)) return state;
    throw new Problem("idempotency_key_reused", "The Idempotency-Key was used before with another body.");
  }
}

function notFound(name: string, version?: number | string): Problem {
  const which = version === undefined ? "" : ` and the version ${version}`;
  return new Problem("pipeline_not_found", `No pipeline has the name ${JSON.stringify(name)}${which}.`);
}

function answer(
  set: { status?: number | string; headers: Record<string, unknown> },
  { name, state, status = 200 }: { name: string; state: PipelineState; status?: number },
) {
  const { version, definition, created_at, updated_at } = state;
  set.status = status;
  set.headers.etag = `"${version}"`;
  return { name, version, ...definition, created_at, updated_at };
}
