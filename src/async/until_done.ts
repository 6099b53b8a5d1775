import { Backoff } from "./backoff.ts";
import { pause } from "./pause.ts";

export interface UntilDoneOptions {
  /** The delay after a failure, and the longest to which it grows, in milliseconds. */
  readonly first_ms: number;
  readonly most_ms: number;
  /** Called with each failure. */
  readonly on_fault: (error: unknown) => void;
}

/** Does work at once, and again after a delay for as long as it fails. Returns at once; `stop` resolves when nothing is being done. */
export function untilDone(
  work: () => Promise<unknown>,
  { first_ms, most_ms, on_fault }: UntilDoneOptions,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async () => {
    const backoff = new Backoff(first_ms, most_ms);
    while (!signal.aborted) {
      try {
        await work();
        return;
      } catch (error) {
        if (signal.aborted) return;
        on_fault(error);
        await pause(backoff.next(), signal);
      }
    }
  };
  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}
