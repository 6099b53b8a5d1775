/** Stopping a server without losing responses. */
import type { Server } from "bun";

/** For requests under way. Running jobs have 12 s after that, and the whole process 20. */
const LIMIT_MS = 4_000;
const LOOK_MS = 20;

/**
 * Accepts no more connections, waits for the requests under way, up to `limit_ms` (4 s by default), and closes all
 * connections. Bun's own `stop` would also wait for clients that have sent no more than a part of a request.
 */
export async function drain(
  server: Pick<Server<unknown>, "pendingRequests" | "pendingWebSockets" | "stop">,
  { limit_ms = LIMIT_MS }: { limit_ms?: number } = {},
): Promise<void> {
  const stopped = server.stop();
  const deadline = performance.now() + limit_ms;
  while (server.pendingRequests + server.pendingWebSockets > 0 && performance.now() < deadline) {
    await Promise.race([stopped, Bun.sleep(LOOK_MS)]);
  }
  await server.stop(true);
}
