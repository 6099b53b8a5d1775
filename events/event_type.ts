import type { TSchema } from "@sinclair/typebox";

/** An event type of the catalogue: the newest schema of its data, whose description says when it is recorded. */
export type EventSchema<Schema extends TSchema = TSchema> = Schema & { readonly description: string };

/** `when`: what has happened if it is recorded, as in the guide for subscribers: a clause, without a full stop. */
export function eventType<Schema extends TSchema>(schema: Schema, when: string): EventSchema<Schema> {
  return { ...schema, description: when };
}
