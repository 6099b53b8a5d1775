/**
 * Whoever was overtaken goes first. A stream that one writer of this process appends to without end, knowing its version,
 * is never as anybody else has just read it: so who found it changed takes precedence, and that writer waits for them.
 */
import type { EventLog } from "./types.ts";

/** By log, the streams that somebody has precedence on: until when. */
const lines = new WeakMap<object, Map<string, Promise<void>>>();

type Log = Pick<EventLog, "append">;

/** Does something with precedence on a stream, when those who had it before are done. */
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

/** Resolves when nobody has precedence on a stream: for whoever appends to it again and again. */
export async function givePrecedence(log: Log, stream_id: string): Promise<void> {
  for (let line = lines.get(log)?.get(stream_id); line; line = lines.get(log)?.get(stream_id)) await line;
}
