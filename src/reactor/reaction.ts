/**
 * Reactions: what the service does automatically after an event. Like a projection, a reaction is data and a pure function.
 * It never calls external services; for that it submits a job.
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
  /** {@link command} checks that its types fit the command's. */
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
  /** Distinguishes the jobs that follow from one event. */
  readonly key: string;
}

export type Action = CommandAction | SubmitAction;

/** Derives an id from the event and the reaction's name: the same each time. */
export type DeriveId = (key?: string) => string;

export interface Reaction<Type extends EventType = EventType> {
  /** Unique, in snake_case. Its position is stored under this name. */
  readonly name: string;
  /** Raise it when the reaction's decisions change; 1 by default. Processes with an older version then stand by. */
  readonly version: number;
  /**
   * Where it starts when it first runs: at the log's first event, or at the next one to be recorded. With `start`, a raised
   * version starts again from the first event; actions that were performed are not repeated.
   */
  readonly from: "start" | "now";
  readonly events: readonly Type[];
  /** Pure: no I/O, no clock, no randomness. For each event, at most one command per stream and one job per key. */
  react(event: EventOf<Type>, id: DeriveId): readonly Action[];
}

/** Defines a reaction; `react` gets only events of the types in `events`. Throws if the name is invalid. */
export function defineReaction<const Type extends EventType>(
  reaction: Omit<Reaction<Type>, "version" | "from"> & Partial<Pick<Reaction, "version" | "from">>,
): Reaction {
  const { name } = reaction;
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) {
    throw new Error(`Cannot define the reaction "${name}": its name must be in snake_case, of 63 characters at most`);
  }
  return { version: 1, from: "now", ...reaction } as unknown as Reaction;
}

/** A command to a stream: performed once per event and stream, however often the reaction runs. */
export function command<State, Command extends object>(action: {
  readonly stream_id: string;
  readonly decider: Decider<State, Command>;
  readonly command: NoInfer<Command>;
}): CommandAction {
  return { do: "command", ...action } as CommandAction;
}

/** The submission of a job; several from one event need different keys. */
export function submit(submission: JobSubmitted, { key = "" }: { readonly key?: string } = {}): SubmitAction {
  return { do: "submit", submission, key };
}

/** The function with which a reaction derives ids from an event. */
export function idsOf({ name }: Pick<Reaction, "name">, event: { stream_id: string; version: number }): DeriveId {
  return (key = "") => derivedUuid(["reaction", name, eventId(event), key]);
}

/** The actions that follow from an event. Throws what `react` throws, and if two name the same stream or key. */
export function actionsOf(reaction: Reaction, event: KnownEvent): readonly Action[] {
  const actions = reaction.react(event, idsOf(reaction, event));
  const named = new Set<string>();
  for (const action of actions) {
    const what = action.do === "command" ? `the stream ${action.stream_id}` : `the job's key "${action.key}"`;
    if (named.has(what)) throw new Error(`Cannot react to ${eventId(event)}: ${what} is named twice`);
    named.add(what);
  }
  return actions;
}
