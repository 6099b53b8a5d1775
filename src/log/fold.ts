/** Folding one stream, whatever its length: in pages of events, and in slices that leave all else its turns. */
import type { StoredEvent } from "../../events/envelope.ts";
import { decode, type KnownEvent } from "../../events/mod.ts";
import { inSlices, nextTurn } from "../async/mod.ts";
import type { EventLog } from "./types.ts";

/** Events that are read at once. */
export const PAGE = 250;

/** What a stream's events led to. */
export interface Folded<State> {
  readonly state: State;
  /** Of the last event; 0 where there is none. */
  readonly version: number;
}

/** A stream's events after a version, in pages of which none is empty. Between two, all else has its turn. */
export async function* pagesOf(
  log: Pick<EventLog, "readStream">,
  { stream_id, after_version = 0 }: { stream_id: string; after_version?: number },
): AsyncGenerator<StoredEvent[]> {
  for (let after = after_version; ; ) {
    const page = await log.readStream(stream_id, { after_version: after, limit: PAGE });
    const last = page.at(-1);
    if (!last) return;
    yield page;
    if (page.length < PAGE) return;
    after = last.version;
    await nextTurn();
  }
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
