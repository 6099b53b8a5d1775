/**
 * Precedence for a writer after a conflict. While one writer of this process keeps appending to a stream whose version it
 * knows, other writers would conflict each time. So a writer that had a conflict takes precedence, and the others wait.
 */
import type { EventLog } from "./types.ts";

/** By log and stream, a promise that resolves when nobody has precedence any more. */
const lines = new WeakMap<object, Map<string, Promise<void>>>();

type Log = Pick<EventLog, "append">;

/** Runs an action with precedence on a stream, after those who have it before. */
export async function withPrecedence<Result>(
  log: Log,
  stream_id: string,
  action: () => Promise<Result>,
): Promise<Result> {
  const line = lines.get(log) ?? new Map<string, Promise<void>>();
  lines.set(log, line);
  const before = line.get(stream_id);
  const { promise, resolve } = Promise.withResolvers<void>();
  line.set(stream_id, promise);
  await before;
  try {
    return await action();
  } finally {
    if (line.get(stream_id) === promise) line.delete(stream_id);
    resolve();
  }
}

/** Resolves when nobody has precedence on a stream: for writers that append to it again and again. */
export async function yieldToPrecedence(log: Log, stream_id: string): Promise<void> {
  for (let line = lines.get(log)?.get(stream_id); line; line = lines.get(log)?.get(stream_id)) await line;
}
