/** A TCP proxy in front of Postgres or NATS that breaks connections where a test wants it. */
import net from "node:net";

/** What to do with a chunk on its way: pass it on, or break the connection around it. */
export type Verdict =
  | "pass"
  /** Neither side gets it; both connections end. */
  | "cut_before"
  /** The other side gets the first half; both connections end. */
  | "cut_within"
  /** The other side gets it; then both connections end. */
  | "cut_after"
  /** The client's connection ends at once; the server gets the chunk when `release()` is called. */
  | "hold"
  /** From here on nothing passes, and nothing ends. */
  | "freeze";

export interface BreakingProxy {
  readonly url: string;
  /** Decides on each chunk from the client (requests) and from the server (answers). */
  onRequest: (chunk: Buffer) => Verdict;
  onAnswer: (chunk: Buffer) => Verdict;
  /** While true, connections are refused as they come in. */
  refusing: boolean;
  /** Ends all connections, on both sides. */
  cut(): void;
  /** From here on nothing passes on the connections that there are, and nothing ends; new ones are as any other. */
  silence(): void;
  /** Lets nothing pass and nothing end until `stall(false)`; then what waited goes on its way. */
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
