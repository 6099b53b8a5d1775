/**
 * What follows from an event by itself: data and a pure function, as a projection is. A reaction never calls outside:
 * what is done outside is a job that it submits.
 */
import type { NewEvent } from "../../events/envelope.ts";
import type { JobSubmitted } from "../../events/job.ts";
import { type EventType, eventId, type KnownEvent } from "../../events/mod.ts";
import type { Decider, Rejection } from "../domain/decider.ts";
import { derivedUuid } from "../log/derived_id.ts";

/** A recorded event of one of these types. */
export type EventOf<Type extends EventType> = Extract<KnownEvent, { readonly type: Type }>;

/** A command to a stream of the reaction's own feature. */
export interface CommandAction {
  readonly do: "command";
  readonly stream_id: string;
  /** With types that only {@link command} knows to fit the command's. */
  readonly decider: {
    readonly initial: unknown;
    evolve(state: never, event: KnownEvent): unknown;
    decide(command: never, state: never): readonly NewEvent[] | Rejection;
  };
  readonly command: object;
}

/** A job of the account `system`. */
export interface SubmitAction {
  readonly do: "submit";
  readonly submission: JobSubmitted;
  /** Tells the jobs apart that follow from one event. */
  readonly key: string;
}

export type Action = CommandAction | SubmitAction;

/** Derives an id from the event and the reaction's name: whoever does it again comes to the same. */
export type DeriveId = (key?: string) => string;

export interface Reaction<Type extends EventType = EventType> {
  /** Unique, in snake_case. Its position is kept by this name. */
  readonly name: string;
  /** Raised where its decisions change; 1 by default. Processes of an older version then stand by. */
  readonly version: number;
  /**
   * Where it begins at its first start: with the log's first event, or with the first one that is recorded from then on.
   * With `start`, a raised version begins anew, and what was done already is not done again.
   */
  readonly from: "start" | "now";
  readonly events: readonly Type[];
  /** Pure: no I/O, no clock, no randomness. A stream is commanded once for each event, and a job's key is used once. */
  react(event: EventOf<Type>, id: DeriveId): readonly Action[];
}

/** Defines a reaction; `react` gets the types that `events` names, and no other. Throws where the name is none. */
export function defineReaction<const Type extends EventType>(
  reaction: Omit<Reaction<Type>, "version" | "from"> & Partial<Pick<Reaction, "version" | "from">>,
): Reaction {
  const { name } = reaction;
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) {
    throw new Error(`Cannot define the reaction "${name}": its name must be in snake_case, of 63 characters at most`);
  }
  return { version: 1, from: "now", ...reaction } as unknown as Reaction;
}

/** Commands a stream: done once for each event and stream, however often the reaction runs. */
export function command<State, Command extends object>(action: {
  readonly stream_id: string;
  readonly decider: Decider<State, Command>;
  readonly command: NoInfer<Command>;
}): CommandAction {
  return { do: "command", ...action } as CommandAction;
}

/** Submits a job; several that follow from one event need keys. */
export function submit(submission: JobSubmitted, { key = "" }: { readonly key?: string } = {}): SubmitAction {
  return { do: "submit", submission, key };
}

/** What a reaction gives its own event to derive ids. */
export function idsOf({ name }: Pick<Reaction, "name">, event: { stream_id: string; version: number }): DeriveId {
  return (key = "") => derivedUuid(["reaction", name, eventId(event), key]);
}

/** What follows from an event. Throws what `react` throws, and where it names a stream or a key twice. */
export function actionsOf(reaction: Reaction, event: KnownEvent): readonly Action[] {
  const actions = reaction.react(event, idsOf(reaction, event));
  const named = new Set<string>();
  for (const action of actions) {
    const what = action.do === "command" ? `the stream ${action.stream_id}` : `the job's key "${action.key}"`;
    if (named.has(what)) throw new Error(`Cannot do what follows from ${eventId(event)}: ${what} is named twice`);
    named.add(what);
  }
  return actions;
}
