/** A server that receives each request as it was sent, and writes any bytes as the response. */
import net from "node:net";

export interface RawRequest {
  /** The request line and the headers, as they were sent. */
  readonly head: string;
  readonly line: string;
  readonly path: string;
  readonly socket: net.Socket;
}

export interface RawServer {
  readonly port: number;
  /** `http://127.0.0.1:…` */
  readonly origin: string;
  readonly requests: readonly RawRequest[];
  /** How many connections were made. */
  readonly connections: number;
  close(): void;
}

/** Responds to each request head with what `answer` writes to the socket; does not read bodies. */
export async function startRawServer(answer: (request: RawRequest) => void): Promise<RawServer> {
  const requests: RawRequest[] = [];
  const sockets = new Set<net.Socket>();
  let connections = 0;
  const server = net.createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    let head = "";
    socket.on("data", (chunk) => {
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      const [line = ""] = head.split("\r\n", 1);
      const request = { head: head.slice(0, end), line, path: line.split(" ")[1] ?? "", socket };
      head = "";
      requests.push(request);
      answer(request);
    });
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  const { port } = server.address() as net.AddressInfo;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    requests,
    get connections() {
      return connections;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Writes endlessly, as fast as the other side reads, until that side disconnects; resolves to the bytes written. */
export function writeForever(socket: net.Socket, chunk: Uint8Array | string): Promise<number> {
  const length = Buffer.byteLength(chunk);
  let taken = 0;
  const write = () => {
    while (!socket.destroyed) {
      taken += length;
      if (!socket.write(chunk)) return;
    }
  };
  socket.on("drain", write);
  const { promise, resolve } = Promise.withResolvers<number>();
  socket.once("close", () => resolve(taken));
  write();
  return promise;
}
