/**
 * Events of users. Streams are named `user-<id>`; the account, the actor and the vault's subject of a user are all
 * `user:<id>`. The id is a UUID; that of a user of the auth server may be 32 hex digits.
 *
 * An address, a name and what else is known of somebody is sealed. Locale and currency name nobody: figures use them.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { type PersonalClass, personal, personalClasses } from "./personal.ts";
import { Uuid } from "./uuid.ts";

/** The stream of a user. */
export const userStream = streamName("user");

const ACCOUNT_PREFIX = "user:";

/** The account of a user, which is also their actor and the subject of their keys in the vault. */
export function userAccount(userId: string): string {
  return ACCOUNT_PREFIX + userId;
}

/** The user whose account or actor it is; `undefined`: it is no user's. */
export function userOf(account: string): string | undefined {
  return account.startsWith(ACCOUNT_PREFIX) ? account.slice(ACCOUNT_PREFIX.length) : undefined;
}

const orNull = <Schema extends ReturnType<typeof Type.String>>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** What is known of a user. */
export const UserProfile = Type.Object({
  /** In the spelling that all spellings of it share. */
  email: personal(orNull(Type.String({ minLength: 1, maxLength: 254 }))),
  name: personal(orNull(Type.String({ minLength: 1, maxLength: 256 }))),
  /** BCP 47. */
  locale: orNull(Type.String({ minLength: 1, maxLength: 64 })),
  /** ISO 4217. */
  currency: orNull(Type.String({ minLength: 1, maxLength: 8 })),
  /** Whatever the caller wants to keep with the user. */
  meta: personal(Type.Record(Type.String(), Type.Unknown())),
});
export type UserProfile = Static<typeof UserProfile>;

/** What is not said is not known yet. */
export const UserCreated = Type.Partial(UserProfile);
export type UserCreated = Static<typeof UserCreated>;

/** What is not said stays as it was. */
export const UserUpdated = Type.Partial(UserProfile);
export type UserUpdated = Static<typeof UserUpdated>;

/** The address has no effect until whoever has it confirms it, with the link that is mailed there. */
export const UserEmailChangeRequested = Type.Object({
  change_id: Uuid,
  email: personal(Type.String({ minLength: 1, maxLength: 254 })),
});
export type UserEmailChangeRequested = Static<typeof UserEmailChangeRequested>;

export const UserEmailVerified = Type.Object({});

export const UserSuspended = Type.Object({ reason: Type.Optional(personal(Type.String({ maxLength: 1_024 }))) });
export type UserSuspended = Static<typeof UserSuspended>;

export const UserResumed = Type.Object({});

export const UserExported = Type.Object({});

/** `erasure_id`: known to whoever asked for it alone, who reads the certificate by it. */
export const UserErasureRequested = Type.Object({ erasure_id: Uuid });
export type UserErasureRequested = Static<typeof UserErasureRequested>;

/** The classes of personal data whose keys are destroyed when a user is erased; the keys of the others stay for their time. */
export const ERASED_CLASSES: readonly PersonalClass[] = ["profile", "trace"];

const Classes = Type.Array(Type.Union(personalClasses.map((kind) => Type.Literal(kind))));

export const UserErased = Type.Object({ erasure_id: Uuid, destroyed: Classes });
export type UserErased = Static<typeof UserErased>;

/** Every event type of the category; a stream begins with the first. */
export const userEvents = {
  "user.created": eventType(UserCreated, "a user was recorded, with what is known of them"),
  "user.updated": eventType(UserUpdated, "what is known of the user changed"),
  "user.email_change_requested": eventType(
    UserEmailChangeRequested,
    "the user wants another address, which is about to be mailed a link; an earlier one is no longer valid",
  ),
  "user.email_verified": eventType(
    UserEmailVerified,
    "the user used a link, or a code, that was mailed to the address that they have since the last event that says one",
  ),
  "user.suspended": eventType(UserSuspended, "an operator suspended the user, who is rejected from then on"),
  "user.resumed": eventType(UserResumed, "an operator lifted the user's suspension"),
  "user.exported": eventType(UserExported, "a user, or an operator for them, got everything that is held about them"),
  "user.erasure_requested": eventType(
    UserErasureRequested,
    "a user, or an operator for them, asked for their erasure; they are rejected from then on",
  ),
  "user.erased": eventType(
    UserErased,
    "a user was erased: what they had has ended, and the keys of their personal data are destroyed",
  ),
} as const satisfies Record<string, EventSchema>;
