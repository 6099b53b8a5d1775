/** Faults of the connection to Postgres, in one table: who meets one may try again. */

/** The statement did not leave, or the server turned it away, or there is no telling what became of it. */
export type ConnectionFault = "never_sent" | "turned_away" | "broken_off";

/** What the client was at when the fault came: there was no connection yet. */
const CONNECTING = new Set(["connect", "getaddrinfo"]);

/** The client's own limit: the connection was not ready for a statement in time. */
const CONNECT_TIMEOUT = "CONNECT_TIMEOUT";

/** The server turned the connection or the transaction away: nothing was carried out. */
const TURNED_AWAY = new Set([
  "53300", // too many connections
  "57P03", // starting up, shutting down or recovering
  "40001", // serialization failure
  "40P01", // deadlock
  "25006", // a standby: the primary is elsewhere
  "55P03", // lock not available
  "53000", // it has not what it takes: resources,
  "53100", // room on the disk,
  "53200", // memory
]);

/** The connection ended, or went silent: the statement may have been carried out. */
const BROKEN_OFF = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "NO_ANSWER",
  "ECONNRESET",
  "EPIPE",
  // These come on connections as well, when the network goes away for long.
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "57P01", // the administrator ended the session
  "57P02", // the server crashed
]);

/** Which fault of the connection an error is; `undefined` if it is none. */
export function connectionFault(error: unknown): ConnectionFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (code === CONNECT_TIMEOUT || CONNECTING.has(String(syscall))) return "never_sent";
  if (TURNED_AWAY.has(String(code))) return "turned_away";
  if (BROKEN_OFF.has(String(code)) || String(code).startsWith("08")) return "broken_off";
  return undefined;
}

const UNDEFINED_TABLE = "42P01";

/** Whether an error says that there is no such table: a read model that was never built has none. */
export function isUndefinedTable(error: unknown): boolean {
  return (error as { code?: unknown }).code === UNDEFINED_TABLE;
}

/** The database did not answer in time; the statement may have been carried out. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  readonly code = "NO_ANSWER";

  constructor(ms: number) {
    super(`The database did not answer within ${ms} ms`);
  }
}
