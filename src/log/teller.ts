/**
 * Tellers: one queue of commands per process for each stream that many write to.
 *
 * ```text
 *   tell ──▶ queue, callers in turn ──▶ decided one after another ──▶ one commit ──▶ each command gets its own outcome
 *                 ▲                        ▲   │
 *                 │ more commands arrive   │   ├── conflict with another process: read again, decide all again
 *                 │ meanwhile              │   ├── conflict on another stream of a command: that one is handled alone
 *                                          ╰───┴── the log rejects the events: halve the batch until the culprit is found
 * ```
 *
 * Concurrent writers would conflict with each other and start again; a teller knows the state, which its own decisions produced.
 * Conflicts with other processes are detected by version, as everywhere. A command may concern streams besides the teller's
 * (a budget and the job that it pays for): its events on all of them are in one commit, or none are recorded.
 */
import { LRUCache } from "lru-cache";
import { Lanes } from "../async/mod.ts";
import { BatchHandler, type Command, type DecidedStream, type HandledAll } from "./batch_handler.ts";
import { AppendRefusedError, LogBusyError } from "./errors.ts";
import type { Folded } from "./fold.ts";
import { type HandleAllOptions, handleAll } from "./handle_all.ts";
import { yieldToPrecedence } from "./precedence.ts";
import type { EventLog } from "./types.ts";
import { untilDecided } from "./until_decided.ts";

/** Maximum number of commands in one commit. */
const MAX_BATCH = 256;
/** Maximum number of commands waiting for one stream, of all callers and of one. */
const MAX_WAITING = 8_192;
const MAX_OF_CALLER = MAX_WAITING / 4;
/** How many streams' states are cached while no command waits for them. They may be stale, but are never wrong. */
const MAX_CACHED = 1_000;

export interface TellOptions<States extends readonly unknown[], Refusal extends object>
  extends HandleAllOptions<States, Refusal> {
  /** Callers take turns; `null`: none, as for what the operator does. */
  readonly caller?: string | null;
  /** Withdraws the command while it waits. One that is being decided is recorded all the same. */
  readonly signal?: AbortSignal;
}

/**
 * Like {@link handleAll}, through the teller of the first stream. All commands on that stream must use the same decider. A
 * command that is decided after others in the same commit sees their events without a position, and with an approximate time.
 *
 * Throws what `handleAll` throws, the signal's reason, and `LogBusyError` if too many commands wait.
 */
export function tell<States extends readonly unknown[], Refusal extends object>(
  log: EventLog,
  telling: TellOptions<States, Refusal>,
): Promise<HandledAll<States, Refusal>> {
  const {
    streams,
    decide,
    caller = null,
    signal,
  } = telling as unknown as Command & Pick<typeof telling, "caller" | "signal">;
  const told = new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    tellersOf(log).add({ streams, decide, caller, signal, resolve, reject });
  });
  return told as Promise<HandledAll<States, Refusal>>;
}

/** A command, and the caller who waits for its outcome. */
interface Waiting extends Command {
  readonly caller: string | null;
  readonly signal: AbortSignal | undefined;
  resolve(handled: unknown): void;
  reject(fault: unknown): void;
}

interface CachedState {
  readonly decider: object;
  readonly folded: Folded<unknown>;
}

/** A log's tellers in this process. */
class Tellers {
  readonly #log: EventLog;
  /** Those with commands to handle, by stream. */
  readonly #tellers = new Map<string, Teller>();
  readonly #cache = new LRUCache<string, CachedState>({ max: MAX_CACHED });

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Throws `LogBusyError`. */
  add(waiting: Waiting): void {
    const [own] = waiting.streams;
    if (!own) throw new RangeError("Cannot tell: no stream is named");
    const { stream_id } = own;
    const known = this.#tellers.get(stream_id);
    const teller = known ?? new Teller(this.#log, stream_id, this.#cache);
    teller.add(waiting);
    if (known) return;
    this.#tellers.set(stream_id, teller);
    void teller.serve(() => this.#tellers.delete(stream_id));
  }
}

const tellers = new WeakMap<EventLog, Tellers>();

function tellersOf(log: EventLog): Tellers {
  const known = tellers.get(log) ?? new Tellers(log);
  tellers.set(log, known);
  return known;
}

class Teller {
  readonly #log: EventLog;
  readonly #stream_id: string;
  readonly #cache: LRUCache<string, CachedState>;
  readonly #waiting = new Lanes<Waiting>();
  /** The abort listener of each. */
  readonly #withdrawals = new Map<Waiting, () => void>();

  constructor(log: EventLog, stream_id: string, cache: LRUCache<string, CachedState>) {
    this.#log = log;
    this.#stream_id = stream_id;
    this.#cache = cache;
  }

  add(waiting: Waiting): void {
    const { caller, signal, reject } = waiting;
    const { size } = this.#waiting;
    const theirs = this.#waiting.lengthOf(caller);
    if (size >= MAX_WAITING || theirs >= MAX_OF_CALLER) {
      const message = `Cannot append to ${this.#stream_id}: ${size} commands are waiting, ${theirs} of them from the same caller`;
      throw new LogBusyError(message);
    }
    this.#waiting.add(caller, waiting);
    if (!signal) return;
    const withdraw = () => {
      this.#waiting.takeOut((each) => each === waiting);
      this.#withdrawals.delete(waiting);
      reject(signal.reason);
    };
    this.#withdrawals.set(waiting, withdraw);
    signal.addEventListener("abort", withdraw, { once: true });
  }

  /** Handles commands until none waits, then calls `on_idle` synchronously. */
  async serve(on_idle: () => void): Promise<void> {
    // Commands added in the same turn of the event loop go into the first commit.
    await Promise.resolve();
    while (this.#waiting.size > 0) {
      await yieldToPrecedence(this.#log, this.#stream_id);
      await this.#handle(this.#takeBatch());
    }
    on_idle();
  }

  #takeBatch(): Set<Waiting> {
    const batch = new Set<Waiting>();
    while (batch.size < MAX_BATCH) {
      const waiting = this.#waiting.take();
      if (!waiting) break;
      batch.add(waiting);
      const withdraw = this.#withdrawals.get(waiting);
      if (withdraw) waiting.signal?.removeEventListener("abort", withdraw);
      this.#withdrawals.delete(waiting);
    }
    return batch;
  }

  /** Settles all commands of the batch. Never throws. */
  async #handle(batch: Set<Waiting>): Promise<void> {
    const [first] = batch;
    const own = first?.streams[0];
    if (!own) return;
    const { decider, read } = own;
    const handler = new BatchHandler(this.#log);
    const known = this.#cache.get(this.#stream_id);
    if (known?.decider === decider && !read) handler.expect(own, known.folded);
    try {
      while (batch.size > 0) await untilDecided(this.#log, [this.#stream_id], () => this.#round(handler, batch));
    } catch (error) {
      await this.#failed(batch, error);
    }
    const folded = handler.folded(this.#stream_id);
    const before = this.#cache.get(this.#stream_id);
    const isNewer = before?.decider !== decider || before.folded.version < (folded?.version ?? 0);
    if (folded && isNewer && !read) this.#cache.set(this.#stream_id, { decider, folded });
  }

  /** `undefined`: there was a conflict. */
  async #round(handler: BatchHandler, batch: Set<Waiting>): Promise<true | undefined> {
    const callers = new Set(batch.values().map(({ caller }) => caller));
    const [charged_to = null] = callers.size === 1 ? callers : [this.#stream_id];
    const round = await handler.record([...batch], { charged_to });
    if (round.ok) {
      for (const [waiting, outcome] of round.outcomes) {
        batch.delete(waiting);
        if (outcome.ok) waiting.resolve(outcome.handled);
        else waiting.reject(outcome.fault);
      }
      return true;
    }
    for (const waiting of batch) {
      const changed = waiting.streams.slice(1).filter(({ stream_id }) => round.changed.has(stream_id));
      if (changed.length === 0) continue;
      batch.delete(waiting);
      this.#handleAlone(waiting, new Set(changed));
    }
    return batch.size === 0 ? true : undefined;
  }

  /** Handles a command outside the batch after a conflict on one of its other streams, so that the batch need not wait. */
  #handleAlone({ streams, decide, resolve, reject }: Waiting, changed: ReadonlySet<DecidedStream<unknown>>): void {
    const known = streams.map((stream) => (changed.has(stream) ? { ...stream, expected: undefined } : stream));
    const handling = { streams: known, decide } as HandleAllOptions<unknown[], object>;
    handleAll(this.#log, handling).then(resolve, reject);
  }

  /** If the log rejects the events for good, finds the command that has them and rejects that one alone. */
  async #failed(batch: Set<Waiting>, error: unknown): Promise<void> {
    if (!(error instanceof AppendRefusedError) || batch.size === 1) {
      for (const { reject } of batch) reject(error);
      return;
    }
    const all = [...batch];
    await this.#handle(new Set(all.slice(0, all.length / 2)));
    await this.#handle(new Set(all.slice(all.length / 2)));
  }
}
