/**
 * Events of support threads, in which a sender asks and operators answer. Streams are named `support-<UUID>`.
 *
 * A sender needs no account: they have the thread's **reply token**, a secret of which only the SHA-256 is recorded.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { personal } from "./personal.ts";

/** The stream of a support thread. */
export const supportStream = streamName("support");

/** Its personal data is the thread's, as the vault names it: a sender is not known otherwise. */
export function supportSubject(threadId: string): string {
  return `support:${threadId}`;
}

/** The person who opened the thread, or an operator. */
export const supportParties = ["sender", "operator"] as const;
export type SupportParty = (typeof supportParties)[number];

const Party = Type.Union(supportParties.map((party) => Type.Literal(party)));

/** What one of them wrote. */
const Message = personal(Type.String({ minLength: 1, maxLength: 4_000 }));

export const SupportOpened = Type.Object({
  /** The address that answers are sent to. */
  email: personal(Type.String({ minLength: 1, maxLength: 254 })),
  message: Message,
  reply_token: Type.Object({
    /** SHA-256 of the token, in hex. */
    hash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    /** 32 random bytes in hex, from which, with the request's Idempotency-Key, the token is derived. */
    salt: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  }),
});
export type SupportOpened = Static<typeof SupportOpened>;

export const SupportMessageAdded = Type.Object({ from: Party, message: Message });
export type SupportMessageAdded = Static<typeof SupportMessageAdded>;

/** The thread accepts no more messages. */
export const SupportClosed = Type.Object({ by: Party });
export type SupportClosed = Static<typeof SupportClosed>;

/** The thread accepts messages again. */
export const SupportReopened = Type.Object({ by: Party });
export type SupportReopened = Static<typeof SupportReopened>;

/** The thread is over for good, and its keys are about to be destroyed: what was written in it can no longer be read. */
export const SupportErased = Type.Object({ by: Party });
export type SupportErased = Static<typeof SupportErased>;

/** Every event type of the category; a stream begins with the first. */
export const supportEvents = {
  "support.opened": eventType(
    SupportOpened,
    "somebody asked for help; the event has the SHA-256 of the reply token, which is itself in no event",
  ),
  "support.message_added": eventType(
    SupportMessageAdded,
    "the sender or an operator wrote another message in a support thread",
  ),
  "support.closed": eventType(SupportClosed, "the sender or an operator closed the thread"),
  "support.reopened": eventType(SupportReopened, "the sender or an operator reopened the thread"),
  "support.erased": eventType(
    SupportErased,
    "the sender or an operator had the thread erased; the keys of what was written in it are destroyed",
  ),
} as const satisfies Record<string, EventSchema>;
