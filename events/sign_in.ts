/**
 * Events of signing in by mail. Streams are named `sign_in-<UUIDv7>`, one for each request; and `link-<id of a user>`, whose
 * newest event names the only request whose link is valid.
 *
 * The link's token and its code are in no event, and nowhere else: they are computed from the request's id, with a key of the
 * vault.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { Member } from "./org.ts";
import { personal } from "./personal.ts";
import { Uuid } from "./uuid.ts";

/** The stream of a request to sign in. */
export const signInStream = streamName("sign_in");

/** The vault's subject whose data a request has: the address is not known to be anybody's. */
export function signInSubject(signInId: string): string {
  return `sign_in:${signInId}`;
}

/** The stream of the links that a user was sent. */
export const linkStream = streamName("link");

/** Where to go afterwards: a path of this service, or a URL of an origin that may call it. A path may name somebody. */
const Next = personal(Type.Union([Type.String({ minLength: 1, maxLength: 2_048 }), Type.Null()]), "trace");

/** What is personal of it is forgotten when the mail is sent. */
export const SignInRequested = Type.Object({
  /** Normalised. */
  email: personal(Type.String({ minLength: 1, maxLength: 254 }), "trace"),
  next: Next,
  /** SHA-256, in hex, of the secret in the cookie of the browser that asked. */
  browser: Type.String({ pattern: "^[0-9a-f]{64}$" }),
});
export type SignInRequested = Static<typeof SignInRequested>;

/** Its personal data is the user's. */
export const SignInLinkIssued = Type.Object({ user: Member, next: Next });
export type SignInLinkIssued = Static<typeof SignInLinkIssued>;

export const SignInCodeRejected = Type.Object({});
export type SignInCodeRejected = Static<typeof SignInCodeRejected>;

export const SignInRedeemed = Type.Object({ session_id: Uuid });
export type SignInRedeemed = Static<typeof SignInRedeemed>;

export const LinkIssued = Type.Object({ sign_in_id: Uuid });
export type LinkIssued = Static<typeof LinkIssued>;

/** Every event type of both categories; a stream begins with the first. */
export const signInEvents = {
  "sign_in.requested": eventType(SignInRequested, "somebody asked for a link to sign in"),
  "sign_in.link_issued": eventType(
    SignInLinkIssued,
    "the user with the address is about to be mailed a link and a code",
  ),
  "sign_in.code_rejected": eventType(SignInCodeRejected, "the browser that asked sent a wrong code"),
  "sign_in.redeemed": eventType(
    SignInRedeemed,
    "the link or the code was used; recorded together with the session's start",
  ),
  "link.issued": eventType(LinkIssued, "a user is about to be mailed a link, and earlier ones are no longer valid"),
} as const satisfies Record<string, EventSchema>;
