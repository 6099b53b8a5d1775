/** The words of the log. What an event is: `events/envelope.ts`. */
import type { EventMeta, NewEvent, StoredEvent } from "../../events/envelope.ts";

/**
 * The maximum nesting of arrays and objects in the JSON of an event: three times that of input from outside, for what
 * events put around it. Postgres allows 16,000 with its usual 2 MB of stack, and 800 with the least it can have.
 */
export const EVENT_DEPTH_LIMIT = 200;

/** Events to add to the end of one stream, all or none. */
export interface Append {
  readonly stream_id: string;
  /** The version of the stream's last event; 0 for a stream that must not exist yet. */
  readonly expected_version: number;
  readonly events: readonly AppendEvent[];
  readonly meta: EventMeta;
  /**
   * In whose turn it is recorded if it is large; see `chargedTo`, which derives it from the meta if this does not say.
   */
  readonly charged_to?: string | null;
}

/**
 * `data_json`: JSON text to be recorded byte for byte. It must be valid JSON. `data` beside it is the same parsed, if
 * available: readers in this process then need not parse it again.
 */
export interface WrittenEvent {
  readonly type: string;
  readonly data_json: string;
  readonly data?: unknown;
}

/** `meta`: of this event only, if it differs from the append's. */
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

/** The outcome of appends that belong together; both lists are in their order. */
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
  /** RFC 3339, UTC: by the clock that sets `recorded_at`, right after the read began. */
  readonly read_at: string;
}

/** Committed events, in order, with no gap between them; `last` is the last one's position. */
export interface Commit {
  readonly last: number;
  readonly events: readonly StoredEvent[];
}

/** A batch of appends that was sent to the database, for measuring. Times are of `performance.now()`. */
export interface WrittenBatch {
  /** Each with those that belong together with it; `since`: when it started to wait. */
  readonly appends: readonly { readonly parts: readonly { readonly append: Append }[]; readonly since: number }[];
  readonly sent_at: number;
  /** The database rejected it, or the outcome is unknown. */
  readonly failed: boolean;
  /** Events recorded. */
  readonly events: number;
  /** Appends that met another version than they expected. */
  readonly conflicts: number;
}

/** The limits of one read. */
export interface ReadLimits {
  /** Events. */
  readonly limit?: number;
  /** Characters of the events' data together; the first event is returned however long it is. */
  readonly max_length?: number;
}

/** The append-only log. */
export interface EventLog {
  /**
   * Resolves after the commit. A conflict is a result; faults throw: `LogUnavailableError` (nothing was recorded, and a
   * retry may succeed), `AppendInDoubtError` (the connection broke and the outcome could not be determined in time),
   * and `AppendRefusedError` (nothing was recorded, and never will be: the log cannot store it).
   */
  append(append: Append): Promise<AppendResult>;
  /**
   * Appends to several streams in one commit, all of them or none: nothing is recorded if one of them meets an
   * unexpected version. A stream is named once. Throws as `append` does.
   */
  appendAll(appends: readonly Append[]): Promise<AppendAllResult>;
  /**
   * One stream's events in order of version; see {@link ReadLimits}. `as_recorded`: personal data stays sealed, also where a
   * log opens it.
   */
  readStream(
    streamId: string,
    options?: { after_version?: number; as_recorded?: boolean } & ReadLimits,
  ): Promise<StoredEvent[]>;
  /**
   * Several streams in one query, with as many events of each as the limit says. Streams that do not exist, or have
   * nothing after the version, are absent from the map; so are those whose events would be more than `max_length` bytes
   * of data.
   */
  readStreams(
    streamIds: readonly string[],
    options: { after_version?: number; limit: number; max_length?: number },
  ): Promise<Map<string, StoredEvent[]>>;
  /** The first event of each of several streams, in one query, by stream. Streams that do not exist are absent. */
  readFirst(streamIds: readonly string[]): Promise<Map<string, StoredEvent>>;
  /**
   * The newest event of each of several streams (at least one), in one query: for streams whose newest event has the
   * whole state.
   */
  readLast(streamIds: readonly string[]): Promise<LastEvents>;
  /**
   * All events of a category's streams, or those of some types, in order of stream and version: for what has few of them.
   * `from`: only of streams whose ids, after the category, do not precede it; UUIDs of version 7 are in order of time.
   */
  readCategory(
    category: string,
    options?: { types?: readonly string[] | undefined; from?: string | undefined },
  ): Promise<StoredEvent[]>;
  /** Up to `limit` events with `position > after`, in order; see {@link ReadLimits}. */
  readRange(after: number, limit: number, options?: Pick<ReadLimits, "max_length">): Promise<StoredEvent[]>;
  /** The last committed position, 0 for an empty log. */
  head(): Promise<number>;
  /**
   * Calls `listener` after each commit made by this process, with what was committed. Commits of other processes are
   * not seen here: `src/bus` distributes those. Returns a function that stops this.
   */
  onCommit(listener: (commit: Commit) => void): () => void;
  /** Waits for what was accepted, then rejects more and closes its connections. */
  close(): Promise<void>;
}
