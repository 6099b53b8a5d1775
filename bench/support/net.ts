/** Ports, and whether a server responds on them. */

/** A port that is free now. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop(true);
  return listener.port;
}

/** Waits until a URL responds with success; throws after 15 s. */
export async function answers(url: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await Bun.sleep(20);
  }
  throw new Error(`Cannot continue: ${url} did not respond within 15 s`);
}
