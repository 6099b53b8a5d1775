/** How many jobs of a workflow may run: `PUT`, `GET /api/v1/workflows/:workflow/limits`, and their list. */

import { decode } from "../../../events/mod.ts";
import type { WorkflowLimitsRow } from "../../../projections/mod.ts";
import { metaOf } from "../../access/mod.ts";
import { DEFAULT_CONCURRENCY_PER_KEY } from "../../domain/limit.ts";
import { type WorkflowState, workflowDecider } from "../../domain/workflow.ts";
import type { ApiParts } from "../../http/api.ts";
import { checkPermitted } from "../../http/auth.ts";
import { tags } from "../../http/document/tags.ts";
import { problems } from "../../http/problems.ts";
import { checkedParam } from "../../http/request/params.ts";
import { route } from "../../http/route.ts";
import { PageQuery, Workflow } from "../../http/schema.ts";
import { workflowStream } from "../../jobs/limits/limit_streams.ts";
import { decodeJson } from "../../json/mod.ts";
import { handle } from "../../log/mod.ts";
import { WorkflowLimits, WorkflowLimitsList, WorkflowLimitsRequest } from "./schemas.ts";

const PATH = "/api/v1/workflows/:workflow/limits";

const workflowParam = checkedParam("workflow", Workflow);

const example: WorkflowLimits = {
  workflow: "http",
  concurrency: 20,
  concurrency_per_key: 1,
  rate_per_key: { limit: 10, per_seconds: 60, burst: 1 },
  updated_at: "2026-01-15T09:30:00.123456Z",
};

export function workflowLimitRoutes({ log, sql, stored }: Pick<ApiParts, "log" | "sql" | "stored">) {
  return [
    route(
      {
        method: "GET",
        path: "/api/v1/workflows/limits",
        id: "listWorkflowLimits",
        tag: tags.workflows,
        summary: "List the limits of all workflows",
        description:
          "Every workflow for which limits were ever set, in the order in which they were first set. Read from a read model that follows the log, normally within milliseconds.",
        scope: "workflows:read",
        query: PageQuery,
        list: true,
        responses: {
          200: {
            description: "A page of limits.",
            schema: WorkflowLimitsList,
            example: { data: [example], has_more: false, next_cursor: null },
          },
        },
      },
      async (call) => {
        const { account, workflows } = call.caller;
        const select = (after: number | undefined, take: number) => sql<Stored[]>`
          select workflow, concurrency, concurrency_per_key, rate_per_key, position, updated_at
          from levqor_read.workflow_limits
          where account = ${account} and position > ${after ?? 0}
            ${workflows === "all" ? sql`` : sql`and workflow = any(${[...workflows]}::text[])`}
          order by position
          limit ${take}`;
        return await call.page("workflow_limits", { select, show: fromRow });
      },
    ),
    route(
      {
        method: "GET",
        path: PATH,
        id: "getWorkflowLimits",
        tag: tags.workflows,
        summary: "Get a workflow's limits",
        description:
          "The limits that are set for the workflow, or else the defaults: no limit for the whole workflow, and one job at once for each concurrency key.",
        scope: "workflows:read",
        params: { workflow: workflowParam },
        responses: { 200: { description: "The limits.", schema: WorkflowLimits, example } },
        errors: [problems.workflow_not_allowed],
      },
      async (call) => {
        const { workflow } = checkPermitted(call.caller, call.params);
        const { events } = await log.readLast([workflowStream({ account: call.caller.account, workflow })]);
        const state = [...events.values()].map(decode).reduce(workflowDecider.evolve, workflowDecider.initial);
        return fromState(workflow, state);
      },
    ),
    route(
      {
        method: "PUT",
        path: PATH,
        id: "setWorkflowLimits",
        tag: tags.workflows,
        summary: "Set a workflow's limits",
        description:
          "Replaces the previous limits; a field that is left out is not limited, or has its default. Workers apply them within a moment. Running jobs continue: after a limit is lowered, no job starts until enough have finished. Repeating the request changes nothing.",
        scope: "workflows:write",
        params: { workflow: workflowParam },
        body: WorkflowLimitsRequest,
        responses: {
          200: {
            description: "The current limits.",
            schema: WorkflowLimits,
            example,
          },
        },
        errors: [problems.workflow_not_allowed, problems.too_many_stored],
      },
      async (call) => {
        const { caller } = call;
        const { workflow } = checkPermitted(caller, call.params);
        const stream_id = workflowStream({ account: caller.account, workflow });
        const handled = await stored.add("workflow_limits", {
          caller,
          stream_id,
          record: () =>
            handle(log, {
              stream_id,
              decider: workflowDecider,
              command: { type: "set_limits", limits: { workflow, ...call.body } },
              meta: { ...metaOf(caller), correlation_id: stream_id, ...call.cause },
            }),
        });
        if (!handled.ok) throw new Error(`Cannot set the limits of ${stream_id}: they were rejected`);
        call.recorded(handled.position);
        const { events } = await log.readLast([stream_id]);
        const state = [...events.values()].map(decode).reduce(workflowDecider.evolve, workflowDecider.initial);
        return fromState(workflow, state);
      },
    ),
  ];
}

/** A row from the database: JSON as text. */
type Stored = Omit<WorkflowLimitsRow, "rate_per_key" | "account" | "charged_to"> & { rate_per_key: string | null };

function fromRow({ position: _, rate_per_key, ...row }: Stored): WorkflowLimits {
  return shown({ ...row, rate_per_key: rate_per_key === null ? null : decodeJson(rate_per_key) });
}

function fromState(workflow: string, { limits, updated_at }: WorkflowState): WorkflowLimits {
  const { concurrency = null, concurrency_per_key = null, rate_per_key = null } = limits ?? {};
  return shown({ workflow, concurrency, concurrency_per_key, rate_per_key, updated_at });
}

/** With defaults in place of what is not set. */
function shown(
  limits: Omit<WorkflowLimitsRow, "position" | "updated_at" | "account" | "charged_to"> &
    Pick<WorkflowLimits, "updated_at">,
): WorkflowLimits {
  const { workflow, concurrency, concurrency_per_key, rate_per_key, updated_at } = limits;
  return {
    workflow,
    concurrency,
    concurrency_per_key: concurrency_per_key ?? DEFAULT_CONCURRENCY_PER_KEY,
    rate_per_key: rate_per_key && { burst: 1, ...rate_per_key },
    updated_at,
  };
}
