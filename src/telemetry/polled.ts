/** Figures that need a query, cached for a while: however often one is read, queries stay rare. */

/** Anything younger is not queried again. */
const FRESH_MS = 5_000;
/** The share of time that queries may take: slow figures are queried more rarely. */
const MAX_SHARE = 0.02;
/** How long a reader waits for a new figure before it gets the last one. */
const PATIENCE_MS = 1_000;
/** A figure that could not be refreshed for this long is dropped. */
const STALE_MS = 60_000;

export interface PolledOptions {
  readonly fresh_ms?: number;
  readonly patience_ms?: number;
  readonly stale_ms?: number;
}

/**
 * Wraps a query so that it runs one at a time, at most every 5 s (or every 50 times as long as it takes, if that is
 * more), and only on demand. Resolves to `undefined` if there is no recent enough result; never rejects.
 */
export function polled<T>(ask: () => Promise<T>, options: PolledOptions = {}): () => Promise<T | undefined> {
  const { fresh_ms = FRESH_MS, patience_ms = PATIENCE_MS, stale_ms = STALE_MS } = options;
  let known: { readonly value: T; readonly at: number } | undefined;
  let next = 0;
  let asking: Promise<void> | undefined;

  async function renew(): Promise<void> {
    const start = performance.now();
    try {
      known = { value: await ask(), at: performance.now() };
    } catch {
      // The query reports its own faults; here the figure just grows old.
    }
    const end = performance.now();
    next = end + Math.max(fresh_ms, (end - start) / MAX_SHARE);
    asking = undefined;
  }

  return async () => {
    if (performance.now() >= next) asking ??= renew();
    if (asking !== undefined) await within(patience_ms, asking);
    return known && performance.now() - known.at < stale_ms ? known.value : undefined;
  };
}

async function within(ms: number, promise: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([promise, late.promise]);
  clearTimeout(timer);
}
