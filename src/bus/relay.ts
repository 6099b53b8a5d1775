/**
 * Publishes the log to JetStream, in order, each event once.
 *
 * Every message names its predecessor's sequence (`Nats-Expected-Last-Sequence`), so the stream stores an event only
 * directly after its predecessor. Whatever happens to a connection, and even if two relays run at once for a moment,
 * nothing is duplicated, skipped or reordered, and the stream's last message is the relay's cursor. An acknowledgement
 * also covers all earlier messages, so only some are requested: 58k/s with every 128th, 32k/s with each; the client's
 * own `js.publish`, 256 in flight, does 20k/s (2 busy cores, server 2.9).
 *
 * If somebody else publishes a message, it may take the sequence of an event that is in flight, and the sequences that the
 * following events expect would still match. So messages in flight also name their predecessor's id
 * (`Nats-Expected-Last-Msg-Id`), unless the stream has replicas (decision 10).
 */
import { createInbox, type Msg, type NatsConnection } from "nats";
import { eventId, type StoredEvent } from "../../events/envelope.ts";
import { Backoff, pause, unlessAborted } from "../async/mod.ts";
import type { EventLog } from "../log/types.ts";
import { follow } from "./follow.ts";
import { encodeEvent } from "./message.ts";
import { type Cursor, manager, openStream, readCursor, type StreamOptions } from "./stream.ts";
import type { Bus, BusLogger } from "./types.ts";

const BATCH = 1_000;
/** Maximum number of unacknowledged messages. Newer servers drop messages when 10,000 are waiting. */
const WINDOW = 1_024;
/** Maximum unacknowledged bytes, unless a single message is larger. */
const WINDOW_BYTES = 16_000_000;
/** An acknowledgement is requested after so many messages or bytes, and with the last message of a batch. */
const ACK_EVERY = 128;
const ACK_EVERY_BYTES = 1_000_000;
/** After this long without an acknowledgement, the relay reads the stream's cursor again. */
const ACK_TIMEOUT_MS = 5_000;

export interface RelayOptions extends StreamOptions {
  readonly nats: NatsConnection;
  readonly log: Pick<EventLog, "readRange">;
  readonly bus: Pick<Bus, "tail">;
  readonly signal: AbortSignal;
  readonly logger?: BusLogger;
  /** Called with the last position that is known to be stored in the stream. */
  readonly on_stored?: (position: number) => void;
}

/** Relays until the signal fires. After a failure, it continues from the stream's cursor. */
export async function relay(options: RelayOptions): Promise<void> {
  const { signal, logger } = options;
  const backoff = new Backoff(100, 15_000);
  while (!signal.aborted) {
    try {
      await relayOnce(options, () => backoff.reset());
    } catch (error) {
      if (signal.aborted) return;
      logger?.warn({ reason: messageOf(error) }, "The relay to JetStream stopped; will try again");
      await pause(backoff.next(), signal);
    }
  }
}

async function relayOnce(options: RelayOptions, on_progress: () => void): Promise<void> {
  const { nats, log, bus, signal, logger, on_stored } = options;
  const found = await unlessAborted(findCursor(options), signal);
  if (!found) return;
  const { cursor, max_bytes, names_ids } = found;
  on_stored?.(cursor.position);
  logger?.info({ position: cursor.position }, "The relay to JetStream continues after the stream's last event");

  const attempt = new AbortController();
  const stopped = AbortSignal.any([signal, attempt.signal]);
  const publisher = new Publisher({
    nats,
    sequence: cursor.sequence,
    max_bytes,
    names_ids,
    on_acknowledged: (sequence) => {
      on_progress();
      on_stored?.(cursor.position + sequence - cursor.sequence);
    },
    on_failure: (error) => attempt.abort(error),
  });
  const source = follow({
    log,
    bus,
    after: cursor.position,
    signal: stopped,
    batch: BATCH,
    on_fault: (error) => logger?.warn({ reason: messageOf(error) }, "The relay cannot read the log; will try again"),
  });
  let next = source.next();
  try {
    while (true) {
      const { value: events, done } = await next;
      if (done) break;
      // Read ahead while acknowledgements are on their way.
      next = source.next();
      await publisher.publish(events, stopped);
    }
  } finally {
    attempt.abort();
    publisher.close();
    await next.catch(() => {});
  }
  if (!signal.aborted) throw attempt.signal.reason;
}

interface Found {
  readonly cursor: Cursor;
  /** Maximum size of a message for server and stream, headers included. */
  readonly max_bytes: number;
  readonly names_ids: boolean;
}

/** Reads the stream's cursor and limits. */
async function findCursor({ nats, log, log_id, replicas }: RelayOptions): Promise<Found> {
  const jsm = await manager(nats);
  const { max_msg_size, num_replicas } = await openStream(jsm, { log_id, replicas });
  const cursor = await readCursor(jsm, log);
  const max_payload = nats.info?.max_payload ?? 1_048_576;
  const max_bytes = max_msg_size < 0 ? max_payload : Math.min(max_payload, max_msg_size);
  // A replica that returns after the duplicate window has forgotten the last id, and would reject what the others stored.
  return { cursor, max_bytes, names_ids: num_replicas === 1 };
}

interface PublisherOptions {
  readonly nats: NatsConnection;
  /** The sequence of the stream's last message. */
  readonly sequence: number;
  /** Larger events are published without data and meta. */
  readonly max_bytes: number;
  /** Whether messages name the id of the one before them. */
  readonly names_ids: boolean;
  /** All messages up to this sequence are stored. */
  readonly on_acknowledged: (sequence: number) => void;
  /** Called once; nothing published afterwards will be stored. */
  readonly on_failure: (error: Error) => void;
}

/** The server's response to a message. */
interface Acknowledgement {
  readonly seq?: number;
  readonly error?: { readonly code: number; readonly err_code?: number; readonly description: string };
}

/** Publishes events as one unbroken chain of messages. */
class Publisher {
  readonly #options: PublisherOptions;
  readonly #inbox = createInbox();
  readonly #subscription;
  readonly #watchdog: Timer;
  /** The sequence and id of the last message published. */
  #sequence: number;
  #id: string | undefined;
  /** The sequence of the last message known to be stored. */
  #acknowledged: number;
  #bytes = 0;
  #acknowledgedBytes = 0;
  /** The requested acknowledgements that have not arrived: sequence, and bytes published up to it. */
  readonly #asked: Array<{ readonly sequence: number; readonly bytes: number }> = [];
  #heardAt = 0;
  #failed = false;
  #wake: (() => void) | undefined;

  constructor(options: PublisherOptions) {
    const { nats, sequence } = options;
    this.#options = options;
    this.#sequence = sequence;
    this.#acknowledged = sequence;
    this.#subscription = nats.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => (error ? this.#fail(error) : this.#take(message)),
    });
    this.#watchdog = setInterval(() => {
      if (this.#asked.length > 0 && performance.now() - this.#heardAt > ACK_TIMEOUT_MS) {
        this.#fail(new Error(`JetStream acknowledged nothing within ${ACK_TIMEOUT_MS} ms`));
      }
    }, 1_000);
  }

  /** Resolves when there is room for more, or as soon as the signal fires. */
  async publish(events: readonly StoredEvent[], signal: AbortSignal): Promise<void> {
    const { nats, max_bytes, names_ids } = this.#options;
    const last = events.at(-1);
    for (const event of events) {
      while (this.#isFull() && !signal.aborted) await this.#room(signal);
      if (signal.aborted || this.#failed) return;
      // Once the predecessor is acknowledged, its sequence alone identifies it.
      const last_id = names_ids && this.#sequence > this.#acknowledged ? this.#id : undefined;
      const { subject, headers, body, bytes } = encodeEvent(event, {
        last_sequence: this.#sequence,
        last_id,
        max_bytes,
      });
      this.#sequence++;
      this.#id = eventId(event);
      this.#bytes += bytes;
      if (event === last || this.#isAckDue()) nats.publish(subject, body, { headers, reply: this.#ask() });
      else nats.publish(subject, body, { headers });
    }
  }

  close(): void {
    clearInterval(this.#watchdog);
    this.#subscription.unsubscribe();
  }

  #isFull(): boolean {
    const unacknowledged = this.#sequence - this.#acknowledged;
    return unacknowledged >= WINDOW || (unacknowledged > 0 && this.#bytes - this.#acknowledgedBytes >= WINDOW_BYTES);
  }

  #isAckDue(): boolean {
    const asked = this.#asked.at(-1);
    return (
      this.#sequence - (asked?.sequence ?? this.#acknowledged) >= ACK_EVERY ||
      this.#bytes - (asked?.bytes ?? this.#acknowledgedBytes) >= ACK_EVERY_BYTES
    );
  }

  /** Returns the reply subject for the acknowledgement of the message with the current sequence. */
  #ask(): string {
    if (this.#asked.length === 0) this.#heardAt = performance.now();
    this.#asked.push({ sequence: this.#sequence, bytes: this.#bytes });
    return `${this.#inbox}.${this.#sequence}`;
  }

  async #room(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = () => {
        signal.removeEventListener("abort", this.#wake as () => void);
        this.#wake = undefined;
        resolve();
      };
      signal.addEventListener("abort", this.#wake);
    });
  }

  #take(message: Msg): void {
    const sequence = Number(message.subject.slice(this.#inbox.length + 1));
    const fault = faultOf(message, sequence);
    if (fault !== undefined) this.#fail(new Error(`JetStream rejected message ${sequence}: ${fault}`));
    if (this.#failed) return;
    let asked: { readonly bytes: number } | undefined;
    // A late or repeated one is covered by a later one.
    while ((this.#asked[0]?.sequence ?? Number.POSITIVE_INFINITY) <= sequence) asked = this.#asked.shift();
    if (!asked) return;
    this.#heardAt = performance.now();
    this.#acknowledged = sequence;
    this.#acknowledgedBytes = asked.bytes;
    this.#options.on_acknowledged(sequence);
    this.#wake?.();
  }

  #fail(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.on_failure(error);
  }
}

/** Why a message was not stored at its sequence; `undefined` if it was. */
function faultOf(message: Msg, sequence: number): string | undefined {
  if (message.data.length === 0) return "no stream has its subject";
  const { seq, error } = message.json<Acknowledgement>();
  if (error) return error.description;
  return seq === sequence ? undefined : `its sequence is ${seq}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
