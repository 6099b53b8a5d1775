/** Faults of the connection to Postgres, in one table: they can be retried. */

/** The statement was not sent, or the server rejected it, or its outcome is unknown. */
export type ConnectionFault = "never_sent" | "turned_away" | "broken_off";

/** What the client was doing when the fault occurred: there was no connection yet. */
const CONNECTING = new Set(["connect", "getaddrinfo"]);

/** The client's own time limit: the connection was not ready for a statement in time. */
const CONNECT_TIMEOUT = "CONNECT_TIMEOUT";

/** The server rejected the connection or the transaction: nothing was carried out. */
const TURNED_AWAY = new Set([
  "53300", // too many connections
  "57P03", // starting up, shutting down or recovering
  "40001", // serialization failure
  "40P01", // deadlock
  "25006", // a standby: the primary is elsewhere
  "55P03", // lock not available
  "53000", // insufficient resources,
  "53100", // disk full,
  "53200", // memory
]);

/** The connection ended, or stopped responding: the statement may have been carried out. */
const BROKEN_OFF = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "NO_ANSWER",
  "ECONNRESET",
  "EPIPE",
  // These occur on existing connections as well, when the network is down for long.
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "57P01", // the administrator ended the session
  "57P02", // the server crashed
]);

/** Which fault of the connection an error is; `undefined` if it is not one. */
export function connectionFault(error: unknown): ConnectionFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (code === CONNECT_TIMEOUT || CONNECTING.has(String(syscall))) return "never_sent";
  if (TURNED_AWAY.has(String(code))) return "turned_away";
  if (BROKEN_OFF.has(String(code)) || String(code).startsWith("08")) return "broken_off";
  return undefined;
}

const UNDEFINED_TABLE = "42P01";

/** Whether an error says that a table does not exist: a read model that was never built has none. */
export function isUndefinedTable(error: unknown): boolean {
  return (error as { code?: unknown }).code === UNDEFINED_TABLE;
}

/** The database did not respond in time; the statement may have been carried out. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  readonly code = "NO_ANSWER";

  constructor(ms: number) {
    super(`The database did not answer within ${ms} ms`);
  }
}
