/** How an append fails. Each says whether it may work a little later: {@link isTransient}. */
import postgres from "postgres";
import { connectionFault } from "../db/mod.ts";

/** Nothing was recorded: the database cannot be reached. */
export class LogUnavailableError extends Error {
  override readonly name: string = "LogUnavailableError";
}

/** Nothing was recorded: as much waits as may wait, of all appends or of one caller's. */
export class LogBusyError extends LogUnavailableError {
  override readonly name = "LogBusyError";
}

/** The connection broke while the append was under way, and what became of it could not be learned in time. */
export class AppendInDoubtError extends Error {
  override readonly name = "AppendInDoubtError";
}

/** The log cannot hold what was to be appended. Nothing was recorded, and offering it again would meet the same. */
export class AppendRefusedError extends Error {
  override readonly name = "AppendRefusedError";
  constructor(
    readonly streams: string,
    /** Why, without anything of what was refused: it may be shown to whoever sent it. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot append to ${streams}: ${reason}`, options);
  }
}

/** Others changed the same streams at every try. */
export class ContendedError extends Error {
  override readonly name = "ContendedError";
}

/** Data exceptions, violated constraints, exceeded limits: what fails again however often it is tried. */
const REFUSALS = /^(22|23|54)/;

/** Whether Postgres refuses the statement for what is in it. */
export function isRefusal(error: unknown): error is postgres.PostgresError {
  return error instanceof postgres.PostgresError && REFUSALS.test(error.code);
}

/**
 * Whether what was thrown is no fault of the work itself, so that the same may succeed later: the log or its database
 * cannot be reached, or others were always faster. Anything else meets the same again, and is not to be repeated.
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
