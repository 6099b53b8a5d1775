/**
 * Deciding on streams: one command or many, each on what those before it have led to, and all of it recorded in one commit.
 *
 * What is known of a stream without having read it is decided on as if it were so: an append finds out, for it names the
 * version. Nothing else does, so no outcome stands that records nothing on such a stream: first it is read.
 */
import type { EventMeta, NewEvent, StoredEvent } from "../../events/envelope.ts";
import { type KnownEvent, schemaVersion } from "../../events/mod.ts";
import { writeJson } from "../json/mod.ts";
import { type Folded, foldEvents, foldStream } from "./fold.ts";
import type { Append, EventLog } from "./types.ts";

/** A stream that is decided on, and how its state comes of its events. */
export interface DecidedStream<State> {
  readonly stream_id: string;
  readonly decider: { readonly initial: State; evolve(state: State, event: KnownEvent): State };
  /** The events that lead to the state, the newest of the stream last; the whole stream by default. */
  readonly read?: () => Promise<readonly StoredEvent[]>;
  /** The state at the version that the stream is thought to have. */
  readonly expected?: Folded<State>;
}

/** What is to be recorded on one stream. Without events nothing is, and then nothing holds the stream at its version. */
export interface Decision {
  readonly events: readonly NewEvent[];
  readonly meta: EventMeta;
  /** As of an `Append`. */
  readonly charged_to?: string | null;
}

/** Each stream's state and version, in the streams' order. */
export type FoldedAll<States extends readonly unknown[]> = { readonly [I in keyof States]: Folded<States[I]> };

/** What came of a command: decisions on record (no positions: nothing to do), or the refusal, and then nothing is. */
export type HandledAll<States extends readonly unknown[], Refusal> =
  | {
      readonly ok: true;
      /** Before the new events. */
      readonly folded: FoldedAll<States>;
      /** Of each stream's last new event; `undefined` for a stream on which there was nothing to do. */
      readonly positions: { readonly [I in keyof States]: number | undefined };
    }
  | { readonly ok: false; readonly refusal: Refusal; readonly folded: FoldedAll<States> };

/** A command on several streams, whatever their states are. */
export interface Command {
  readonly streams: readonly DecidedStream<unknown>[];
  readonly decide: (folded: readonly Folded<unknown>[]) => readonly Decision[] | object;
}

/** What came of a command; `fault`: what reading one of its streams, or deciding, threw. */
export type Answer =
  | { readonly ok: true; readonly handled: HandledAll<readonly unknown[], object> }
  | { readonly ok: false; readonly fault: unknown };

export type Round<Asked> =
  /** Of the commands that were dealt with: from the first on, and whichever have a fault. */
  | { readonly ok: true; readonly answers: ReadonlyMap<Asked, Answer> }
  /** Nothing was recorded: others have changed these of the streams. */
  | { readonly ok: false; readonly moved: ReadonlySet<string> };

/** What one commit may hold, once it is of several commands: events, and UTF-16 units of JSON, about. */
const MAX_EVENTS = 1_000;
const MAX_LENGTH = 200_000;
/** What an event has beside its data, about. */
const META_LENGTH = 400;

/** A stream as far as it is known. */
interface Known {
  readonly stream: DecidedStream<unknown>;
  readonly folded: Folded<unknown>;
  /** `expected`: thought to be so, not read. `moved`: found to have more since. */
  readonly as: "read" | "expected" | "moved";
}

/** What a round makes of a stream. */
interface Draft {
  readonly known: Known;
  /** With what was decided on it. */
  now: Folded<unknown>;
  readonly decisions: Decision[];
  /** Events of these decisions. */
  count: number;
}

/** What a round makes of a command. */
interface Verdict<Asked> {
  readonly command: Asked;
  /** Its streams. */
  readonly drafts: readonly Draft[];
  readonly folded: readonly Folded<unknown>[];
  readonly came_to:
    | { readonly fault: unknown }
    | { readonly refusal: object }
    /** How many events each of its streams has in the round, its own being the last; `undefined`: it has none of its own. */
    | { readonly ends: readonly (number | undefined)[] };
}

export class Desk {
  readonly #log: EventLog;
  readonly #known = new Map<string, Known>();
  readonly #deciders = new Map<string, object>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** What a stream is by now; `undefined` where that would have to be read. */
  folded(stream_id: string): Folded<unknown> | undefined {
    const known = this.#known.get(stream_id);
    return known?.as === "moved" ? undefined : known?.folded;
  }

  /** A stream is to be taken for what is known of it. */
  expect(stream: DecidedStream<unknown>, folded: Folded<unknown>): void {
    this.#known.set(stream.stream_id, { stream, folded, as: "expected" });
  }

  /**
   * Decides commands one after another and records what that comes to in one commit: of as many, from the first on, as one
   * commit is to hold. `charged_to`: as of an `Append`, where there are several. Throws what `append` throws.
   */
  async record<Asked extends Command>(
    commands: readonly Asked[],
    { charged_to }: { charged_to?: string | null } = {},
  ): Promise<Round<Asked>> {
    const answers = new Map<Asked, Answer>();
    for (const command of commands) {
      const fault = this.#seat(command);
      if (fault) answers.set(command, { ok: false, fault });
    }
    let unread = this.#unknown(commands.filter((command) => !answers.has(command)));
    while (true) {
      const faults = await this.#read(unread);
      for (const [command, fault] of faultsOf(commands, faults)) answers.set(command, { ok: false, fault });
      const verdicts = this.#decide(commands, answers);
      const drafts = new Set(verdicts.flatMap((verdict) => verdict.drafts));
      unread = [...drafts].filter(isUnconfirmed).map(({ known }) => known.stream);
      if (unread.length > 0) continue;
      const changed = [...drafts].filter(({ count }) => count > 0);
      const outcome = await this.#append(changed, commands.length > 1 ? charged_to : undefined);
      if (!outcome.ok) return outcome;
      for (const verdict of verdicts) answers.set(verdict.command, toAnswer(verdict, outcome.positions));
      return { ok: true, answers };
    }
  }

  /** What keeps a command from being decided here: another one has the states of a stream come of its events otherwise. */
  #seat({ streams }: Command): Error | undefined {
    for (const { stream_id, decider } of streams) {
      const before = this.#deciders.get(stream_id) ?? decider;
      if (before !== decider) return new Error(`Cannot decide on ${stream_id} by two deciders at once`);
      this.#deciders.set(stream_id, decider);
    }
    return undefined;
  }

  /** The streams that must be read before anything is decided on them, each once. */
  #unknown(commands: readonly Command[]): DecidedStream<unknown>[] {
    const unknown = new Map<string, DecidedStream<unknown>>();
    for (const stream of commands.flatMap(({ streams }) => streams)) {
      const known = this.#known.get(stream.stream_id);
      if (!known && stream.expected) this.expect(stream, stream.expected);
      else if (!known || known.as === "moved") unknown.set(stream.stream_id, known?.stream ?? stream);
    }
    return [...unknown.values()];
  }

  /** Resolves to what reading them threw, by stream. */
  async #read(streams: readonly DecidedStream<unknown>[]): Promise<ReadonlyMap<string, unknown>> {
    const faults = new Map<string, unknown>();
    await Promise.all(
      streams.map((stream) => this.#readOn(stream).catch((fault) => void faults.set(stream.stream_id, fault))),
    );
    return faults;
  }

  /** Only what has come since what is known; what `read` gives begins anew each time. */
  async #readOn(stream: DecidedStream<unknown>): Promise<void> {
    const { stream_id, decider, read } = stream;
    const { initial, evolve } = decider;
    const nothing = { state: initial, version: 0 };
    const known = this.#known.get(stream_id)?.folded ?? nothing;
    const folded = read
      ? await foldEvents(await read(), { evolve, known: nothing })
      : await foldStream(this.#log, { stream_id, evolve, known });
    this.#known.set(stream_id, { stream, folded, as: "read" });
  }

  /** Decides in turn what is not answered yet. */
  #decide<Asked extends Command>(commands: readonly Asked[], answered: ReadonlyMap<Asked, Answer>): Verdict<Asked>[] {
    const all = new Map<string, Draft>();
    const verdicts: Verdict<Asked>[] = [];
    let room = { events: MAX_EVENTS, length: MAX_LENGTH };
    for (const command of commands) {
      if (answered.has(command)) continue;
      const drafts = command.streams.map(({ stream_id }) => this.#draftOf(stream_id, all));
      const folded = drafts.map(({ now }) => now);
      const come = (came_to: Verdict<Asked>["came_to"]) => verdicts.push({ command, drafts, folded, came_to });
      try {
        const decided = command.decide(folded);
        if (!Array.isArray(decided)) {
          come({ refusal: decided });
          continue;
        }
        const decisions = decided as readonly Decision[];
        if (commands.length > 1) {
          room = less(room, decisions);
          if (verdicts.length > 0 && (room.events < 0 || room.length < 0)) break;
        }
        // Before anything is written down: what it throws is this command's own.
        const next = commands.length > 1 ? drafts.map((draft, i) => foldNext(draft, decisions[i] as Decision)) : folded;
        come({ ends: drafts.map((draft, i) => add(draft, decisions[i] as Decision, next[i] as Folded<unknown>)) });
      } catch (fault) {
        come({ fault });
      }
    }
    return verdicts;
  }

  #draftOf(stream_id: string, drafts: Map<string, Draft>): Draft {
    let draft = drafts.get(stream_id);
    if (!draft) {
      const known = this.#known.get(stream_id) as Known;
      draft = { known, now: known.folded, decisions: [], count: 0 };
      drafts.set(stream_id, draft);
    }
    return draft;
  }

  /** Resolves to each stream's position before its new events, or to the streams that have moved. */
  async #append(
    drafts: readonly Draft[],
    charged_to: string | null | undefined,
  ): Promise<{ ok: true; positions: ReadonlyMap<string, number> } | { ok: false; moved: ReadonlySet<string> }> {
    const positions = new Map<string, number>();
    if (drafts.length === 0) return { ok: true, positions };
    const result = await this.#log.appendAll(drafts.map((draft) => toAppend(draft, charged_to)));
    const moved = new Set<string>();
    for (const [i, draft] of drafts.entries()) {
      const { stream, folded } = draft.known;
      const { stream_id } = stream;
      if (result.ok) {
        const position = (result.appended[i]?.position ?? 0) - 1;
        positions.set(stream_id, position);
        this.#recorded(draft, { position, recorded_at: result.recorded_at });
      } else {
        const as = result.actual_versions[i] === folded.version ? "read" : "moved";
        if (as === "moved") moved.add(stream_id);
        this.#known.set(stream_id, { stream, folded, as });
      }
    }
    if (result.ok) return { ok: true, positions };
    // What was only read may have moved unseen.
    for (const [id, known] of this.#known) {
      if (!drafts.some((draft) => draft.known.stream.stream_id === id))
        this.#known.set(id, { ...known, as: "expected" });
    }
    return { ok: false, moved };
  }

  #recorded(draft: Draft, at: { readonly position: number; readonly recorded_at: string }): void {
    const { stream } = draft.known;
    try {
      this.#known.set(stream.stream_id, { stream, folded: foldRecorded(draft, at), as: "read" });
    } catch {
      // On record all the same: whoever reads the stream next meets it.
      this.#known.delete(stream.stream_id);
    }
  }
}

/** Of the commands that name a stream which could not be read. */
function* faultsOf<Asked extends Command>(
  commands: readonly Asked[],
  faults: ReadonlyMap<string, unknown>,
): Generator<[Asked, unknown]> {
  if (faults.size === 0) return;
  for (const command of commands) {
    const unread = command.streams.find(({ stream_id }) => faults.has(stream_id));
    if (unread) yield [command, faults.get(unread.stream_id)];
  }
}

/** Whether nothing but an expectation says that the stream has no more events. */
function isUnconfirmed({ known, count }: Draft): boolean {
  return known.as !== "read" && count === 0;
}

interface Room {
  readonly events: number;
  readonly length: number;
}

function less({ events, length }: Room, decisions: readonly Decision[]): Room {
  const all = decisions.flatMap((decision) => decision.events);
  return { events: events - all.length, length: all.reduce((left, event) => left - lengthOf(event), length) };
}

function lengthOf({ data }: NewEvent): number {
  try {
    return META_LENGTH + (writeJson(data)?.length ?? 0);
  } catch {
    // The log refuses it, and says why.
    return META_LENGTH;
  }
}

/** Adds a decision; returns how many events the stream then has in the round, where this is the last to add one. */
function add(draft: Draft, decision: Decision, now: Folded<unknown>): number | undefined {
  if (decision.events.length === 0) return undefined;
  draft.decisions.push(decision);
  draft.count += decision.events.length;
  draft.now = now;
  return draft.count;
}

/** What a draft comes to with one more decision. No position is known yet, and the time is about now. */
function foldNext({ known, now }: Draft, { events, meta }: Decision): Folded<unknown> {
  return fold(known.stream, now, { events, meta, position: 0, recorded_at: new Date().toISOString() });
}

/** What a draft came to where it was recorded: its first event follows the position. */
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

/** `charged_to`: in place of the decisions' own. */
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

function toAnswer({ command, folded, came_to }: Verdict<Command>, positions: ReadonlyMap<string, number>): Answer {
  if ("fault" in came_to) return { ok: false, fault: came_to.fault };
  if ("refusal" in came_to) return { ok: true, handled: { ok: false, refusal: came_to.refusal, folded } };
  const last = came_to.ends.map((end, i) => {
    const before = positions.get(command.streams[i]?.stream_id ?? "");
    return end === undefined || before === undefined ? undefined : before + end;
  });
  return { ok: true, handled: { ok: true, folded, positions: last } };
}
