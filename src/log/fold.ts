/** Folding one stream, whatever its length: in pages of events, and in slices that leave all else its turns. */
import type { StoredEvent } from "../../events/envelope.ts";
import { decode, type KnownEvent } from "../../events/mod.ts";
import { inSlices, Line, nextTurn } from "../async/mod.ts";
import type { EventLog } from "./types.ts";

/** Events that are read at once. */
export const PAGE = 250;

/** What a stream's events led to. */
export interface Folded<State> {
  readonly state: State;
  /** Of the last event; 0 where there is none. */
  readonly version: number;
}

/** Events that are read at first: most streams have no more. */
const FIRST_PAGE = 4;
/** UTF-16 units of data of which a page is to be, about: it is held as a whole. */
const PAGE_LENGTH = 400_000;
/** The next pages of streams whose events are long: one at a time, lest short reads wait behind them on every connection. */
const longPages = new Line();

/**
 * A stream's events after a version, in pages of up to {@link PAGE}, of which none is empty: of fewer where what came
 * before them was long. Between two, all else has its turn.
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

/** So many of a stream's events after a version, read as {@link pagesOf} does. */
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

/** What events lead to that follow what is known. */
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

/** What a stream is now: what is known of it, and all that has come since. */
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
