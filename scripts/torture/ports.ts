/**
 * A free port for a server that is killed and started again: below the range from which systems take outgoing
 * connections' ports, so that none of them takes it meanwhile.
 */
export function stablePort(): number {
  for (let tries = 0; tries < 100; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      return port;
    } catch {
      // Taken.
    }
  }
  throw new Error("Cannot find a free port between 20000 and 32000");
}
