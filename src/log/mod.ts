/** The append-only log on Postgres. */
export {
  AppendInDoubtError,
  AppendRefusedError,
  ContendedError,
  isRefusal,
  isTransient,
  LogUnavailableError,
} from "./errors.ts";
export { type Handled, handle } from "./handle.ts";
export { openLog } from "./postgres_log.ts";
export { mayChangeLog } from "./rights.ts";
export type { Append, AppendAllResult, AppendResult, EventLog, WrittenBatch } from "./types.ts";
