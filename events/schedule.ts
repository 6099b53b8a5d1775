/**
 * What can happen to a schedule, which submits a job repeatedly. Streams are named `schedule-<UUID>`.
 *
 * - An **instant** is a time that the schedule's cron expression matches in its time zone. Instants, like all times
 *   here, are RFC 3339, UTC.
 * - Every event that leaves a schedule active contains its next instant. It is computed once, by whoever records the
 *   event, so that no reader of the log needs to know cron or time zone rules.
 * - The newest event refers to the one with the newest definition (`defined_at`, a version of the stream; the first if
 *   absent): these two are the schedule's whole state.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { JobSubmitted } from "./job.ts";
import { Count } from "./number.ts";
import { Time } from "./time.ts";
import { Uuid } from "./uuid.ts";

export const scheduleStream = streamName("schedule");

const NextRunAt = Time;
const Instant = Time;

/** The version of the stream's event with the newest definition; absent: 1. */
const DefinedAt = Type.Optional(Count(2));

const definition = {
  name: Type.String({ minLength: 1, maxLength: 128 }),
  /** Five fields, or six with the seconds first, or a nickname such as `@daily`. */
  cron: Type.String({ minLength: 1, maxLength: 128 }),
  /** An IANA name. */
  time_zone: Type.String({ minLength: 1, maxLength: 64 }),
  /** An instant that could not be fired for longer than this is not fired any more. */
  misfire_grace_seconds: Count(1),
  /** What each run submits. */
  job: JobSubmitted,
};

export const ScheduleCreated = Type.Object({ ...definition, next_run_at: NextRunAt });
export type ScheduleCreated = Static<typeof ScheduleCreated>;

/** The definition that is fired from now on. An instant that was already due remains the next one. */
export const ScheduleUpdated = Type.Object({
  ...definition,
  /** `null` while it is paused. */
  next_run_at: Type.Union([NextRunAt, Type.Null()]),
  /** Everybody who has defined it so far, including `meta.actor`: on whose behalf its jobs are submitted. */
  authors: Type.Array(Type.String({ minLength: 1 })),
});
export type ScheduleUpdated = Static<typeof ScheduleUpdated>;

/** Somebody ran it outside its instants; the job is submitted in the same commit. */
export const ScheduleTriggered = Type.Object({
  job_id: Uuid,
  /** Unchanged; `null` while it is paused. */
  next_run_at: Type.Union([NextRunAt, Type.Null()]),
  defined_at: DefinedAt,
});
export type ScheduleTriggered = Static<typeof ScheduleTriggered>;

/** It does not fire until it is resumed; instants in between are never fired. */
export const SchedulePaused = Type.Object({ defined_at: DefinedAt });
export type SchedulePaused = Static<typeof SchedulePaused>;

export const ScheduleResumed = Type.Object({ next_run_at: NextRunAt, defined_at: DefinedAt });
export type ScheduleResumed = Static<typeof ScheduleResumed>;

/** The end of it. Its history stays. */
export const ScheduleDeleted = Type.Object({ defined_at: DefinedAt });
export type ScheduleDeleted = Static<typeof ScheduleDeleted>;

/** An instant came; its job was submitted in the same commit. */
export const ScheduleFired = Type.Object({
  instant: Instant,
  /** Derived from the schedule's id and the instant, so that no instant can have two jobs. */
  job_id: Uuid,
  next_run_at: NextRunAt,
  defined_at: DefinedAt,
});
export type ScheduleFired = Static<typeof ScheduleFired>;

/** No instant from `instant` up to before `next_run_at` got a job, and none will get one. */
export const ScheduleMisfired = Type.Object({
  instant: Instant,
  /** How many there are; 100 can also mean more. */
  count: Type.Integer({ minimum: 1, maximum: 100 }),
  reason: Type.Union([
    /** Nothing could fire them for longer than `misfire_grace_seconds`. */
    Type.Literal("grace_exceeded"),
    /** They had not fired yet when the schedule was paused. */
    Type.Literal("paused"),
    /** They had not fired yet when the schedule was deleted. */
    Type.Literal("deleted"),
  ]),
  next_run_at: NextRunAt,
  defined_at: DefinedAt,
});
export type ScheduleMisfired = Static<typeof ScheduleMisfired>;

/** Every event type of the category; a stream begins with the first. */
export const scheduleEvents = {
  "schedule.created": eventType(
    ScheduleCreated,
    "a schedule was created, with the job that it submits and its first run time",
  ),
  "schedule.updated": eventType(ScheduleUpdated, "somebody changed what the schedule submits, or when"),
  "schedule.paused": eventType(SchedulePaused, "the schedule does not fire until it is resumed"),
  "schedule.resumed": eventType(ScheduleResumed, "the schedule fires again, from the given run time"),
  "schedule.deleted": eventType(ScheduleDeleted, "the schedule was deleted"),
  "schedule.fired": eventType(ScheduleFired, "a scheduled time came; the named job was submitted in the same commit"),
  "schedule.misfired": eventType(
    ScheduleMisfired,
    "runs from the given time until the schedule's next run were missed and will not fire",
  ),
  "schedule.triggered": eventType(
    ScheduleTriggered,
    "somebody ran the schedule outside its scheduled times; the named job was submitted in the same commit",
  ),
} as const satisfies Record<string, EventSchema>;
