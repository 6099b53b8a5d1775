/** How a server is stopped: no response is lost, and no client can delay it. */
import { afterEach, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import type { Server } from "bun";
import { drain } from "../../src/process/drain.ts";

let server: Server<undefined>;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop(true);
});

function serve(fetch: (request: Request) => Response | Promise<Response>) {
  server = Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 0, fetch });
}

/** Sends text on a connection of its own; `received`: what came back by the time it was closed. */
async function send(text: string) {
  const socket = connect(server.port as number, "127.0.0.1");
  sockets.push(socket);
  let chunks = "";
  socket.on("data", (chunk) => {
    chunks += chunk;
  });
  const received = new Promise<string>((resolve) => socket.on("close", () => resolve(chunks)));
  socket.on("error", () => {});
  await new Promise((resolve) => socket.write(text, resolve));
  return { received };
}

const never = new Promise<never>(() => {});

test("a request under way gets its response", async () => {
  const arrived = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  serve(async () => {
    arrived.resolve();
    await open.promise;
    return new Response("late");
  });
  const { received } = await send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await arrived.promise;
  const drained = drain(server, { limit_ms: 60_000 });
  open.resolve();
  await drained;
  expect(await received).toEndWith("late");
});

test("a client that has sent a part of a request delays nothing", async () => {
  serve(() => new Response("hi"));
  const { received } = await send("GET / HTTP/1.1\r\nHo");
  expect((await fetch(server.url)).status).toBe(200);
  const began = performance.now();
  await drain(server, { limit_ms: 60_000 });
  // Bun waits 12 s for the rest.
  expect(performance.now() - began).toBeLessThan(8_000);
  expect(await received).toBe("");
});

test("a request that does not end is cut off at the limit", async () => {
  const arrived = Promise.withResolvers<void>();
  serve(() => {
    arrived.resolve();
    return never;
  });
  const { received } = await send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await arrived.promise;
  await drain(server, { limit_ms: 50 });
  expect(await received).toBe("");
});
