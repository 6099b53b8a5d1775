import type { StoredEvent } from "../../events/envelope.ts";

/**
 * Word that the log has grown. `events`, where given, are in order, without a gap, and end at `last`.
 * News may be late, repeated or missing, never wrong: whoever needs every event reads the log.
 */
export interface News {
  readonly last: number;
  readonly events?: readonly StoredEvent[];
}

export interface BusHealth {
  readonly kind: "in_process" | "jetstream";
  /** Whether the stream can be reached; always true in-process. */
  readonly connected: boolean;
  /** The last position known to be on the bus. */
  readonly position: number;
}

/** Spreads logged events to everyone who wants them. */
export interface Bus {
  /** Calls `listener` with news from every process. Returns the way to stop. */
  listen(listener: (news: News) => void): () => void;
  health(): BusHealth;
  close(): Promise<void>;
}

/** What the bus writes to the service's log. A pino logger is one. */
export interface BusLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}
