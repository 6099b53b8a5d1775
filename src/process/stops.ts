/** What was started and must be stopped: newest first, because newer parts depend on older ones. */
import type { Logger } from "pino";

const SLOW_MS = 5_000;

type Stop = (reason: string) => unknown;

export class Stops {
  readonly #logger: Pick<Logger, "warn">;
  readonly #slow_ms: number;
  readonly #stops: { readonly part: string; readonly stop: Stop }[] = [];

  /** `slow_ms`: a part that takes longer to stop is named in the log; 5 s by default. */
  constructor(logger: Pick<Logger, "warn">, { slow_ms = SLOW_MS }: { slow_ms?: number } = {}) {
    this.#logger = logger;
    this.#slow_ms = slow_ms;
  }

  /** Registers how a part is stopped; `part` is its name in the log. */
  add(part: string, stop: Stop): void {
    this.#stops.push({ part, stop });
  }

  /** Stops one part after another, each once. `reason` is for the record. Throws what a part throws. */
  async stop(reason: string): Promise<void> {
    for (let next = this.#stops.pop(); next; next = this.#stops.pop()) {
      const { part, stop } = next;
      const slow = setTimeout(() => this.#logger.warn({ part }, "Still waiting for a part to stop"), this.#slow_ms);
      try {
        await stop(reason);
      } finally {
        clearTimeout(slow);
      }
    }
  }
}
