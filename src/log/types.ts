/** The words of the log. What an event is: `events/envelope.ts`. */
import type { EventMeta, NewEvent, StoredEvent } from "../../events/envelope.ts";

/**
 * Arrays and objects within one another in the JSON of an event, at most: three times what comes in from outside may nest,
 * for what events put around it. Postgres takes 16,000 with its usual 2 MB of stack, and 800 with the least it can have.
 */
export const EVENT_DEPTH_LIMIT = 200;

/** Events to add to the end of one stream, all or none. */
export interface Append {
  readonly stream_id: string;
  /** The version of the stream's last event; 0 for a stream that must not exist yet. */
  readonly expected_version: number;
  readonly events: readonly AppendEvent[];
  readonly meta: EventMeta;
  /** In whose turn it is recorded if it is much; see `chargedTo`, which says it by the meta where this does not. */
  readonly charged_to?: string | null;
}

/**
 * `data_json`: JSON text to be recorded byte for byte. It must be valid JSON. `data` beside it is the same parsed, if it
 * is at hand: readers in this process then need not parse it again.
 */
export interface WrittenEvent {
  readonly type: string;
  readonly data_json: string;
  readonly data?: unknown;
}

/** `meta`: of this event alone, where it is not the append's. */
export type AppendEvent = (NewEvent | WrittenEvent) & { readonly meta?: EventMeta };

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

/** What became of appends that were to be taken all or none; both lists are in their order. */
export type AppendAllResult =
  | {
      readonly ok: true;
      /** Of each append: its first event's position, and its stream's version after it. */
      readonly appended: readonly { readonly position: number; readonly version: number }[];
      readonly recorded_at: string;
    }
  | {
      readonly ok: false;
      readonly reason: "conflict";
      /** Each stream's version when the appends were refused; at least one is not the expected one. */
      readonly actual_versions: readonly number[];
    };

/** The newest events of some streams. */
export interface LastEvents {
  /** By stream; streams that do not exist are absent. */
  readonly events: ReadonlyMap<string, StoredEvent>;
  /** RFC 3339, UTC: by the clock that sets `recorded_at`, right after the reading began. */
  readonly read_at: string;
}

/** Committed events, in order, with no gap between them; `last` is the last one's position. */
export interface Commit {
  readonly last: number;
  readonly events: readonly StoredEvent[];
}

/** A batch of appends that was sent to the database, for measuring. Times are of `performance.now()`. */
export interface WrittenBatch {
  /** Each with those that are taken together with it; `since`: when it began to wait. */
  readonly appends: readonly { readonly parts: readonly { readonly append: Append }[]; readonly since: number }[];
  readonly sent_at: number;
  /** The database did not take it, or that is not known. */
  readonly failed: boolean;
  /** Events recorded. */
  readonly events: number;
  /** Appends that met another version than they expected. */
  readonly conflicts: number;
}

/** What one read gives at most. */
export interface ReadLimits {
  /** Events. */
  readonly limit?: number;
  /** Characters of the events' data together; the first event is given however long it is. */
  readonly max_length?: number;
}

/** The append-only log. */
export interface EventLog {
  /**
   * Resolves after the commit. A conflict is a result; faults throw: `LogUnavailableError` (nothing was recorded, and it
   * may be later), `AppendInDoubtError` (the connection broke and it could not be learned in time), and
   * `AppendRefusedError` (nothing was recorded, and never will be: the log cannot hold it).
   */
  append(append: Append): Promise<AppendResult>;
  /**
   * Appends to several streams in one commit, all of them or none: nothing is recorded where one of them meets another
   * version than it expects. A stream is named once. Throws as `append` does.
   */
  appendAll(appends: readonly Append[]): Promise<AppendAllResult>;
  /** One stream's events in order of version; see {@link ReadLimits}. */
  readStream(streamId: string, options?: { after_version?: number } & ReadLimits): Promise<StoredEvent[]>;
  /**
   * Several streams in one query, of each as many events as the limit says. Streams that do not exist, or hold nothing
   * after the version, are absent from the map; so are those of which that would be more than `max_length` bytes of data.
   */
  readStreams(
    streamIds: readonly string[],
    options: { after_version?: number; limit: number; max_length?: number },
  ): Promise<Map<string, StoredEvent[]>>;
  /** The first event of each of several streams, in one query, by stream. Streams that do not exist are absent. */
  readFirst(streamIds: readonly string[]): Promise<Map<string, StoredEvent>>;
  /** The newest event of each of several streams (one at least), in one query: for streams whose newest event says all. */
  readLast(streamIds: readonly string[]): Promise<LastEvents>;
  /** All events of a category's streams, in order of stream and version: for categories of few events. */
  readCategory(category: string): Promise<StoredEvent[]>;
  /** Up to `limit` events with `position > after`, in order; see {@link ReadLimits}. */
  readRange(after: number, limit: number, options?: Pick<ReadLimits, "max_length">): Promise<StoredEvent[]>;
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
