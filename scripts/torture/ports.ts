/**
 * A free port for a server that is killed and restarted: below the range that systems use for outgoing connections, so
 * that none of them takes it meanwhile.
 */
export function stablePort(): number {
  for (let tries = 0; tries < 100; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      return port;
    } catch {
      // In use.
    }
  }
  throw new Error("Cannot find a free port between 20000 and 32000");
}
