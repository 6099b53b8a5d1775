import { pause } from "../async/mod.ts";
import type { EventLog } from "../log/types.ts";
import type { News } from "./types.ts";

/**
 * News that needs nothing but the log: this process's commits, with their events, as they happen, and
 * everyone's by polling the head. Does nothing while nobody listens.
 */
export class LogNews {
  readonly #log: EventLog;
  readonly #pollMs: () => number;
  readonly #listeners = new Set<(news: News) => void>();
  #watching: AbortController | undefined;
  #last = 0;

  /** `pollMs` is asked before each wait for the milliseconds until the next poll. */
  constructor(log: EventLog, pollMs: () => number) {
    this.#log = log;
    this.#pollMs = pollMs;
  }

  /** The last position that was told. */
  get last(): number {
    return this.#last;
  }

  listen(listener: (news: News) => void): () => void {
    // A wrapper of its own, so that one function may listen twice.
    const entry = (news: News) => listener(news);
    this.#listeners.add(entry);
    this.#watching ??= this.#watch();
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size === 0) this.close();
    };
  }

  tell(news: News): void {
    if (news.last > this.#last) this.#last = news.last;
    for (const listener of this.#listeners) listener(news);
  }

  close(): void {
    this.#watching?.abort();
    this.#watching = undefined;
  }

  #watch(): AbortController {
    const watching = new AbortController();
    const stop = this.#log.onCommit((commit) => this.tell(commit));
    watching.signal.addEventListener("abort", stop);
    void this.#poll(watching.signal);
    return watching;
  }

  async #poll(signal: AbortSignal): Promise<void> {
    while (true) {
      const known = this.#last;
      await pause(this.#pollMs(), signal);
      if (signal.aborted) return;
      if (this.#last > known) continue;
      // A fault of the database is told by those who then read the log; the next poll tries again.
      const head = await this.#log.head().catch(() => undefined);
      if (head === undefined || signal.aborted) continue;
      // More was told than is there: that was false, and must not hide what comes.
      if (head < known) this.#last = head;
      if (head > this.#last || head < known) this.tell({ last: head });
    }
  }
}
