/** The shapes of the feature's requests and responses. */
import { Type } from "@sinclair/typebox";
import { CUSTOMERS_ACCOUNT } from "../../../events/account.ts";
import { impacts } from "../../../events/incident.ts";
import { INCIDENT_UPDATES_MAX } from "../../domain/incident.ts";
import { component } from "../../http/document/components.ts";
import { UPTIME_DAYS } from "../../http/limits.ts";
import { createdId, list, NOT_BLANK, oneOf, PRINTABLE, Timestamp, UnixSeconds } from "../../http/schema.ts";

/** The same, with several lines. */
const PRINTABLE_LINES = PRINTABLE.replace("\\u0000-\\u001f", "\\u0000-\\u0009\\u000b-\\u001f");

const EXAMPLE_INCIDENT_ID = "0197a1f0-a4c3-7d18-b26e-91f0c3d5e7a9";

export const IncidentId = createdId(EXAMPLE_INCIDENT_ID);

const IncidentTitle = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: PRINTABLE.replace("^", `^${NOT_BLANK}`),
  description: "What does not work, in a few words. Must not be blank.",
  examples: ["Jobs start late"],
});

const IncidentText = Type.String({
  minLength: 1,
  maxLength: 2_000,
  pattern: PRINTABLE_LINES.replace("^", `^${NOT_BLANK}`),
  description: "What is known, for users of the service: everybody can read it. Must not be blank.",
  examples: ["Jobs wait for up to a minute before they start. None is lost."],
});

const IncidentImpact = oneOf(
  impacts,
  "`maintenance`: planned. `minor`: some users notice. `major`: many do. `critical`: nothing works.",
);

const ConcernedAccount = Type.String({
  pattern: `^${CUSTOMERS_ACCOUNT}$`,
  description: "The only account that it concerns: it exists for nobody else. Default: everybody.",
  examples: ["org:0197a1f2-4a6b-7c1d-8e2f-3a4b5c6d7e8f"],
});

export const IncidentOpen = component(
  "IncidentOpen",
  Type.Object(
    { title: IncidentTitle, impact: IncidentImpact, message: IncidentText, account: Type.Optional(ConcernedAccount) },
    {
      additionalProperties: false,
      examples: [
        {
          title: "Jobs start late",
          impact: "minor",
          message: "Jobs wait for up to a minute before they start. None is lost.",
        },
      ],
    },
  ),
);

export const IncidentUpdate = component(
  "IncidentUpdate",
  Type.Object(
    { message: IncidentText, impact: Type.Optional(IncidentImpact) },
    {
      additionalProperties: false,
      examples: [{ message: "A database was moved. Jobs start at once again; we are monitoring it.", impact: "minor" }],
    },
  ),
);

export const IncidentResolve = component(
  "IncidentResolve",
  Type.Object(
    { message: IncidentText },
    { additionalProperties: false, examples: [{ message: "Jobs have started at once for an hour." }] },
  ),
);

export const IncidentChanged = component(
  "IncidentChanged",
  Type.Object(
    { incident_id: IncidentId, status: oneOf(["open", "resolved"], "The current state.") },
    { additionalProperties: false },
  ),
);

const Incident = component(
  "Incident",
  Type.Object(
    {
      incident_id: IncidentId,
      title: IncidentTitle,
      status: oneOf(["open", "resolved"], "Whether it is over."),
      account: Type.Union([ConcernedAccount, Type.Null()], {
        description: "The only account that it concerns; null: everybody.",
      }),
      impact: IncidentImpact,
      opened_at: Timestamp,
      resolved_at: Type.Union([Timestamp, Type.Null()], { description: "`null` while it lasts." }),
      messages: Type.Array(
        Type.Object(
          {
            status: oneOf(["opened", "updated", "resolved"], "What was reported."),
            message: IncidentText,
            impact: IncidentImpact,
            at: Timestamp,
          },
          { additionalProperties: false },
        ),
        { maxItems: INCIDENT_UPDATES_MAX + 2, description: "The updates, in order." },
      ),
    },
    { additionalProperties: false },
  ),
);

export const IncidentList = component("IncidentList", list(Incident));

const Percent = Type.Union([Type.Number({ minimum: 0, maximum: 100 }), Type.Null()]);

export const Uptime = component(
  "Uptime",
  Type.Object(
    {
      status: oneOf(
        ["operational", "maintenance", "minor", "major", "critical"],
        "The worst impact of an open incident; `operational` if there is none.",
      ),
      since: Type.Union([Timestamp, Type.Null()], { description: "The first recorded start." }),
      uptime_percent: Type.Union([Type.Number({ minimum: 0, maximum: 100 }), Type.Null()], {
        description: "Over all the days below; `null` before the first whole minute.",
        examples: [99.98],
      }),
      days: Type.Array(
        Type.Object(
          {
            date: Type.String({ format: "date", description: "UTC.", examples: ["2026-01-15"] }),
            uptime_percent: Percent,
            minutes_up: Type.Integer({ minimum: 0, maximum: 1_440 }),
            minutes_down: Type.Integer({ minimum: 0, maximum: 1_440 }),
            incidents: Type.Array(IncidentId, { description: "Incidents that were open on this day." }),
          },
          { additionalProperties: false },
        ),
        {
          maxItems: UPTIME_DAYS,
          description: `Since the first start, at most ${UPTIME_DAYS}, oldest first; today is the last.`,
        },
      ),
      outages: Type.Array(
        Type.Object(
          {
            from: Timestamp,
            to: Timestamp,
            minutes: Type.Integer({ minimum: 1 }),
            ongoing: Type.Boolean({ description: "Whether it is still going on." }),
          },
          { additionalProperties: false },
        ),
        { maxItems: 100, description: "Periods of whole minutes without a heartbeat, newest first; at most 100." },
      ),
      incidents: Type.Array(Incident, {
        maxItems: 100,
        description: "Incidents that were open on any of these days, newest first; at most 100.",
      }),
      ts: UnixSeconds,
    },
    { additionalProperties: false },
  ),
);
