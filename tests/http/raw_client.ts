/** Speaks to the service in bytes, as no well-behaved client would. */
import net from "node:net";

export interface RawConnection {
  write(bytes: string | Uint8Array): void;
  /** Everything received so far, a character for each byte. */
  received(): string;
  /** Waits until the received data matches, and returns it; throws after 30 s, or if the connection ends before. */
  until(pattern: RegExp): Promise<string>;
  /** Waits until the service closes the connection, and returns everything received. */
  end(): Promise<string>;
  close(): void;
}

const PATIENCE_MS = 30_000;

export async function rawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = net.connect({ host: hostname, port: Number(port) });
  let received = "";
  let ended = false;
  let changed = Promise.withResolvers<void>();
  const tell = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const end = () => {
    ended = true;
    tell();
  };
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
    tell();
  });
  // A reset is an end, too.
  socket.on("error", end).on("end", end).on("close", end);
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));

  async function until(enough: () => boolean, what: string): Promise<string> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!enough()) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`Did not get ${what} within ${PATIENCE_MS} ms, but: ${received}`);
      await Promise.race([changed.promise, Bun.sleep(left)]);
    }
    return received;
  }

  return {
    write: (bytes) => void socket.write(bytes),
    received: () => received,
    async until(pattern) {
      await until(() => ended || pattern.test(received), String(pattern));
      if (!pattern.test(received)) throw new Error(`The connection ended before ${pattern}, after: ${received}`);
      return received;
    },
    end: () => until(() => ended, "the connection's end"),
    close: () => socket.destroy(),
  };
}

/** The service's response to these bytes, until it closes the connection: send `Connection: close`. */
export async function sendRaw(url: string, bytes: string | Uint8Array): Promise<string> {
  const connection = await rawConnection(url);
  connection.write(bytes);
  const answer = await connection.end();
  connection.close();
  return answer;
}

/** A request's bytes: adds `Host`, and `Connection: close`. */
export function head(line: string, headers: readonly string[] = []): string {
  return [`${line} HTTP/1.1`, "Host: api", "Connection: close", ...headers, "", ""].join("\r\n");
}
