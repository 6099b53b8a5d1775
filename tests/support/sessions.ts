/** Users who are signed in. */
import { type SessionStarted, sessionStream } from "../../events/session.ts";
import { newSessionSecret } from "../../src/access/mod.ts";
import { firstDecision } from "../../src/domain/decider.ts";
import { sessionDecider } from "../../src/domain/session.ts";
import type { EventLog } from "../../src/log/mod.ts";
import { keepSecret } from "./secrets.ts";

export interface SignedIn {
  /** `user:<id>`. */
  readonly user: string;
  readonly session_id: string;
  readonly token: string;
  readonly headers: { readonly authorization: string };
}

/** Signs a user in, a new one by default. */
export async function signedIn(
  log: EventLog,
  { user = `user:${crypto.randomUUID()}`, ...more }: Partial<SessionStarted> = {},
): Promise<SignedIn> {
  const { text: token, hash } = newSessionSecret();
  keepSecret(token);
  const session_id = Bun.randomUUIDv7();
  const started = { user, hash, method: "email_link", ip: "203.0.113.7", user_agent: "Test", ...more } as const;
  await log.append({
    stream_id: sessionStream(session_id),
    expected_version: 0,
    events: firstDecision(sessionDecider, { type: "start", ...started }),
    meta: { actor: user, account: user, subject: user, correlation_id: session_id },
  });
  return { user, session_id, token, headers: { authorization: `Bearer ${token}` } };
}
