/** A TCP proxy in front of Postgres or NATS that breaks connections where a test wants it to. */
import net from "node:net";

/** What to do with a chunk: pass it on, or break the connection before, within or after it. */
export type Verdict =
  | "pass"
  /** The chunk is dropped; both connections end. */
  | "cut_before"
  /** The other side receives the first half; then both connections end. */
  | "cut_within"
  /** The other side receives it; then both connections end. */
  | "cut_after"
  /** The client's connection ends at once; the server receives the chunk when `release()` is called. */
  | "hold"
  /** From this chunk on, nothing passes and no connection ends. */
  | "freeze";

export interface BreakingProxy {
  readonly url: string;
  /** Decides on each chunk from the client (requests) and from the server (responses). */
  onRequest: (chunk: Buffer) => Verdict;
  onAnswer: (chunk: Buffer) => Verdict;
  /** While true, new connections are refused. */
  refusing: boolean;
  /** Ends all connections, on both sides. */
  cut(): void;
  /** From now on nothing passes on the existing connections, and none ends; new ones work normally. */
  silence(): void;
  /** Lets nothing pass and no connection end until `stall(false)`; then delivers what waited. */
  stall(stalled: boolean): void;
  /** Delivers what was held. */
  release(): void;
  close(): Promise<void>;
}

/** Starts a proxy in front of the server of a URL. */
export async function startProxy(target: string): Promise<BreakingProxy> {
  const upstream = new URL(target);
  const sockets = new Set<net.Socket>();
  const held: Array<() => void> = [];
  const silencers = new Set<() => void>();
  let stalled = false;

  const server = net.createServer((client) => {
    if (proxy.refusing) {
      client.destroy();
      return;
    }
    const remote = net.connect(Number(upstream.port), upstream.hostname);
    let frozen = false;
    const silence = () => {
      frozen = true;
    };
    silencers.add(silence);
    client.on("close", () => silencers.delete(silence));
    for (const socket of [client, remote]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
      if (stalled) socket.pause();
    }
    const cut = () => {
      client.destroy();
      remote.destroy();
    };
    const carry = (from: net.Socket, to: net.Socket, decide: () => (chunk: Buffer) => Verdict) => {
      from.on("data", (chunk: Buffer) => {
        if (frozen) return;
        switch (decide()(chunk)) {
          case "pass":
            to.write(chunk);
            break;
          case "cut_before":
            cut();
            break;
          case "cut_within":
            to.write(chunk.subarray(0, chunk.length >> 1), cut);
            break;
          case "cut_after":
            to.write(chunk, cut);
            break;
          case "hold":
            held.push(() => remote.write(chunk));
            frozen = true;
            client.destroy();
            break;
          case "freeze":
            frozen = true;
        }
      });
      from.on("close", () => {
        if (!frozen) to.destroy();
      });
    };
    carry(client, remote, () => proxy.onRequest);
    carry(remote, client, () => proxy.onAnswer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as net.AddressInfo).port);
  const proxy: BreakingProxy = {
    url: url.href,
    onRequest: () => "pass",
    onAnswer: () => "pass",
    refusing: false,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    silence: () => {
      for (const silence of silencers) silence();
    },
    stall: (now) => {
      stalled = now;
      for (const socket of sockets) stalled ? socket.pause() : socket.resume();
    },
    release: () => {
      for (const deliver of held.splice(0)) deliver();
    },
    close: () => {
      proxy.cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}
