/**
 * What is known of an e-mail address from mail that was sent to it. Streams are named `address-<64 hex digits>`, by the vault's
 * pseudonym of the address, from which it cannot be found: it outlives the erasure of whoever has the address, so that mail to it stays
 * stopped.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { bounceKinds } from "./mail.ts";
import { Time } from "./time.ts";

export const addressStream = streamName("address");

export const AddressBounced = Type.Object({
  kind: Type.Union(bounceKinds.map((kind) => Type.Literal(kind))),
  at: Time,
});
export type AddressBounced = Static<typeof AddressBounced>;

export const AddressComplained = Type.Object({ at: Time });
export type AddressComplained = Static<typeof AddressComplained>;

/** An operator found that mail can be sent to it again; what was reported up to then no longer counts. */
export const AddressReleased = Type.Object({ at: Time });
export type AddressReleased = Static<typeof AddressReleased>;

/** Every event type of the category. */
export const addressEvents = {
  "address.bounced": eventType(
    AddressBounced,
    "mail to an address came back: for ever (`hard`), which stops all mail to it, or for now (`soft`)",
  ),
  "address.complained": eventType(
    AddressComplained,
    "whoever receives mail at an address reported one as spam, which stops marketing to it",
  ),
  "address.released": eventType(
    AddressReleased,
    "an operator let mail be sent to an address again; bounces and complaints up to `at` no longer count",
  ),
} as const satisfies Record<string, EventSchema>;
