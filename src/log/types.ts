/** The words of the log. What an event is: `events/envelope.ts`. */
import type { EventMeta, NewEvent, StoredEvent } from "../../events/envelope.ts";

/** Events to add to the end of one stream, all or none. */
export interface Append {
  readonly stream_id: string;
  /** The version of the stream's last event; 0 for a stream that must not exist yet. */
  readonly expected_version: number;
  readonly events: readonly AppendEvent[];
  readonly meta: EventMeta;
}

/** `data_json`: JSON text to be recorded byte for byte, in place of `data`. It must be valid JSON. */
export type AppendEvent = NewEvent | { readonly type: string; readonly data_json: string };

export type AppendResult =
  | {
      readonly ok: true;
      /** Of the first event of this append; the others follow it. */
      readonly position: number;
      /** Of the stream, after the append. */
      readonly version: number;
      readonly recorded_at: string;
    }
  | {
      readonly ok: false;
      readonly reason: "conflict";
      /** The stream's version when the append was refused. */
      readonly actual_version: number;
    };

/** Committed events, in order, with no gap between them; `last` is the last one's position. */
export interface Commit {
  readonly last: number;
  readonly events: readonly StoredEvent[];
}

/** The append-only log. */
export interface EventLog {
  /**
   * Resolves after the commit. A conflict is a result; faults throw: `LogUnavailableError` (nothing was
   * recorded), `AppendInDoubtError` (the connection broke and it could not be learned in time).
   */
  append(append: Append): Promise<AppendResult>;
  /** One stream's events in order of version. */
  readStream(streamId: string, options?: { after_version?: number; limit?: number }): Promise<StoredEvent[]>;
  /** Several streams in one query. Streams that do not exist are absent from the map. */
  readStreams(streamIds: readonly string[]): Promise<Map<string, StoredEvent[]>>;
  /** Up to `limit` events with `position > after`, in order. */
  readRange(after: number, limit: number): Promise<StoredEvent[]>;
  /** The last committed position, 0 for an empty log. */
  head(): Promise<number>;
  /**
   * Calls `listener` after each commit made by this process, with what was committed. Commits of other
   * processes are not seen here: `src/bus` spreads those. Returns the way to stop.
   */
  onCommit(listener: (commit: Commit) => void): () => void;
  /** Waits for what was taken in, then refuses more and closes its connections. */
  close(): Promise<void>;
}
