/** How many jobs of a workflow may run: `PUT`, `GET /api/v1/workflows/:workflow/limits`, and their list. */

import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { decode } from "../../../events/mod.ts";
import type { WorkflowLimitsRow } from "../../../projections/mod.ts";
import { DEFAULT_CONCURRENCY_PER_KEY } from "../../domain/limit.ts";
import { type WorkflowState, workflowDecider } from "../../domain/workflow.ts";
import { type Auth, permitted } from "../../http/auth.ts";
import { describe } from "../../http/document/openapi.ts";
import type { ApiOptions } from "../../http/options.ts";
import { readJson } from "../../http/request/body.ts";
import { readPage } from "../../http/request/read_model.ts";
import { requestIds } from "../../http/request/request_id.ts";
import type { StoredThings } from "../../http/request/stored.ts";
import { queryReader, validator } from "../../http/request/validation.ts";
import { PageQuery, Workflow } from "../../http/schema.ts";
import { workflowStream } from "../../jobs/limits/limit_streams.ts";
import { decodeJson } from "../../json/mod.ts";
import { handle } from "../../log/mod.ts";
import { WorkflowLimits, WorkflowLimitsList, WorkflowLimitsRequest } from "./schemas.ts";

const PATH = "/api/v1/workflows/:workflow/limits";

const checkParams = validator(Type.Object({ workflow: Workflow }));
const checkLimits = validator(WorkflowLimitsRequest);
const readPageQuery = queryReader(PageQuery);

const example: WorkflowLimits = {
  workflow: "http",
  concurrency: 20,
  concurrency_per_key: 1,
  rate_per_key: { limit: 10, per_seconds: 60, burst: 1 },
  updated_at: "2026-01-15T09:30:00.123456Z",
};

export function workflowLimitRoutes(
  { log, sql, projector, stored, timing }: ApiOptions & { stored: StoredThings },
  auth: Auth,
) {
  const wait_ms = timing?.read_model_wait_ms;
  return new Elysia({ name: "levqor/workflow_limits" })
    .use(requestIds())
    .get(
      "/api/v1/workflows/limits",
      async ({ request }) => {
        const { workflows } = auth.require(request, "workflows:read");
        const { limit, cursor } = readPageQuery(request);
        const select = (after: number | undefined, take: number) => sql<Stored[]>`
          select workflow, concurrency, concurrency_per_key, rate_per_key, position, updated_at
          from levqor_read.workflow_limits
          where position > ${after ?? 0}
            ${workflows === "all" ? sql`` : sql`and workflow = any(${[...workflows]}::text[])`}
          order by position
          limit ${take}`;
        const paged = { name: "workflow_limits", limit, cursor, select };
        const { items, has_more, next_cursor } = await readPage({ request, log, projector, wait_ms }, paged);
        return { data: items.map(fromRow), has_more, next_cursor };
      },
      {
        detail: describe({
          id: "listWorkflowLimits",
          tag: "Workflows",
          summary: "List the limits of all workflows",
          description:
            "Every workflow for which limits were ever settled, in the order in which that was first done. Read from a read model that follows the log, as a rule within milliseconds.",
          scope: "workflows:read",
          query: PageQuery,
          headers: ["Levqor-Min-Position"],
          answers: {
            200: {
              description: "A page of limits.",
              schema: WorkflowLimitsList,
              example: { data: [example], has_more: false, next_cursor: null },
            },
          },
          errors: ["validation_failed", "invalid_cursor", "read_model_behind", "unavailable"],
        }),
      },
    )
    .get(
      PATH,
      async ({ request, params }) => {
        const caller = auth.require(request, "workflows:read");
        const { workflow } = permitted(caller, checkParams(params));
        const { events } = await log.readLast([workflowStream(workflow)]);
        const state = [...events.values()].map(decode).reduce(workflowDecider.evolve, workflowDecider.initial);
        return fromState(workflow, state);
      },
      {
        detail: describe({
          id: "getWorkflowLimits",
          tag: "Workflows",
          summary: "How many jobs of a workflow may run",
          description:
            "What is settled for the workflow, and where nothing is, what holds by default: no limit for the whole workflow, and one job at once for each concurrency key.",
          scope: "workflows:read",
          params: { workflow: Workflow },
          answers: { 200: { description: "The limits.", schema: WorkflowLimits, example } },
          errors: ["workflow_not_allowed", "validation_failed", "unavailable"],
        }),
      },
    )
    .put(
      PATH,
      async ({ request, params, set, cause }) => {
        const caller = auth.require(request, "workflows:write");
        const { actor } = caller;
        const { workflow } = permitted(caller, checkParams(params));
        const limits = checkLimits((await readJson(request)).value);
        const stream_id = workflowStream(workflow);
        const handled = await stored.add("workflow_limits", {
          caller,
          stream_id,
          record: () =>
            handle(log, {
              stream_id,
              decider: workflowDecider,
              command: { type: "set_limits", limits: { workflow, ...limits } },
              meta: { actor, correlation_id: stream_id, ...cause },
            }),
        });
        if (!handled.ok) throw new Error(`Cannot settle the limits of ${stream_id}: they are refused`);
        if (handled.position !== undefined) set.headers["levqor-position"] = String(handled.position);
        const { events } = await log.readLast([stream_id]);
        const state = [...events.values()].map(decode).reduce(workflowDecider.evolve, workflowDecider.initial);
        return fromState(workflow, state);
      },
      {
        parse: "none",
        detail: describe({
          id: "setWorkflowLimits",
          tag: "Workflows",
          summary: "Settle how many jobs of a workflow may run",
          description:
            "Puts these limits in the place of those before; what is left out is not limited, or as it is by default. Workers heed it within a moment. Jobs that run go on: a lowered limit lets no more start until enough have ended. Repeating the request changes nothing.",
          scope: "workflows:write",
          params: { workflow: Workflow },
          body: WorkflowLimitsRequest,
          answers: {
            200: {
              description: "The limits that hold now.",
              schema: WorkflowLimits,
              example,
              headers: ["Levqor-Position"],
            },
          },
          errors: ["workflow_not_allowed", "too_many_stored", "unavailable", "outcome_unknown"],
        }),
      },
    );
}

/** A row as the database gives it: JSON as text. */
type Stored = Omit<WorkflowLimitsRow, "rate_per_key"> & { rate_per_key: string | null };

function fromRow({ position: _, rate_per_key, ...row }: Stored): WorkflowLimits {
  return shown({ ...row, rate_per_key: rate_per_key === null ? null : decodeJson(rate_per_key) });
}

function fromState(workflow: string, { limits, updated_at }: WorkflowState): WorkflowLimits {
  const { concurrency = null, concurrency_per_key = null, rate_per_key = null } = limits ?? {};
  return shown({ workflow, concurrency, concurrency_per_key, rate_per_key, updated_at });
}

/** With what holds by default in place of what is not settled. */
function shown(
  limits: Omit<WorkflowLimitsRow, "position" | "updated_at" | "account"> & Pick<WorkflowLimits, "updated_at">,
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
