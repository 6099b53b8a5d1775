/**
 * What people agreed to, and what they took back. Streams are named `consent-<id>`: of a user by the user's id, and of an
 * e-mail address that is no user's by a UUID that the vault derives from it.
 */
import { type Static, Type } from "@sinclair/typebox";
import { DocumentVersion } from "./document.ts";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { Count } from "./number.ts";
import { personal } from "./personal.ts";

/** The stream of somebody's consents. */
export const consentStream = streamName("consent");

/** A request to confirm an address, as the vault names it. */
export function optInSubject(id: string): string {
  return `opt_in:${id}`;
}

/** Where somebody agreed: kept only for as long as a trace is. */
const Origin = {
  ip: Type.Optional(personal(Type.String({ minLength: 1, maxLength: 64 }), "trace")),
  user_agent: Type.Optional(personal(Type.String({ minLength: 1, maxLength: 512 }), "trace")),
};

/** A user accepted the terms, and was shown the privacy policy. */
export const TermsAccepted = Type.Object({ terms: DocumentVersion, privacy: DocumentVersion, ...Origin });
export type TermsAccepted = Static<typeof TermsAccepted>;

/**
 * Somebody, perhaps somebody else, asked for marketing mail to an address, which is asked to confirm it. In the stream of
 * the address, whoever has it: that is where such mails are counted. Each is a subject of its own, so that one can be forgotten
 * without the address, which its person may want to use again.
 */
export const MarketingRequested = Type.Object({
  address: personal(Type.String({ minLength: 1, maxLength: 254 }), "trace"),
  notice: DocumentVersion,
});
export type MarketingRequested = Static<typeof MarketingRequested>;

/** Whoever has the address confirmed it, over the link that was mailed there: from then on there is consent. */
export const MarketingConfirmed = Type.Object({
  address: personal(Type.String({ minLength: 1, maxLength: 254 }), "evidence"),
  notice: DocumentVersion,
  /** The request that was confirmed: the stream of the address, and the event's version there. */
  request: Type.Object({ stream_id: Type.String({ minLength: 1, maxLength: 64 }), version: Count(1) }),
  ...Origin,
});
export type MarketingConfirmed = Static<typeof MarketingConfirmed>;

/** `link`: by the link in a mail; `user`: in a session; `erasure`: the user was erased. */
export const withdrawalWays = ["link", "user", "operator", "erasure"] as const;
export type WithdrawalWay = (typeof withdrawalWays)[number];

export const MarketingWithdrawn = Type.Object({ by: Type.Union(withdrawalWays.map((way) => Type.Literal(way))) });
export type MarketingWithdrawn = Static<typeof MarketingWithdrawn>;

/** Every event type of the category; a stream begins with any of them. */
export const consentEvents = {
  "consent.terms_accepted": eventType(TermsAccepted, "a user accepted a version of the terms"),
  "consent.marketing_requested": eventType(
    MarketingRequested,
    "somebody asked for marketing mail to an address, which is mailed a link to confirm it",
  ),
  "consent.marketing_confirmed": eventType(
    MarketingConfirmed,
    "whoever has the address confirmed that marketing mail is wanted there",
  ),
  "consent.marketing_withdrawn": eventType(MarketingWithdrawn, "no more marketing mail is wanted"),
} as const satisfies Record<string, EventSchema>;
