import { Backoff, pause } from "../async/mod.ts";

/** Tries until it works; `undefined` where the signal fires first. */
export async function untilKnown<T>(
  action: () => Promise<T>,
  { signal, on_fault }: { signal: AbortSignal; on_fault?: (error: unknown) => void },
): Promise<T | undefined> {
  const backoff = new Backoff(100, 1_000);
  while (!signal.aborted) {
    try {
      return await action();
    } catch (error) {
      on_fault?.(error);
      await pause(backoff.next(), signal);
    }
  }
  return undefined;
}
