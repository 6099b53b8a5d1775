/**
 * What can happen to an issued API key. Streams are named `key-<UUID>`.
 *
 * A **secret** is the text that callers send. It is shown once, by the call that created it, and is in no event: its
 * SHA-256 is. A key can have several at a time while it is rotated.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { MAX_SECONDS } from "./number.ts";
import { Time } from "./time.ts";

/** The stream of an issued key. */
export const keyStream = streamName("key");

/** Where a key is accepted: `live` in production, `test` elsewhere. */
export const environments = ["live", "test"] as const;
export type Environment = (typeof environments)[number];

const secret = {
  /** SHA-256 of the secret, in hex. */
  hash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  /** How the secret begins, to recognise it. */
  prefix: Type.String({ minLength: 1, maxLength: 32 }),
};

/** From then on it is rejected; `null`: it never expires. RFC 3339, UTC. */
const ExpiresAt = Type.Union([Time, Type.Null()]);

export const KeyCreated = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 128 }),
  environment: Type.Union(environments.map((environment) => Type.Literal(environment))),
  ...secret,
  /** What its holder may do. */
  scopes: Type.Array(Type.String(), { minItems: 1 }),
  /** The workflows whose jobs its holder may submit and claim; `null`: all. */
  workflows: Type.Union([Type.Array(Type.String(), { minItems: 1 }), Type.Null()]),
  /** The tier of its rate limits. */
  tier: Type.String({ minLength: 1, maxLength: 64 }),
  expires_at: ExpiresAt,
});
export type KeyCreated = Static<typeof KeyCreated>;

/** It has a new secret. Earlier ones remain valid for this long from now on, unless they expire before. */
export const KeyRotated = Type.Object({
  ...secret,
  overlap_seconds: Type.Integer({ minimum: 0, maximum: MAX_SECONDS }),
  /** Absent if unchanged. */
  expires_at: Type.Optional(ExpiresAt),
});
export type KeyRotated = Static<typeof KeyRotated>;

/** The end of the key, with all its secrets. Its history stays. */
export const KeyRevoked = Type.Object({ reason: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })) });
export type KeyRevoked = Static<typeof KeyRevoked>;

/** Every event type of the category; a stream begins with the first. */
export const keyEvents = {
  "key.created": eventType(
    KeyCreated,
    "an API key was issued; the event has the SHA-256 of the secret, which is itself in no event",
  ),
  "key.rotated": eventType(
    KeyRotated,
    "the key has a new secret; the previous ones stay valid for at most the given number of seconds",
  ),
  "key.revoked": eventType(KeyRevoked, "the key was revoked, with all its secrets"),
} as const satisfies Record<string, EventSchema>;
