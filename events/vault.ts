/** Events of the vault. Streams are named `vault-<key id>`, after the key of somebody's personal data. */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { personalClasses } from "./personal.ts";

export const vaultStream = streamName("vault");

/** Its time was over. */
export const VaultKeyRetired = Type.Object({
  class: Type.Union(personalClasses.map((kind) => Type.Literal(kind))),
});
export type VaultKeyRetired = Static<typeof VaultKeyRetired>;

/** Every event type of the category; a stream has one event. */
export const vaultEvents = {
  "vault.key_retired": eventType(
    VaultKeyRetired,
    "the time was over for which personal data of a class is kept: its key is destroyed, and what was sealed with it cannot be read any more",
  ),
} as const satisfies Record<string, EventSchema>;
