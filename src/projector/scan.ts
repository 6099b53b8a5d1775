import type { StoredEvent } from "../../events/envelope.ts";
import type { EventLog } from "../log/mod.ts";

/** Events in one part at most: with 8,000 nothing was faster, and memory grew by half as much again. */
const MAX_EVENTS = 4_000;
/** What one part aims for, in UTF-16 units of JSON: three of them are in memory. */
const TARGET_LENGTH = 4_000_000;

export interface ScanOptions {
  /** The last position not wanted; 0 for all events from the first. */
  readonly after: number;
  /** The last position wanted. */
  readonly until: number;
  /** Ends the iteration with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a range of the log, the next part while the caller works on the last one. The parts' sizes adapt to the
 * events' sizes, so that memory stays flat.
 */
export async function* scan(
  log: Pick<EventLog, "readRange">,
  { after, until, signal }: ScanOptions,
): AsyncGenerator<readonly StoredEvent[], void, void> {
  let limit = 1_000;
  const read = (position: number) => {
    const reading = log.readRange(position, Math.min(limit, until - position));
    // A fault is met when the part is awaited; where the caller leaves before, it is of no interest.
    reading.catch(() => {});
    return reading;
  };
  let position = after;
  let next = position < until ? read(position) : undefined;
  while (next !== undefined) {
    const events = await next;
    signal?.throwIfAborted();
    const last = events.at(-1);
    if (!last || last.position !== position + events.length) {
      throw new Error(
        `Cannot read the log from position ${position}: found ${events.length} events up to ${last?.position}`,
      );
    }
    position = last.position;
    limit = nextLimit(events);
    next = position < until ? read(position) : undefined;
    yield events;
  }
}

function nextLimit(events: readonly StoredEvent[]): number {
  let length = 0;
  for (const { data_json, meta_json } of events) length += data_json.length + meta_json.length;
  const fitting = Math.floor((TARGET_LENGTH / length) * events.length);
  return Math.max(1, Math.min(fitting, 4 * events.length, MAX_EVENTS));
}
