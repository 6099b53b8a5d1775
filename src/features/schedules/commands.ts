/** Reads schedules from the log, and runs commands on them. */
import { writtenBy } from "../../../events/account.ts";
import { type EventMeta, entityId, eventId, type StoredEvent } from "../../../events/envelope.ts";
import { jobStream } from "../../../events/job.ts";
import { decode } from "../../../events/mod.ts";
import { scheduleStream } from "../../../events/schedule.ts";
import { toTime } from "../../../events/time.ts";
import { firstDecision } from "../../domain/decider.ts";
import { jobDecider } from "../../domain/job/job.ts";
import type { JobState } from "../../domain/job/job_state.ts";
import { type Reach, type Runs, reaches, type Within } from "../../domain/reach.ts";
import {
  isBeyondGrace,
  type ScheduleCommand,
  type ScheduleDefinition,
  type ScheduleRejection,
  type ScheduleState,
  scheduleDecider,
  scheduleState,
} from "../../domain/schedule.ts";
import { derivedUuid } from "../../log/derived_id.ts";
import {
  createOnce,
  type DecidedStream,
  type EventLog,
  type Handled,
  handle,
  isTransient,
  type Once,
} from "../../log/mod.ts";
import { type Calendar, firstInstant, openCalendar } from "./calendar.ts";

/** Missed instants are counted up to this many: finding 100 of them takes about 2 ms. */
const MAX_COUNT = 100;

/** A schedule as it is in the log at some moment. */
export interface StoredSchedule {
  readonly state: ScheduleState;
  readonly last: StoredEvent;
}

/**
 * Schedules as they are in the log now, by id; those that were never created are absent. So are unreadable ones, if
 * `on_fault` is given: it is called instead.
 */
export async function readSchedules(
  log: EventLog,
  scheduleIds: readonly string[],
  on_fault?: (schedule_id: string, fault: unknown) => void,
): Promise<ReadonlyMap<string, StoredSchedule>> {
  const found = new Map<string, StoredSchedule>();
  const ends = await readEnds(log, scheduleIds.map(scheduleStream));
  const read = async (stream_id: string, reading: Promise<readonly StoredEvent[]>) => {
    const schedule_id = entityId(stream_id);
    try {
      const events = await reading;
      const last = events.at(-1);
      if (last) found.set(schedule_id, { state: scheduleState(events.map(decode)), last });
    } catch (fault) {
      if (!on_fault || isTransient(fault)) throw fault;
      on_fault(schedule_id, fault);
    }
  };
  await Promise.all([...ends].map(([stream_id, reading]) => read(stream_id, reading)));
  return found;
}

/** The events that make up a schedule's state, the newest last; empty if it was never created. */
async function eventsOf(log: EventLog, scheduleId: string): Promise<readonly StoredEvent[]> {
  const stream_id = scheduleStream(scheduleId);
  return (await (await readEnds(log, [stream_id])).get(stream_id)) ?? [];
}

/** A schedule to decide on: only the events that determine its state are read. */
export function decidedSchedule(log: EventLog, scheduleId: string): DecidedStream<ScheduleState> {
  const stream_id = scheduleStream(scheduleId);
  return { stream_id, decider: scheduleDecider, read: () => eventsOf(log, scheduleId) };
}

/** The job that a run submits. It is expected not to exist, so it is not read first. */
export function decidedJob(log: EventLog, jobId: string): DecidedStream<JobState> {
  const stream_id = jobStream(jobId);
  const expected = { state: jobDecider.initial, version: 0 };
  return { stream_id, decider: jobDecider, expected, read: () => log.readStream(stream_id, { limit: 1 }) };
}

/** A job that was submitted outside its scheduled runs; `replayed`: by an earlier request with the same key. */
export type SubmittedRun = { readonly ok: true; readonly replayed: boolean; readonly position: number };

/**
 * The job that an earlier request with the same key submitted, if there is one. The log's `createOnce` would compare what
 * was asked for; but a run has no body, and whatever has this id was submitted by the same request.
 */
export async function earlierRun(log: Pick<EventLog, "readFirst">, job_id: string): Promise<SubmittedRun | undefined> {
  const stream_id = jobStream(job_id);
  const first = (await log.readFirst([stream_id])).get(stream_id);
  return first && { ok: true, replayed: true, position: first.position };
}

/** The definition and the newest event of schedules, which are their whole state: a history grows for ever. */
async function readEnds(
  log: EventLog,
  streamIds: readonly string[],
): Promise<ReadonlyMap<string, Promise<readonly StoredEvent[]>>> {
  const [firsts, { events: lasts }] = await Promise.all([log.readFirst(streamIds), log.readLast(streamIds)]);
  const read = async (first: StoredEvent, last: StoredEvent) => {
    const definition = await definitionOf(log, first, last);
    return last.version > definition.version ? [definition, last] : [definition];
  };
  return new Map([...firsts].map(([id, first]) => [id, read(first, lasts.get(id) ?? first)]));
}

/** The event with the newest definition: few schedules are ever updated. */
async function definitionOf(log: EventLog, first: StoredEvent, last: StoredEvent): Promise<StoredEvent> {
  if (last.type === "schedule.updated") return last;
  const { defined_at = 1 } = last.version > 1 ? (decode(last).data as { defined_at?: number }) : {};
  if (defined_at === 1) return first;
  const [updated] = await log.readStream(first.stream_id, { after_version: defined_at - 1, limit: 1 });
  if (!updated) throw new Error(`Cannot read ${first.stream_id}: it has no version ${defined_at}`);
  return updated;
}

/** A schedule as it is in the log now; `undefined` if there is none, or it is beyond the reach. */
export async function readSchedule(
  log: EventLog,
  { schedule_id, reach }: { schedule_id: string; reach: Reach },
): Promise<(StoredSchedule & { readonly state: Reachable }) | undefined> {
  const found = (await readSchedules(log, [schedule_id])).get(schedule_id);
  return found && isReachable(reach, found.state) ? { ...found, state: found.state } : undefined;
}

/** A schedule whose job somebody may run. */
export type Reachable = ScheduleState & { readonly definition: ScheduleDefinition & { readonly job: Within<Runs> } };

function isReachable(reach: Reach, state: ScheduleState): state is Reachable {
  return state.definition !== null && reaches(reach, { ...state.definition.job, account: state.account });
}

/** Decides as if the schedules beyond a reach did not exist: they may change at any moment. */
export function decideWithin(
  reach: Reach,
  command: ScheduleCommand,
  state: ScheduleState,
): ReturnType<typeof scheduleDecider.decide> {
  const isKnown = state.definition === null || isReachable(reach, state);
  return scheduleDecider.decide(command, isKnown ? state : scheduleDecider.initial);
}

export interface ScheduleCommandOptions {
  readonly schedule_id: string;
  /** Who runs the command. */
  readonly reach: Reach;
  readonly command: (state: ScheduleState) => ScheduleCommand;
  readonly meta: EventMeta;
}

/** Decides a command on a schedule's current state and records the decision. Throws what `log.append` throws. */
export function commandSchedule(
  log: EventLog,
  { schedule_id, reach, command, meta }: ScheduleCommandOptions,
): Promise<Handled<ScheduleState, ScheduleRejection>> {
  const decide = (wanted: ScheduleCommand, state: ScheduleState) => decideWithin(reach, wanted, state);
  const decider = { ...scheduleDecider, decide };
  return handle(log, { ...decidedSchedule(log, schedule_id), decider, command, meta });
}

/** Creates a schedule, once for each Idempotency-Key, from which its id is derived. Throws what `log.append` throws. */
export function createSchedule(
  log: EventLog,
  {
    schedule_id,
    command,
    meta,
  }: { schedule_id: string; command: ScheduleCommand & { type: "create" }; meta: EventMeta },
): Promise<Once> {
  return createOnce(log, {
    stream_id: scheduleStream(schedule_id),
    events: firstDecision(scheduleDecider, command),
    meta,
    // It depends on when the request is made.
    apart_from: ["next_run_at"],
  });
}

/** The intended schedule, whose job its author may run. */
export type RunnableDefinition = ScheduleDefinition & { readonly job: Within<ScheduleDefinition["job"]> };

/** Creates a schedule; its first instant is the first one after `now`. Throws `CalendarError`. */
export function createCommand(definition: RunnableDefinition, now: number): ScheduleCommand & { type: "create" } {
  return { type: "create", definition: spelled(definition), next_run_at: firstInstant(definition, now) };
}

/** Gives a schedule another definition, which determines its instants after `now`. Throws `CalendarError`. */
export function updateCommand(
  definition: RunnableDefinition,
  { by, now, expected_version }: { by: string; now: number; expected_version: number | "any" },
): ScheduleCommand & { type: "update" } {
  return {
    type: "update",
    definition: spelled(definition),
    by,
    next_run_at: firstInstant(definition, now),
    now,
    expected_version,
  };
}

/** With its expression and its time zone in canonical form, so that equal ones compare as equal. */
function spelled(definition: ScheduleDefinition): ScheduleDefinition {
  const { cron, time_zone } = openCalendar(definition);
  return { ...definition, cron, time_zone };
}

/** Resumes a paused schedule, with the first instant after `now`. Throws `CalendarError`. */
export function resumeCommand(state: ScheduleState, now: number): ScheduleCommand {
  return { type: "resume", next_run_at: state.definition ? firstInstant(state.definition, now) : now };
}

/** Pauses or deletes a schedule; what was due by `now` and has not fired never will. Throws `CalendarError`. */
export function endCommand(type: "pause" | "delete", state: ScheduleState, now: number): ScheduleCommand {
  return { type, now, ...missed(state, now + 1) };
}

/** What to do with an active schedule's next instant, which is due. */
export function dueCommand(scheduleId: string, state: ScheduleState, now: number): ScheduleCommand {
  const { definition, next_run_at: instant } = state;
  if (!definition || instant === null) throw new Error(`Cannot fire schedule ${scheduleId}: it is ${state.status}`);
  if (isBeyondGrace(instant, now, definition)) {
    return { type: "misfire", now, ...missed(state, now - definition.misfire_grace_seconds * 1000) };
  }
  const job_id = derivedUuid(["schedule", scheduleId, toTime(instant)]);
  return { type: "fire", now, job_id, next_run_at: firstInstant(definition, instant) };
}

/**
 * The next instants of an active schedule, starting with the one that it fires next: fewer than requested if there are
 * no more before the year 10000, none while it is paused. Throws `CalendarError`.
 */
export function nextInstants({ definition, next_run_at }: ScheduleState, count: number): number[] {
  if (!definition || next_run_at === null) return [];
  const calendar = openCalendar(definition);
  const instants: number[] = [];
  for (let next: number | undefined = next_run_at; next !== undefined && instants.length < count; ) {
    instants.push(next);
    next = calendar.next(next);
  }
  return instants;
}

/** The meta of a schedule's events. */
export function scheduleMeta(
  scheduleId: string,
  from: Pick<EventMeta, "actor" | "account" | "request_id" | "traceparent">,
): EventMeta {
  return { ...from, correlation_id: scheduleId };
}

/** The meta of the submission caused by a `schedule.fired`: on behalf of the author of the definition. */
export function firedJobMeta(fired: {
  schedule_id: string;
  job_id: string;
  version: number;
  state: Pick<ScheduleState, "account" | "author" | "authors">;
}): EventMeta {
  const { schedule_id, job_id, version, state } = fired;
  const causation_id = eventId({ stream_id: scheduleStream(schedule_id), version });
  return {
    actor: "system:scheduler",
    ...writtenBy(state),
    on_behalf_of: [...state.authors],
    correlation_id: job_id,
    causation_id,
  };
}

/** The instants of a schedule before a time, from its next one on, and the first that is not. */
function missed({ definition, next_run_at }: ScheduleState, before: number): { count: number; next_run_at: number } {
  if (!definition || next_run_at === null || next_run_at >= before) return { count: 0, next_run_at: before };
  const calendar = openCalendar(definition);
  return { count: countBefore(calendar, next_run_at, before), next_run_at: firstInstant(definition, before - 1) };
}

function countBefore(calendar: Calendar, first: number, before: number): number {
  let count = 0;
  for (
    let at: number | undefined = first;
    at !== undefined && at < before && count < MAX_COUNT;
    at = calendar.next(at)
  ) {
    count++;
  }
  return count;
}
