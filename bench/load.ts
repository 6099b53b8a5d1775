/**
 * A closed-loop HTTP load generator: every connection sends one request, waits for its response, and sends the next.
 * Runs in a separate process, so that its own cost can be told apart from what it measures:
 *
 *     bun bench/load.ts '{"url": "http://127.0.0.1:5000/api/v1/intake", "body": "{}", "connections": 64}'
 *     bun bench/load.ts '{"url": "http://127.0.0.1:5000", "connections": 64, "requests": [{"path": "/health"}]}'
 *
 * It writes prepared raw bytes, because an HTTP client would cost more than the servers it measures.
 */
import type { Socket } from "bun";

/** A POST if it has a body, which should get 202; otherwise a GET, which should get 200. */
export interface LoadRequest {
  readonly path: string;
  /** JSON text. */
  readonly body?: string;
}

export interface LoadOptions {
  /** The server; where to POST `body`, if there are no `requests`. */
  readonly url: string;
  /** JSON text, the same for every request. */
  readonly body?: string;
  /** Sent in turn, each connection starting with a different one. */
  readonly requests?: readonly LoadRequest[];
  /** Sent with every request, besides what it needs. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  /** The minimum interval of a connection's requests, in milliseconds; by default at once after the last response. */
  readonly every_ms?: number;
  /** How long to measure; 5 by default. */
  readonly seconds?: number;
  /** How long to run before measuring; 1 by default. */
  readonly warm_up_seconds?: number;
}

export interface LoadResult {
  /** Requests with the expected response while measuring, per second. */
  readonly per_second: number;
  /** Milliseconds from the request's first byte sent to its response's last byte received. */
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  /** Requests with the expected response, including warm-up: with POSTs, what the server must have recorded. */
  readonly acknowledged: number;
  /** Other responses, and broken connections, including warm-up. */
  readonly errors: number;
  /** Cores that the generator itself used. */
  readonly cores: number;
  /** What the first error was. */
  readonly first_error?: string;
}

/** A latency histogram: buckets of 10 microseconds up to one second; slower ones are in the last. */
class Histogram {
  static readonly #width_ms = 0.01;
  readonly #counts = new Uint32Array(100_001);
  count = 0;
  max_ms = 0;

  add(milliseconds: number): void {
    const bucket = Math.min((milliseconds / Histogram.#width_ms) | 0, this.#counts.length - 1);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.count++;
    if (milliseconds > this.max_ms) this.max_ms = milliseconds;
  }

  /** The upper edge of the bucket in which the share `p` of all latencies is reached, in milliseconds. */
  percentile(p: number): number {
    const wanted = Math.ceil(this.count * p);
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted) return (bucket + 1) * Histogram.#width_ms;
    }
    return this.max_ms;
  }
}

interface Connection {
  /** The current request. */
  turn: number;
  sent_at: number;
  /** Bytes of a response that is not complete yet. */
  partial: Buffer | undefined;
  /** How much of the request is still to be written. */
  unsent: number;
}

const HEADERS_END = "\r\n\r\n";

/** The length of the response at the start of `bytes`, or `undefined` while its headers are incomplete. */
function answerLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(HEADERS_END);
  if (end < 0) return undefined;
  const length = /content-length: *(\d+)/i.exec(bytes.toString("latin1", 0, end))?.[1];
  if (length === undefined)
    throw new Error(`Cannot read a response without Content-Length: ${bytes.toString("latin1", 0, end)}`);
  return end + HEADERS_END.length + Number(length);
}

interface Turn {
  readonly bytes: Buffer;
  /** The status. */
  readonly expected: string;
}

function toTurn({ path, body }: LoadRequest, headers: Readonly<Record<string, string>>): Turn {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${path} HTTP/1.1\r\n${lines.join("")}`;
  if (body === undefined) return { bytes: Buffer.from(`GET ${head}\r\n`), expected: "200" };
  const type = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  return { bytes: Buffer.from(`POST ${head}${type}\r\n${body}`), expected: "202" };
}

/** Loads a server and resolves when every request that was sent has its response. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const { connections, every_ms = 0, seconds = 5, warm_up_seconds = 1 } = options;
  const url = new URL(options.url);
  const { body = "", requests = [{ path: url.pathname, body }] } = options;
  const turns = requests.map((request) => toTurn(request, { Host: url.host, ...options.headers }));
  const cpu = process.cpuUsage();
  const start = performance.now();
  const measure_from = start + warm_up_seconds * 1000;
  const measure_until = measure_from + seconds * 1000;
  const latencies = new Histogram();
  let acknowledged = 0;
  let errors = 0;
  let first_error: string | undefined;
  let open = 0;
  const done = Promise.withResolvers<void>();

  function fail(what: string): void {
    errors++;
    first_error ??= what;
  }
  const turnOf = ({ turn }: Connection) => turns[turn % turns.length] as Turn;
  function write(socket: Socket<Connection>): void {
    const { bytes } = turnOf(socket.data);
    socket.data.unsent -= socket.write(bytes, bytes.length - socket.data.unsent);
  }
  function send(socket: Socket<Connection>, now: number): void {
    socket.data.sent_at = now;
    socket.data.unsent = turnOf(socket.data).bytes.length;
    write(socket);
  }
  function receive(socket: Socket<Connection>, chunk: Buffer): void {
    const connection = socket.data;
    const bytes = connection.partial ? Buffer.concat([connection.partial, chunk]) : chunk;
    const length = answerLength(bytes);
    if (length === undefined || bytes.length < length) {
      connection.partial = Buffer.from(bytes);
      return;
    }
    connection.partial = undefined;
    const now = performance.now();
    if (bytes.toString("latin1", 9, 12) === turnOf(connection).expected) {
      acknowledged++;
      if (now >= measure_from && now < measure_until) latencies.add(now - connection.sent_at);
    } else {
      fail(bytes.toString("latin1", 0, 400));
    }
    connection.turn++;
    const next = connection.sent_at + every_ms;
    if (now >= measure_until) socket.end();
    else if (next <= now) send(socket, now);
    else setTimeout(() => send(socket, performance.now()), next - now);
  }

  await Promise.all(
    Array.from({ length: connections }, (_, turn) =>
      Bun.connect<Connection>({
        hostname: url.hostname,
        port: Number(url.port),
        data: { turn, sent_at: 0, partial: undefined, unsent: 0 },
        socket: {
          open(socket) {
            open++;
            socket.setNoDelay(true);
            send(socket, performance.now());
          },
          data: receive,
          drain: write,
          error: (_socket, error) => fail(error.message),
          close() {
            // Too early: the server hung up with a request unanswered.
            if (performance.now() < measure_until) fail("connection closed early");
            if (--open === 0) done.resolve();
          },
        },
      }),
    ),
  );
  await done.promise;
  const { user, system } = process.cpuUsage(cpu);
  return {
    per_second: latencies.count / seconds,
    p50_ms: latencies.percentile(0.5),
    p99_ms: latencies.percentile(0.99),
    max_ms: latencies.max_ms,
    acknowledged,
    errors,
    cores: (user + system) / 1000 / (performance.now() - start),
    first_error,
  };
}

if (import.meta.main) console.log(JSON.stringify(await load(JSON.parse(Bun.argv[2] ?? "{}") as LoadOptions)));
