import { pause } from "./pause.ts";

/**
 * Does work at once, and again `ms` milliseconds after each time, never twice at a time. What it throws goes to
 * `on_fault`, and it is done again. `stop` resolves when nothing is being done any more.
 */
export function every(
  ms: number,
  work: () => Promise<unknown>,
  on_fault: (error: unknown) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const run = async () => {
    do await work().catch(on_fault);
    while (await pause(ms, stopping.signal));
  };
  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}
