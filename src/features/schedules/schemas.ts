/** The shapes of the feature's requests and responses. */
import { type Static, Type } from "@sinclair/typebox";
import { HORIZON_YEARS } from "../../domain/schedule.ts";
import { component } from "../../http/document/components.ts";
import { MISFIRE_GRACE_DEFAULT_S, MISFIRE_GRACE_MAX_S, NEXT_RUNS_DEFAULT, NEXT_RUNS_MAX } from "../../http/limits.ts";
import {
  createdId,
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

export const ScheduleId = createdId(EXAMPLE_SCHEDULE_ID);

const ScheduleStatus = oneOf(["active", "paused"], "Whether it fires.");

const NextRunAt = Type.Union([Timestamp, Type.Null()], {
  description: "The next run; null while it is paused. In the past if it is about to fire.",
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
    description: `Minute, hour, day of the month, month, day of the week; or six fields with the second first; or a nickname such as \`@daily\`. Lists, ranges, steps, names (\`MON-FRI\`, \`JAN\`), \`L\`, \`W\` and \`#\` are supported. If both days are restricted, either one must match, or both if the day of the week begins with \`+\`. White space is stored as one space between fields. Rejected if there is no matching time within ${HORIZON_YEARS} years.`,
    examples: ["0 9 * * MON-FRI"],
  }),
  time_zone: Type.String({
    minLength: 1,
    maxLength: 64,
    default: "UTC",
    description:
      "An IANA name, in any case. When its clock changes, explicit times (numbers, lists, ranges) run once: at the end of the gap if they fall into one, and the first time if they occur twice. Intervals (`*`, steps) follow the clock.",
    examples: ["Europe/Berlin"],
  }),
  misfire_grace_seconds: Type.Integer({
    minimum: 1,
    maximum: MISFIRE_GRACE_MAX_S,
    default: MISFIRE_GRACE_DEFAULT_S,
    description:
      "How late a run may be if nothing could fire it in time: runs that are late by up to this much are fired at once, in order; older ones are recorded as misfired. If it is shorter than the expression's interval, at most the latest run is made up.",
  }),
};

/** The schedule determines the time, and no one person is the subject of all its jobs. */
const ScheduledJob = Type.Omit(IntakeRequest, ["run_at", "subject"], {
  additionalProperties: false,
  description: "The job that each run submits: a submission without run_at and subject.",
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
      description: "A recurring job: each run submits it as if it were sent to the intake.",
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
  last_run_at: Type.Union([Timestamp, Type.Null()], { description: "The latest run that was fired." }),
  last_job_id: Type.Union([JobId, Type.Null()], { description: "The job of the latest run." }),
  runs: Type.Integer({ minimum: 0, description: "Runs fired so far." }),
  misfires: Type.Integer({
    minimum: 0,
    description: "Runs that were due and not fired; of a longer outage, only the first 100 count.",
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
          "The next runs; fewer than requested if the year 9999 ends before, none while the schedule is paused.",
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
      version: Type.Integer({ minimum: 1, description: "The event's place in the schedule's own history: 1, 2, 3 …" }),
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
        description: "How many runs to list.",
      }),
    ),
  },
  { additionalProperties: false },
);
