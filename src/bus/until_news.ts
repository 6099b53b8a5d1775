import { Backoff, pause } from "../async/mod.ts";
import type { Bus } from "./types.ts";

/** The first delay after news: the effect of an event follows right after it was recorded. */
const FIRST_LOOK_MS = 20;
/** The maximum delay without news. */
const LOOK_MS = 5_000;

export interface UntilNewsOptions {
  readonly bus: Pick<Bus, "listen">;
  /** Only events of this stream can change what is checked. */
  readonly stream_id: string;
  readonly signal: AbortSignal;
}

/**
 * Calls `look` until it resolves to a value or the signal fires: whenever the stream may have a new event, and rarely
 * otherwise. Resolves to that value. Throws what `look` throws.
 */
export async function untilNews<T>(
  { bus, stream_id, signal }: UntilNewsOptions,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const backoff = new Backoff(FIRST_LOOK_MS, LOOK_MS);
  let waiting = new AbortController();
  const stop = bus.listen(({ events }) => {
    if (events?.every((event) => event.stream_id !== stream_id)) return;
    backoff.reset();
    waiting.abort();
  });
  try {
    while (!signal.aborted) {
      waiting = new AbortController();
      const seen = await look();
      if (seen !== undefined) return seen;
      await pause(backoff.next(), AbortSignal.any([signal, waiting.signal]));
    }
    return undefined;
  } finally {
    stop();
  }
}
