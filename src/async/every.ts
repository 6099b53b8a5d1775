import { Outage } from "./outage.ts";
import { pause } from "./pause.ts";

export interface EveryOptions {
  /** Called with the first failure in a row; the work is retried, after a delay that grows. */
  readonly on_fault: (error: unknown) => void;
  /** Called with the first success after it. */
  readonly on_recovery?: () => void;
  /** The longest delay after a failure; 5 s by default, or `ms` if that is longer. */
  readonly most_ms?: number;
  /** Stops it, as `stop` does. */
  readonly signal?: AbortSignal | undefined;
  /** Whether to wait before the first time, too. */
  readonly later?: boolean;
  /** Whether to wait between half and one and a half of `ms`, so that many processes do not work in step. */
  readonly spread?: boolean;
}

/** One time that the work is done. */
export interface Pass {
  /** Fires when the work should stop. */
  readonly signal: AbortSignal;
  /** To be called by work that goes on for long, whenever it is certain that it does not fail. */
  worked(): void;
}

export interface Repeating {
  /** Why the work failed last, while it fails. */
  readonly fault: string | undefined;
  /** Resolves when the work has stopped. */
  readonly stopped: Promise<void>;
  /** Ends the wait, and the work as far as it heeds its signal. Resolves when nothing is being done any more. */
  stop(): Promise<void>;
}

/**
 * Does work at once, and again `ms` milliseconds after each time, never twice at a time, whether it fails or not. For a
 * tick that only looks at what is in memory, `setInterval` is enough; work that news can hasten has a loop of its own.
 */
export function every(
  ms: number,
  work: (pass: Pass) => unknown,
  { signal, later = false, spread = false, ...reports }: EveryOptions,
): Repeating {
  const stopping = new AbortController();
  const isOver = signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal;
  const outage = new Outage({ first_ms: ms, ...reports });
  const worked = () => outage.worked();
  const pass = async () => {
    try {
      await work({ signal: isOver, worked });
      if (!isOver.aborted) outage.worked();
    } catch (error) {
      if (!isOver.aborted) return outage.failed(error);
    }
    return spread ? ms * (0.5 + Math.random()) : ms;
  };
  const run = async () => {
    if (later && !(await pause(ms, isOver))) return;
    while (!isOver.aborted && (await pause(await pass(), isOver)));
  };
  const stopped = run();
  return {
    get fault() {
      return outage.fault;
    },
    stopped,
    stop() {
      stopping.abort();
      return stopped;
    },
  };
}
