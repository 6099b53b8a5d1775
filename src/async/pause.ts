import { alarm } from "./alarm.ts";

/**
 * Resolves after `ms` milliseconds, or as soon as the signal fires, to whether the time has passed. Cleans up after
 * itself.
 */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const done = (passed: boolean) => {
      stop();
      signal.removeEventListener("abort", abort);
      resolve(passed);
    };
    const abort = () => done(false);
    const stop = alarm(ms, () => done(true));
    signal.addEventListener("abort", abort);
  });
}
