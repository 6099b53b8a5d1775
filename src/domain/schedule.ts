/**
 * The life of a schedule: which commands it accepts in which status, and what they record.
 *
 * ```text
 *   (none) ──create──▶ active ──pause──▶ paused
 *                      │ ▲ ▲               │
 *             fire,    ╰─╯ ╰────resume─────╯
 *             misfire
 *
 *   active | paused ──delete──▶ deleted: final
 *   active | paused ──update, trigger──▶ as it was
 * ```
 *
 * - An **instant** is due from its time on, by the database's clock. `fire` handles the next instant
 *   only, so each is handled once and in order.
 * - The **grace** decides about an instant that is late: up to `misfire_grace_seconds` it is fired, each of several;
 *   beyond, it is recorded as misfired. An instant of an active schedule has no other outcome.
 * - Instants during a pause do not fire: `resume` starts with the first instant that is still to come.
 *
 * - `update` gives it another definition. An instant that is due already still fires, by the new definition. `trigger`
 *   submits the job beside all instants.
 *
 * Cron expressions are not evaluated here: commands carry the instants.
 */

import { accountOf, authorOf } from "../../events/account.ts";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { ScheduleCreated, ScheduleMisfired } from "../../events/schedule.ts";
import { toTime, toTimeOrNull } from "../../events/time.ts";
import { isSameJson } from "../json/mod.ts";
import type { Decider, Rejection } from "./decider.ts";

/** No matching day is further away than the 40 years between two 29 February on the same weekday. */
export const HORIZON_YEARS = 100;

/** What the scheduler keeps in memory, for as long as it leads. */
export const SCHEDULER_LEASE = "scheduler";

export type ScheduleStatus = "active" | "paused" | "deleted";

/** The definition from the creation, or the latest update. */
export type ScheduleDefinition = Omit<ScheduleCreated, "next_run_at">;

export interface ScheduleState {
  /** `none`: nothing was created under this id. */
  readonly status: "none" | ScheduleStatus;
  /** `null` before the creation. */
  readonly definition: ScheduleDefinition | null;
  /** The account that it belongs to; empty before the creation. */
  readonly account: string;
  /** The author of the definition (`authorOf`). */
  readonly author: string;
  /** Everybody who has defined it so far. */
  readonly authors: readonly string[];
  /** The version of the event with the definition; 0 before the creation. */
  readonly defined_at: number;
  /** The next instant to fire, in milliseconds since 1970; `null` unless active. */
  readonly next_run_at: number | null;
}

/** Times are milliseconds since 1970, `now` by the database's clock. */
export type ScheduleCommand =
  | { readonly type: "create"; readonly definition: ScheduleDefinition; readonly next_run_at: number }
  | {
      readonly type: "update";
      readonly definition: ScheduleDefinition;
      /** Who defines it. */
      readonly by: string;
      /** The first of its instants in the future. */
      readonly next_run_at: number;
      readonly now: number;
      /** A version of the stream: no other definition may have come after it. */
      readonly expected_version: number | "any";
    }
  | { readonly type: "trigger"; readonly job_id: string }
  | AnswerCommand
  | ({ readonly type: "pause" | "delete" } & Missed)
  | { readonly type: "resume"; readonly next_run_at: number };

/** What to do with the next instant of an active schedule, which is due. */
type AnswerCommand =
  | { readonly type: "fire"; readonly now: number; readonly job_id: string; readonly next_run_at: number }
  | ({ readonly type: "misfire" } & Missed);

/** What had not fired by `now`: `count` instants from the next one on, and before `next_run_at`. */
interface Missed {
  readonly now: number;
  /** At least 1 if the next instant is due. */
  readonly count: number;
  /** The first remaining instant. */
  readonly next_run_at: number;
}

/** Why a command was refused. */
export type ScheduleRejectionCode =
  | "schedule_exists"
  | "schedule_not_found"
  | "schedule_not_active"
  | "version_mismatch"
  | "instant_not_due"
  | "grace_exceeded"
  | "grace_not_exceeded"
  | "instant_not_later";

export interface ScheduleRejection extends Rejection {
  readonly code: ScheduleRejectionCode;
}

const initial: ScheduleState = {
  status: "none",
  definition: null,
  account: "",
  author: "",
  authors: [],
  defined_at: 0,
  next_run_at: null,
};

export const scheduleDecider: Decider<ScheduleState, ScheduleCommand, ScheduleRejection> = {
  initial,
  evolve,
  decide,
};

/** The state that a schedule's events lead to: all of them in order, or only the definition's and the newest. */
export function scheduleState(events: Iterable<KnownEvent>): ScheduleState {
  let state = initial;
  for (const event of events) state = evolve(state, event);
  return state;
}

/** Whether an instant is too late to be fired. */
export function isBeyondGrace(instant: number, now: number, { misfire_grace_seconds }: ScheduleDefinition): boolean {
  return now - instant > misfire_grace_seconds * 1000;
}

function evolve(state: ScheduleState, event: KnownEvent): ScheduleState {
  switch (event.type) {
    case "schedule.created": {
      const { next_run_at, ...definition } = event.data;
      const authors = event.meta ? [event.meta.actor] : [];
      return { ...defined(event, definition), authors, status: "active", next_run_at: Date.parse(next_run_at) };
    }
    case "schedule.updated": {
      const { next_run_at, authors, ...definition } = event.data;
      return { ...defined(event, definition), ...standing(next_run_at), authors };
    }
    case "schedule.triggered":
      return { ...state, ...standing(event.data.next_run_at) };
    case "schedule.resumed":
    case "schedule.fired":
    case "schedule.misfired":
      return { ...state, status: "active", next_run_at: Date.parse(event.data.next_run_at) };
    case "schedule.paused":
      return { ...state, status: "paused", next_run_at: null };
    case "schedule.deleted":
      return { ...state, status: "deleted", next_run_at: null };
    default:
      return state;
  }
}

function defined({ version, meta }: KnownEvent, definition: ScheduleDefinition) {
  const whose = meta ? { account: accountOf(meta), author: authorOf(meta) } : { account: "", author: "" };
  return { definition, ...whose, defined_at: version };
}

/** Only a schedule that is paused has no next instant. */
function standing(next_run_at: string | null): Pick<ScheduleState, "status" | "next_run_at"> {
  if (next_run_at === null) return { status: "paused", next_run_at };
  return { status: "active", next_run_at: Date.parse(next_run_at) };
}

function decide(command: ScheduleCommand, state: ScheduleState): readonly KnownNewEvent[] | ScheduleRejection {
  const { definition } = state;
  if (command.type === "create") {
    if (definition) return refuse("schedule_exists", "Cannot create the schedule: its id is in use.");
    const data = { ...command.definition, next_run_at: toTime(command.next_run_at) };
    return [{ type: "schedule.created", data }];
  }
  if (!definition || state.status === "deleted") {
    return refuse("schedule_not_found", `Cannot ${command.type} the schedule: it does not exist.`);
  }
  switch (command.type) {
    case "fire":
    case "misfire":
      if (state.next_run_at === null) {
        return refuse("schedule_not_active", `Cannot ${command.type} the schedule: it is ${state.status}.`);
      }
      return answer(command, { ...state, instant: state.next_run_at, definition });
    case "update":
      return update(command, { ...state, definition });
    case "trigger": {
      const { job_id } = command;
      const next_run_at = toTimeOrNull(state.next_run_at);
      return [{ type: "schedule.triggered", data: { job_id, next_run_at, ...definedAt(state) } }];
    }
    case "pause":
      if (state.status === "paused") return [];
      return [...misfired("paused", command, state), { type: "schedule.paused", data: definedAt(state) }];
    case "delete":
      return [...misfired("deleted", command, state), { type: "schedule.deleted", data: definedAt(state) }];
    case "resume":
      if (state.status === "active") return [];
      return [{ type: "schedule.resumed", data: { next_run_at: toTime(command.next_run_at), ...definedAt(state) } }];
  }
}

function update(
  { definition, by, next_run_at, now, expected_version }: ScheduleCommand & { type: "update" },
  state: ScheduleState & { readonly definition: ScheduleDefinition },
): readonly KnownNewEvent[] | ScheduleRejection {
  if (expected_version !== "any" && expected_version < state.defined_at) {
    const message = `Cannot update the schedule from version ${expected_version}: it was changed in version ${state.defined_at}.`;
    return refuse("version_mismatch", message);
  }
  if (isSameJson(definition, state.definition)) return [];
  const due = state.next_run_at !== null && state.next_run_at <= now ? state.next_run_at : next_run_at;
  const authors = [...new Set([...state.authors, by])];
  const data = { ...definition, next_run_at: state.status === "paused" ? null : toTime(due), authors };
  return [{ type: "schedule.updated", data }];
}

function definedAt({ defined_at }: Pick<ScheduleState, "defined_at">): { defined_at?: number } {
  return defined_at > 1 ? { defined_at } : {};
}

function answer(
  command: AnswerCommand,
  { instant, definition, defined_at }: { instant: number; definition: ScheduleDefinition; defined_at: number },
): readonly KnownNewEvent[] | ScheduleRejection {
  const { now, next_run_at } = command;
  const what = `Cannot ${command.type} ${toTime(instant)}`;
  if (instant > now) return refuse("instant_not_due", `${what}: it is ${toTime(now)}.`);
  if (next_run_at <= instant) {
    return refuse("instant_not_later", `${what}: ${toTime(next_run_at)} does not come after it.`);
  }
  const late = isBeyondGrace(instant, now, definition);
  const grace = `${definition.misfire_grace_seconds} s`;
  if (command.type === "misfire") {
    if (late) return misfired("grace_exceeded", command, { next_run_at: instant, defined_at });
    return refuse("grace_not_exceeded", `${what}: it is not late by more than ${grace}.`);
  }
  if (late) return refuse("grace_exceeded", `${what}: it is late by more than ${grace}.`);
  const { job_id } = command;
  const data = { instant: toTime(instant), job_id, next_run_at: toTime(next_run_at), ...definedAt({ defined_at }) };
  return [{ type: "schedule.fired", data }];
}

/** The record of instants that were due and will not fire; none if none was due. */
function misfired(
  reason: ScheduleMisfired["reason"],
  { now, count, next_run_at }: Missed,
  state: Pick<ScheduleState, "next_run_at" | "defined_at">,
): KnownNewEvent[] {
  const instant = state.next_run_at;
  if (instant === null || instant > now) return [];
  const data = { instant: toTime(instant), count, reason, next_run_at: toTime(next_run_at), ...definedAt(state) };
  return [{ type: "schedule.misfired", data }];
}

function refuse(code: ScheduleRejectionCode, message: string): ScheduleRejection {
  return { rejected: true, code, message };
}
