/** The append-only log on Postgres. */
export { MAX_HEAVY_LENGTH } from "./backlog.ts";
export type { DecidedStream } from "./batch_handler.ts";
export { type Created, create } from "./create.ts";
export {
  AppendInDoubtError,
  AppendRefusedError,
  ContendedError,
  isRefusal,
  isTransient,
  LogUnavailableError,
} from "./errors.ts";
export { eventFault } from "./event_check.ts";
export { type Folded, foldEvents, PAGE, pagesOf, readEvents } from "./fold.ts";
export { type Handled, handle } from "./handle.ts";
export { handleAll } from "./handle_all.ts";
export { createOnce, type HandledOnce, handleOnce, type Once } from "./once.ts";
export { type Poison, type PoisonColumns, poisonAt, withPoison } from "./poison.ts";
export { openLog } from "./postgres_log.ts";
export { withPrecedence, yieldToPrecedence } from "./precedence.ts";
export { type ResumeOptions, type Resumption, type ResumptionOutcome, recordResumption } from "./resumption.ts";
export { mayChangeLog } from "./rights.ts";
export { tell } from "./teller.ts";
export {
  type Append,
  type AppendAllResult,
  type AppendEvent,
  type AppendResult,
  EVENT_DEPTH_LIMIT,
  type EventLog,
  type WrittenBatch,
  type WrittenEvent,
} from "./types.ts";
