/** The event that stopped a reader of the log, a read model or a reaction: what is said of it, and what a checkpoint stores. */
import { eventId, type StoredEvent } from "../../events/envelope.ts";

export interface Poison {
  readonly position: number;
  /** Why it stopped, and at which event; Postgres can store it. */
  readonly message: string;
}

export function poisonAt(
  event: Pick<StoredEvent, "stream_id" | "version" | "position" | "type">,
  error: unknown,
): Poison {
  const cause = error instanceof Error ? error.message : String(error);
  const message = `${event.type} ${eventId(event)} (position ${event.position}): ${cause}`;
  return { position: event.position, message: message.toWellFormed().replaceAll("\0", "\ufffd") };
}

/** A checkpoint's columns for it. */
export interface PoisonColumns {
  readonly poison_position: number | null;
  readonly poison_message: string | null;
}

/** A checkpoint's row, with the poison, if there is any, as one value. */
export function withPoison<Row extends PoisonColumns>({
  poison_position,
  poison_message,
  ...row
}: Row): Omit<Row, keyof PoisonColumns> & { readonly poison?: Poison } {
  if (poison_position === null) return row;
  return { ...row, poison: { position: poison_position, message: poison_message ?? "" } };
}
