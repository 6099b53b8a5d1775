/**
 * Wakes the streams of single jobs. One reader follows the log for all of them and wakes only those whose job has news;
 * each then reads its own job's events. So a stream costs nothing while others' jobs are active, nothing is buffered,
 * and an early or repeated wake-up is harmless.
 */
import { type FollowOptions, follow } from "../../bus/mod.ts";
import type { EventLog } from "../../log/types.ts";

interface Watcher {
  wake(): void;
  /** The reader has broken: no more news will come. */
  fail(error: unknown): void;
}

export interface JobNewsOptions extends Pick<FollowOptions, "bus" | "on_fault"> {
  readonly log: Pick<EventLog, "head" | "readRange">;
}

export class JobNews {
  readonly #options: JobNewsOptions;
  readonly #watchers = new Map<string, Set<Watcher>>();
  #reader: { ready: Promise<void>; stop: AbortController } | undefined;

  constructor(options: JobNewsOptions) {
    this.#options = options;
  }

  /**
   * From when this resolves, `watcher` is called for every new event of the stream. Returns a function that stops this.
   */
  async watch(streamId: string, watcher: Watcher): Promise<() => void> {
    const watchers = this.#watchers.get(streamId) ?? new Set();
    this.#watchers.set(streamId, watchers.add(watcher));
    this.#reader ??= this.#start();
    const stop = () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(streamId) === watchers) this.#watchers.delete(streamId);
      if (this.#watchers.size === 0) this.#reader?.stop.abort();
    };
    try {
      await this.#reader.ready;
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  }

  #start() {
    const stop = new AbortController();
    const head = this.#options.log.head();
    const reader = { ready: head.then(() => {}), stop };
    stop.signal.addEventListener("abort", () => {
      if (this.#reader === reader) this.#reader = undefined;
    });
    void this.#read(head, stop);
    return reader;
  }

  async #read(head: Promise<number>, stop: AbortController): Promise<void> {
    try {
      for await (const batch of follow({ ...this.#options, after: await head, signal: stop.signal })) {
        for (const { stream_id } of batch) {
          for (const watcher of this.#watchers.get(stream_id) ?? []) watcher.wake();
        }
      }
    } catch (error) {
      if (stop.signal.aborted) return;
      stop.abort();
      for (const watchers of [...this.#watchers.values()]) for (const watcher of [...watchers]) watcher.fail(error);
    }
  }
}
