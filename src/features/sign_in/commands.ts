/** Signs people in by mail. */
import type { EventMeta } from "../../../events/envelope.ts";
import { decode } from "../../../events/mod.ts";
import { type SessionStarted, sessionStream } from "../../../events/session.ts";
import { type LinkIssued, linkStream, signInStream, signInSubject } from "../../../events/sign_in.ts";
import { userOf } from "../../../events/user.ts";
import { newSessionSecret } from "../../access/mod.ts";
import { emailVerification, readUser } from "../../access/users.ts";
import { firstDecision } from "../../domain/decider.ts";
import { sessionDecider } from "../../domain/session.ts";
import { type SignInRejection, type SignInState, signInDecider } from "../../domain/sign_in.ts";
import { create, type EventLog, handle } from "../../log/mod.ts";

type Meta = Pick<EventMeta, "actor" | "request_id" | "traceparent">;

/** What is asked for; a new id, or throws what `log.append` and the vault throw. */
interface Asked {
  readonly sign_in_id: string;
  /** Normalised. */
  readonly email: string;
  readonly next: string | null;
  readonly browser: string;
  readonly meta: Meta;
}

/** Records that somebody wants to sign in: a reaction does the rest. */
export async function requestSignIn(log: EventLog, { sign_in_id, meta, ...asked }: Asked): Promise<void> {
  await create(log, {
    stream_id: signInStream(sign_in_id),
    events: firstDecision(signInDecider, { type: "request", ...asked }),
    meta: { ...meta, subject: signInSubject(sign_in_id), correlation_id: sign_in_id },
  });
}

/** A request as it is in the log now, and its version. */
export async function readSignIn(
  log: Pick<EventLog, "readStream">,
  signInId: string,
): Promise<{ readonly state: SignInState; readonly version: number }> {
  const events = await log.readStream(signInStream(signInId));
  return { state: events.map(decode).reduce(signInDecider.evolve, signInDecider.initial), version: events.length };
}

/** Issues the link of a request to a user, unless that is done: from then on their earlier ones are not valid. */
export async function issueLink(
  log: EventLog,
  { sign_in_id, user, meta }: { sign_in_id: string; user: string; meta: Meta },
): Promise<void> {
  const links = linkStream(userOf(user) as string);
  while (true) {
    const { state, version } = await readSignIn(log, sign_in_id);
    const issued = signInDecider.decide({ type: "issue", user }, state);
    if ("rejected" in issued || issued.length === 0) return;
    const expected_version = (await log.readLast([links])).events.get(links)?.version ?? 0;
    const about = { ...meta, account: user, correlation_id: sign_in_id };
    const of_user = { ...about, subject: user };
    const appended = await log.appendAll([
      { stream_id: signInStream(sign_in_id), expected_version: version, events: issued, meta: of_user },
      { stream_id: links, expected_version, events: [{ type: "link.issued", data: { sign_in_id } }], meta: about },
    ]);
    if (appended.ok) return;
  }
}

interface Redeeming {
  readonly sign_in_id: string;
  readonly with: "link" | "code";
  readonly now: number;
  /** What is known of whoever signs in. */
  readonly from: Pick<SessionStarted, "ip" | "user_agent">;
  readonly meta: Omit<Meta, "actor">;
}

export type Redeemed =
  | {
      readonly ok: true;
      readonly user: string;
      readonly session_id: string;
      /** The session's secret. */
      readonly secret: string;
      readonly next: string | null;
      readonly position: number;
    }
  | { readonly ok: false; readonly refusal: SignInRejection };

/**
 * Uses a link or its code up, and starts a session, both in one commit: of many who try at once, one succeeds. With the first,
 * the user has verified their address.
 */
export async function redeem(log: EventLog, { sign_in_id, with: kind, now, from, meta }: Redeeming): Promise<Redeemed> {
  while (true) {
    const { state, version } = await readSignIn(log, sign_in_id);
    const session_id = Bun.randomUUIDv7();
    const is_current = await isCurrent(log, sign_in_id, state);
    const redeemed = signInDecider.decide({ type: "redeem", session_id, with: kind, now, is_current }, state);
    if ("rejected" in redeemed) return { ok: false, refusal: redeemed };
    const { user, next } = state;
    if (user === null) throw new Error(`Cannot redeem ${sign_in_id}: its link was not issued`);
    const { text: secret, hash } = newSessionSecret();
    const method = kind === "link" ? "email_link" : "email_code";
    const verified = await emailVerification(log, { user, proof: { mailed_at: state.issued_at } });
    const started = firstDecision(sessionDecider, { type: "start", user, hash, method, ...from });
    const about = { ...meta, actor: user, account: user };
    const appended = await log.appendAll([
      {
        stream_id: signInStream(sign_in_id),
        expected_version: version,
        events: redeemed,
        meta: { ...about, correlation_id: sign_in_id },
      },
      {
        stream_id: sessionStream(session_id),
        expected_version: 0,
        events: started,
        meta: { ...about, subject: user, correlation_id: session_id, causation_id: signInStream(sign_in_id) },
      },
      ...verified.map((append) => ({ ...append, meta: { ...about, subject: user, correlation_id: sign_in_id } })),
    ]);
    const position = appended.ok ? appended.appended[1]?.position : undefined;
    if (position !== undefined) return { ok: true, user, session_id, secret, next, position };
  }
}

/** Records that a code was wrong. Returns why none is accepted any more, if that is so. */
export async function rejectCode(
  log: EventLog,
  { sign_in_id, now, meta }: { sign_in_id: string; now: number; meta: Meta },
): Promise<SignInRejection | undefined> {
  const { state } = await readSignIn(log, sign_in_id);
  const is_current = await isCurrent(log, sign_in_id, state);
  const handled = await handle(log, {
    stream_id: signInStream(sign_in_id),
    decider: signInDecider,
    command: { type: "reject_code", with: "code", now, is_current },
    meta: { ...meta, correlation_id: sign_in_id },
  });
  return handled.ok ? undefined : handled.refusal;
}

/** Whether the user was sent no other link since, and still has the address that it was mailed to. */
async function isCurrent(
  log: Pick<EventLog, "readLast" | "readStream">,
  signInId: string,
  { user, issued_at }: SignInState,
): Promise<boolean> {
  if (user === null) return false;
  const user_id = userOf(user) as string;
  const links = linkStream(user_id);
  const [last, known] = await Promise.all([log.readLast([links]), readUser(log, user_id)]);
  const newest = last.events.get(links);
  if (newest === undefined || (decode(newest).data as LinkIssued).sign_in_id !== signInId) return false;
  return issued_at >= (known?.email_since ?? 0);
}
