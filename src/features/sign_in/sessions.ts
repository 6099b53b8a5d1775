/** Reads sessions from the log. */
import { decode } from "../../../events/mod.ts";
import { sessionStream } from "../../../events/session.ts";
import { toTime } from "../../../events/time.ts";
import { expiryOf, SESSION_MAX_MS, SESSION_USE_MS, type SessionState, sessionDecider } from "../../domain/session.ts";
import type { EventLog } from "../../log/mod.ts";

/** A beginning, a use on each day, an end, and some more: different processes may record a use at once. */
const EVENTS_MAX = 10 + 2 * Math.ceil(SESSION_MAX_MS / SESSION_USE_MS);

/** A session as the API shows it. */
interface SessionView {
  readonly session_id: string;
  readonly method: string;
  readonly started_at: string;
  readonly last_used_at: string;
  readonly expires_at: string;
  readonly ip: string | null;
  readonly user_agent: string | null;
}

/** Sessions in the given order. */
export async function readSessions(
  log: Pick<EventLog, "readStreams">,
  ids: readonly string[],
): Promise<readonly SessionView[]> {
  if (ids.length === 0) return [];
  const streams = await log.readStreams(ids.map(sessionStream), { limit: EVENTS_MAX });
  return ids.map((session_id) => {
    const events = streams.get(sessionStream(session_id)) ?? [];
    return sessionView(session_id, events.map(decode).reduce(sessionDecider.evolve, sessionDecider.initial));
  });
}

function sessionView(session_id: string, state: SessionState): SessionView {
  const { started, started_at, used_at } = state;
  if (!started) throw new Error(`Cannot show session ${session_id}: it was not started`);
  const { method, ip, user_agent } = started;
  return {
    session_id,
    method,
    started_at: toTime(started_at),
    last_used_at: toTime(used_at),
    expires_at: toTime(expiryOf(state)),
    ip,
    user_agent,
  };
}
