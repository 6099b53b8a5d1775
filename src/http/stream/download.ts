/** Responses that are files: written as the client reads them. */
import { type Caller, onAccessEnd } from "../../access/mod.ts";
import type { Call } from "../call.ts";
import type { ApiOptions } from "../options.ts";
import { stopWith } from "./open_streams.ts";
import type { StreamSlots } from "./stream_slots.ts";
import { textBody } from "./text_body.ts";

/** After this many seconds of silence the server may close the connection. */
const IDLE_S = 120;

type Part = string | Uint8Array;

export interface DownloadOptions extends Pick<ApiOptions, "logger" | "signal"> {
  /** How many this process writes at once. */
  readonly slots: StreamSlots;
  /** Its text or bytes, part by part. Throws if it has to stop early. */
  readonly source: (stop: AbortSignal) => AsyncGenerator<Part>;
  readonly file_name: string;
  readonly content_type: string;
  /** The position of the log up to which it contains everything. */
  readonly position: number;
}

/**
 * Responds with a file. If it fails at the beginning, there is a problem document; later, the connection is broken off. Throws
 * the problem `too_many_streams`, and what the source throws at first.
 */
export async function download(
  { caller, request, server, cause }: Call<unknown, unknown, unknown, Caller>,
  { logger, signal, slots, source, file_name, content_type, position }: DownloadOptions,
): Promise<Response> {
  const release = slots.acquire(caller);
  server?.timeout(request, IDLE_S);
  const stop = new AbortController();
  stop.signal.addEventListener("abort", release);
  stopWith(stop, signal);
  const unlisten = onAccessEnd(caller, () => stop.abort());
  stop.signal.addEventListener("abort", unlisten);
  const on_fault = (error: unknown) =>
    logger.warn({ err: error, request_id: cause.request_id, file_name }, "A download was broken off");
  const texts = reporting(source(stop.signal), on_fault);
  const first = await texts.next().catch((error) => {
    stop.abort();
    throw error;
  });
  return new Response(textBody({ source: startingWith(first, texts), stop }), {
    headers: {
      "content-type": content_type,
      "content-disposition": `attachment; filename="${file_name}"`,
      "levqor-position": String(position),
      "x-accel-buffering": "no",
    },
  });
}

/** All of a source whose first text was already taken. */
async function* startingWith(first: IteratorResult<Part, unknown>, rest: AsyncGenerator<Part>): AsyncGenerator<Part> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

/** The same texts; a fault is reported before it is passed on. */
async function* reporting(source: AsyncGenerator<Part>, on_fault: (error: unknown) => void): AsyncGenerator<Part> {
  try {
    yield* source;
  } catch (error) {
    on_fault(error);
    throw error;
  }
}
