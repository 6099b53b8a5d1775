/**
 * Opens streams of events: as many as this process keeps open, each until its client, its caller or the service ends
 * it.
 */
import type { StoredEvent } from "../../../events/envelope.ts";
import { type Caller, onAccessEnd } from "../../access/mod.ts";
import type { Call } from "../call.ts";
import { SLOW_CONSUMER_S } from "../limits.ts";
import type { ApiOptions } from "../options.ts";
import { eventStream } from "./sse.ts";
import { StreamSlots } from "./stream_slots.ts";

/** A call that opens a stream. */
export type StreamCall = Call<unknown, unknown, unknown, Caller>;

type OpenStreamsOptions = Pick<ApiOptions, "config" | "logger" | "metrics" | "signal" | "timing">;

interface Opening {
  /** Starts to read; `stop` fires when nobody wants more. */
  readonly source: (stop: AbortSignal) => Promise<AsyncGenerator<readonly StoredEvent[]>>;
  /** See `EventStreamOptions`. */
  readonly write?: (event: StoredEvent) => string;
}

export class OpenStreams {
  readonly #options: OpenStreamsOptions;
  readonly #slots: StreamSlots;

  constructor(options: OpenStreamsOptions) {
    const { max_streams: max, caller_share: share } = options.config;
    this.#options = options;
    this.#slots = new StreamSlots({ max, share });
  }

  /** Responds to a call with a stream. Throws the problem `too_many_streams`, and what `source` throws. */
  async open({ request, server, caller, cause }: StreamCall, { source, write }: Opening): Promise<Response> {
    const { logger, metrics, signal, timing } = this.#options;
    const { heartbeat_ms, slow_consumer_s = SLOW_CONSUMER_S } = timing ?? {};
    const { request_id } = cause;
    const release = this.#slots.acquire(caller);
    // Heartbeats keep the connection busy. It becomes idle only if its client reads nothing, not even that it is cut
    // off: then Bun closes it.
    server?.timeout(request, 2 * slow_consumer_s);
    const stop = new AbortController();
    stop.signal.addEventListener("abort", release);
    stop.signal.addEventListener("abort", metrics.opened("sse"));
    stopWith(stop, signal);
    const events = await source(stop.signal).catch((error) => {
      stop.abort();
      throw error;
    });
    return eventStream({
      source: events,
      stop,
      write,
      onError: (error) => logger.error({ err: error, request_id }, "An event stream broke"),
      onSlow: () => logger.info({ request_id, reason: "slow_consumer" }, "An event stream was closed"),
      on_access_end: (end) => onAccessEnd(caller, end),
      heartbeat_ms,
      slow_consumer_s,
    });
  }
}

/** Stops when a signal fires, and listens to it no longer than that. */
export function stopWith(stop: AbortController, signal: AbortSignal): void {
  const shutDown = () => stop.abort();
  signal.addEventListener("abort", shutDown);
  stop.signal.addEventListener("abort", () => signal.removeEventListener("abort", shutDown));
  if (signal.aborted) stop.abort();
}
