/** Ends sessions. */
import type { EventMeta } from "../../events/envelope.ts";
import { type SessionEnd, sessionStream } from "../../events/session.ts";
import { SESSIONS_MAX, type SessionState, sessionDecider } from "../domain/session.ts";
import { type EventLog, type Handled, handle } from "../log/mod.ts";
import type { Access } from "./access.ts";

type Meta = Omit<EventMeta, "actor" | "correlation_id">;

/** Ends a session of a user. Throws what `log.append` throws. */
export function endSession(
  log: EventLog,
  {
    session_id,
    user,
    reason,
    meta,
  }: { session_id: string; user: string; reason: SessionEnd; meta: Omit<EventMeta, "correlation_id"> },
): Promise<Handled<SessionState, unknown>> {
  return handle(log, {
    stream_id: sessionStream(session_id),
    decider: sessionDecider,
    command: { type: "end", reason },
    meta: { ...meta, account: user, subject: user, correlation_id: session_id },
  });
}

interface Replacing {
  /** Who has just signed in. */
  readonly user: string;
  /** The session that their browser had before, and whose it is. */
  readonly before: { readonly session_id: string; readonly user: string } | undefined;
  readonly meta: Meta;
}

/** Ends the session that a new one replaces in a browser, and the oldest of a user's that are too many. */
export async function endReplaced(
  { access, log }: { readonly access: Pick<Access, "sessionsOf">; readonly log: EventLog },
  { user, before, meta }: Replacing,
): Promise<void> {
  if (before) await endSession(log, { ...before, reason: "replaced", meta: { ...meta, actor: before.user } });
  const sessions = await access.sessionsOf(user);
  for (const session_id of sessions.slice(0, Math.max(0, sessions.length - SESSIONS_MAX))) {
    await endSession(log, { session_id, user, reason: "replaced", meta: { ...meta, actor: user } });
  }
}
