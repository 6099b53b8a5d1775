/** Stored pipelines: jobs of several steps under a name, in versions. */

import { OPERATOR } from "../../../events/account.ts";
import { decode } from "../../../events/mod.ts";
import { type PipelineDefinition, PipelineName, pipelineStream } from "../../../events/pipeline.ts";
import type { PipelineRow } from "../../../projections/pipelines.ts";
import { type Caller, mayDo, metaOf, reachOf, type Scope } from "../../access/mod.ts";
import { type PipelineState, pipelineDecider, pipelineState } from "../../domain/pipeline/pipeline.ts";
import { beyond } from "../../domain/reach.ts";
import type { ApiParts } from "../../http/api.ts";
import { checkPermitted } from "../../http/auth.ts";
import type { Call } from "../../http/call.ts";
import { tags } from "../../http/document/tags.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { nameParam } from "../../http/request/params.ts";
import { checkSteps } from "../../http/request/submission.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { PageQuery } from "../../http/schema.ts";
import { handle, handleOnce } from "../../log/mod.ts";
import { pipelineProblems } from "./problems.ts";
import { Pipeline, PipelineCreate, PipelineList, PipelineUpdate } from "./schemas.ts";

const ROUTE = "/api/v1/pipelines";

const nameParameter = nameParam(PipelineName, pipelineProblems.pipeline_not_found);
const versionParameter = nameParam(Pipeline.properties.version, pipelineProblems.pipeline_not_found);

/** What publishing takes, besides what storing does. */
const PUBLISH: Scope = "pipelines:publish";

const [EXAMPLE] = Pipeline.examples as [object];

export function pipelineRoutes({ auth, log, sql, workflows, stored }: ApiParts) {
  return [
    route(
      {
        method: "POST",
        path: ROUTE,
        id: "createPipeline",
        tag: tags.pipelines,
        summary: "Create a pipeline",
        description:
          "Records the pipeline's first version. From now on, jobs whose workflow is its name run its steps. The steps are checked: ids, the order of references, and every expression. The response's ETag is the version. An Idempotency-Key belongs to the name, too: with another name, the same key creates another pipeline.",
        scope: "pipelines:write",
        idempotent: true,
        body: PipelineCreate,
        responses: {
          201: {
            description: "The pipeline is recorded.",
            schema: Pipeline,
            example: EXAMPLE,
            headers: ["ETag"],
          },
        },
        errors: [problems.workflow_not_allowed, pipelineProblems.pipeline_exists, problems.too_many_stored],
      },
      async (call) => {
        const { caller } = call;
        const { name, ...definition } = call.body;
        const pipeline = checkPermitted(caller, { workflow: name, ...definition });
        checkSteps(definition.steps, { connectors: workflows, pointer: "/steps" });
        checkPublished(call, definition);
        if (workflows.has(name)) {
          throw new Problem(
            pipelineProblems.pipeline_exists,
            `"${name}" is the name of a connector; choose another name for the pipeline.`,
          );
        }
        const stream_id = pipelineStream({ account: caller.account, name });
        // A pipeline's stream is named after it, not after the key, and only that stream is searched for the key. To find the key under
        // another name would take a stream for each key, appended to in the same commit: a read model is behind, and a search of the
        // log before the append misses what is appended meanwhile. The name keeps a repetition from creating anything twice.
        const created = await stored.add("pipelines", {
          caller,
          stream_id,
          record: () =>
            handleOnce(log, {
              stream_id,
              decider: pipelineDecider,
              command: { type: "create", pipeline },
              meta: {
                ...metaOf(caller),
                correlation_id: stream_id,
                ...call.cause,
                causation_id: call.repeatableId(),
              },
              asked: { definition },
            }),
        });
        if (!created.ok && created.reason === "refused") {
          throw new Problem(pipelineProblems.pipeline_exists, created.refusal.message);
        }
        call.once(created);
        return answer(call, { name, state: await read(caller, name, 1) });
      },
    ),
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "listPipelines",
        tag: tags.pipelines,
        summary: "List pipelines, newest first",
        description:
          "Read from a read model that follows the log. To be sure to see your own write, send its Levqor-Position as Levqor-Min-Position.",
        scope: "pipelines:read",
        query: PageQuery,
        list: true,
        responses: {
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
      },
      async (call) => {
        const { account, workflows: names } = call.caller;
        const select = (before: number | undefined, take: number) => sql<PipelineRow[]>`
          select name, version, description, steps, position, created_at, updated_at from levqor_read.pipelines
          where account = ${account} ${before === undefined ? sql`` : sql`and position < ${before}`}
            ${names === "all" ? sql`` : sql`and name = any(${[...names]}::text[])`}
          order by position desc limit ${take}`;
        return await call.page("pipelines", { select, show: ({ position, ...pipeline }) => pipeline });
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/:name`,
        id: "getPipeline",
        tag: tags.pipelines,
        summary: "Get a pipeline's latest version",
        description: "Read from the log itself, and never older than an earlier response.",
        scope: "pipelines:read",
        params: { name: nameParameter },
        conditional: true,
        responses: {
          200: { description: "The newest version.", schema: Pipeline, example: EXAMPLE },
        },
      },
      async (call) => {
        const { name } = call.params;
        return answer(call, { name, state: await read(call.caller, name) });
      },
    ),
    route(
      {
        method: "PUT",
        path: `${ROUTE}/:name`,
        id: "updatePipeline",
        tag: tags.pipelines,
        summary: "Update a pipeline",
        description:
          "Records a new version, based on the one that If-Match names. Jobs that have started keep the version they started with; all others run the new one. To change a published pipeline takes the scope pipelines:publish. A key that is limited to some workflows cannot replace a version whose steps use others. A version that equals the newest one is not recorded again.",
        scope: "pipelines:write",
        params: { name: nameParameter },
        if_match: true,
        body: PipelineUpdate,
        responses: {
          200: {
            description: "The version that is now the newest.",
            schema: Pipeline,
            example: EXAMPLE,
            headers: ["ETag"],
          },
        },
        errors: [problems.workflow_not_allowed],
      },
      async (call) => {
        const { caller, expected_version } = call;
        const { name } = call.params;
        const { name: named = name, ...definition } = call.body;
        if (named !== name) {
          throw invalid([{ pointer: "/name", message: `must be ${JSON.stringify(name)}, as in the path` }]);
        }
        const pipeline = checkPermitted(caller, { workflow: name, ...definition });
        checkSteps(definition.steps, { connectors: workflows, pointer: "/steps" });
        checkPublished(call, definition);
        const stream_id = pipelineStream({ account: caller.account, name });
        const handled = await handle(log, {
          stream_id,
          decider: pipelineDecider,
          command: {
            type: "update",
            pipeline,
            expected_version,
            reach: reachOf(caller),
            may_publish: mayDo(caller, PUBLISH),
          },
          meta: { ...metaOf(caller), correlation_id: stream_id, ...call.cause },
        });
        if (!handled.ok) {
          const { code, message } = handled.refusal;
          if (code === "pipeline_not_found") throw notFound(name);
          if (code === "published") auth.require(call.request, PUBLISH);
          throw new Problem(
            code === "beyond_reach" ? problems.workflow_not_allowed : problems.version_mismatch,
            message,
          );
        }
        call.recorded(handled.position);
        return answer(call, { name, state: await read(caller, name, handled.version) });
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/:name/versions/:version`,
        id: "getPipelineVersion",
        tag: tags.pipelines,
        summary: "Get a version of a pipeline",
        description: "Every version remains readable: jobs that started with it run it to their end.",
        scope: "pipelines:read",
        params: { name: nameParameter, version: versionParameter },
        conditional: true,
        responses: {
          200: { description: "That version.", schema: Pipeline, example: EXAMPLE },
        },
      },
      async (call) => {
        const { name, version } = call.params;
        if (!/^[1-9]\d{0,8}$/.test(version)) throw notFound(name, version);
        return answer(call, { name, state: await read(call.caller, name, Number(version)) });
      },
    ),
  ];

  /** Throws the problems `validation_failed` and `insufficient_scope` if the caller may not publish a pipeline, but does. */
  function checkPublished(
    { caller, request }: Pick<Call<unknown, unknown, unknown, Caller>, "caller" | "request">,
    { published }: Pick<PipelineDefinition, "published">,
  ): void {
    if (!published) return;
    if (caller.account === OPERATOR) auth.require(request, PUBLISH);
    else
      throw invalid([{ pointer: "/published", message: "must be left out: only the operator can publish pipelines" }]);
  }

  /** The pipeline at its newest version, or at the given one. Throws the problem `pipeline_not_found`. */
  async function read(caller: Caller, name: string, version?: number): Promise<PipelineState> {
    const isName = new RegExp(PipelineName.pattern as string).test(name);
    if (!isName || beyond(caller, { workflow: name }) !== undefined) throw notFound(name, version);
    const events = await log.readStream(pipelineStream({ account: caller.account, name }), { limit: version });
    const state = pipelineState(events.map(decode));
    if (state.version === 0 || (version !== undefined && state.version !== version)) throw notFound(name, version);
    return state;
  }
}

function notFound(name: string, version?: number | string): Problem {
  const which = version === undefined ? "" : ` and the version ${version}`;
  return new Problem(pipelineProblems.pipeline_not_found, `No pipeline has the name ${JSON.stringify(name)}${which}.`);
}

function answer(call: Pick<Call, "etag">, { name, state }: { name: string; state: PipelineState }) {
  const { version, definition, created_at, updated_at } = state;
  call.etag(version);
  return { name, version, ...definition, created_at, updated_at };
}
