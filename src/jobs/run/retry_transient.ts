import { Backoff, pause } from "../../async/mod.ts";
import { isTransient } from "../../log/mod.ts";

/** Retries until it works; `undefined` if the signal fires first. Throws what no retry would fix. */
export async function retryTransient<T>(
  action: () => Promise<T>,
  { signal, on_fault }: { signal: AbortSignal; on_fault?: (error: unknown) => void },
): Promise<T | undefined> {
  const backoff = new Backoff(100, 1_000);
  while (!signal.aborted) {
    try {
      return await action();
    } catch (error) {
      if (!isTransient(error)) throw error;
      on_fault?.(error);
      await pause(backoff.next(), signal);
    }
  }
  return undefined;
}
