/** How an append fails. Each kind says whether it may succeed later: {@link isTransient}. */
import postgres from "postgres";
import { connectionFault } from "../db/mod.ts";

/** Nothing was recorded: the database is unreachable. */
export class LogUnavailableError extends Error {
  override readonly name: string = "LogUnavailableError";
}

/** Nothing was recorded: too much waits, of all appends or of one caller's. */
export class LogBusyError extends LogUnavailableError {
  override readonly name = "LogBusyError";
}

/** The connection broke while the append was under way, and its outcome could not be determined in time. */
export class AppendInDoubtError extends Error {
  override readonly name = "AppendInDoubtError";
}

/** The log cannot store the append. Nothing was recorded, and a retry would fail the same way. */
export class AppendRefusedError extends Error {
  override readonly name = "AppendRefusedError";
  constructor(
    readonly streams: string,
    /** Why, without quoting what was rejected: it may be shown to its sender. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot append to ${streams}: ${reason}`, options);
  }
}

/** Others changed the same streams at every attempt. */
export class ContendedError extends Error {
  override readonly name = "ContendedError";
}

/** Data exceptions, violated constraints, exceeded limits: what fails again however often it is retried. */
const REFUSALS = /^(22|23|54)/;

/** Whether Postgres rejects the statement because of its data. */
export function isRefusal(error: unknown): error is postgres.PostgresError {
  return error instanceof postgres.PostgresError && REFUSALS.test(error.code);
}

/**
 * Whether an error is no fault of the work itself, so that a retry may succeed: the log or its database is unreachable,
 * or others were always faster. Anything else would fail again, and is not retried.
 */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof LogUnavailableError ||
    error instanceof AppendInDoubtError ||
    error instanceof ContendedError ||
    connectionFault(error) !== undefined ||
    (error instanceof postgres.PostgresError && !isRefusal(error))
  );
}
