/** Command handling over several streams: read them, decide on all of them at once, append in one commit or not at all. */
import type { EventMeta, NewEvent, StoredEvent } from "../../events/envelope.ts";
import type { KnownEvent } from "../../events/mod.ts";
import { type Folded, foldEvents, foldStream } from "./fold.ts";
import type { EventLog } from "./types.ts";
import { untilDecided } from "./until_decided.ts";

/** A stream that is decided on, and how its state comes of its events. */
export interface DecidedStream<State> {
  readonly stream_id: string;
  readonly decider: { readonly initial: State; evolve(state: State, event: KnownEvent): State };
  /** The events that lead to the state, the newest of the stream last; the whole stream by default. */
  readonly read?: () => Promise<readonly StoredEvent[]>;
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

export interface HandlingAll<States extends readonly unknown[], Refusal extends object> {
  /** Each named once. */
  readonly streams: { readonly [I in keyof States]: DecidedStream<States[I]> };
  /** What is to be recorded on each stream, or a refusal. It is asked again where somebody else was faster. */
  readonly decide: (folded: FoldedAll<States>) => { readonly [I in keyof States]: Decision } | Refusal;
}

/** What came of it: decisions on record (no positions: nothing to do), or the refusal, and then nothing is. */
export type HandledAll<States extends readonly unknown[], Refusal> =
  | {
      readonly ok: true;
      /** Before the new events. */
      readonly folded: FoldedAll<States>;
      /** Of each stream's last new event; `undefined` for a stream on which there was nothing to do. */
      readonly positions: { readonly [I in keyof States]: number | undefined };
    }
  | { readonly ok: false; readonly refusal: Refusal; readonly folded: FoldedAll<States> };

/**
 * Decides on several streams as they stand and records all of it in one commit. Where somebody else was faster, the
 * streams that have moved are read again, and all is decided anew. Throws what `appendAll` throws, and `ContendedError`.
 */
export async function handleAll<States extends readonly unknown[], Refusal extends object>(
  log: EventLog,
  { streams, decide }: HandlingAll<States, Refusal>,
): Promise<HandledAll<States, Refusal>> {
  const all: readonly DecidedStream<unknown>[] = streams;
  let known: readonly (Folded<unknown> | undefined)[] = [];
  const streamIds = all.map(({ stream_id }) => stream_id);
  return await untilDecided(log, streamIds, async () => {
    const now = await Promise.all(all.map((stream, i) => known[i] ?? readState(log, stream)));
    const folded = now as unknown as FoldedAll<States>;
    const decided = decide(folded);
    if (!Array.isArray(decided)) return { ok: false, refusal: decided as Refusal, folded };
    const appends = (decided as readonly Decision[]).flatMap((decision, i) =>
      decision.events.length === 0
        ? []
        : [{ ...decision, stream_id: streamIds[i] as string, expected_version: now[i]?.version ?? 0 }],
    );
    const result = appends.length === 0 ? undefined : await log.appendAll(appends);
    if (result?.ok === false) {
      const unmoved = appends.filter((append, i) => result.actual_versions[i] === append.expected_version);
      const held = new Set(unmoved.map(({ stream_id }) => stream_id));
      // A stream that was only read may have moved unseen.
      known = now.map((state, i) => (held.has(streamIds[i] as string) ? state : undefined));
      return undefined;
    }
    const positions = new Map(
      appends.map(({ stream_id, events }, i) => [stream_id, (result?.appended[i]?.position ?? 0) + events.length - 1]),
    );
    return {
      ok: true,
      folded,
      positions: streamIds.map((id) => positions.get(id)) as unknown as {
        readonly [I in keyof States]: number | undefined;
      },
    };
  });
}

async function readState(
  log: EventLog,
  { stream_id, decider: { initial, evolve }, read }: DecidedStream<unknown>,
): Promise<Folded<unknown>> {
  const known = { state: initial, version: 0 };
  return read ? await foldEvents(await read(), { evolve, known }) : await foldStream(log, { stream_id, evolve, known });
}
