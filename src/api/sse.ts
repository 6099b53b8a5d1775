/** Server-sent events, pulled: an event is read from the log only when the client has room for it. */
import type { StoredEvent } from "../../events/envelope.ts";
import { streamedEventJson } from "./event_json.ts";
import { HEARTBEAT_MS } from "./limits.ts";

export interface EventStreamOptions {
  /** Batches of events, in order, none empty. It is returned (its `finally` runs) whoever ends the stream. */
  readonly source: AsyncGenerator<readonly StoredEvent[]>;
  /** Stops the source, also where it waits for news. */
  readonly stop: AbortController;
  /** Called with what broke the source. */
  readonly onError: (error: unknown) => void;
  readonly heartbeat_ms?: number;
}

const encoder = new TextEncoder();

/** Answers with a stream of events. At most one batch is held for a client that does not read. */
export function eventStream({ source, stop, onError, heartbeat_ms = HEARTBEAT_MS }: EventStreamOptions): Response {
  let next: Promise<IteratorResult<readonly StoredEvent[]>> | undefined;
  let ended = false;

  async function end(): Promise<void> {
    ended = true;
    stop.abort();
    await source.return(undefined);
  }

  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      next ??= source.next();
      const result = await firstOf(next, heartbeat_ms);
      if (ended) return;
      if (result?.done) {
        await end();
        return controller.close();
      }
      if (result) next = undefined;
      controller.enqueue(encoder.encode(result ? result.value.map(frame).join("") : ": heartbeat\n\n"));
    } catch (error) {
      if (ended) return;
      onError(error);
      await end();
      controller.close();
    }
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // Sent at once: the client learns that it is connected, and to come back soon when it no longer is.
        controller.enqueue(encoder.encode("retry: 2000\n: connected\n\n"));
      },
      pull,
      cancel: end,
    },
    { highWaterMark: 1 },
  );
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // Asks proxies such as nginx not to gather the stream.
      "x-accel-buffering": "no",
    },
  });
}

/** What the promise gives, or `undefined` when it takes longer than `ms`. */
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

function frame(event: StoredEvent): string {
  return `id: ${event.position}\nevent: ${event.type}\ndata: ${streamedEventJson(event)}\n\n`;
}
