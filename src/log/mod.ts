/** The append-only log on Postgres. */
export { AppendInDoubtError, LogUnavailableError } from "./errors.ts";
export { type Handled, handle } from "./handle.ts";
export { type LogOptions, openLog } from "./postgres_log.ts";
export type { Append, AppendEvent, AppendResult, Commit, EventLog } from "./types.ts";
