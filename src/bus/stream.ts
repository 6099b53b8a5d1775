/** The JetStream stream: creates and checks it, and reads its cursor. */
import {
  DiscardPolicy,
  type JetStreamManager,
  type NatsConnection,
  NatsError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "nats";
import { eventId } from "../../events/envelope.ts";
import type { EventLog } from "../log/types.ts";
import { EVENT_SUBJECT_PREFIX, Header } from "./message.ts";

export const STREAM = "LEVQOR";

const STREAM_NOT_FOUND = 10059;
const MESSAGE_NOT_FOUND = 10037;
const REQUEST_TIMEOUT_MS = 5_000;
const NANOSECONDS_PER_MS = 1_000_000;

/** Settings that the stream must have, whoever created it. */
const REQUIRED = {
  subjects: [`${EVENT_SUBJECT_PREFIX}.>`],
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  no_ack: false,
  max_msgs_per_subject: -1,
} as const satisfies Partial<StreamConfig>;

/** Settings of a new stream; an operator may change them. */
const CHOSEN = {
  storage: StorageType.File,
  // The log keeps everything; the stream is for subscribers, which may be down for this long.
  max_age: 30 * 24 * 3600 * 1000 * NANOSECONDS_PER_MS,
  // The server keeps every id of the window in memory: two minutes of 40,000 events/s would be over a gigabyte.
  // Each message names its predecessor's sequence, so nothing depends on the window.
  duplicate_window: 10_000 * NANOSECONDS_PER_MS,
} as const satisfies Partial<StreamConfig>;

/** Minimum of `max_msg_size`: the headers of an event, whose body is omitted if it does not fit. */
const MIN_MESSAGE_BYTES = 1_024;

/** The stream exists, but the relay must not write to it. */
class UnfitStreamError extends Error {
  override readonly name = "UnfitStreamError";
}

/** A client of JetStream's API. Throws if the server has no JetStream. */
export function manager(nats: NatsConnection): Promise<JetStreamManager> {
  return nats.jetstreamManager({ timeout: REQUEST_TIMEOUT_MS });
}

export interface StreamOptions {
  /** The id of the log's first event; `undefined` if that has been archived. */
  readonly log_id: string | undefined;
  /** Replicas of a new stream; 1 by default. */
  readonly replicas?: number | undefined;
}

/**
 * Creates the stream if it is missing, and checks that it has the required settings and belongs to this log. Returns its
 * settings.
 *
 * Throws {@linkcode UnfitStreamError} if it does not, and a `NatsError` if JetStream does not respond.
 */
export async function openStream(
  jsm: JetStreamManager,
  { log_id, replicas = 1 }: StreamOptions,
): Promise<StreamConfig> {
  const existing = await unlessNotFound(jsm.streams.info(STREAM), STREAM_NOT_FOUND);
  const wanted = existing ? REQUIRED : { ...REQUIRED, ...CHOSEN, num_replicas: replicas };
  const { config } = existing ?? (await jsm.streams.add({ name: STREAM, description: describe(log_id), ...wanted }));
  // A server ignores settings that it does not know: only those that it returns are set.
  for (const [field, value] of Object.entries(wanted)) {
    const actual = config[field as keyof typeof config];
    if (JSON.stringify(actual ?? false) === JSON.stringify(value)) continue;
    throw new UnfitStreamError(
      `Cannot use the stream ${STREAM}: its ${field} is ${JSON.stringify(actual)}, must be ${JSON.stringify(value)}`,
    );
  }
  if (config.max_msg_size >= 0 && config.max_msg_size < MIN_MESSAGE_BYTES) {
    throw new UnfitStreamError(
      `Cannot use the stream ${STREAM}: its max_msg_size is ${config.max_msg_size}, must be at least ${MIN_MESSAGE_BYTES} or unlimited (-1)`,
    );
  }
  if (log_id !== undefined && config.description !== describe(log_id)) {
    throw new UnfitStreamError(
      `Cannot use the stream ${STREAM}: its description is "${config.description ?? ""}", that of this log is "${describe(log_id)}". ` +
        "Give each log its own NATS account, or delete the stream: it is then filled from this log",
    );
  }
  return config;
}

function describe(log_id: string | undefined): string {
  return `Levqor's events. The log begins with ${log_id ?? "an archived event"}`;
}

/** Sets the stream's number of replicas. Throws a `NatsError` if the cluster has too few nodes. */
export async function setReplicas(jsm: JetStreamManager, num_replicas: number): Promise<void> {
  const { config } = await jsm.streams.info(STREAM);
  if (config.num_replicas !== num_replicas) await jsm.streams.update(STREAM, { num_replicas });
}

/** The end of a stream. */
export interface Cursor {
  /** The position of its last event; 0 for none. */
  readonly position: number;
  /** The sequence of its last message; equal to `position` if only relays have ever published. */
  readonly sequence: number;
}

/**
 * Reads the cursor from the stream's last message, and checks it against the log.
 *
 * Throws {@linkcode UnfitStreamError} if the log has another event at that position, or none.
 */
export async function readCursor(jsm: JetStreamManager, log: Pick<EventLog, "readRange">): Promise<Cursor> {
  const { state } = await jsm.streams.info(STREAM);
  const first = state.messages === 0 ? state.last_seq + 1 : Math.max(state.first_seq, 1);
  // If no remaining message is a relay's, the expired ones were, and others published the remaining ones.
  let position = first - 1;
  let id: string | undefined;
  for (let sequence = state.last_seq; sequence >= first; sequence--) {
    const message = await unlessNotFound(jsm.streams.getMessage(STREAM, { seq: sequence }), MESSAGE_NOT_FOUND);
    const said = Number(message?.header.get(Header.position));
    if (!said) continue; // Deleted, or published by somebody else.
    position = said;
    id = message?.header.get(Header.event_id);
    break;
  }
  if (position > 0) {
    const [event] = await log.readRange(position - 1, 1);
    if (!event || (id !== undefined && id !== eventId(event))) {
      throw new UnfitStreamError(
        `Cannot relay to the stream ${STREAM}: its last event is ${id ?? "expired"} at position ${position}, ` +
          `the log has ${event ? eventId(event) : "nothing"} there. Was the database restored from a backup? ` +
          "Delete the stream: it is then filled from this log",
      );
    }
  }
  return { position, sequence: state.last_seq };
}

async function unlessNotFound<T>(request: Promise<T>, code: number): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === code) return undefined;
    throw error;
  }
}
