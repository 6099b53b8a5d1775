/**
 * What can happen to a schedule, which submits a job again and again. Streams are named `schedule-<UUID>`.
 *
 * - An **instant** is a time that the schedule's cron expression names in its time zone. Instants, like all times
 *   here, are RFC 3339, UTC.
 * - Whatever leaves a schedule active names its next instant. It is worked out once, by whoever records the event, so
 *   that nobody who reads the log needs to know cron or the rules of a time zone.
 * - The newest event names the one that holds the newest definition (`defined_at`, a version of the stream; the first
 *   where it is absent): these two say all that is to be known of where a schedule stands.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { JobSubmitted } from "./job.ts";
import { Count } from "./number.ts";
import { Time } from "./time.ts";
import { Uuid } from "./uuid.ts";

/** The stream of a schedule. */
export const scheduleStream = streamName("schedule");

const NextRunAt = Time;
const Instant = Time;

/** The version of the stream's event that holds the newest definition; absent: 1. */
const DefinedAt = Type.Optional(Count(2));

const definition = {
  name: Type.String({ minLength: 1, maxLength: 128 }),
  /** Five fields, or six with the seconds first, or a nickname such as `@daily`. */
  cron: Type.String({ minLength: 1, maxLength: 128 }),
  /** An IANA name. */
  time_zone: Type.String({ minLength: 1, maxLength: 64 }),
  /** An instant that could not be fired for longer than this is not fired any more. */
  misfire_grace_seconds: Count(1),
  /** What each firing submits. */
  job: JobSubmitted,
};

export const ScheduleCreated = Type.Object({ ...definition, next_run_at: NextRunAt });
export type ScheduleCreated = Static<typeof ScheduleCreated>;

/** From now on it is this that is fired. An instant that was due already stays the next one. */
export const ScheduleUpdated = Type.Object({
  ...definition,
  /** `null` while it is paused. */
  next_run_at: Type.Union([NextRunAt, Type.Null()]),
  /** Everybody who has defined it so far, `meta.actor` among them: whose work the jobs are that it submits. */
  authors: Type.Array(Type.String({ minLength: 1 })),
});
export type ScheduleUpdated = Static<typeof ScheduleUpdated>;

/** Somebody let it run beside its instants; the job is submitted in the same commit. */
export const ScheduleTriggered = Type.Object({
  job_id: Uuid,
  /** As before; `null` while it is paused. */
  next_run_at: Type.Union([NextRunAt, Type.Null()]),
  defined_at: DefinedAt,
});
export type ScheduleTriggered = Static<typeof ScheduleTriggered>;

/** It fires no more until it is resumed; what falls in between is never fired. */
export const SchedulePaused = Type.Object({ defined_at: DefinedAt });
export type SchedulePaused = Static<typeof SchedulePaused>;

export const ScheduleResumed = Type.Object({ next_run_at: NextRunAt, defined_at: DefinedAt });
export type ScheduleResumed = Static<typeof ScheduleResumed>;

/** The end of it. Its history stays. */
export const ScheduleDeleted = Type.Object({ defined_at: DefinedAt });
export type ScheduleDeleted = Static<typeof ScheduleDeleted>;

/** An instant came and is answered by a job, submitted in the same commit. */
export const ScheduleFired = Type.Object({
  instant: Instant,
  /** Derived from the schedule's id and the instant, so that no instant can have two jobs. */
  job_id: Uuid,
  next_run_at: NextRunAt,
  defined_at: DefinedAt,
});
export type ScheduleFired = Static<typeof ScheduleFired>;

/** Every instant from `instant` on and before `next_run_at` went by without a job, and none will have one. */
export const ScheduleMisfired = Type.Object({
  instant: Instant,
  /** How many they are; 100 also stands for more. */
  count: Type.Integer({ minimum: 1, maximum: 100 }),
  reason: Type.Union([
    /** Nothing was there to fire them for longer than `misfire_grace_seconds`. */
    Type.Literal("grace_exceeded"),
    /** They had not been fired yet when the schedule was paused. */
    Type.Literal("paused"),
    /** They had not been fired yet when the schedule was deleted. */
    Type.Literal("deleted"),
  ]),
  next_run_at: NextRunAt,
  defined_at: DefinedAt,
});
export type ScheduleMisfired = Static<typeof ScheduleMisfired>;

/** Every event type of the category, with its newest schema. */
export const scheduleEvents = {
  "schedule.created": ScheduleCreated,
  "schedule.updated": ScheduleUpdated,
  "schedule.paused": SchedulePaused,
  "schedule.resumed": ScheduleResumed,
  "schedule.deleted": ScheduleDeleted,
  "schedule.fired": ScheduleFired,
  "schedule.misfired": ScheduleMisfired,
  "schedule.triggered": ScheduleTriggered,
} as const satisfies Record<string, TSchema>;
