/** Command handling: load a stream, decide, append, and decide again if somebody else was faster. */
import type { EventMeta, NewEvent, StoredEvent } from "../../events/envelope.ts";
import type { KnownEvent } from "../../events/mod.ts";
import { type Folded, foldEvents, foldStream } from "./fold.ts";
import type { EventLog } from "./types.ts";
import { untilDecided } from "./until_decided.ts";

/** What the log needs of a decider. */
interface Deciding<State, Command, Refusal> {
  readonly initial: State;
  evolve(state: State, event: KnownEvent): State;
  decide(command: Command, state: State): readonly NewEvent[] | Refusal;
}

export interface HandleOptions<State, Command extends object, Refusal> {
  readonly stream_id: string;
  readonly decider: Deciding<State, Command, Refusal>;
  /** Or a function that makes one from the state: it is called again if somebody else was faster. */
  readonly command: Command | ((state: State) => Command);
  /** Or a function that makes it from the state, as with `command`. */
  readonly meta: EventMeta | ((state: State) => EventMeta);
  /** As of an `Append`. */
  readonly charged_to?: string | null;
  /** The events that lead to the state, the newest of the stream last; the whole stream by default. */
  readonly read?: () => Promise<readonly StoredEvent[]>;
  /** A known state and its version: only newer events of the stream are read. */
  readonly known?: Folded<State>;
  /**
   * The state at the version that the stream is thought to have. It is decided on without reading: an append finds out whether
   * the stream has moved. An outcome that records nothing is decided again on what is read.
   */
  readonly expected?: Folded<State>;
}

/** The outcome of a command: a recorded decision (no events: nothing to do), or the decider's refusal. */
export type Handled<State, Refusal> =
  | {
      readonly ok: true;
      readonly events: readonly NewEvent[];
      /** Before the new events. */
      readonly state: State;
      /** The stream's, after the new events. */
      readonly version: number;
      /** Of the last event recorded; `undefined` if there was nothing to do. */
      readonly position: number | undefined;
      /** RFC 3339; `undefined` if there was nothing to do. */
      readonly recorded_at: string | undefined;
    }
  | {
      readonly ok: false;
      readonly refusal: Refusal;
      readonly state: State;
      /** The version of the stream in that state. */
      readonly version: number;
    };

/**
 * Decides a command on a stream's current state and records the decision. Throws what `append` throws, and
 * `ContendedError`.
 */
export async function handle<State, Command extends object, Refusal>(
  log: EventLog,
  handling: HandleOptions<State, Command, Refusal>,
): Promise<Handled<State, Refusal>> {
  const { stream_id, decider, read, expected } = handling;
  const { evolve, initial } = decider;
  let known = handling.known ?? { state: initial, version: 0 };
  let useExpected = expected !== undefined;
  return await untilDecided(log, [stream_id], async () => {
    if (expected && useExpected) {
      useExpected = false;
      known = expected;
      const handled = await record(log, handling, expected);
      if (!handled || (handled.ok && handled.events.length > 0)) return handled;
    }
    const now = read
      ? await foldEvents(await read(), { evolve, known: { state: initial, version: 0 } })
      : await foldStream(log, { stream_id, evolve, known });
    // What `read` returns always starts from the initial state.
    known = now;
    return await record(log, handling, now);
  });
}

/** Decides on a state and records the decision; `undefined`: somebody else was faster. */
async function record<State, Command extends object, Refusal>(
  log: EventLog,
  { stream_id, decider, command, meta, charged_to }: HandleOptions<State, Command, Refusal>,
  { state, version }: Folded<State>,
): Promise<Handled<State, Refusal> | undefined> {
  const decision = decider.decide(typeof command === "function" ? command(state) : command, state);
  if (!Array.isArray(decision)) return { ok: false, refusal: decision as Refusal, state, version };
  const events = decision as readonly NewEvent[];
  const nothing = { position: undefined, recorded_at: undefined };
  if (events.length === 0) return { ok: true, events, state, version, ...nothing };
  const about = typeof meta === "function" ? meta(state) : meta;
  const result = await log.append({ stream_id, expected_version: version, events, meta: about, charged_to });
  if (!result.ok) return undefined;
  const { recorded_at } = result;
  const position = result.position + events.length - 1;
  return { ok: true, events, state, version: result.version, position, recorded_at };
}
