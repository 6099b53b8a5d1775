/** What was started and must be stopped: newest first, for what is newer stands on what is older. */
import type { Logger } from "pino";

/** A part that takes longer than this to stop is named in the log. */
const SLOW_MS = 5_000;

type Stop = (reason: string) => unknown;

export class Stops {
  readonly #logger: Pick<Logger, "warn">;
  readonly #stops: { readonly part: string; readonly stop: Stop }[] = [];

  constructor(logger: Pick<Logger, "warn">) {
    this.#logger = logger;
  }

  /** Notes how a part is stopped; `part` names it in the log. */
  add(part: string, stop: Stop): void {
    this.#stops.push({ part, stop });
  }

  /** Stops one part after another, and each once. `reason` is for the record. Throws what a part throws. */
  async stop(reason: string): Promise<void> {
    for (let next = this.#stops.pop(); next; next = this.#stops.pop()) {
      const { part, stop } = next;
      const slow = setTimeout(() => this.#logger.warn({ part }, "Still waiting for a part to stop"), SLOW_MS);
      try {
        await stop(reason);
      } finally {
        clearTimeout(slow);
      }
    }
  }
}
