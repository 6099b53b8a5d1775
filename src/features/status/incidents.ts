/** Incidents: what operators tell those who use the service of what does not work. */

import { Elysia } from "elysia";
import { decode } from "../../../events/mod.ts";
import type { IncidentRow } from "../../../projections/incidents.ts";
import { type IncidentCommand, incidentDecider } from "../../domain/incident.ts";
import type { Auth } from "../../http/auth.ts";
import { describe } from "../../http/document/openapi.ts";
import type { ApiOptions } from "../../http/options.ts";
import { Problem } from "../../http/problem.ts";
import { readJson } from "../../http/request/body.ts";
import { derivedId, idempotencyKey } from "../../http/request/idempotency.ts";
import { pathId } from "../../http/request/path_id.ts";
import { readPage } from "../../http/request/read_model.ts";
import { type Cause, requestIds } from "../../http/request/request_id.ts";
import { queryReader, validator } from "../../http/request/validation.ts";
import { PageQuery } from "../../http/schema.ts";
import { decodeJson, isSameJson } from "../../json/mod.ts";
import { handle } from "../../log/mod.ts";
import { IncidentChanged, IncidentId, IncidentList, IncidentOpen, IncidentResolve, IncidentUpdate } from "./schemas.ts";

const ROUTE = "/api/v1/incidents";

const checkOpen = validator(IncidentOpen);
const checkUpdate = validator(IncidentUpdate);
const checkResolve = validator(IncidentResolve);
const readPageQuery = queryReader(PageQuery);

const EXAMPLE = {
  incident_id: "0197a1f0-a4c3-7d18-b26e-91f0c3d5e7a9",
  title: "Jobs start late",
  status: "open",
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

export function incidentRoutes({ log, sql, projector, timing }: ApiOptions, auth: Auth) {
  const wait_ms = timing?.read_model_wait_ms;
  return new Elysia({ name: "levqor/incidents" })
    .use(requestIds())
    .post(
      ROUTE,
      async ({ request, set, cause }) => {
        const caller = auth.require(request, "ops:write");
        const key = idempotencyKey(request);
        const opened = checkOpen((await readJson(request)).value);
        const incident_id = key === null ? Bun.randomUUIDv7() : derivedId(caller, ROUTE, key);
        const handled = await command(incident_id, { type: "open", ...opened }, { actor: caller.actor, cause });
        let { position } = handled;
        if (handled.refused) {
          position = await replay(incident_id, opened);
          set.headers["idempotency-replayed"] = "true";
        }
        set.status = 201;
        set.headers["levqor-position"] = String(position);
        return { incident_id, status: "open" };
      },
      {
        parse: "none",
        detail: describe({
          id: "openIncident",
          tag: "Operations",
          summary: "Tell of an incident",
          description:
            "Shows on the status page and in GET /ops/uptime from now on, for everyone. Outages are seen without it: this is for what operators know beside them, and for what is planned.",
          scope: "ops:write",
          headers: ["Idempotency-Key"],
          body: IncidentOpen,
          answers: {
            201: {
              description: "It is on record.",
              schema: IncidentChanged,
              example: { incident_id: EXAMPLE.incident_id, status: "open" },
              headers: ["Levqor-Position", "Idempotency-Replayed"],
            },
          },
          errors: ["invalid_idempotency_key", "idempotency_key_reused", "unavailable", "outcome_unknown"],
        }),
      },
    )
    .post(
      `${ROUTE}/:incident_id/updates`,
      async ({ request, params, set, cause }) => {
        const { actor } = auth.require(request, "ops:write");
        const incident_id = pathId("incident", params.incident_id);
        const updated = checkUpdate((await readJson(request)).value);
        const { position } = await changed(incident_id, { type: "update", ...updated }, { actor, cause });
        set.status = 201;
        set.headers["levqor-position"] = String(position);
        return { incident_id, status: "open" };
      },
      {
        parse: "none",
        detail: describe({
          id: "updateIncident",
          tag: "Operations",
          summary: "Tell more of an incident",
          description: "Adds a message, and says how bad it is now where that has changed.",
          scope: "ops:write",
          params: { incident_id: IncidentId },
          body: IncidentUpdate,
          answers: {
            201: {
              description: "It is on record.",
              schema: IncidentChanged,
              example: { incident_id: EXAMPLE.incident_id, status: "open" },
              headers: ["Levqor-Position"],
            },
          },
          errors: ["invalid_incident_id", "incident_not_found", "conflict", "unavailable", "outcome_unknown"],
        }),
      },
    )
    .post(
      `${ROUTE}/:incident_id/resolve`,
      async ({ request, params, set, cause }) => {
        const { actor } = auth.require(request, "ops:write");
        const incident_id = pathId("incident", params.incident_id);
        const resolved = checkResolve((await readJson(request)).value);
        const { position } = await changed(incident_id, { type: "resolve", ...resolved }, { actor, cause });
        set.headers["levqor-position"] = String(position);
        return { incident_id, status: "resolved" };
      },
      {
        parse: "none",
        detail: describe({
          id: "resolveIncident",
          tag: "Operations",
          summary: "Tell that an incident is over",
          description:
            "Ends it, with a last message. What is over stays over: tell of a new incident where it comes back.",
          scope: "ops:write",
          params: { incident_id: IncidentId },
          body: IncidentResolve,
          answers: {
            200: {
              description: "It is on record.",
              schema: IncidentChanged,
              example: { incident_id: EXAMPLE.incident_id, status: "resolved" },
              headers: ["Levqor-Position"],
            },
          },
          errors: ["invalid_incident_id", "incident_not_found", "conflict", "unavailable", "outcome_unknown"],
        }),
      },
    )
    .get(
      ROUTE,
      async ({ request }) => {
        const { limit, cursor } = readPageQuery(request);
        const select = (before: number | undefined, take: number) => sql<StoredIncident[]>`
          select incident_id, title, status, impact, opened_at, resolved_at, messages, position
          from levqor_read.incidents
          where true ${before === undefined ? sql`` : sql`and position < ${before}`}
          order by position desc
          limit ${take}`;
        const paged = { name: "incidents", limit, cursor, select };
        const { items, has_more, next_cursor } = await readPage({ request, log, projector, wait_ms }, paged);
        return { data: items.map(toIncident), has_more, next_cursor };
      },
      {
        detail: describe({
          id: "listIncidents",
          tag: "Service",
          summary: "List incidents, newest first",
          description:
            "All that operators ever told of, for everyone. The status page shows those of the last 90 days.",
          query: PageQuery,
          headers: ["Levqor-Min-Position"],
          answers: {
            200: {
              description: "A page of incidents.",
              schema: IncidentList,
              example: { data: [EXAMPLE], has_more: false, next_cursor: null },
            },
          },
          errors: ["invalid_cursor", "validation_failed", "read_model_behind", "unavailable"],
        }),
      },
    );

  async function command(
    incident_id: string,
    command: IncidentCommand,
    { actor, cause }: { actor: string; cause: Cause },
  ) {
    const handled = await handle(log, {
      stream_id: streamOf(incident_id),
      decider: incidentDecider,
      command,
      meta: { actor, correlation_id: incident_id, ...cause },
    });
    return handled.ok ? { position: handled.position, refused: undefined } : { position: 0, refused: handled.refusal };
  }

  /** As {@link command}. Throws the problems `incident_not_found` and `conflict`. */
  async function changed(...args: Parameters<typeof command>): Promise<{ position: number | undefined }> {
    const { position, refused } = await command(...args);
    if (!refused) return { position };
    throw refused.code === "incident_not_found"
      ? new Problem("incident_not_found", `No incident has the id ${args[0]}.`)
      : new Problem("conflict", refused.message);
  }

  /** Where the incident was recorded that has this id already. Throws the problem `idempotency_key_reused`. */
  async function replay(incident_id: string, opened: object): Promise<number> {
    const [first] = await log.readStream(streamOf(incident_id), { limit: 1 });
    if (!first || !isSameJson(decode(first).data, opened)) {
      throw new Problem("idempotency_key_reused", "The Idempotency-Key was used before to tell of another incident.");
    }
    return first.position;
  }
}

/** As the read model gives it: JSON comes as text. */
export type StoredIncident = Omit<IncidentRow, "messages"> & { readonly messages: string };

/** An incident as the API shows it. */
export function toIncident({ position: _, messages, ...incident }: StoredIncident) {
  return { ...incident, messages: decodeJson<IncidentRow["messages"]>(messages) };
}

function streamOf(incidentId: string): string {
  return `incident-${incidentId}`;
}
