/** Incidents: what operators report to users about what does not work. */

import { OPERATOR, ofAccount } from "../../../events/account.ts";
import type { EventMeta } from "../../../events/envelope.ts";
import { incidentStream } from "../../../events/incident.ts";
import type { IncidentRow } from "../../../projections/incidents.ts";
import type { Caller } from "../../access/mod.ts";
import { firstDecision } from "../../domain/decider.ts";
import { type IncidentCommand, incidentDecider } from "../../domain/incident.ts";
import type { Call } from "../../http/call.ts";
import type { AnyDeclaration } from "../../http/declaration.ts";
import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { idParam } from "../../http/request/params.ts";
import { route } from "../../http/route.ts";
import { PageQuery } from "../../http/schema.ts";
import { decodeJson } from "../../json/mod.ts";
import { createOnce, handle } from "../../log/mod.ts";
import { incidentProblems } from "./problems.ts";
import { IncidentChanged, IncidentId, IncidentList, IncidentOpen, IncidentResolve, IncidentUpdate } from "./schemas.ts";

const ROUTE = "/api/v1/incidents";

const EXAMPLE = {
  incident_id: "0197a1f0-a4c3-7d18-b26e-91f0c3d5e7a9",
  title: "Jobs start late",
  status: "open",
  account: null,
  impact: "minor",
  opened_at: "2026-01-15T09:30:00.123456Z",
  resolved_at: null,
  messages: [
    {
      status: "opened",
      message: "Jobs wait for up to a minute before they start. None is lost.",
      impact: "minor",
      at: "2026-01-15T09:30:00.123456Z",
    },
  ],
} as const;

const incidentIdParam = idParam({
  schema: IncidentId,
  what: "incident",
  invalid: incidentProblems.invalid_incident_id,
  missing: incidentProblems.incident_not_found,
});

/** What calls that change an incident have in common. */
const CHANGING = {
  scope: "ops:write",
  params: { incident_id: incidentIdParam },
  errors: [problems.conflict],
} as const satisfies Partial<AnyDeclaration>;

export function incidentRoutes({ log, sql }: Pick<ApiOptions, "log" | "sql">) {
  return [
    route(
      {
        method: "POST",
        path: ROUTE,
        id: "openIncident",
        tag: tags.operations,
        summary: "Open an incident",
        description:
          "Shows it on the status page and in GET /ops/uptime from now on, for everybody; one that names an account exists for that account alone, in GET /api/v1/incidents. Outages are detected automatically: this is for anything else that operators know of, and for planned work.",
        scope: "ops:write",
        idempotent: true,
        body: IncidentOpen,
        responses: {
          201: {
            description: "The incident is recorded.",
            schema: IncidentChanged,
            example: { incident_id: EXAMPLE.incident_id, status: "open" },
          },
        },
      },
      async (call) => {
        const incident_id = call.newId();
        const { account = OPERATOR, ...report } = call.body;
        const opened = await createOnce(log, {
          stream_id: incidentStream(incident_id),
          events: firstDecision(incidentDecider, { type: "open", ...report }),
          meta: { ...metaOf(call, incident_id), ...ofAccount(account) },
        });
        call.once(opened);
        return { incident_id, status: "open" };
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:incident_id/updates`,
        id: "updateIncident",
        tag: tags.operations,
        summary: "Update an incident",
        description: "Adds a message, and the new impact if it has changed.",
        body: IncidentUpdate,
        responses: {
          201: {
            description: "The update is recorded.",
            schema: IncidentChanged,
            example: { incident_id: EXAMPLE.incident_id, status: "open" },
          },
        },
        ...CHANGING,
      },
      async (call) => {
        return await change(call, { type: "update", ...call.body });
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:incident_id/resolve`,
        id: "resolveIncident",
        tag: tags.operations,
        summary: "Resolve an incident",
        description:
          "Closes it with a final message. A resolved incident cannot be reopened: report a new one if the problem comes back.",
        body: IncidentResolve,
        responses: {
          200: {
            description: "The incident is resolved.",
            schema: IncidentChanged,
            example: { incident_id: EXAMPLE.incident_id, status: "resolved" },
          },
        },
        ...CHANGING,
      },
      async (call) => {
        return await change(call, { type: "resolve", ...call.body });
      },
    ),
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "listIncidents",
        tag: tags.service,
        summary: "List incidents, newest first",
        description:
          "Every incident that operators have reported for everybody; with a key or session also those of its account. The operator sees all. The status page shows those of the last 90 days that concern everybody.",
        query: PageQuery,
        list: true,
        responses: {
          200: {
            description: "A page of incidents.",
            schema: IncidentList,
            example: { data: [EXAMPLE], has_more: false, next_cursor: null },
          },
        },
      },
      async (call) => {
        const account = call.caller?.account ?? null;
        const select = (before: number | undefined, take: number) => sql<StoredIncident[]>`
          select incident_id, title, status, account, impact, opened_at, resolved_at, messages, position
          from levqor_read.incidents
          where ${account === OPERATOR ? sql`true` : sql`(account is null or account = ${account})`} ${before === undefined ? sql`` : sql`and position < ${before}`}
          order by position desc
          limit ${take}`;
        return await call.page("incidents", { select, show: toIncident });
      },
    ),
  ];

  /** Changes the incident that a call names. Throws the problems `incident_not_found` and `conflict`. */
  async function change(call: ByOperator & OfIncident, command: IncidentCommand & { readonly type: Change }) {
    const { incident_id } = call.params;
    const handled = await handle(log, {
      stream_id: incidentStream(incident_id),
      decider: incidentDecider,
      command,
      meta: ({ account }) => ({ ...metaOf(call, incident_id), ...ofAccount(account) }),
    });
    if (!handled.ok) {
      const { code, message } = handled.refusal;
      throw code === "incident_not_found"
        ? new Problem(incidentProblems.incident_not_found, `No incident has the id ${incident_id}.`)
        : new Problem(problems.conflict, message);
    }
    call.recorded(handled.position);
    return { incident_id, status: STATUS_AFTER[command.type] };
  }
}

/** The status of an incident after each change. */
const STATUS_AFTER = { update: "open", resolve: "resolved" } as const;
type Change = keyof typeof STATUS_AFTER;

function metaOf({ caller, cause }: Pick<ByOperator, "caller" | "cause">, incident_id: string): EventMeta {
  return { actor: caller.actor, correlation_id: incident_id, ...cause };
}

type ByOperator = Pick<Call<unknown, unknown, unknown, Caller>, "caller" | "cause" | "recorded">;
type OfIncident = Pick<Call<{ readonly incident_id: string }>, "params">;

/** As in the read model: JSON is text. */
export type StoredIncident = Omit<IncidentRow, "messages"> & { readonly messages: string };

/** An incident as the API shows it. */
export function toIncident({ position: _, messages, ...incident }: StoredIncident) {
  return { ...incident, messages: decodeJson<IncidentRow["messages"]>(messages) };
}
