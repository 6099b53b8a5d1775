/**
 * Events of users' sessions at this service. Streams are named `session-<UUIDv7>`, by when they began. A session belongs
 * to its user's account.
 *
 * Whoever has the session's **secret** acts as the user. It is shown once, when they sign in, and is in no event: its
 * SHA-256 is.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { Member } from "./org.ts";
import { personal } from "./personal.ts";

/** The stream of a session. */
export const sessionStream = streamName("session");

/** How a user signed in: with the link in a mail, with the code in it, or at their organisation's identity provider. */
export const signInMethods = ["email_link", "email_code", "sso"] as const;
export type SignInMethod = (typeof signInMethods)[number];

/** Why a session ended: its user signed out with it, or ended it from another, or signed in too many times. */
export const sessionEnds = ["signed_out", "revoked", "replaced"] as const;
export type SessionEnd = (typeof sessionEnds)[number];

const Nullable = (maxLength: number) => Type.Union([Type.String({ maxLength }), Type.Null()]);

export const SessionStarted = Type.Object({
  user: Member,
  /** SHA-256 of the secret, in hex. */
  hash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  method: Type.Union(signInMethods.map((method) => Type.Literal(method))),
  /** Where they signed in; `null`: unknown. */
  ip: personal(Nullable(64), "trace"),
  user_agent: personal(Nullable(512), "trace"),
});
export type SessionStarted = Static<typeof SessionStarted>;

/** The time until it ends without use begins again. Recorded once a day at most. */
export const SessionUsed = Type.Object({});
export type SessionUsed = Static<typeof SessionUsed>;

export const SessionEnded = Type.Object({ reason: Type.Union(sessionEnds.map((reason) => Type.Literal(reason))) });
export type SessionEnded = Static<typeof SessionEnded>;

/** Every event type of the category; a stream begins with the first. */
export const sessionEvents = {
  "session.started": eventType(
    SessionStarted,
    "a user signed in; the event has the SHA-256 of the session's secret, which is itself in no event",
  ),
  "session.used": eventType(SessionUsed, "the session was used, for the first time in a day"),
  "session.ended": eventType(SessionEnded, "the session was ended before it expired"),
} as const satisfies Record<string, EventSchema>;
