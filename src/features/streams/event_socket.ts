/**
 * One client's WebSocket: its subscriptions, and the messages over it. `public/docs/streams.md` documents it for clients.
 *
 * Each subscription pulls its own events and waits its turn for room on the socket, so that nothing is read from the
 * log for a client that does not read.
 */

import type { ServerWebSocket } from "bun";
import type { Reach } from "../../domain/reach.ts";
import { toProblem } from "../../http/door/errors.ts";
import {
  CLOSING_MS,
  HEARTBEAT_MS,
  MESSAGE_LIMIT_BYTES,
  SLOW_CONSUMER_S,
  SOCKET_SILENT_S,
  SUBSCRIPTIONS_MAX,
} from "../../http/limits.ts";
import type { ApiLogger, ApiOptions } from "../../http/options.ts";
import { beyondEnd } from "../../http/paging.ts";
import { Problem, problemDocument } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { jobIdParam } from "../../http/request/job_id.ts";
import { readJsonText } from "../../http/request/json.ts";
import { invalid, validator } from "../../http/request/validation.ts";
import { streamedEventJson } from "../../http/stream/event_json.ts";
import { Outbox } from "../../http/stream/outbox.ts";
import { type ClosedReason, closedReasons } from "../../http/stream/stream_end.ts";
import type { EventSources, WantedEvents } from "./event_source.ts";
import { streamProblems } from "./problems.ts";
import { SUBSCRIPTION_ID_MAX, socketRequests } from "./schemas.ts";

const check = {
  subscribe: validator(socketRequests.subscribe),
  unsubscribe: validator(socketRequests.unsubscribe),
  ping: validator(socketRequests.ping),
};

type Subscribe = ReturnType<typeof check.subscribe>;

interface Subscription {
  readonly stop: AbortController;
  /** Resolves when its source has ended. */
  ended: Promise<void>;
}

export interface EventSocketOptions extends Pick<ApiOptions, "timing"> {
  readonly sources: EventSources;
  /** The connected caller. */
  readonly caller: string;
  /** Whether they may send this many more bytes. */
  readonly spend: (bytes: number) => boolean;
  /** The requested events that the client may see. Throws a problem if there can be none. */
  readonly reach: Reach;
  readonly logger: ApiLogger;
  readonly request_id: string;
  /** The requested path. */
  readonly instance: string;
  /** Fires when the service stops. */
  readonly signal: AbortSignal;
  /** Calls `end` when the client may see no more; returns a function that cancels this. */
  readonly on_access_end: (end: () => void) => () => void;
  /** Called when it is open; the function that it returns, when it is closed. */
  readonly on_open: () => () => void;
}

interface Connection {
  readonly socket: ServerWebSocket<unknown>;
  readonly outbox: Outbox;
  readonly heartbeat: Timer;
  readonly closed: () => void;
  unlisten?: () => void;
  /** Set while the latest data sent waits for the client to read. */
  closing?: { readonly close: () => void; readonly cut_off: Timer };
}

/** The events of Bun's socket, which Elysia passes on to the socket's `data`: this. */
export class EventSocket {
  readonly #options: EventSocketOptions;
  readonly #subscriptions = new Map<string, Subscription>();
  #connection: Connection | undefined;
  /** Subscriptions with a name from the client. */
  #made = 0;
  /** Whether the client was told to go: its messages are then ignored. */
  #over = false;
  /** When the client was last heard from. */
  #heardAt = 0;
  /** Whether a ping of ours waits for its pong. */
  #pinged = false;

  constructor(options: EventSocketOptions) {
    this.#options = options;
  }

  open(socket: ServerWebSocket<unknown>): void {
    const { signal, timing, on_open, on_access_end } = this.#options;
    const slow_ms = (timing?.slow_consumer_s ?? SLOW_CONSUMER_S) * 1000;
    const outbox = new Outbox({ socket, slow_ms, onSlow: () => this.#end("slow_consumer") });
    const silent_ms = (timing?.socket_silent_s ?? SOCKET_SILENT_S) * 1000;
    const heartbeat = setInterval(() => {
      // Bun's own idle timeout would restart with everything that is sent.
      if (performance.now() - this.#heardAt > silent_ms) this.#end("silent");
      else if (!this.#full) {
        socket.ping();
        this.#pinged = true;
      }
    }, timing?.heartbeat_ms ?? HEARTBEAT_MS);
    this.#heardAt = performance.now();
    this.#connection = { socket, outbox, heartbeat, closed: on_open() };
    this.#connection.unlisten = on_access_end(() => this.#end("unauthorized"));
    signal.addEventListener("abort", this.#shutDown);
    if (signal.aborted) this.#shutDown();
  }

  /** A rejected message gets an error, and affects nothing else. */
  async message(_socket: ServerWebSocket<unknown>, message: string | Uint8Array): Promise<void> {
    // Before anything is parsed: parsing is what costs.
    if (!this.#mayHear(Buffer.byteLength(message))) return;
    this.#heardAt = performance.now();
    let id: string | undefined;
    try {
      const request = parse(message);
      id = idOf(request);
      await this.#handle(request);
    } catch (error) {
      this.#say({ type: "error", id, problem: this.#describe(error) });
    }
  }

  /** Answered by the server itself; it costs as much as a message. */
  ping(): void {
    this.#mayHear(0);
  }

  /** One for each of our pings is free: a client with many connections must not pay for being pinged. */
  pong(): void {
    if (!this.#pinged && !this.#mayHear(0)) return;
    this.#pinged = false;
    this.#heardAt = performance.now();
  }

  drain(): void {
    this.#connection?.outbox.drained();
    if (!this.#full) this.#connection?.closing?.close();
  }

  close(): void {
    const { signal } = this.#options;
    signal.removeEventListener("abort", this.#shutDown);
    clearInterval(this.#connection?.heartbeat);
    clearTimeout(this.#connection?.closing?.cut_off);
    this.#connection?.outbox.end();
    this.#connection?.closed();
    this.#connection?.unlisten?.();
    this.#connection = undefined;
    this.#stopAll();
  }

  /** Whether a message is to be processed: it is paid for, and the client was not told to go. */
  #mayHear(bytes: number): boolean {
    const isPaid = this.#options.spend(bytes);
    if (isPaid) return !this.#over;
    // A client that was told to go, reads nothing and keeps sending gets no more responses.
    if (this.#over) this.#connection?.socket.terminate();
    else this.#end("too_many_messages");
    return false;
  }

  async #handle(request: Record<string, unknown>): Promise<void> {
    switch (request.type) {
      case "subscribe":
        // A number that a double does not represent exactly.
        if (typeof request.after === "bigint" && request.after > 0) throw beyondEnd(request.after);
        return this.#subscribe(check.subscribe(request));
      case "unsubscribe":
        return await this.#unsubscribe(check.unsubscribe(request).id);
      case "ping":
        return this.#say({ type: "pong", id: check.ping(request).id });
      default:
        throw invalid([{ pointer: "/type", message: `must be one of ${Object.keys(check).join(", ")}` }]);
    }
  }

  #subscribe(request: Subscribe): void {
    const wanted = { ...wantedBy(request), caller: this.#options.caller };
    if (this.#subscriptions.size >= SUBSCRIPTIONS_MAX) {
      throw new Problem(
        streamProblems.too_many_subscriptions,
        `This connection has ${this.#subscriptions.size} subscriptions, the maximum for one connection.`,
      );
    }
    const id = request.id ?? this.#newId();
    if (this.#subscriptions.has(id)) {
      throw new Problem(
        streamProblems.subscription_exists,
        `This connection already has a subscription ${JSON.stringify(id)}.`,
      );
    }
    const subscription: Subscription = { stop: new AbortController(), ended: Promise.resolve() };
    this.#subscriptions.set(id, subscription);
    subscription.ended = this.#run(id, wanted, subscription.stop);
  }

  #newId(): string {
    while (this.#subscriptions.has(String(++this.#made)));
    return String(this.#made);
  }

  async #unsubscribe(id: string): Promise<void> {
    const subscription = this.#subscriptions.get(id);
    if (!subscription || subscription.stop.signal.aborted) {
      throw new Problem(
        streamProblems.subscription_not_found,
        `This connection has no subscription ${JSON.stringify(id)}.`,
      );
    }
    subscription.stop.abort();
    await subscription.ended;
    this.#say({ type: "unsubscribed", id });
  }

  /** Sends a subscription's events until it is stopped. */
  async #run(id: string, wanted: WantedEvents, stop: AbortController): Promise<void> {
    let isOpen = false;
    try {
      const { reach } = this.#options;
      const { after, events } = await this.#options.sources.open({ ...wanted, reach }, stop.signal);
      if (stop.signal.aborted) return;
      isOpen = true;
      this.#say({ type: "subscribed", id, after });
      const head = `{"type":"event","id":${JSON.stringify(id)},"event":`;
      for await (const batch of events) {
        for (const event of batch) {
          // Another subscription may have filled it again in the meantime.
          for (let full = this.#full; full; full = this.#full) await full;
          if (stop.signal.aborted) return;
          this.#connection?.outbox.send(`${head}${streamedEventJson(event)}}`);
        }
      }
    } catch (error) {
      if (stop.signal.aborted) return;
      const problem = this.#describe(error);
      if (isOpen) this.#say({ type: "closed", id, reason: "fault", detail: closedReasons.fault.detail });
      else this.#say({ type: "error", id, problem });
    } finally {
      stop.abort();
      this.#subscriptions.delete(id);
    }
  }

  readonly #shutDown = () => this.#end("stopping");

  /**
   * Tells the client why, twice: in a message, and in the close frame. The frame is sent when everything else has gone
   * out, because after it Bun drops what has not within 4 seconds.
   */
  #end(reason: ClosedReason): void {
    const connection = this.#connection;
    if (!connection || this.#over) return;
    const { socket, outbox } = connection;
    this.#over = true;
    this.#stopAll();
    const { code, detail } = closedReasons[reason];
    const { logger, request_id } = this.#options;
    logger.info({ request_id, reason }, "A WebSocket is closed");
    outbox.send(JSON.stringify({ type: "closed", reason, detail }));
    const close = () => socket.close(code, `${reason}: ${detail}`);
    if (outbox.full === undefined) close();
    else connection.closing = { close, cut_off: setTimeout(() => socket.terminate(), CLOSING_MS) };
  }

  #stopAll(): void {
    for (const { stop } of this.#subscriptions.values()) stop.abort();
  }

  get #full(): Promise<void> | undefined {
    return this.#connection?.outbox.full;
  }

  #say(message: object): void {
    if (!this.#over) this.#connection?.outbox.reply(JSON.stringify(message));
  }

  #describe(error: unknown) {
    const { logger, instance, request_id } = this.#options;
    if (!(error instanceof Problem)) logger.error({ err: error, request_id }, "A WebSocket's request failed");
    return problemDocument(toProblem(error), { instance, request_id });
  }
}

function parse(message: string | Uint8Array): Record<string, unknown> {
  if (typeof message !== "string")
    throw new Problem(problems.malformed_json, "The message is binary; JSON text is expected.");
  const bytes = Buffer.byteLength(message);
  if (bytes > MESSAGE_LIMIT_BYTES) {
    throw new Problem(
      streamProblems.message_too_large,
      `The message has ${bytes} bytes; at most ${MESSAGE_LIMIT_BYTES} are accepted.`,
    );
  }
  const value = readJsonText(message, "message");
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw invalid([{ pointer: "", message: "must be an object" }]);
  }
  return value as Record<string, unknown>;
}

/** The id of the message that a response refers to, if it has a valid one: lengths are in characters. */
function idOf({ id }: Record<string, unknown>): string | undefined {
  return typeof id === "string" && id !== "" && [...id].length <= SUBSCRIPTION_ID_MAX ? id : undefined;
}

function wantedBy({ job_id, all, workflow, types, after }: Subscribe): Omit<WantedEvents, "caller"> {
  if ((job_id === undefined) === (all === undefined)) {
    throw invalid([{ pointer: "/job_id", message: "or /all must be given, and not both" }]);
  }
  return { job_id: job_id === undefined ? undefined : jobIdParam.read(job_id), workflow, types, after };
}
