/**
 * The bus over NATS. One process relays the log to the JetStream stream; all others receive each event as it is
 * published. They subscribe to the stream's subjects directly, without a consumer: what a consumer adds, replay and
 * acknowledgement, the log provides.
 *
 * When a connection ends, everything that used it ends too, and a new connection is made, however often that fails.
 * Meanwhile news comes from polling the log.
 */
import { type ConnectionOptions, connect, type JetStreamManager, type Msg, type NatsConnection } from "nats";
import { eventId, type StoredEvent } from "../../events/envelope.ts";
import { Backoff, pause, unlessAborted } from "../async/mod.ts";
import type { Commit, EventLog } from "../log/types.ts";
import { decodeMessage, EVENT_SUBJECT_PREFIX } from "./message.ts";
import { relay } from "./relay.ts";
import { manager, openStream, readCursor, STREAM, setReplicas } from "./stream.ts";
import { type News, Tail } from "./tail.ts";
import type { Bus, BusHealth, BusLogger } from "./types.ts";

/** The subject on which processes tell the relay that they have committed; the body is the position. Not in the stream. */
const HEAD_SUBJECT = "levqor.head";

/** The time between two checks that the stream can be reached; a failing check takes up to 5 s. */
const WATCH_MS = 2_000;
/** Maximum number of events from NATS that are passed on at once. */
const MAX_GATHERED = 1_000;

/**
 * Runs `work` whenever this process is the relay, for as long as it is; resolves when the signal fires. `work` ends when
 * its own signal fires.
 */
export type Lead = (work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal) => Promise<void>;

export interface JetStreamBusOptions {
  readonly log: EventLog;
  /** One or more, separated by commas: `nats://[user:password@]host:port`, `tls://…`. */
  readonly nats_url: string;
  /** Replicas of the stream; by default 1 for a new stream, and what an existing one has. */
  readonly replicas?: number | undefined;
  readonly lead: Lead;
  readonly logger?: BusLogger;
}

/** Opens the bus; it connects and reconnects in the background. */
export function jetStreamBus(options: JetStreamBusOptions): Bus {
  return new JetStreamBus(options);
}

/** A stream that belongs to this log. */
interface Claim {
  readonly log_id: string | undefined;
  /** The position of the stream's last event. */
  readonly position: number;
}

class JetStreamBus implements Bus {
  readonly tail: Tail;
  readonly #options: JetStreamBusOptions;
  readonly #servers: ConnectionOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #stopTelling: () => void;
  /** The connection, once the stream on it is known to belong to this log. */
  #nats: NatsConnection | undefined;
  /** Whether the last check reached the stream. */
  #isReachable = false;
  #relaying = false;
  #position = 0;

  constructor(options: JetStreamBusOptions) {
    this.#options = options;
    this.#servers = parseUrl(options.nats_url);
    this.tail = new Tail(options);
    this.#stopTelling = options.log.onCommit((commit) => this.#tellRelay(commit));
    this.#running = this.#run(this.#stop.signal);
  }

  listen(listener: (news: News) => void): () => void {
    return this.tail.listen(listener);
  }

  health(): BusHealth {
    return { kind: "jetstream", connected: this.#isConnected, position: this.#position };
  }

  get #isConnected(): boolean {
    return this.#nats !== undefined && this.#isReachable;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#stopTelling();
    await this.#running;
    this.tail.close();
  }

  #tellRelay({ last }: Commit): void {
    if (this.#relaying || !this.#nats || this.#nats.isClosed()) return;
    this.#nats.publish(HEAD_SUBJECT, String(last));
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    const backoff = new Backoff(100, 5_000);
    while (!signal.aborted) {
      try {
        const connecting = connect({ ...this.#servers, ...CONNECTION });
        const nats = await unlessAborted(connecting, signal);
        if (!nats) return void connecting.then((late) => late.close()).catch(() => {});
        logger?.info({ server: nats.getServer() }, "Connected to NATS");
        backoff.reset();
        await this.#session(nats, signal);
        logger?.info({ server: nats.getServer() }, "The connection to NATS ended");
      } catch (error) {
        logger?.warn({ reason: messageOf(error) }, "NATS cannot be reached; the bus continues over the log alone");
      }
      this.#nats = undefined;
      await pause(backoff.next(), signal);
    }
  }

  /** Uses a connection until it ends, or the signal fires. */
  async #session(nats: NatsConnection, signal: AbortSignal): Promise<void> {
    const session = new AbortController();
    const ended = AbortSignal.any([signal, session.signal]);
    const closed = nats.closed().then(() => session.abort());
    // Closing the connection settles pending requests at once.
    const close = () => void nats.close();
    signal.addEventListener("abort", close);
    let watching: Promise<void> | undefined;
    try {
      const claim = await unlessAborted(this.#claimStream(nats, ended), ended);
      if (!claim) return;
      this.#position = Math.max(this.#position, claim.position);
      const gatherer = new Gatherer(this.tail);
      nats.subscribe(`${EVENT_SUBJECT_PREFIX}.>`, {
        callback: (error, message) => {
          if (error) return;
          this.#position = Math.max(this.#position, gatherer.take(message));
        },
      });
      this.#nats = nats;
      this.#isReachable = true;
      watching = this.#watchStream(nats, ended);
      await this.#options.lead((held) => this.#relay({ nats, log_id: claim.log_id, signal: held }), ended);
    } finally {
      signal.removeEventListener("abort", close);
      this.#nats = undefined;
      await nats.close();
      await closed;
      await watching;
    }
  }

  /** Waits until the log has an event and the stream on the connection belongs to it; resolves to the stream's position. */
  async #claimStream(nats: NatsConnection, signal: AbortSignal): Promise<Claim | undefined> {
    const { log, logger } = this.#options;
    const backoff = new Backoff(200, 30_000);
    while (!signal.aborted) {
      try {
        if ((await log.head()) > 0) {
          const [first] = await log.readRange(0, 1);
          // Undefined where the first event has been archived.
          const log_id = first && eventId(first);
          const jsm = await manager(nats);
          await this.#openStream(jsm, log_id);
          const { position } = await readCursor(jsm, log);
          return { log_id, position };
        }
        await this.#anyNews(1_000, signal);
      } catch (error) {
        if (signal.aborted) break;
        logger?.warn({ reason: messageOf(error) }, "JetStream cannot be used; the bus continues over the log alone");
        await pause(backoff.next(), signal);
      }
    }
    return undefined;
  }

  async #openStream(jsm: JetStreamManager, log_id: string | undefined): Promise<void> {
    const { replicas, logger } = this.#options;
    await openStream(jsm, { log_id, replicas });
    if (replicas === undefined) return;
    try {
      await setReplicas(jsm, replicas);
    } catch (error) {
      // The stream works with fewer replicas, too.
      logger?.warn({ replicas, reason: messageOf(error) }, "Cannot set the stream's number of replicas");
    }
  }

  /**
   * Checks the stream regularly: its nodes may be down while the connection is up. Not `every`: a check that fails is
   * not retried sooner or later than others, and it belongs to one connection.
   */
  async #watchStream(nats: NatsConnection, signal: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    const ask = async () => {
      try {
        await (await manager(nats)).streams.info(STREAM);
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    };
    while (true) {
      await pause(WATCH_MS, signal);
      const fault = await unlessAborted(ask(), signal);
      if (signal.aborted) return;
      const isReachable = fault === undefined;
      if (isReachable && !this.#isReachable) logger?.info({}, "The stream can be reached again");
      if (!isReachable && this.#isReachable) {
        logger?.warn({ reason: fault }, "The stream cannot be reached; the bus continues over the log alone");
      }
      this.#isReachable = isReachable;
    }
  }

  async #anyNews(atMost_ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.tail.listen(() => resolve());
    await unlessAborted(Promise.race([promise, pause(atMost_ms, signal)]), signal);
    stop();
  }

  async #relay({ nats, log_id, signal }: { nats: NatsConnection; log_id: string | undefined; signal: AbortSignal }) {
    const { log, replicas, logger } = this.#options;
    const heads = nats.subscribe(HEAD_SUBJECT, {
      callback: (error, message) => {
        const last = error ? 0 : Number(message.string());
        if (last > this.tail.end) this.tail.hear({ last });
      },
    });
    this.#relaying = true;
    try {
      await relay({
        nats,
        log,
        bus: this,
        log_id,
        replicas,
        signal,
        logger,
        on_stored: (position) => {
          this.#position = position;
        },
      });
    } finally {
      this.#relaying = false;
      heads.unsubscribe();
    }
  }
}

const CONNECTION = {
  name: "levqor",
  // The run loop reconnects: the same way whatever was lost.
  reconnect: false,
  timeout: 5_000,
  pingInterval: 10_000,
  maxPingOut: 2,
  // The relay's process has read these events from the log and must not receive its own messages.
  noEcho: true,
} as const satisfies ConnectionOptions;

/** Collects events that arrive together into arrays without gaps. */
class Gatherer {
  readonly #tail: Tail;
  #events: StoredEvent[] = [];
  #last = 0;

  constructor(tail: Tail) {
    this.#tail = tail;
  }

  /** Returns the message's position, 0 if it has none. */
  take(message: Msg): number {
    const decoded = decodeMessage(message);
    if (!decoded) return 0;
    const { position, event } = decoded;
    if (position <= this.#tail.end) return position;
    if (position !== this.#last + 1 || !event || this.#events.length >= MAX_GATHERED) this.#tell();
    this.#last = position;
    if (!event) {
      this.#tail.hear({ last: position });
    } else {
      // The client calls back for all messages of a socket chunk before microtasks run.
      if (this.#events.length === 0) queueMicrotask(() => this.#tell());
      this.#events.push(event);
    }
    return position;
  }

  #tell(): void {
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    this.#tail.hear({ last: this.#last, events });
  }
}

/** NATS URLs contain credentials; the client takes them separately from the servers. */
function parseUrl(nats_url: string): ConnectionOptions {
  const urls = nats_url.split(",").map((text) => new URL(text.trim()));
  const credentials = urls.find((url) => url.username);
  const user = decodeURIComponent(credentials?.username ?? "");
  const pass = decodeURIComponent(credentials?.password ?? "");
  return {
    servers: urls.map((url) => url.host),
    ...(pass ? { user, pass } : user ? { token: user } : {}),
    ...(urls.some((url) => url.protocol === "tls:") ? { tls: {} } : {}),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
