/** Folds one stream, whatever its length: in pages of events, and in slices that let everything else take its turn. */
import type { StoredEvent } from "../../events/envelope.ts";
import { decode, type KnownEvent } from "../../events/mod.ts";
import { FairQueue, inSlices, nextTurn } from "../async/mod.ts";
import type { EventLog } from "./types.ts";

/** Events that are read at once. */
export const PAGE = 250;

/** The state after a stream's events. */
export interface Folded<State> {
  readonly state: State;
  /** Of the last event; 0 if there is none. */
  readonly version: number;
}

/** Events that are read at first: most streams have no more. */
const FIRST_PAGE = 4;
/** The approximate size of a page, in UTF-16 units of data: it is in memory as a whole. */
const PAGE_LENGTH = 400_000;
/**
 * Further pages of streams with long events: one at a time, so that short reads do not wait behind them on every
 * connection.
 */
const longPages = new FairQueue();

/**
 * A stream's events after a version, in non-empty pages of up to {@link PAGE}: fewer if the previous ones were long.
 * Between two, everything else has its turn.
 */
export async function* pagesOf(
  log: Pick<EventLog, "readStream">,
  { stream_id, after_version = 0 }: { stream_id: string; after_version?: number },
): AsyncGenerator<StoredEvent[]> {
  let limit = FIRST_PAGE;
  for (let after = after_version; ; ) {
    const read = () => log.readStream(stream_id, { after_version: after, limit });
    const isLong = after > after_version && limit < PAGE;
    const page = await (isLong ? longPages.run(null, read) : read());
    const last = page.at(-1);
    if (!last) return;
    yield page;
    if (page.length < limit) return;
    after = last.version;
    const average = page.reduce((sum, { data_json }) => sum + data_json.length, 0) / page.length;
    limit = Math.max(1, Math.min(PAGE, Math.floor(PAGE_LENGTH / average)));
    await nextTurn();
  }
}

/** A number of a stream's events after a version, read as {@link pagesOf} does. */
export async function readEvents(
  log: Pick<EventLog, "readStream">,
  { limit, ...from }: { stream_id: string; after_version: number; limit: number },
): Promise<StoredEvent[]> {
  if (limit <= FIRST_PAGE) return await log.readStream(from.stream_id, { after_version: from.after_version, limit });
  const events: StoredEvent[] = [];
  for await (const page of pagesOf(log, from)) {
    events.push(...page);
    if (events.length >= limit) break;
  }
  return events.slice(0, limit);
}

/** The state after events that follow what is known. */
export async function foldEvents<State>(
  events: readonly StoredEvent[],
  { evolve, known }: { evolve: (state: State, event: KnownEvent) => State; known: Folded<State> },
): Promise<Folded<State>> {
  let { state } = known;
  await inSlices(events, (event) => {
    state = evolve(state, decode(event));
  });
  return { state, version: events.at(-1)?.version ?? known.version };
}

/** The current state of a stream: what is known of it, and everything newer. */
export async function foldStream<State>(
  log: Pick<EventLog, "readStream">,
  {
    stream_id,
    evolve,
    known,
  }: { stream_id: string; evolve: (state: State, event: KnownEvent) => State; known: Folded<State> },
): Promise<Folded<State>> {
  let folded = known;
  for await (const page of pagesOf(log, { stream_id, after_version: known.version })) {
    folded = await foldEvents(page, { evolve, known: folded });
  }
  return folded;
}
