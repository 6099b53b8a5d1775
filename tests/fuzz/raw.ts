/** HTTP as bytes, for what `fetch` would repair or refuse to send. */
import { connect } from "node:net";

const TIMEOUT_MS = 20_000;
/** How long to wait for the beginning of a stream. */
const CUT_MS = 250;

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Sends a request over a separate connection and reads until that is closed; `undefined`: there was no response. */
export async function rawRequest(
  url: URL,
  { request, timeout_ms = TIMEOUT_MS }: { request: Uint8Array; timeout_ms?: number },
): Promise<RawAnswer | undefined> {
  const chunks: Buffer[] = [];
  const closed = Promise.withResolvers<void>();
  const socket = connect({ host: url.hostname, port: Number(url.port) });
  socket.setTimeout(timeout_ms, () => socket.destroy());
  let isEndless = false;
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (isEndless || !/^content-type: .*(?:event-stream|ndjson)/im.test(chunk.toString("latin1"))) return;
    isEndless = true;
    setTimeout(() => socket.destroy(), CUT_MS);
  });
  socket.on("error", () => closed.resolve());
  socket.on("close", () => closed.resolve());
  socket.write(request);
  await closed.promise;
  return parse(Buffer.concat(chunks));
}

function parse(bytes: Buffer): RawAnswer | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  // "100 Continue" comes before the answer.
  if (bytes.subarray(0, 12).toString("latin1") === "HTTP/1.1 100") return parse(bytes.subarray(end + 4));
  const [first = "", ...lines] = bytes.subarray(0, Math.max(0, end)).toString("latin1").split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1]);
  if (!status) return undefined;
  const headers = new Headers(
    lines.map((line): [string, string] => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const rest = bytes.subarray(end + 4);
  return { status, headers, body: Uint8Array.from(headers.has("transfer-encoding") ? unchunk(rest) : rest) };
}

function unchunk(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf("\r\n", at);
    const size = end === -1 ? 0 : Number.parseInt(bytes.subarray(at, end).toString("latin1"), 16);
    if (!size) return Buffer.concat(chunks);
    chunks.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
