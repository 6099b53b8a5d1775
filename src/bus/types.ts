import type { News, Tail } from "./tail.ts";

export interface BusHealth {
  readonly kind: "in_process" | "jetstream";
  /** Whether the stream can be reached; always true in-process. */
  readonly connected: boolean;
  /** The last position known to be on the bus. */
  readonly position: number;
}

/** Distributes logged events to consumers. */
export interface Bus {
  /**
   * Calls `listener` with news from every process: first with the end of the log, then with each event. Returns a function
   * that stops it.
   */
  listen(listener: (news: News) => void): () => void;
  /** Follows the log for all consumers of this process. */
  readonly tail: Tail;
  health(): BusHealth;
  close(): Promise<void>;
}

/** Where the bus logs to: a pino logger fits. */
export interface BusLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}
