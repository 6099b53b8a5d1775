/**
 * What a request records once, however often it is sent: its Idempotency-Key identifies it. A reaction to an event is such a
 * request, too: the event identifies it.
 *
 * - What has a stream of its own has an id derived from the key: a repetition finds the stream ({@linkcode createOnce}).
 * - A change to a stream has an id derived from the key as its `causation_id`: a repetition finds its event
 *   ({@linkcode handleOnce}).
 *
 * Either way, what was recorded is compared with what is asked for: a key belongs to one request.
 */
import type { EventMeta, StoredEvent } from "../../events/envelope.ts";
import { decode, type KnownEvent } from "../../events/mod.ts";
import { inSlices } from "../async/mod.ts";
import { decodeJson, isSameJson } from "../json/mod.ts";
import { type Creation, create } from "./create.ts";
import { type HandleOptions, handle } from "./handle.ts";
import type { AppendEvent, EventLog } from "./types.ts";

/** `position`: of what was recorded; `undefined` if there was nothing to do. */
type New<Position> = { readonly ok: true; readonly replayed: false; readonly position: Position };

/** Recorded by an earlier request. `event`: the first of its events, at that position. */
interface Replayed {
  readonly ok: true;
  readonly replayed: true;
  readonly position: number;
  readonly event: KnownEvent;
}

/** The earlier request was another, and nothing is recorded. */
interface KeyReused {
  readonly ok: false;
  readonly reason: "key_reused";
}

export type Once = New<number> | Replayed | KeyReused;

/** Or the decider refuses the command. */
export type HandledOnce<Refusal> =
  | New<number | undefined>
  | Replayed
  | KeyReused
  | { readonly ok: false; readonly reason: "refused"; readonly refusal: Refusal };

interface Compared {
  /** Members of the event's data that the request does not determine, such as a new secret: they are not compared. */
  readonly apart_from?: readonly string[];
}

/** Records a stream's first events, unless the same request did. Throws what `append` throws. */
export async function createOnce(
  log: Pick<EventLog, "append" | "readStream">,
  { apart_from, ...creation }: Creation & Compared,
): Promise<Once> {
  const created = await create(log, creation);
  if (created.ok) return { ...created, replayed: false };
  const { stream_id, events } = creation;
  const recorded = await log.readStream(stream_id, { limit: events.length });
  let isSame = true;
  await inSlices(events.entries(), ([index, event]) => {
    isSame &&= isSameEvent(recorded[index], event, apart_from);
  });
  const [first] = recorded;
  return first && isSame ? replayed(decode(first)) : KEY_REUSED;
}

export interface HandleOnceOptions<State, Command extends object, Refusal>
  extends Pick<HandleOptions<State, Command, Refusal>, "stream_id" | "decider" | "command" | "read">,
    Compared {
  /**
   * What identifies the request: its actor, and a `causation_id` derived from its key. Without one it is not a repetition.
   */
  readonly meta: EventMeta;
  /** What the request says of its event's data; absent: the key alone says it all. */
  readonly asked?: object;
}

/**
 * Handles a command, unless the same request was handled before: then a function that makes the command is not called either.
 * Throws what `handle` throws.
 */
export async function handleOnce<State, Command extends object, Refusal extends object>(
  log: EventLog,
  { asked, apart_from, decider, command, ...handling }: HandleOnceOptions<State, Command, Refusal>,
): Promise<HandledOnce<Refusal>> {
  const { actor, causation_id } = handling.meta;
  interface Known {
    readonly state: State;
    /** The event of the same request. */
    readonly before?: KnownEvent;
  }
  const initial: Known = { state: decider.initial };
  const handled = await handle(log, {
    ...handling,
    command: {},
    decider: {
      initial,
      evolve({ state, before }: Known, event) {
        const { meta } = event;
        const isOwn = causation_id !== undefined && meta.causation_id === causation_id && meta.actor === actor;
        return { state: decider.evolve(state, event), before: before ?? (isOwn ? event : undefined) };
      },
      decide: (_, { state, before }): ReturnType<typeof decider.decide> | { before: KnownEvent } =>
        before ? { before } : decider.decide(typeof command === "function" ? command(state) : command, state),
    },
  });
  if (handled.ok) return { ok: true, replayed: false, position: handled.position };
  const { before } = handled.state;
  if (!before) return { ok: false, reason: "refused", refusal: handled.refusal as Refusal };
  if (asked && !isSameJson(without(before.data, apart_from), asked)) return KEY_REUSED;
  return replayed(before);
}

const KEY_REUSED = { ok: false, reason: "key_reused" } as const;

function replayed(event: KnownEvent): Replayed {
  return { ok: true, replayed: true, position: event.position, event };
}

function isSameEvent(before: StoredEvent | undefined, event: AppendEvent, apartFrom?: readonly string[]): boolean {
  if (before?.type !== event.type) return false;
  if ("data_json" in event && event.data_json === before.data_json) return true;
  const data = "data_json" in event ? decodeJson(event.data_json) : event.data;
  return isSameJson(without(decodeJson(before.data_json), apartFrom), without(data, apartFrom));
}

function without(data: unknown, members: readonly string[] = []): unknown {
  if (members.length === 0) return data;
  return Object.fromEntries(Object.entries(data as object).filter(([name]) => !members.includes(name)));
}
