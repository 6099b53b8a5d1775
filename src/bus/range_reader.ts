import type { StoredEvent } from "../../events/envelope.ts";
import type { EventLog } from "../log/types.ts";
import { textLength } from "./event_range.ts";

/** Maximum number of events in the first read, while their size is unknown. */
const FIRST_READ = 100;
/** The target size of one read, in UTF-16 units of data. */
const READ_LENGTH = 8_000_000;

/** Reads the log in ranges of about the same length in characters, however long its events are. */
export class RangeReader {
  readonly #log: Pick<EventLog, "readRange">;
  readonly #maxLength: number | undefined;
  /** How many events the next read may request. */
  #readable = FIRST_READ;

  /** `max_length`: maximum UTF-16 units of data in one range, unless a single event is longer. */
  constructor(log: Pick<EventLog, "readRange">, max_length?: number) {
    this.#log = log;
    this.#maxLength = max_length;
  }

  /** Up to `limit` events after a position; none only at the log's end. Throws {@linkcode GapError} and what `readRange` throws. */
  async read(after: number, limit: number): Promise<readonly StoredEvent[]> {
    const max_length = this.#maxLength;
    const events = await this.#log.readRange(after, Math.min(limit, this.#readable), { max_length });
    checkDense(events, after);
    if (events.length > 0) this.#readable = fitting(events, max_length);
    return events;
  }
}

/** How many events of this size one read may request. */
function fitting(events: readonly StoredEvent[], max_length = READ_LENGTH): number {
  const fits = Math.floor((max_length / textLength(events)) * events.length);
  return Math.max(1, Math.min(fits, 4 * Math.max(events.length, FIRST_READ)));
}

/** A position is missing from the log. */
export class GapError extends Error {
  override readonly name = "GapError";
}

function checkDense(events: readonly StoredEvent[], position: number): void {
  const [first] = events;
  if (!first) return;
  const last = events.at(-1) as StoredEvent;
  if (first.position === position + 1 && last.position === position + events.length) return;
  throw new GapError(
    `Cannot follow the log from position ${position}: the next ${events.length} events have positions ${first.position} to ${last.position}`,
  );
}
