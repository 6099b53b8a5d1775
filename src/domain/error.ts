/**
 * A group of reports of one error.
 *
 * ```text
 *   (none) ──report──▶ open ◀──report, resolve──▶ resolved
 * ```
 *
 * A group that is reported often is recorded less and less often: a minute after the first event, then after 2, 4, 8 … minutes, and
 * finally once an hour. Reports in between are counted, and the next event has their number. This starts over after a day without
 * reports, and if an error comes back after it was resolved. The latest event alone determines a group's state.
 */
import type { ErrorReported, ReportedError } from "../../events/error.ts";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../events/time.ts";
import type { Decider, Rejection } from "./decider.ts";

export interface ErrorState {
  readonly status: "none" | "open" | "resolved";
  /** Of the newest `error.reported`; 0 while it is resolved. */
  readonly streak: number;
  /** When a report was recorded last, in milliseconds since 1970; 0 while it is resolved. */
  readonly reported_at: number;
}

export type ErrorCommand = ReportCommand | { readonly type: "resolve" };

export interface ReportCommand {
  readonly type: "report";
  /** The newest report. */
  readonly error: ReportedError;
  /** How many there are to be recorded. */
  readonly reports: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether there may be another group. */
  readonly may_begin: boolean;
  /** Whether it is to be recorded however short the time since the last one: nobody is there later to do it. */
  readonly at_once?: boolean;
}

export interface ErrorRejection extends Rejection {
  readonly code: "too_many_groups" | "error_not_found";
}

export const errorDecider: Decider<ErrorState, ErrorCommand, ErrorRejection> = {
  initial: { status: "none", streak: 0, reported_at: 0 },
  evolve,
  decide,
};

/** From when on the next event of a group may be recorded, in milliseconds since 1970. */
export function nextRecording({ streak, reported_at }: ErrorState): number {
  return streak === 0 ? 0 : reported_at + Math.min(HOUR_MS, MINUTE_MS * 2 ** (streak - 1));
}

function evolve(state: ErrorState, event: KnownEvent): ErrorState {
  switch (event.type) {
    case "error.reported":
      return { status: "open", streak: event.data.streak, reported_at: Date.parse(event.recorded_at) };
    case "error.resolved":
      return { status: "resolved", streak: 0, reported_at: 0 };
    default:
      return state;
  }
}

function decide(command: ErrorCommand, state: ErrorState): readonly KnownNewEvent[] | ErrorRejection {
  return command.type === "report" ? report(command, state) : resolve(state);
}

function resolve({ status }: ErrorState): readonly KnownNewEvent[] | ErrorRejection {
  if (status === "none") {
    return { rejected: true, code: "error_not_found", message: "Cannot resolve the error: it was never reported." };
  }
  return status === "resolved" ? [] : [{ type: "error.resolved", data: {} }];
}

function report(
  { error, reports, now, may_begin, at_once = false }: ReportCommand,
  state: ErrorState,
): readonly KnownNewEvent[] | ErrorRejection {
  if (state.status === "none" && !may_begin) {
    return { rejected: true, code: "too_many_groups", message: "Cannot record the error: too many new ones were." };
  }
  if (now < nextRecording(state) && !at_once) return [];
  const isQuiet = now - state.reported_at >= DAY_MS;
  const data: ErrorReported = { ...error, reports, streak: isQuiet ? 1 : state.streak + 1 };
  return [{ type: "error.reported", data }];
}
