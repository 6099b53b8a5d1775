/** Command handling: load a stream, decide, append, and decide again where somebody else was faster. */
import type { EventMeta, NewEvent, StoredEvent } from "../../events/envelope.ts";
import type { KnownEvent } from "../../events/mod.ts";
import { ContendedError } from "./errors.ts";
import { type Folded, foldEvents, foldStream } from "./fold.ts";
import type { EventLog } from "./types.ts";

/** What the log needs of a decider. */
interface Deciding<State, Command, Refusal> {
  readonly initial: State;
  evolve(state: State, event: KnownEvent): State;
  decide(command: Command, state: State): readonly NewEvent[] | Refusal;
}

export interface Handling<State, Command extends object, Refusal> {
  readonly stream_id: string;
  readonly decider: Deciding<State, Command, Refusal>;
  /** Or what makes one of the state: it is asked again where somebody else was faster. */
  readonly command: Command | ((state: State) => Command);
  readonly meta: EventMeta;
  /** The events that lead to the state, the newest of the stream last; the whole stream by default. */
  readonly read?: () => Promise<readonly StoredEvent[]>;
  /** The state at a version that is known already: of the stream only what follows it is read. */
  readonly known?: Folded<State>;
}

/** What came of a command: a decision on record (no events: nothing to do), or the decider's refusal. */
export type Handled<State, Refusal> =
  | {
      readonly ok: true;
      readonly events: readonly NewEvent[];
      /** Before the new events. */
      readonly state: State;
      /** The stream's, after the new events. */
      readonly version: number;
      /** Of the last event recorded; `undefined` where there was nothing to do. */
      readonly position: number | undefined;
      /** RFC 3339; `undefined` where there was nothing to do. */
      readonly recorded_at: string | undefined;
    }
  | {
      readonly ok: false;
      readonly refusal: Refusal;
      readonly state: State;
      /** The stream's as the state has it. */
      readonly version: number;
    };

/** A stream in which somebody else is faster this often is fought over by something that never yields. */
const MAX_TRIES = 20;

/** Decides a command on a stream's present state and records the decision. Throws what `append` throws, and `ContendedError`. */
export async function handle<State, Command extends object, Refusal>(
  log: EventLog,
  { stream_id, decider, command, meta, read, ...handling }: Handling<State, Command, Refusal>,
): Promise<Handled<State, Refusal>> {
  const { evolve } = decider;
  let known = handling.known ?? { state: decider.initial, version: 0 };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const now = read
      ? await foldEvents(await read(), { evolve, known })
      : await foldStream(log, { stream_id, evolve, known });
    const { state, version } = now;
    const decision = decider.decide(typeof command === "function" ? command(state) : command, state);
    if (!Array.isArray(decision)) return { ok: false, refusal: decision as Refusal, state, version };
    const events = decision as readonly NewEvent[];
    if (events.length === 0) return { ok: true, events, state, version, position: undefined, recorded_at: undefined };
    const result = await log.append({ stream_id, expected_version: version, events, meta });
    if (result.ok) {
      return {
        ok: true,
        events,
        state,
        version: result.version,
        position: result.position + events.length - 1,
        recorded_at: result.recorded_at,
      };
    }
    // What `read` gives begins anew each time.
    if (!read) known = now;
  }
  throw new ContendedError(`Cannot append to ${stream_id}: its version changed at each of ${MAX_TRIES} tries`);
}
