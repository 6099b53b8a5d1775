/**
 * One HTTP/1.1 exchange over its own connection, with one address that the caller has chosen.
 *
 * The runtime's `fetch` is not used: it sends some requests twice, drops a `/` from some paths, uses proxies set in the
 * environment, and decompresses bodies without a limit, on one thread for all calls (decision 72). Here a request is
 * sent once, as its URL says, to the given address, and a response costs no more than the part of it that is read.
 */
import { isIP, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Client, Dispatcher } from "undici/index.js";
import { ConnectorError, type OutboundInit } from "./connector.ts";
import { ACCEPT_ENCODING, decompress } from "./decompress.ts";

/** How long connecting may take, including TLS. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How long a response's head may take, and how long its body may stall. */
const SILENCE_MS = 300_000;
/** How long received data may take to be read, once nothing more can be sent. */
const LEFTOVER_MS = 1_000;
/** Of a response's headers together, names and values. */
export const MAX_HEADER_BYTES = 16 * 1024;
/** By how much the chunk framing of a response's body may exceed its content. */
export const MAX_FRAMING_SURPLUS = 64 * 1024;
/** Headers of a response, and of each interim response. */
export const MAX_HEADERS = 200;
/** Interim responses (1xx) before the final one. */
export const MAX_INTERIM = 32;

/** For a text that is sent in pieces, in UTF-16 units. */
const PIECE = 64 * 1024;

/** Headers about the connection and the request that only the client sets, whatever the caller's headers are. */
export const OWN_HEADERS = [
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
];
const NULL_BODY_STATUSES = new Set([204, 205, 304]);

/** No connection was made, so nothing was sent; `cause` says why. */
export class NotConnectedError extends Error {
  override readonly name = "NotConnectedError";
}

/** What is sent, prepared once however many addresses are tried. */
export interface OutgoingRequest {
  readonly url: URL;
  /** The name for TLS to request and verify; `undefined` if the URL has an address. */
  readonly server_name: string | undefined;
  readonly method: string;
  /** Alternating names and values. */
  readonly headers: string[];
  readonly body: Uint8Array | ReadableStream<Uint8Array> | Iterable<Uint8Array> | null;
  readonly signal: AbortSignal | undefined;
  readonly before_sending: (() => void) | undefined;
}

/** A request as `fetch` takes it. */
export async function toOutgoingRequest(url: URL, init: OutboundInit): Promise<OutgoingRequest> {
  if (url.username || url.password) throw new TypeError("Cannot call a URL with a user name or password");
  const text = typeof init.body === "string" && init.body.length > PIECE ? init.body : null;
  // Gets a body's bytes and content type, whatever kind it is, without copying a long text.
  const request = new Request("http://unused.invalid", { ...init, ...(text !== null && { body: "" }), signal: null });
  const { headers } = request;
  for (const name of OWN_HEADERS) headers.delete(name);
  if (!headers.has("accept")) headers.set("accept", "*/*");
  // Part of a compressed body cannot be decompressed.
  if (!headers.has("accept-encoding"))
    headers.set("accept-encoding", headers.has("range") ? "identity" : ACCEPT_ENCODING);
  if (!headers.has("user-agent")) headers.set("user-agent", "levqor");
  if (typeof init.body === "string" && !headers.has("content-type")) {
    headers.set("content-type", "text/plain;charset=UTF-8");
  }
  if (text !== null) headers.set("content-length", String(Buffer.byteLength(text)));
  const whole = () => (init.body == null ? null : request.bytes());
  const pieces = text !== null && { [Symbol.iterator]: () => piecesOf(text) };
  const body = init.body instanceof ReadableStream ? init.body : pieces || (await whole());
  const host = hostOf(url);
  return {
    url,
    server_name: url.protocol === "https:" && isIP(host) === 0 ? host : undefined,
    method: request.method,
    headers: [...headers].flat(),
    body,
    signal: init.signal ?? undefined,
    before_sending: init.before_sending,
  };
}

/** A text's bytes, encoded as they are sent, so that many waiting requests keep only the text in memory. */
function* piecesOf(text: string): Generator<Uint8Array> {
  for (let from = 0; from < text.length; ) {
    // Does not split surrogate pairs: if a piece would end in a high surrogate, it is one unit longer.
    const end = from + PIECE;
    const to = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800 ? end + 1 : end;
    yield Buffer.from(text.slice(from, to));
    from = to;
  }
}

/** The host of a URL without IPv6 brackets and without the final dot of an absolute name. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$|\.$/g, "");
}

/** The client, loaded with the first call: it would slow down every start. */
let undici: ReturnType<typeof loadUndici> | undefined;

async function loadUndici() {
  // The file, because Bun replaces the bare module name with its own implementation.
  const { buildConnector, Client } = await import("undici/index.js");
  const connect = buildConnector({ allowH2: false, timeout: CONNECT_TIMEOUT_MS, maxCachedSessions: 0 });
  return { Client, connect };
}

/**
 * Sends the request to the address and resolves to its response once the head has arrived; the body is read on demand.
 * Rejects with {@link NotConnectedError}, with the signal's reason, with a `ConnectorError` `malformed_answer` if the
 * response is not valid HTTP, and with an error that has a `code` if the connection broke. So does the body.
 */
export async function exchange(outgoing: OutgoingRequest, address: string): Promise<Response> {
  const { url, server_name, method, headers, body, signal, before_sending } = outgoing;
  undici ??= loadUndici();
  const { Client, connect } = await undici;
  signal?.throwIfAborted();
  let connected = false;
  let reset: unknown;
  const onFault = (fault: Error & { code?: string }) => {
    if (fault.code === "ECONNRESET") reset = fault;
  };
  const client = new Client(url.origin, {
    // Each connection is closed after its response.
    pipelining: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: SILENCE_MS,
    bodyTimeout: 0,
    connect: (options, callback) =>
      connect({ ...options, hostname: address, servername: server_name }, (...made) => {
        const [fault, socket] = made;
        connected = fault === null;
        if (socket) {
          // Added by our patch: the client itself has no such limits.
          Object.assign(socket, { maxHeaders: MAX_HEADERS, maxFramingSize: MAX_FRAMING_SURPLUS });
          socket.on("error", onFault);
          if (!(socket instanceof TLSSocket)) readAfterFailedWrite(socket, onFault);
          try {
            before_sending?.();
          } catch (refusal) {
            socket.destroy();
            return callback(refusal as Error, null);
          }
        }
        callback(...made);
      }),
  });
  let interim = 0;
  try {
    const answer = await client.request({
      // The rest of the URL is written as it is sent, including a lone `?`.
      path: url.href.slice(url.origin.length).replace(/#.*$/, ""),
      method,
      headers,
      body: body as Dispatcher.DispatchOptions["body"],
      signal,
      responseHeaders: "raw",
      onInfo: () => {
        if (++interim > MAX_INTERIM)
          void client.destroy(malformed(`more than ${MAX_INTERIM} interim responses precede it`));
      },
    });
    return toResponse(answer, { outgoing, client, reset: () => reset });
  } catch (fault) {
    void client.destroy();
    signal?.throwIfAborted();
    const cause = plainFault(fault);
    throw connected ? cause : new NotConnectedError("No connection could be made.", { cause });
  }
}

/**
 * If sending fails, reads what has already arrived before the socket ends: a server may respond and close before it has
 * read the request. The runtime does this only over TLS.
 */
function readAfterFailedWrite(socket: Socket, onFault: (fault: Error) => void): void {
  const { _write: write, destroy } = socket;
  let failed: Error | undefined;
  socket._write = (chunk, encoding, callback) =>
    write.call(socket, chunk, encoding, (fault) => {
      if (!fault || socket.destroyed) return callback(fault);
      // Without calling back, nothing more is sent. The socket closes by itself once it is read to its end.
      failed = fault;
      onFault(fault);
      const left = setTimeout(() => destroy.call(socket, fault), LEFTOVER_MS);
      socket.once("close", () => clearTimeout(left));
    });
  socket.destroy = (fault) => (fault && fault === failed ? socket : destroy.call(socket, fault));
}

interface Connection {
  readonly outgoing: OutgoingRequest;
  readonly client: Client;
  /** What the other side's reset interrupted, if anything. */
  readonly reset: () => unknown;
}

function toResponse(
  { statusCode, statusText, headers: given, body }: Dispatcher.ResponseData,
  connection: Connection,
): Response {
  const { outgoing, client } = connection;
  // The reader of the body gets the error.
  body.on("error", () => {});
  const headers = new Headers();
  const raw = given as unknown as readonly string[];
  for (let i = 0; i < raw.length; i += 2) headers.append(raw[i] as string, raw[i + 1] as string);
  if (statusCode > 599) throw malformed(`its status is ${statusCode}; HTTP statuses go from 200 to 599`);
  const bare = outgoing.method === "HEAD" || NULL_BODY_STATUSES.has(statusCode);
  if (bare) void client.destroy();
  const stream = bare ? null : toStream(body, { headers, ...connection });
  const response = new Response(stream, { status: statusCode, statusText, headers });
  Object.defineProperty(response, "url", { value: outgoing.url.href });
  return response;
}

/** The body, decompressed as it is read; the connection ends with it. */
function toStream(
  body: Dispatcher.ResponseData["body"],
  { headers, outgoing: { signal }, client, reset }: Connection & { headers: Headers },
): ReadableStream<Uint8Array> {
  const chunks = decompress(body, headers.get("content-encoding"));
  const framed = headers.has("content-length") || headers.has("transfer-encoding");
  let fail: (fault: unknown) => void;
  const abort = () => fail(signal?.reason);
  const silence = setTimeout(() => fail(fault("ETIMEDOUT", "The response stalled for too long.")), SILENCE_MS);
  silence.unref();

  function end(): void {
    clearTimeout(silence);
    signal?.removeEventListener("abort", abort);
    body.destroy();
    void client.destroy();
    // Ends decompression while it waits to be read.
    void chunks.return(undefined).catch(() => {});
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        fail = (fault) => {
          controller.error(fault);
          end();
        };
        signal?.addEventListener("abort", abort);
        if (signal?.aborted) abort();
      },
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          if (signal?.aborted) return;
          silence.refresh();
          if (!done) return controller.enqueue(value);
          // The body ends with the connection if nothing else marks its end; a reset ends neither properly.
          if (!framed && reset()) return fail(reset());
          end();
          controller.close();
        } catch (fault) {
          fail(plainFault(fault));
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

/** What the client throws, without its own names. */
function plainFault(error: unknown): unknown {
  const { name, code = "", message = "" } = error as { name?: string; code?: string; message?: string };
  if (code === "UND_ERR_HEADERS_OVERFLOW") {
    return malformed(`it has more than ${MAX_HEADERS} headers, or ${MAX_HEADER_BYTES} bytes of them`, error);
  }
  if (code === "HPE_FRAMING_OVERFLOW") {
    const reason = `its chunk framing exceeds its content by more than ${MAX_FRAMING_SURPLUS} bytes`;
    return malformed(reason, error);
  }
  if (code.endsWith("_TIMEOUT")) return fault("ETIMEDOUT", "The other side was silent for too long.", error);
  // The client's own checks of parsed data fail by assertion.
  if (name === "HTTPParserError" || code === "ERR_ASSERTION" || message.startsWith("bad ")) {
    return malformed("it is not HTTP/1.1", error);
  }
  if (code === "UND_ERR_INVALID_ARG") return new TypeError("HTTP does not allow such a request", { cause: error });
  if (code.startsWith("UND_ERR_")) return fault("ECONNRESET", "The other side closed the connection too early.", error);
  return error;
}

function fault(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code });
}

function malformed(reason: string, cause?: unknown): ConnectorError {
  return new ConnectorError("malformed_answer", `The response cannot be read: ${reason}.`, { cause });
}
