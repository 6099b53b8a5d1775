/** Figures that must be asked for, kept for a while: however often one is looked at, the asking stays rare. */

/** What is at most so old is not asked for again. */
const FRESH_MS = 5_000;
/** Asking may take this share of the time at most: what is slow to tell is asked for more rarely. */
const MAX_SHARE = 0.02;
/** How long a look waits for a new figure before it makes do with the last one. */
const PATIENCE_MS = 1_000;
/** A figure that could not be renewed for so long is no figure any more. */
const STALE_MS = 60_000;

export interface PolledOptions {
  readonly fresh_ms?: number;
  readonly patience_ms?: number;
  readonly stale_ms?: number;
}

/**
 * Wraps a question so that it is asked one at a time, at most every 5 s (every 50 times as long as it takes, where that
 * is more), and only when somebody looks. Resolves to `undefined` where there is no answer young enough; never rejects.
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
      // Whoever is asked has its own way to say what is wrong; here the figure just grows old.
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
