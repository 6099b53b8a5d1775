/** The shapes of the feature's requests and responses. */
import { Type } from "@sinclair/typebox";
import { component } from "../../http/document/components.ts";
import { oneOf, Position, Timestamp } from "../../http/schema.ts";
import { kinds } from "./period.ts";

const Kind = oneOf(kinds, "`day`: from 00:00 UTC. `week`: from Monday 00:00 UTC.");
const CalendarDate = Type.String({ format: "date", examples: ["2026-01-15"] });
const count = (description: string) => Type.Integer({ minimum: 0, description });

export const SummaryQuery = Type.Object(
  {
    period: Type.Optional(Kind),
    date: Type.Optional(
      Type.Unsafe<string>({
        ...CalendarDate,
        description: "A day of the period, in UTC. By default, the last period that is over.",
      }),
    ),
    format: Type.Optional(
      oneOf(["json", "html"], "By default `html` for requests that accept text/html, else `json`."),
    ),
  },
  { additionalProperties: false },
);

export const OpsSummary = component(
  "OpsSummary",
  Type.Object(
    {
      period: Type.Object(
        { kind: Kind, date: CalendarDate, from: Timestamp, to: Timestamp },
        { additionalProperties: false, description: "`from` is the first moment, and `to` the first after it." },
      ),
      position: Type.Unsafe<number>({
        ...Position,
        minimum: 0,
        description:
          "The last event of the period, or before it: the figures are those as of this position of the log.",
      }),
      runs: Type.Object(
        {
          submitted: count("Jobs submitted in the period, excluding the service's own."),
          succeeded: count("Jobs that ended in the period and succeeded."),
          failed: count("Jobs that ended in the period and failed."),
          cancelled: count("Jobs that were cancelled in the period."),
        },
        { additionalProperties: false },
      ),
      failures: Type.Array(
        Type.Object({ error_code: Type.String(), jobs: Type.Integer({ minimum: 1 }) }, { additionalProperties: false }),
        { maxItems: 10, description: "The most frequent error codes of the jobs that failed." },
      ),
      cost: Type.Null({ description: "Not available: job costs are not recorded yet." }),
      queue: Type.Object(
        { unfinished: count("Jobs that were waiting or running when the period ended.") },
        { additionalProperties: false },
      ),
      uptime: Type.Object(
        {
          percent: Type.Union([Type.Number({ minimum: 0, maximum: 100 }), Type.Null()], {
            description: "As GET /ops/uptime defines it; null if the service was first started after the period.",
          }),
          minutes_up: count("Minutes in which a process recorded a start or a heartbeat."),
          minutes_down: count("Minutes since the first start without either."),
        },
        { additionalProperties: false },
      ),
      errors: Type.Object(
        {
          reports: count("Reports of errors that were recorded in the period."),
          new_groups: count("Errors that were reported in the period for the first time."),
        },
        { additionalProperties: false },
      ),
      support: Type.Object(
        {
          threads_opened: count("Support threads opened in the period."),
          messages: count("Messages in support threads, of senders and operators."),
        },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
);
