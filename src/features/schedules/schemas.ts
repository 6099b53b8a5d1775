/** The shapes of the feature's requests and answers. */
import { type Static, Type } from "@sinclair/typebox";
import { HORIZON_YEARS } from "../../domain/schedule.ts";
import { component } from "../../http/document/components.ts";
import { MISFIRE_GRACE_DEFAULT_S, MISFIRE_GRACE_MAX_S, NEXT_RUNS_DEFAULT, NEXT_RUNS_MAX } from "../../http/limits.ts";
import {
  IntakeRequest,
  JobEvent,
  JobId,
  list,
  oneOf,
  PageQuery,
  PRINTABLE,
  Timestamp,
  Workflow,
} from "../../http/schema.ts";

const EXAMPLE_SCHEDULE_ID = "0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21";

export const ScheduleId = Type.String({
  format: "uuid",
  description: "A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.",
  examples: [EXAMPLE_SCHEDULE_ID],
});

const ScheduleStatus = oneOf(["active", "paused"], "Whether it fires.");

const NextRunAt = Type.Union([Timestamp, Type.Null()], {
  description: "The next instant; null while it is paused. In the past where it is about to be fired.",
});

const scheduleDefinition = {
  name: Type.String({
    minLength: 1,
    maxLength: 128,
    pattern: PRINTABLE,
    description: "For people; need not be unique.",
    examples: ["Morning report"],
  }),
  cron: Type.String({
    minLength: 1,
    maxLength: 128,
    description: `Minute, hour, day of the month, month, day of the week; or six fields with the second first; or a nickname such as \`@daily\`. Lists, ranges, steps, names (\`MON-FRI\`, \`JAN\`), \`L\`, \`W\` and \`#\` are understood. Where both days are restricted, either is enough, or both must fit where the day of the week begins with \`+\`. It is kept with one space between fields. Refused where no time comes within ${HORIZON_YEARS} years.`,
    examples: ["0 9 * * MON-FRI"],
  }),
  time_zone: Type.String({
    minLength: 1,
    maxLength: 64,
    default: "UTC",
    description:
      "An IANA name, in whatever case. Where its clock changes, times that are named (numbers, lists, ranges) happen once: at the moment after a gap that they fall into, and at the first of two. Intervals (`*`, steps) go with the clock.",
    examples: ["Europe/Berlin"],
  }),
  misfire_grace_seconds: Type.Integer({
    minimum: 1,
    maximum: MISFIRE_GRACE_MAX_S,
    default: MISFIRE_GRACE_DEFAULT_S,
    description:
      "How late an instant may be fired, when nothing was there to fire it in time: each one up to so late is fired at once, in order; older ones are recorded as misfired. Below the interval of the expression, at most the latest is made up for.",
  }),
};

/** The moment is the schedule's to say. */
const ScheduledJob = Type.Omit(IntakeRequest, ["run_at"], {
  additionalProperties: false,
  description: "What each instant submits: as an intake takes it, but for run_at.",
});

export const ScheduleRequest = component(
  "ScheduleRequest",
  Type.Object(
    {
      name: scheduleDefinition.name,
      cron: scheduleDefinition.cron,
      time_zone: Type.Optional(scheduleDefinition.time_zone),
      misfire_grace_seconds: Type.Optional(scheduleDefinition.misfire_grace_seconds),
      job: ScheduledJob,
    },
    {
      additionalProperties: false,
      description: "A job to submit again and again: at every instant, exactly what an intake takes.",
      examples: [
        {
          name: "Morning report",
          cron: "0 9 * * MON-FRI",
          time_zone: "Europe/Berlin",
          job: { workflow: "http", payload: { method: "GET", url: "https://example.com/" } },
        },
      ],
    },
  ),
);
export type ScheduleRequest = Static<typeof ScheduleRequest>;

export const ScheduleState = component(
  "ScheduleState",
  Type.Object(
    { schedule_id: ScheduleId, status: ScheduleStatus, next_run_at: NextRunAt },
    { additionalProperties: false },
  ),
);

export const ScheduleRan = component(
  "ScheduleRan",
  Type.Object(
    { job_id: JobId, status: Type.Literal("queued"), schedule_id: ScheduleId },
    { additionalProperties: false },
  ),
);

export const ScheduleDeleted = component(
  "ScheduleDeleted",
  Type.Object({ schedule_id: ScheduleId, status: Type.Literal("deleted") }, { additionalProperties: false }),
);

const scheduleSummary = {
  schedule_id: ScheduleId,
  ...scheduleDefinition,
  status: ScheduleStatus,
  workflow: Workflow,
  next_run_at: NextRunAt,
  last_run_at: Type.Union([Timestamp, Type.Null()], { description: "The latest instant that was fired." }),
  last_job_id: Type.Union([JobId, Type.Null()], { description: "The job of the latest instant." }),
  runs: Type.Integer({ minimum: 0, description: "Instants fired so far." }),
  misfires: Type.Integer({
    minimum: 0,
    description: "Instants that were due and not fired; of a longer time without any firing, the first 100 count.",
  }),
  created_at: Timestamp,
  updated_at: Timestamp,
};

const ScheduleSummary = component("ScheduleSummary", Type.Object(scheduleSummary, { additionalProperties: false }));

export const ScheduleList = component("ScheduleList", list(ScheduleSummary));

export const Schedule = component(
  "Schedule",
  Type.Object({ ...scheduleSummary, job: ScheduledJob }, { additionalProperties: false }),
);

export const ScheduleRuns = component(
  "ScheduleRuns",
  Type.Object(
    {
      data: Type.Array(Timestamp, {
        description:
          "The next instants; fewer than asked for where the year 9999 ends before, none while the schedule is paused.",
      }),
    },
    { additionalProperties: false },
  ),
);

const ScheduleEvent = component(
  "ScheduleEvent",
  Type.Object(
    {
      ...JobEvent.properties,
      version: Type.Integer({ minimum: 1, description: "The place in the schedule's own history: 1, 2, 3 …" }),
      type: Type.String({ examples: ["schedule.fired"] }),
    },
    { additionalProperties: false },
  ),
);

export const ScheduleEventList = component("ScheduleEventList", list(ScheduleEvent));

export const ScheduleListQuery = Type.Object(
  { ...PageQuery.properties, status: Type.Optional(ScheduleStatus) },
  { additionalProperties: false },
);

export const NextRunsQuery = Type.Object(
  {
    count: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: NEXT_RUNS_MAX,
        default: NEXT_RUNS_DEFAULT,
        description: "How many instants to name.",
      }),
    ),
  },
  { additionalProperties: false },
);
