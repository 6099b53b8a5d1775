/**
 * Follows the log once for all consumers of a process.
 *
 * ```text
 *   own commits, news from other processes ──▶ window ──▶ all consumers that have reached it
 *                     │                          ▲
 *                     ╰──▶ ahead ──▶ gap ◀───── log ────▶ a consumer behind the window, by itself
 * ```
 *
 * - The **window** keeps the newest events that some consumer still needs, within bounds. When a consumer is slow, the
 *   oldest are dropped, and it reads the log by itself until it reaches the window again. So it delays nobody.
 * - Events that are missing from the news are read once for all consumers; what arrives meanwhile is kept **ahead** of the gap.
 * - News may be lost, so the log is also polled when none arrives. At rest this is the only query.
 */
import type { StoredEvent } from "../../events/envelope.ts";
import { Backoff, pause, unlessAborted } from "../async/mod.ts";
import type { EventLog } from "../log/types.ts";
import { type Bounds, EventRange } from "./event_range.ts";
import { GapError, RangeReader } from "./range_reader.ts";

/**
 * Milliseconds without news after which the log is polled. A key that another process revoked must be rejected within a
 * second, even if NATS delivers nothing. While polls find events, which without NATS is normal, they are more frequent.
 */
const POLL_MS = { rest: 400, busy: 200 };
/** Half a second of events at the highest rate of one process. */
const BOUNDS = { events: 40_000, length: 8_000_000 };
/** Maximum number of events per read. */
const BATCH = 1_000;

/**
 * A notice that the log has grown. `events`, if given, are in order, without gaps, and end at `last`. News may be late,
 * repeated or missing: consumers that need every event follow the log.
 */
export interface News {
  readonly last: number;
  readonly events?: readonly StoredEvent[];
}

export interface TailOptions {
  readonly log: Pick<EventLog, "head" | "readRange" | "onCommit">;
  /** Milliseconds without news after which the log is polled; by default 400, and 200 while polls find events. */
  readonly poll_ms?: number | undefined;
  /** Limits of what is kept in memory; 40,000 events and 8,000,000 UTF-16 units of data by default. */
  readonly bounds?: Bounds | undefined;
}

export interface JoinOptions {
  /** The last position already processed. */
  readonly after: number;
  /** Called with the error of each failed read that was made for all consumers. */
  readonly on_fault?: ((error: unknown) => void) | undefined;
}

/** One that reads through the tail, and how far it is. */
export class Consumer {
  position: number;
  readonly on_fault: JoinOptions["on_fault"];
  failure: { readonly error: unknown } | undefined;
  /** Set while the consumer waits. */
  wake: (() => void) | undefined;

  constructor({ after, on_fault }: JoinOptions) {
    this.position = after;
    this.on_fault = on_fault;
  }
}

/** Does nothing while nobody has joined or listens. */
export class Tail {
  readonly #log: TailOptions["log"];
  readonly #pollMs: { readonly rest: number; readonly busy: number };
  readonly #bounds: Bounds;
  readonly #consumers = new Set<Consumer>();
  /** Those waiting for the window to grow. */
  readonly #resting = new Set<Consumer>();
  readonly #listeners = new Set<(news: News) => void>();
  /** Stops reading. */
  #reading: AbortController | undefined;
  /** Ends the pause before the next read. */
  #hurry = new AbortController();
  /** `undefined` until the end of the log is known. */
  #window: EventRange | undefined;
  #ahead: EventRange | undefined;
  /** The highest position in any news. */
  #heard = 0;
  /** Whether the log must be read even if it is not known to have grown. */
  #asked = false;
  /** How often the window has grown. */
  #growths = 0;

  constructor({ log, poll_ms, bounds = BOUNDS }: TailOptions) {
    this.#log = log;
    this.#bounds = bounds;
    this.#pollMs = poll_ms === undefined ? POLL_MS : { rest: poll_ms, busy: poll_ms };
  }

  /** The last position that the window reached; 0 while nobody has joined or listens. */
  get end(): number {
    return this.#window?.end ?? 0;
  }

  /** How many have joined. */
  get followers(): number {
    return this.#consumers.size;
  }

  /** Calls `listener` with news; see `Bus.listen`. Returns a function that stops it. */
  listen(listener: (news: News) => void): () => void {
    // A new wrapper each time, so that one function may listen twice.
    const entry = (news: News) => listener(news);
    this.#listeners.add(entry);
    this.#start();
    return () => {
      this.#listeners.delete(entry);
      this.#endIfUnused();
    };
  }

  /** Adds a consumer; it must `leave` when it is done. */
  join(options: JoinOptions): Consumer {
    const consumer = new Consumer(options);
    this.#consumers.add(consumer);
    this.#start();
    // It receives what other processes have recorded at once rather than with the next poll.
    this.#asked = true;
    this.#hurry.abort();
    return consumer;
  }

  leave(consumer: Consumer): void {
    this.#consumers.delete(consumer);
    this.#resting.delete(consumer);
    this.#forgetIfAllRest();
    this.#endIfUnused();
  }

  /**
   * The next events of the window, up to a number and a length of data; `undefined` if it has none for this consumer.
   * Throws if the log has a gap.
   */
  take(consumer: Consumer, batch: number, max_length?: number): readonly StoredEvent[] | undefined {
    if (consumer.failure) throw consumer.failure.error;
    const { position } = consumer;
    if (!this.#window || position < this.#window.start || position >= this.#window.end) return undefined;
    return this.#window.take(position, batch, max_length);
  }

  /** How many events a consumer must read by itself before it reaches the window. */
  distance({ position }: Consumer): number {
    return this.#window ? Math.max(0, this.#window.start - position) : 0;
  }

  /** Resolves when the window grows, or at the consumer's next `wake`. */
  async wait(consumer: Consumer): Promise<void> {
    if (consumer.failure) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    consumer.wake = resolve;
    this.#resting.add(consumer);
    this.#forgetIfAllRest();
    await promise;
  }

  wake(consumer: Consumer): void {
    this.#resting.delete(consumer);
    consumer.wake?.();
    consumer.wake = undefined;
  }

  /** Accepts news that did not come from this process's commits. */
  hear({ last, events }: News): void {
    if (!this.#reading) return;
    this.#heard = Math.max(this.#heard, last);
    if (events) {
      if (this.#push(events)) this.#grown();
      else if (last > this.end) this.#keepAhead(events);
    }
    if (this.#isDue) this.#hurry.abort();
  }

  /** Stops reading: consumers and listeners get nothing more. */
  close(): void {
    this.#reading?.abort();
    this.#hurry.abort();
    this.#reading = undefined;
    this.#window = undefined;
    this.#ahead = undefined;
    this.#heard = 0;
  }

  #start(): void {
    if (this.#reading) return;
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    const stop = this.#log.onCommit((commit) => this.hear(commit));
    signal.addEventListener("abort", stop);
    void this.#run(signal);
  }

  #endIfUnused(): void {
    if (this.#consumers.size + this.#listeners.size === 0) this.close();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const read = this.#reader(signal);
    let poll_ms = this.#pollMs.rest;
    while (!signal.aborted) {
      if (this.#isDue) {
        await read();
        continue;
      }
      const growths = this.#growths;
      this.#hurry = new AbortController();
      const passed = await pause(poll_ms, this.#hurry.signal);
      if (!passed || this.#growths !== growths) continue;
      await read();
      poll_ms = this.#growths === growths ? this.#pollMs.rest : this.#pollMs.busy;
    }
  }

  /** Returns a function that reads once; after a fault it waits, and another read is due. */
  #reader(signal: AbortSignal): () => Promise<void> {
    const range = new RangeReader(this.#log);
    const backoff = new Backoff(50, 5_000);
    return async () => {
      try {
        await this.#read(range, signal);
        backoff.reset();
      } catch (error) {
        this.#asked = true;
        if (error instanceof GapError) this.#fail(error);
        else for (const consumer of this.#consumers) if (this.distance(consumer) === 0) consumer.on_fault?.(error);
        await pause(backoff.next(), signal);
      }
    };
  }

  /** Whether the log must be read now. */
  get #isDue(): boolean {
    return !this.#window || this.#asked || this.#heard > this.#window.end;
  }

  async #read(range: RangeReader, signal: AbortSignal): Promise<void> {
    this.#asked = false;
    const window = this.#window;
    if (!window) return await this.#begin(signal);
    const heard = this.#heard;
    const gap = this.#ahead ? this.#ahead.start - window.end : BATCH;
    const events = await unlessAborted(range.read(window.end, Math.min(BATCH, gap)), signal);
    if (!events || signal.aborted) return;
    if (this.#push(events)) {
      this.#grown();
    } else if (events.length === 0 && heard === this.#heard) {
      // The news was false: the log does not have those events.
      this.#heard = window.end;
      this.#ahead = undefined;
    }
  }

  /** Reads the end of the log. Events that are committed meanwhile already belong to the window. */
  async #begin(signal: AbortSignal): Promise<void> {
    const head = await unlessAborted(this.#log.head(), signal);
    if (head === undefined || signal.aborted) return;
    this.#window = new EventRange(Math.min(head, this.#ahead?.start ?? head), this.#bounds);
    this.#tell({ last: this.end });
    this.#grown();
  }

  /** Adds the events that continue the window; returns whether any did. */
  #push(events: readonly StoredEvent[]): boolean {
    const fresh = this.#window?.push(events);
    if (fresh) this.#tell({ last: this.end, events: fresh });
    return fresh !== undefined;
  }

  #grown(): void {
    this.#growths++;
    if (this.#ahead && this.#ahead.start <= this.end) {
      for (const events of this.#ahead.arrays) this.#push(events);
      this.#ahead = undefined;
    }
    this.#forget();
    for (const consumer of this.#resting) this.wake(consumer);
  }

  #keepAhead(events: readonly StoredEvent[]): void {
    const [first] = events;
    if (!first || this.#ahead?.isOver) return;
    this.#ahead ??= new EventRange(first.position - 1, this.#bounds);
    this.#ahead.push(events);
  }

  /** While all consumers wait, nothing needs to be kept. */
  #forgetIfAllRest(): void {
    if (this.#resting.size === this.#consumers.size) this.#forget();
  }

  /** Drops the events that every consumer has passed, and the oldest beyond the bounds. */
  #forget(): void {
    let passed = Number.POSITIVE_INFINITY;
    for (const { position } of this.#consumers) passed = Math.min(passed, position);
    this.#window?.forget(passed);
  }

  #tell(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }

  /** Ends all consumers: the log has a gap after the window. */
  #fail(error: GapError): void {
    for (const consumer of this.#consumers) {
      consumer.failure = { error };
      this.wake(consumer);
    }
    this.#window = undefined;
    this.#ahead = undefined;
  }
}
