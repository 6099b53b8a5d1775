/**
 * Tellers: for a stream that many write to, one queue in this process.
 *
 * ```text
 *   tell ──▶ waits, callers in turn ──▶ decided one after another ──▶ one commit ──▶ each hears of its own outcome
 *                 ▲                        ▲   │
 *                 │ meanwhile more gather  │   ├── another process was faster: read again, all decided again
 *                 │                        │   ├── another stream of a command has moved: that one is decided by itself
 *                                          ╰───┴── the log cannot hold it: decided in halves, until it is known whose it was
 * ```
 *
 * Writers that race each meet the others' versions and begin again; what a teller decides on is what it decided before.
 * Across processes the version decides, as for everyone. A command may be about more streams than the teller's own (a budget
 * and the job that it pays for): all of what it comes to is in the one commit, or none.
 */
import { LRUCache } from "lru-cache";
import { Lanes } from "../async/mod.ts";
import { type Command, type DecidedStream, Desk, type HandledAll } from "./desk.ts";
import { AppendRefusedError, LogBusyError } from "./errors.ts";
import type { Folded } from "./fold.ts";
import { type HandlingAll, handleAll } from "./handle_all.ts";
import { givePrecedence } from "./precedence.ts";
import type { EventLog } from "./types.ts";
import { untilDecided } from "./until_decided.ts";

/** Commands in one commit at most. */
const MAX_TOLD = 256;
/** Commands that may wait for one stream, and of them one caller's. */
const MAX_WAITING = 8_192;
const MAX_OF_CALLER = MAX_WAITING / 4;
/** Streams of which the state is remembered when nothing waits any more. What is remembered may be behind, but is never wrong. */
const MAX_REMEMBERED = 1_000;

export interface Telling<States extends readonly unknown[], Refusal extends object>
  extends HandlingAll<States, Refusal> {
  /** In whose turn it is; `null`: nobody's, as with what the operator does. */
  readonly caller?: string | null;
  /** Withdraws it while it waits. What is being decided is recorded all the same. */
  readonly signal?: AbortSignal;
}

/**
 * As {@link handleAll}, by the teller of the first stream. Those who name that stream give the same decider. A command that is
 * decided after others in one commit sees their events without a position, and their time about.
 *
 * Throws what `handleAll` throws, the signal's reason, and `LogBusyError` where too much waits.
 */
export function tell<States extends readonly unknown[], Refusal extends object>(
  log: EventLog,
  telling: Telling<States, Refusal>,
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

/** A command, and who waits for what comes of it. */
interface Waiting extends Command {
  readonly caller: string | null;
  readonly signal: AbortSignal | undefined;
  resolve(handled: unknown): void;
  reject(fault: unknown): void;
}

interface Remembered {
  readonly decider: object;
  readonly folded: Folded<unknown>;
}

/** Those of a log, in this process. */
class Tellers {
  readonly #log: EventLog;
  /** Those of whom anything is wanted, by stream. */
  readonly #tellers = new Map<string, Teller>();
  readonly #remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED });

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Throws `LogBusyError`. */
  add(waiting: Waiting): void {
    const [own] = waiting.streams;
    if (!own) throw new RangeError("Cannot tell: no stream is named");
    const { stream_id } = own;
    const known = this.#tellers.get(stream_id);
    const teller = known ?? new Teller(this.#log, stream_id, this.#remembered);
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
  readonly #remembered: LRUCache<string, Remembered>;
  readonly #waiting = new Lanes<Waiting>();
  /** How each of them is withdrawn. */
  readonly #withdrawals = new Map<Waiting, () => void>();

  constructor(log: EventLog, stream_id: string, remembered: LRUCache<string, Remembered>) {
    this.#log = log;
    this.#stream_id = stream_id;
    this.#remembered = remembered;
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

  /** Serves until nobody waits any more, and says so at once. */
  async serve(on_idle: () => void): Promise<void> {
    // Whoever else comes in this turn of the event loop is in the first commit.
    await Promise.resolve();
    while (this.#waiting.size > 0) {
      await givePrecedence(this.#log, this.#stream_id);
      await this.#settle(this.#takeBatch());
    }
    on_idle();
  }

  #takeBatch(): Set<Waiting> {
    const batch = new Set<Waiting>();
    while (batch.size < MAX_TOLD) {
      const waiting = this.#waiting.take();
      if (!waiting) break;
      batch.add(waiting);
      const withdraw = this.#withdrawals.get(waiting);
      if (withdraw) waiting.signal?.removeEventListener("abort", withdraw);
      this.#withdrawals.delete(waiting);
    }
    return batch;
  }

  /** Sees to it that all of them hear what came of theirs. Never throws. */
  async #settle(batch: Set<Waiting>): Promise<void> {
    const [first] = batch;
    const own = first?.streams[0];
    if (!own) return;
    const { decider, read } = own;
    const desk = new Desk(this.#log);
    const known = this.#remembered.get(this.#stream_id);
    if (known?.decider === decider && !read) desk.expect(own, known.folded);
    try {
      while (batch.size > 0) await untilDecided(this.#log, [this.#stream_id], () => this.#round(desk, batch));
    } catch (error) {
      await this.#failed(batch, error);
    }
    const folded = desk.folded(this.#stream_id);
    const before = this.#remembered.get(this.#stream_id);
    const isNews = before?.decider !== decider || before.folded.version < (folded?.version ?? 0);
    if (folded && isNews && !read) this.#remembered.set(this.#stream_id, { decider, folded });
  }

  /** `undefined`: another process was faster. */
  async #round(desk: Desk, batch: Set<Waiting>): Promise<true | undefined> {
    const callers = new Set(batch.values().map(({ caller }) => caller));
    const [charged_to = null] = callers.size === 1 ? callers : [this.#stream_id];
    const round = await desk.record([...batch], { charged_to });
    if (round.ok) {
      for (const [waiting, answer] of round.answers) {
        batch.delete(waiting);
        if (answer.ok) waiting.resolve(answer.handled);
        else waiting.reject(answer.fault);
      }
      return true;
    }
    for (const waiting of batch) {
      const moved = waiting.streams.slice(1).filter(({ stream_id }) => round.moved.has(stream_id));
      if (moved.length === 0) continue;
      batch.delete(waiting);
      this.#decideAlone(waiting, new Set(moved));
    }
    return batch.size === 0 ? true : undefined;
  }

  /** Others must not wait for one that is overtaken on a stream of its own: it goes the way of all, and goes first there. */
  #decideAlone({ streams, decide, resolve, reject }: Waiting, moved: ReadonlySet<DecidedStream<unknown>>): void {
    const known = streams.map((stream) => (moved.has(stream) ? { ...stream, expected: undefined } : stream));
    const handling = { streams: known, decide } as HandlingAll<unknown[], object>;
    handleAll(this.#log, handling).then(resolve, reject);
  }

  /** What the log refuses for good fails whoever brought it, and nobody besides. */
  async #failed(batch: Set<Waiting>, error: unknown): Promise<void> {
    if (!(error instanceof AppendRefusedError) || batch.size === 1) {
      for (const { reject } of batch) reject(error);
      return;
    }
    const all = [...batch];
    await this.#settle(new Set(all.slice(0, all.length / 2)));
    await this.#settle(new Set(all.slice(all.length / 2)));
  }
}
