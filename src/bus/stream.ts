/** The JetStream stream: made, checked, and asked how far it is. */
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

/** What must hold of the stream, whoever made it. */
const REQUIRED = {
  subjects: [`${EVENT_SUBJECT_PREFIX}.>`],
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  no_ack: false,
  max_msgs_per_subject: -1,
} as const satisfies Partial<StreamConfig>;

/** What a stream is made with; an operator may change it afterwards. */
const CHOSEN = {
  storage: StorageType.File,
  // The log keeps everything; the stream is for subscribers, who may be away for this long.
  max_age: 30 * 24 * 3600 * 1000 * NANOSECONDS_PER_MS,
  // The server holds every id of the window in memory: two minutes of 40,000 events/s would be over a
  // gigabyte. Each message names the sequence before it, so nothing rests on the window.
  duplicate_window: 10_000 * NANOSECONDS_PER_MS,
} as const satisfies Partial<StreamConfig>;

/** The least that `max_msg_size` may be: the headers of an event, whose body is left out where it does not fit. */
const MIN_MESSAGE_BYTES = 1_024;

/** The stream exists, but is not what the relay may write to. */
class UnfitStreamError extends Error {
  override readonly name = "UnfitStreamError";
}

/** The way to ask JetStream. Throws where the server has none. */
export function manager(nats: NatsConnection): Promise<JetStreamManager> {
  return nats.jetstreamManager({ timeout: REQUEST_TIMEOUT_MS });
}

export interface StreamOptions {
  /** The id of the log's first event; `undefined` where that has been archived. */
  readonly log_id: string | undefined;
  /** Copies of a stream that is made; 1 by default. */
  readonly replicas?: number | undefined;
}

/**
 * Makes sure that the stream is there, is set as it must be, and belongs to this log. Returns its settings.
 *
 * Throws {@linkcode UnfitStreamError} if not, and a `NatsError` where JetStream does not answer.
 */
export async function openStream(
  jsm: JetStreamManager,
  { log_id, replicas = 1 }: StreamOptions,
): Promise<StreamConfig> {
  const existing = await unlessNotFound(jsm.streams.info(STREAM), STREAM_NOT_FOUND);
  const wanted = existing ? REQUIRED : { ...REQUIRED, ...CHOSEN, num_replicas: replicas };
  const { config } = existing ?? (await jsm.streams.add({ name: STREAM, description: describe(log_id), ...wanted }));
  // A server ignores settings that it does not know: only what it echoes is set.
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
        "Give each log a NATS account of its own, or delete the stream to have it filled from this one",
    );
  }
  return config;
}

function describe(log_id: string | undefined): string {
  return `Levqor's events. The log begins with ${log_id ?? "an archived event"}`;
}

/** Gives the stream so many copies. Throws a `NatsError` where the cluster has not so many nodes for them. */
export async function setReplicas(jsm: JetStreamManager, num_replicas: number): Promise<void> {
  const { config } = await jsm.streams.info(STREAM);
  if (config.num_replicas !== num_replicas) await jsm.streams.update(STREAM, { num_replicas });
}

/** How far a stream is. */
export interface Cursor {
  /** Of its last event; 0 for none. */
  readonly position: number;
  /** Of its last message; the same as `position` where nobody but a relay has ever published. */
  readonly sequence: number;
}

/**
 * Reads the cursor from the stream's last message, and checks it against the log.
 *
 * Throws {@linkcode UnfitStreamError} if the log does not hold what the message says.
 */
export async function readCursor(jsm: JetStreamManager, log: Pick<EventLog, "readRange">): Promise<Cursor> {
  const { state } = await jsm.streams.info(STREAM);
  const first = state.messages === 0 ? state.last_seq + 1 : Math.max(state.first_seq, 1);
  // Where none of the messages is a relay's: what is gone was, and what is left was published by somebody else.
  let position = first - 1;
  let id: string | undefined;
  for (let sequence = state.last_seq; sequence >= first; sequence--) {
    const message = await unlessNotFound(jsm.streams.getMessage(STREAM, { seq: sequence }), MESSAGE_NOT_FOUND);
    const said = Number(message?.header.get(Header.position));
    if (!said) continue; // Deleted, or somebody else's.
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
          "Delete the stream to have it filled from this log",
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
