/** Command handling over several streams: read them, decide on all their states, append in one commit or not at all. */
import {
  BatchHandler,
  type Command,
  type DecidedStream,
  type Decision,
  type FoldedAll,
  type HandledAll,
  type Outcome,
} from "./batch_handler.ts";
import type { EventLog } from "./types.ts";
import { untilDecided } from "./until_decided.ts";

export interface HandleAllOptions<States extends readonly unknown[], Refusal extends object> {
  /** No stream twice. */
  readonly streams: { readonly [I in keyof States]: DecidedStream<States[I]> };
  /** The events to record on each stream, or a refusal. Called again after a conflict. */
  readonly decide: (folded: FoldedAll<States>) => { readonly [I in keyof States]: Decision } | Refusal;
}

/**
 * Decides on the current state of several streams and records all of it in one commit. After a conflict, the
 * streams that have changed are read again, and everything is decided again. Throws what `appendAll` throws, and
 * `ContendedError`.
 */
export async function handleAll<States extends readonly unknown[], Refusal extends object>(
  log: EventLog,
  handling: HandleAllOptions<States, Refusal>,
): Promise<HandledAll<States, Refusal>> {
  const handler = new BatchHandler(log);
  const command = handling as unknown as Command;
  const streamIds = command.streams.map(({ stream_id }) => stream_id);
  return await untilDecided(log, streamIds, async () => {
    const round = await handler.record([command]);
    if (!round.ok) return undefined;
    const outcome = round.outcomes.get(command) as Outcome;
    if (!outcome.ok) throw outcome.fault;
    return outcome.handled as HandledAll<States, Refusal>;
  });
}
