/**
 * A user's session.
 *
 * ```text
 *   active ──use──▶ active ──end──▶ ended
 * ```
 *
 * It expires by itself: 14 days after it was used last, and 30 days after it began.
 */
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { SessionEnd, SessionStarted } from "../../events/session.ts";
import type { Decider, Rejection } from "./decider.ts";

const DAY_MS = 86_400_000;
/** A session that nobody uses ends after this time. */
export const SESSION_IDLE_MS = 14 * DAY_MS;
/** And every session after this. */
export const SESSION_MAX_MS = 30 * DAY_MS;
/** How often a use is recorded, at most. */
export const SESSION_USE_MS = DAY_MS;
/** Sessions of one user at a time. */
export const SESSIONS_MAX = 50;
/** For how long after it began a session may do what needs a recent sign-in. */
export const STEP_UP_MS = 600_000;

export interface SessionState {
  readonly status: "none" | "active" | "ended";
  /** The data of `session.started`. */
  readonly started: SessionStarted | null;
  /** Milliseconds since 1970. */
  readonly started_at: number;
  readonly used_at: number;
}

export type SessionCommand =
  | ({ readonly type: "start" } & SessionStarted)
  /** `now`: milliseconds since 1970. */
  | { readonly type: "use"; readonly now: number }
  | { readonly type: "end"; readonly reason: SessionEnd };

export interface SessionRejection extends Rejection {
  readonly code: "session_exists" | "session_not_found";
}

export const sessionDecider: Decider<SessionState, SessionCommand, SessionRejection> = {
  initial: { status: "none", started: null, started_at: 0, used_at: 0 },
  evolve,
  decide,
};

/** From when on a session that was last used at a time is rejected. */
export function expiryOf({ started_at, used_at }: Pick<SessionState, "started_at" | "used_at">): number {
  return Math.min(started_at + SESSION_MAX_MS, used_at + SESSION_IDLE_MS);
}

function evolve(state: SessionState, event: KnownEvent): SessionState {
  const at = Date.parse(event.recorded_at);
  switch (event.type) {
    case "session.started":
      return { status: "active", started: event.data, started_at: at, used_at: at };
    case "session.used":
      return { ...state, used_at: at };
    case "session.ended":
      return { ...state, status: "ended" };
    default:
      return state;
  }
}

function decide(command: SessionCommand, state: SessionState): readonly KnownNewEvent[] | SessionRejection {
  if (command.type === "start") {
    const { type: _, ...data } = command;
    if (state.status !== "none") return refuse("session_exists", "Cannot start the session: its id is in use.");
    return [{ type: "session.started", data }];
  }
  if (state.status === "none") return refuse("session_not_found", "There is no such session.");
  if (state.status === "ended") return [];
  if (command.type === "end") return [{ type: "session.ended", data: { reason: command.reason } }];
  const isDue = command.now - state.used_at >= SESSION_USE_MS && command.now < expiryOf(state);
  return isDue ? [{ type: "session.used", data: {} }] : [];
}

function refuse(code: SessionRejection["code"], message: string): SessionRejection {
  return { rejected: true, code, message };
}
