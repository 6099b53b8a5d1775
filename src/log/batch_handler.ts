/**
 * Handles one or more commands on several streams: decides them one after another, each on the state that the previous
 * ones left, and records all their events in one commit.
 *
 * A command may be decided on an expected state that was not read from the log. If events are appended to the stream, the
 * expected version reveals a wrong expectation. If none are, nothing would, so the stream is read first.
 */
import type { EventMeta, NewEvent, StoredEvent } from "../../events/envelope.ts";
import { type KnownEvent, schemaVersion } from "../../events/mod.ts";
import { writeJson } from "../json/mod.ts";
import { type Folded, foldEvents, foldStream } from "./fold.ts";
import type { Append, EventLog } from "./types.ts";

/** A stream that a command is decided on, and how its state is computed from its events. */
export interface DecidedStream<State> {
  readonly stream_id: string;
  readonly decider: { readonly initial: State; evolve(state: State, event: KnownEvent): State };
  /** Reads the events that determine the state, the stream's newest last; by default the whole stream. */
  readonly read?: () => Promise<readonly StoredEvent[]>;
  /** The expected state and version; may be stale. */
  readonly expected?: Folded<State>;
}

/** The events to record on one stream. If there are none, the stream's version is not checked. */
export interface Decision {
  readonly events: readonly NewEvent[];
  readonly meta: EventMeta;
  /** See `Append`. */
  readonly charged_to?: string | null;
}

/** Each stream's state and version, in the order of the streams. */
export type FoldedAll<States extends readonly unknown[]> = { readonly [I in keyof States]: Folded<States[I]> };

/** The result of a command: its events are recorded (no positions: there was nothing to do), or it was refused. */
export type HandledAll<States extends readonly unknown[], Refusal> =
  | {
      readonly ok: true;
      /** The states before the new events. */
      readonly folded: FoldedAll<States>;
      /** The position of each stream's last new event; `undefined` for a stream without new events. */
      readonly positions: { readonly [I in keyof States]: number | undefined };
    }
  | { readonly ok: false; readonly refusal: Refusal; readonly folded: FoldedAll<States> };

/** A command on several streams, with any types of state. */
export interface Command {
  readonly streams: readonly DecidedStream<unknown>[];
  readonly decide: (folded: readonly Folded<unknown>[]) => readonly Decision[] | object;
}

/** The outcome of a command; `fault`: what reading one of its streams, or deciding, threw. */
export type Outcome =
  | { readonly ok: true; readonly handled: HandledAll<readonly unknown[], object> }
  | { readonly ok: false; readonly fault: unknown };

export type Round<C> =
  /** The outcomes of the commands that were handled: as many from the first on as fit, and all that have a fault. */
  | { readonly ok: true; readonly outcomes: ReadonlyMap<C, Outcome> }
  /** Nothing was recorded: others have appended to these streams. */
  | { readonly ok: false; readonly changed: ReadonlySet<string> };

/** Limits of one commit of several commands: events, and approximate UTF-16 units of JSON. */
const MAX_EVENTS = 1_000;
const MAX_LENGTH = 200_000;
/** Approximate length of an event without its data. */
const META_LENGTH = 400;

/** What is known of a stream. */
interface Known {
  readonly stream: DecidedStream<unknown>;
  readonly folded: Folded<unknown>;
  /** `expected`: not read from the log. `stale`: known to have newer events. */
  readonly as: "read" | "expected" | "stale";
}

/** What a round is going to append to a stream. */
interface Draft {
  readonly known: Known;
  /** The state after the decisions. */
  current: Folded<unknown>;
  readonly decisions: Decision[];
  /** How many events the decisions have. */
  count: number;
}

/** What a round decided on a command. */
interface Verdict<C> {
  readonly command: C;
  /** Of the command's streams, in their order. */
  readonly drafts: readonly Draft[];
  /** The states on which it was decided. */
  readonly folded: readonly Folded<unknown>[];
  readonly result:
    | { readonly fault: unknown }
    | { readonly refusal: object }
    /** For each stream, the number of events in its draft up to this command's last; `undefined`: the command adds none. */
    | { readonly counts: readonly (number | undefined)[] };
}

export class BatchHandler {
  readonly #log: EventLog;
  readonly #known = new Map<string, Known>();
  readonly #deciders = new Map<string, object>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** The current state of a stream; `undefined` if it would have to be read. */
  folded(stream_id: string): Folded<unknown> | undefined {
    const known = this.#known.get(stream_id);
    return known?.as === "stale" ? undefined : known?.folded;
  }

  /** Sets the expected state of a stream. */
  expect(stream: DecidedStream<unknown>, folded: Folded<unknown>): void {
    this.#known.set(stream.stream_id, { stream, folded, as: "expected" });
  }

  /**
   * Decides commands one after another and records their events in one commit: of as many commands, from the first on, as
   * fit in one commit. `charged_to`: see `Append`; used if there are several commands. Throws what `append` throws.
   */
  async record<C extends Command>(
    commands: readonly C[],
    { charged_to }: { charged_to?: string | null } = {},
  ): Promise<Round<C>> {
    const outcomes = new Map<C, Outcome>();
    for (const command of commands) {
      const fault = this.#checkDeciders(command);
      if (fault) outcomes.set(command, { ok: false, fault });
    }
    let unread = this.#unknown(commands.filter((command) => !outcomes.has(command)));
    while (true) {
      const faults = await this.#read(unread);
      for (const [command, fault] of faultsOf(commands, faults)) outcomes.set(command, { ok: false, fault });
      const verdicts = this.#decide(commands, outcomes);
      const drafts = new Set(verdicts.flatMap((verdict) => verdict.drafts));
      unread = [...drafts].filter(isUnconfirmed).map(({ known }) => known.stream);
      if (unread.length > 0) continue;
      const withEvents = [...drafts].filter(({ count }) => count > 0);
      const appended = await this.#append(withEvents, commands.length > 1 ? charged_to : undefined);
      if (!appended.ok) return appended;
      for (const verdict of verdicts) outcomes.set(verdict.command, toOutcome(verdict, appended.positions));
      return { ok: true, outcomes };
    }
  }

  /** Returns an error if another command uses a different decider for one of the streams. */
  #checkDeciders({ streams }: Command): Error | undefined {
    for (const { stream_id, decider } of streams) {
      const before = this.#deciders.get(stream_id) ?? decider;
      if (before !== decider) return new Error(`Cannot handle commands on ${stream_id} with two different deciders`);
      this.#deciders.set(stream_id, decider);
    }
    return undefined;
  }

  /** The streams that must be read before commands are decided on them, each once. */
  #unknown(commands: readonly Command[]): DecidedStream<unknown>[] {
    const unknown = new Map<string, DecidedStream<unknown>>();
    for (const stream of commands.flatMap(({ streams }) => streams)) {
      const known = this.#known.get(stream.stream_id);
      if (!known && stream.expected) this.expect(stream, stream.expected);
      else if (!known || known.as === "stale") unknown.set(stream.stream_id, known?.stream ?? stream);
    }
    return [...unknown.values()];
  }

  /** Reads streams; resolves to the errors, by stream. */
  async #read(streams: readonly DecidedStream<unknown>[]): Promise<ReadonlyMap<string, unknown>> {
    const faults = new Map<string, unknown>();
    await Promise.all(
      streams.map((stream) => this.#readStream(stream).catch((fault) => void faults.set(stream.stream_id, fault))),
    );
    return faults;
  }

  /** Reads only events after the known version, unless the stream has its own `read`. */
  async #readStream(stream: DecidedStream<unknown>): Promise<void> {
    const { stream_id, decider, read } = stream;
    const { initial, evolve } = decider;
    const empty = { state: initial, version: 0 };
    const known = this.#known.get(stream_id)?.folded ?? empty;
    const folded = read
      ? await foldEvents(await read(), { evolve, known: empty })
      : await foldStream(this.#log, { stream_id, evolve, known });
    this.#known.set(stream_id, { stream, folded, as: "read" });
  }

  /** Decides, in order, the commands that have no outcome yet. */
  #decide<C extends Command>(commands: readonly C[], outcomes: ReadonlyMap<C, Outcome>): Verdict<C>[] {
    const all = new Map<string, Draft>();
    const verdicts: Verdict<C>[] = [];
    let room = { events: MAX_EVENTS, length: MAX_LENGTH };
    for (const command of commands) {
      if (outcomes.has(command)) continue;
      const drafts = command.streams.map(({ stream_id }) => this.#draftOf(stream_id, all));
      const folded = drafts.map(({ current }) => current);
      const addVerdict = (result: Verdict<C>["result"]) => verdicts.push({ command, drafts, folded, result });
      try {
        const decided = command.decide(folded);
        if (!Array.isArray(decided)) {
          addVerdict({ refusal: decided });
          continue;
        }
        const decisions = decided as readonly Decision[];
        if (commands.length > 1) {
          room = roomAfter(room, decisions);
          if (verdicts.length > 0 && (room.events < 0 || room.length < 0)) break;
        }
        // Before the drafts change: what this throws is this command's fault alone.
        const next = commands.length > 1 ? drafts.map((draft, i) => foldNext(draft, decisions[i] as Decision)) : folded;
        const counts = drafts.map((draft, i) =>
          addDecision(draft, decisions[i] as Decision, next[i] as Folded<unknown>),
        );
        addVerdict({ counts });
      } catch (fault) {
        addVerdict({ fault });
      }
    }
    return verdicts;
  }

  #draftOf(stream_id: string, drafts: Map<string, Draft>): Draft {
    let draft = drafts.get(stream_id);
    if (!draft) {
      const known = this.#known.get(stream_id) as Known;
      draft = { known, current: known.folded, decisions: [], count: 0 };
      drafts.set(stream_id, draft);
    }
    return draft;
  }

  /** Resolves to the position before each stream's new events, or to the streams that others have appended to. */
  async #append(
    drafts: readonly Draft[],
    charged_to: string | null | undefined,
  ): Promise<{ ok: true; positions: ReadonlyMap<string, number> } | { ok: false; changed: ReadonlySet<string> }> {
    const positions = new Map<string, number>();
    if (drafts.length === 0) return { ok: true, positions };
    const result = await this.#log.appendAll(drafts.map((draft) => toAppend(draft, charged_to)));
    const changed = new Set<string>();
    for (const [i, draft] of drafts.entries()) {
      const { stream, folded } = draft.known;
      const { stream_id } = stream;
      if (result.ok) {
        const position = (result.appended[i]?.position ?? 0) - 1;
        positions.set(stream_id, position);
        this.#recorded(draft, { position, recorded_at: result.recorded_at });
      } else {
        const as = result.actual_versions[i] === folded.version ? "read" : "stale";
        if (as === "stale") changed.add(stream_id);
        this.#known.set(stream_id, { stream, folded, as });
      }
    }
    if (result.ok) return { ok: true, positions };
    // The version of a stream that was only read was not checked: it may have changed.
    for (const [id, known] of this.#known) {
      if (!drafts.some((draft) => draft.known.stream.stream_id === id))
        this.#known.set(id, { ...known, as: "expected" });
    }
    return { ok: false, changed };
  }

  #recorded(draft: Draft, at: { readonly position: number; readonly recorded_at: string }): void {
    const { stream } = draft.known;
    try {
      this.#known.set(stream.stream_id, { stream, folded: foldRecorded(draft, at), as: "read" });
    } catch {
      // Recorded all the same: the next read of the stream throws this.
      this.#known.delete(stream.stream_id);
    }
  }
}

/** The commands with a stream that could not be read, each with the error. */
function* faultsOf<C extends Command>(
  commands: readonly C[],
  faults: ReadonlyMap<string, unknown>,
): Generator<[C, unknown]> {
  if (faults.size === 0) return;
  for (const command of commands) {
    const unread = command.streams.find(({ stream_id }) => faults.has(stream_id));
    if (unread) yield [command, faults.get(unread.stream_id)];
  }
}

/** Whether the state is neither read nor checked by an append. */
function isUnconfirmed({ known, count }: Draft): boolean {
  return known.as !== "read" && count === 0;
}

/** What still fits in a commit. */
interface Room {
  readonly events: number;
  readonly length: number;
}

function roomAfter({ events, length }: Room, decisions: readonly Decision[]): Room {
  const all = decisions.flatMap((decision) => decision.events);
  return { events: events - all.length, length: all.reduce((left, event) => left - lengthOf(event), length) };
}

function lengthOf({ data }: NewEvent): number {
  try {
    return META_LENGTH + (writeJson(data)?.length ?? 0);
  } catch {
    // The log rejects it with the reason.
    return META_LENGTH;
  }
}

/** Adds a decision to a draft; returns how many events the draft has then, `undefined` if the decision adds none. */
function addDecision(draft: Draft, decision: Decision, next: Folded<unknown>): number | undefined {
  if (decision.events.length === 0) return undefined;
  draft.decisions.push(decision);
  draft.count += decision.events.length;
  draft.current = next;
  return draft.count;
}

/** The state after one more decision. The events have no position yet, and their time is the present. */
function foldNext({ known, current }: Draft, { events, meta }: Decision): Folded<unknown> {
  return fold(known.stream, current, { events, meta, position: 0, recorded_at: new Date().toISOString() });
}

/** The state of a recorded draft, whose first event follows the position. */
function foldRecorded(
  { known, decisions }: Draft,
  { position, recorded_at }: { position: number; recorded_at: string },
): Folded<unknown> {
  let folded = known.folded;
  let before = position;
  for (const { events, meta } of decisions) {
    folded = fold(known.stream, folded, { events, meta, position: before, recorded_at });
    before += events.length;
  }
  return folded;
}

function fold(
  { stream_id, decider }: DecidedStream<unknown>,
  { state, version }: Folded<unknown>,
  { events, meta, position, recorded_at }: Decision & { position: number; recorded_at: string },
): Folded<unknown> {
  const evolve = (before: unknown, { type, data }: NewEvent, i: number) => {
    const nth = { position: position + i + 1, version: version + i + 1, schema_version: schemaVersion(type) };
    return decider.evolve(before, { stream_id, ...nth, type, data, meta, recorded_at } as KnownEvent);
  };
  return { state: events.reduce(evolve, state), version: version + events.length };
}

/** `charged_to` replaces that of the decisions. */
function toAppend({ known, decisions }: Draft, charged_to: string | null | undefined): Append {
  const [first] = decisions as [Decision];
  const events = decisions.flatMap((decision) =>
    decision.meta === first.meta
      ? decision.events
      : decision.events.map((event) => ({ ...event, meta: decision.meta })),
  );
  return {
    stream_id: known.stream.stream_id,
    expected_version: known.folded.version,
    events,
    meta: first.meta,
    charged_to: charged_to === undefined ? first.charged_to : charged_to,
  };
}

function toOutcome({ command, folded, result }: Verdict<Command>, positions: ReadonlyMap<string, number>): Outcome {
  if ("fault" in result) return { ok: false, fault: result.fault };
  if ("refusal" in result) return { ok: true, handled: { ok: false, refusal: result.refusal, folded } };
  const last = result.counts.map((count, i) => {
    const before = positions.get(command.streams[i]?.stream_id ?? "");
    return count === undefined || before === undefined ? undefined : before + count;
  });
  return { ok: true, handled: { ok: true, folded, positions: last } };
}
