/** Subscribers to the events of all jobs: whenever their stream ends they continue at another API. */
import { pause } from "../../src/async/mod.ts";

/** After this much silence a subscriber reconnects; the service promises a heartbeat every 15 s. */
const SILENCE_MS = 20_000;
/** How often it leaves by itself, as people do who close a laptop. */
const STAY_MS = 20_000;

export interface Connection {
  readonly url: string;
  readonly key: string;
  /** The position after which it continues. */
  readonly after: number;
  readonly signal: AbortSignal;
  readonly on_open: () => void;
  readonly on_event: (position: number) => void;
  /** An event or a heartbeat came. */
  readonly on_life: () => void;
}

/** Resolves or throws when the connection ends. */
type Way = (connection: Connection) => Promise<void>;

export class Subscriber {
  /** Of the events, in the order in which they came. */
  readonly positions: number[] = [];
  connections = 0;
  readonly #way: Way;
  readonly #urls: readonly string[];
  readonly #key: string;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(way: Way, { urls, key }: { urls: readonly string[]; key: string }) {
    this.#way = way;
    this.#urls = urls;
    this.#key = key;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#stopping.signal.aborted; turn++) {
      const silence = new AbortController();
      let timer: Timer | undefined;
      const on_life = () => {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MS);
      };
      on_life();
      try {
        await this.#way({
          url: this.#urls[turn % this.#urls.length] as string,
          key: this.#key,
          after: this.positions.at(-1) ?? 0,
          signal: AbortSignal.any([this.#stopping.signal, silence.signal, AbortSignal.timeout(STAY_MS)]),
          on_open: () => this.connections++,
          on_event: (position) => this.positions.push(position),
          on_life,
        });
      } catch {
        // Whatever it was: continue after the last event.
      }
      clearTimeout(timer);
      await pause(200, this.#stopping.signal);
    }
  }
}

/** Server-sent events. */
export async function overSse({ url, key, after, signal, on_open, on_event, on_life }: Connection): Promise<void> {
  const headers = { "x-api-key": key, "last-event-id": String(after) };
  const response = await fetch(`${url}/api/v1/jobs/stream`, { headers, signal });
  if (!response.ok || !response.body) return;
  on_open();
  let partial = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    on_life();
    const blocks = (partial + text).split("\n\n");
    partial = blocks.pop() ?? "";
    for (const block of blocks) {
      const id = /^id: ?(\d+)$/m.exec(block)?.[1];
      if (id !== undefined) on_event(Number(id));
    }
  }
}

/** A WebSocket with one subscription. */
export async function overWebSocket({
  url,
  key,
  after,
  signal,
  on_open,
  on_event,
  on_life,
}: Connection): Promise<void> {
  const protocols = ["levqor.v1", `levqor.key.${Buffer.from(key).toString("base64url")}`];
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/jobs/ws`, protocols);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const leave = () => {
    // What still comes after that belongs to no connection any more.
    socket.onmessage = null;
    socket.close();
    end();
  };
  signal.addEventListener("abort", leave, { once: true });
  socket.onopen = () => {
    on_open();
    socket.send(JSON.stringify({ type: "subscribe", all: true, after }));
  };
  socket.onmessage = ({ data }) => {
    on_life();
    const message = JSON.parse(String(data));
    if (message.type === "event") on_event(message.event.position);
    else if (message.type === "closed") leave();
  };
  socket.onclose = () => end();
  socket.onerror = () => end();
  await ended;
  signal.removeEventListener("abort", leave);
  socket.onmessage = null;
  socket.close();
}
