/** Server-sent events, pulled: an event is read from the log only when the client has room for it. */
import type { StoredEvent } from "../../../events/envelope.ts";
import { HEARTBEAT_MS, SLOW_CONSUMER_S } from "../limits.ts";
import { streamedEventJson } from "./event_json.ts";
import { type ClosedReason, closedReasons } from "./stream_end.ts";

export interface EventStreamOptions {
  /** Batches of events, in order, none empty. It is returned (its `finally` runs) whoever ends the stream. */
  readonly source: AsyncGenerator<readonly StoredEvent[]>;
  /** Stops the source, even while it waits for news. */
  readonly stop: AbortController;
  /** Called if the source fails. */
  readonly onError: (error: unknown) => void;
  /** Called if the client was cut off because it read nothing. */
  readonly onSlow: () => void;
  /** Calls `end` when the client may see no more; returns a function that cancels this. */
  readonly on_access_end: (end: () => void) => () => void;
  /** The data of an event, in one line; by default as subscribers to jobs get it. */
  readonly write?: ((event: StoredEvent) => string) | undefined;
  readonly heartbeat_ms?: number;
  readonly slow_consumer_s?: number;
}

const encoder = new TextEncoder();

/**
 * Responds with a stream of events. At most one batch is buffered for a client that does not read. Unless the client
 * left, the last event says why the stream ends.
 */
export function eventStream(options: EventStreamOptions): Response {
  const {
    source,
    stop,
    onError,
    onSlow,
    on_access_end,
    write = streamedEventJson,
    heartbeat_ms = HEARTBEAT_MS,
    slow_consumer_s = SLOW_CONSUMER_S,
  } = options;
  let next: Promise<IteratorResult<readonly StoredEvent[]>> | undefined;
  let unread: Timer | undefined;
  let ended = false;
  let unlisten: (() => void) | undefined;

  async function end(): Promise<void> {
    ended = true;
    clearTimeout(unread);
    unlisten?.();
    stop.abort();
    await source.return(undefined);
  }

  async function close(controller: ReadableStreamDefaultController<Uint8Array>, reason: ClosedReason): Promise<void> {
    if (ended) return;
    const finished = end();
    controller.enqueue(encoder.encode(closedFrame(reason)));
    controller.close();
    await finished;
  }

  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    // Called when the client has read everything.
    clearTimeout(unread);
    try {
      next ??= source.next();
      const result = await firstOf(next, heartbeat_ms);
      if (ended) return;
      if (result?.done) return await close(controller, "stopping");
      if (result) next = undefined;
      const frame = (event: StoredEvent) => frameOf(event, write(event));
      controller.enqueue(encoder.encode(result ? result.value.map(frame).join("") : ": heartbeat\n\n"));
      unread = setTimeout(() => {
        onSlow();
        void close(controller, "slow_consumer");
      }, slow_consumer_s * 1000);
    } catch (error) {
      if (ended) return;
      onError(error);
      await close(controller, "fault");
    }
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // Sent at once: the client learns that it is connected, and how soon to reconnect.
        controller.enqueue(encoder.encode("retry: 2000\n: connected\n\n"));
        unlisten = on_access_end(() => void close(controller, "unauthorized"));
        if (ended) unlisten();
      },
      pull,
      cancel: end,
    },
    { highWaterMark: 1 },
  );
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      // Asks proxies such as nginx not to buffer the stream.
      "x-accel-buffering": "no",
    },
  });
}

/** The promise's value, or `undefined` if it takes longer than `ms`. */
async function firstOf<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | number | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function frameOf({ position, type }: StoredEvent, data: string): string {
  return `id: ${position}\nevent: ${type}\ndata: ${data}\n\n`;
}

/** Without an id: the client resumes after the last event it got. */
function closedFrame(reason: ClosedReason): string {
  return `event: closed\ndata: ${JSON.stringify({ reason, detail: closedReasons[reason].detail })}\n\n`;
}
