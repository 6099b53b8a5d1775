/**
 * A writer that was overtaken goes first. If one writer of this process appends to a stream without end, knowing its
 * version, nobody else's view of it is ever current: so a writer that found it changed takes precedence, and the others
 * wait for it.
 */
import type { EventLog } from "./types.ts";

/** By log, the streams on which somebody has precedence: until when. */
const lines = new WeakMap<object, Map<string, Promise<void>>>();

type Log = Pick<EventLog, "append">;

/** Does something with precedence on a stream, after those who had it before. */
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
export async function givePrecedence(log: Log, stream_id: string): Promise<void> {
  for (let line = lines.get(log)?.get(stream_id); line; line = lines.get(log)?.get(stream_id)) await line;
}
