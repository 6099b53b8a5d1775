/** What the bus's tests share. */
import { connect, type JetStreamManager } from "nats";
import type { StoredEvent } from "../../events/envelope.ts";
import { STREAM } from "../../src/bus/stream.ts";
import type { EventLog } from "../../src/log/mod.ts";
import { appendOf } from "../support/events.ts";

/**
 * Resolves when `condition` is true; throws after 40 s, with what it waited for. A relay whose message was refused may
 * be told for 10 s that it is a duplicate, and then waits for up to 15 s.
 */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 40_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited 40 s for: ${what}`);
    await Bun.sleep(5);
  }
}

/** Appends `count` events to a new stream, `size` of them in each append. */
export async function fill(log: EventLog, count: number, size = 1): Promise<void> {
  const stream = `test-${crypto.randomUUID()}`;
  for (let version = 0; version < count; version += size) {
    const result = await log.append(appendOf(stream, version, Math.min(size, count - version)));
    if (!result.ok) throw new Error(`${stream} is at ${result.actual_version}, not ${version}`);
  }
}

/** `callers` that append to separate streams, all at once, `count` events each. */
export async function fillFromMany(log: EventLog, callers: number, count: number): Promise<void> {
  await Promise.all(Array.from({ length: callers }, () => fill(log, count)));
}

/** Pulls from a follower until it has reached `position`. */
export async function followTo(
  source: AsyncGenerator<readonly StoredEvent[], void, void>,
  position: number,
): Promise<StoredEvent[]> {
  const all: StoredEvent[] = [];
  for await (const events of source) {
    all.push(...events);
    if (events.length === 0) throw new Error("A follower handed over an empty array");
    if ((all.at(-1)?.position ?? 0) >= position) break;
  }
  return all;
}

export interface StreamMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Runs `use` with JetStream's manager, as a separate client; `url` may be several, separated by commas. */
export async function withJetStream<T>(url: string, use: (jsm: JetStreamManager) => Promise<T>): Promise<T> {
  const urls = url.split(",").map((text) => new URL(text));
  const [{ username, password } = new URL(url)] = urls;
  const nats = await connect({
    servers: urls.map(({ host }) => host),
    ...(username && { user: username, pass: password }),
  });
  try {
    return await use(await nats.jetstreamManager());
  } finally {
    await nats.close();
  }
}

/** The last sequence of the stream; 0 if there is no stream yet. */
export function lastSequence(url: string): Promise<number> {
  return withJetStream(url, async (jsm) => {
    const names = await jsm.streams.names().next();
    return names.includes(STREAM) ? (await jsm.streams.info(STREAM)).state.last_seq : 0;
  });
}

/** All messages of the stream, in order, as any subscriber gets them. */
export async function readStream(url: string): Promise<StreamMessage[]> {
  const nats = await connect({ servers: url });
  try {
    const consumer = await nats.jetstream().consumers.get(STREAM);
    const all: StreamMessage[] = [];
    while (true) {
      const { num_pending } = await consumer.info();
      if (num_pending === 0) return all;
      for await (const message of await consumer.fetch({ max_messages: num_pending, expires: 5_000 })) {
        const headers: Record<string, string> = {};
        for (const [name, values] of message.headers ?? []) headers[name] = values.join();
        all.push({ sequence: message.seq, subject: message.subject, headers, body: message.string() });
      }
    }
  } finally {
    await nats.close();
  }
}
