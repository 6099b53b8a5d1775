/**
 * What the streams of one category say, in memory: read from the log at startup, and followed from there on, so that what
 * another process records is known here within a second. Who must know the latest waits until the log's head is reached.
 */
import type { Logger } from "pino";
import type { StoredEvent } from "../../events/envelope.ts";
import { Backoff, pause, unlessAborted } from "../async/mod.ts";
import { type Bus, follow } from "../bus/mod.ts";
import type { EventLog } from "../log/mod.ts";

/** How long reaching the log's head may take. */
const CATCH_UP_MS = 5_000;

export interface CategoryOptions {
  readonly log: Pick<EventLog, "head" | "readCategory" | "readRange">;
  readonly bus: Pick<Bus, "tail">;
  readonly logger: Pick<Logger, "warn" | "error">;
}

export interface CategoryReader {
  readonly category: string;
  /** Those that are read at startup; absent: all. Others may be taken later. */
  readonly types?: readonly string[];
  /** For messages: what the streams are about, in the plural. */
  readonly what: string;
  /** Earlier streams are of no interest when the log is first read: the `from` of `readCategory`. */
  from?(): string;
  /** Called with each of the category's events, in the order of each stream; some may come again. */
  take(event: StoredEvent): void;
  /** Called after several events, when what they lead to is complete for now. */
  settle?(): void;
}

export class Category {
  readonly #options: CategoryOptions;
  readonly #reader: CategoryReader;
  readonly #stop = new AbortController();
  readonly #arrivals = new Set<() => void>();
  readonly #running: Promise<void>;
  #position = -1;
  #catching: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(options: CategoryOptions, reader: CategoryReader) {
    this.#options = options;
    this.#reader = reader;
    this.#running = this.#follow();
  }

  /** Whether what was in the log at startup was taken. */
  get isRead(): boolean {
    return this.#position >= 0;
  }

  /** Fires when nothing is followed any more. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  /** Resolves when everything that was in the log at the call was taken. Throws if that cannot be reached. */
  caughtUp(): Promise<void> {
    // Calls that come while others wait share the next look: there is one at a time.
    this.#waiting ??= this.#catching.then(() => {
      this.#waiting = undefined;
      const catching = this.#catchUp();
      this.#catching = catching.catch(() => {});
      return catching;
    });
    return this.#waiting;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #catchUp(): Promise<void> {
    const { log, bus } = this.#options;
    const { what } = this.#reader;
    const head = await log.head();
    for (const deadline = performance.now() + CATCH_UP_MS; this.#position < head; ) {
      bus.tail.hear({ last: head });
      const arrived = Promise.withResolvers<void>();
      this.#arrivals.add(arrived.resolve);
      const left = Math.max(0, deadline - performance.now());
      const timer = setTimeout(arrived.resolve, left);
      await arrived.promise;
      clearTimeout(timer);
      this.#arrivals.delete(arrived.resolve);
      if (this.#stop.signal.aborted) throw new Error(`Cannot look up ${what}: the service is stopping`);
      if (left === 0) throw new Error(`Cannot look up ${what}: position ${head} of the log was not reached in time`);
    }
  }

  async #follow(): Promise<void> {
    const { log, bus, logger } = this.#options;
    const { category, what } = this.#reader;
    const { signal } = this.#stop;
    const backoff = new Backoff(50, 2_000);
    const on_fault = (error: unknown) => logger.warn({ err: error }, `Cannot read the log for ${what}; retrying`);
    while (!signal.aborted) {
      try {
        if (this.#position < 0) await this.#load();
        for await (const events of follow({ log, bus, after: this.#position, signal, on_fault })) {
          this.#take(events.filter((event) => event.stream_id.startsWith(`${category}-`)));
          this.#arrive(events.at(-1)?.position ?? this.#position);
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.error({ err: error, position: this.#position }, `Cannot follow the log for ${what}; retrying`);
        await pause(backoff.next(), signal);
      }
    }
  }

  async #load(): Promise<void> {
    const { log } = this.#options;
    const { signal } = this.#stop;
    const head = await unlessAborted(log.head(), signal);
    const { category, types } = this.#reader;
    const read = () => log.readCategory(category, { types, from: this.#reader.from?.() });
    const events = head === undefined ? undefined : await unlessAborted(read(), signal);
    if (head === undefined || !events) return;
    this.#take(events);
    this.#arrive(head);
  }

  /** One unreadable event must not keep the others from being known. */
  #take(events: readonly StoredEvent[]): void {
    const { what } = this.#reader;
    for (const event of events) {
      try {
        this.#reader.take(event);
      } catch (error) {
        const { position } = event;
        this.#options.logger.error({ err: error, position }, `Cannot read an event of ${what}; skipping it`);
      }
    }
    if (events.length > 0) this.#reader.settle?.();
  }

  #arrive(position: number): void {
    this.#position = position;
    for (const arrived of this.#arrivals) arrived();
  }
}
