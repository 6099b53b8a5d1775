/**
 * Cancelling, or replaying, all jobs that match a filter.
 *
 * An operation is recorded (`bulk.started`) with the position of the log that bounds it, and can be interrupted after
 * any job: running it again under its id continues with the rest. What it creates has ids derived from its own id and
 * the origin's, so nothing is created twice, however often and by however many it is run.
 */
import type { BulkFinished, BulkStarted } from "../../../events/bulk.ts";
import { bulkStream } from "../../../events/bulk.ts";
import { type EventMeta, eventId } from "../../../events/envelope.ts";
import { jobStream } from "../../../events/job.ts";
import { decode } from "../../../events/mod.ts";
import { pause } from "../../async/mod.ts";
import type { Sql } from "../../db/mod.ts";
import { jobState } from "../../domain/job/job.ts";
import type { Reach } from "../../domain/reach.ts";
import { derivedUuid } from "../../log/derived_id.ts";
import { createOnce, type EventLog, isTransient } from "../../log/mod.ts";
import { commandJob } from "../commands.ts";
import type { Queue } from "../intake/queue_depth.ts";
import { createJob } from "../intake/submission.ts";
import { matches } from "./job_filter.ts";
import { onBehalfOf, replayedFor, replayOf } from "./replay.ts";

/** Jobs that are searched for at once. */
const PAGE = 100;
/** How many of them are processed at once. To replay one, its payload of up to 200 KB is read and written. */
const AT_ONCE = { cancel: 20, replay: 5 } as const;
/** The maximum time between two progress reports, in milliseconds, except for its turn. */
const WORD_MS = 5_000;
/** How often to check whether the queue has room, in milliseconds. */
const ROOM_POLL_MS = 500;

/** The progress of an operation. `waiting`: no new jobs are created at the moment, because the queue is full. */
export type BulkProgress = BulkFinished & { readonly type: "started" | "progress" | "waiting" | "finished" };

export interface BulkOptions {
  readonly log: EventLog;
  readonly sql: Sql;
  /** Where new jobs go. */
  readonly queue: Pick<Queue, "full" | "enter">;
  /** Its pieces of work, each in its turn: searching for jobs, and processing them. */
  readonly turns: Record<"match" | "command", <Result>(work: () => Promise<Result>) => Promise<Result>>;
  /** Called for each job that cannot be processed because of a fault of its own. */
  readonly on_fault?: (job_id: string, fault: unknown) => void;
  /** Interrupts the operation. */
  readonly signal: AbortSignal;
}

/** What an operation covers, apart from what is beyond the caller's reach. */
export interface BulkRequest extends Omit<BulkStarted, "workflows"> {
  readonly reach: Reach;
}

export interface BulkOperation extends BulkRequest {
  readonly operation_id: string;
  /** The caller. */
  readonly meta: Pick<EventMeta, "actor" | "account" | "request_id" | "traceparent">;
}

/** The outcome of an operation that was completed before, or the operation to run. */
export type BulkStart =
  | { readonly ok: true; readonly operation: BulkOperation; readonly finished: BulkFinished | undefined }
  /** Another operation has its id. */
  | { readonly ok: false; readonly reason: "key_reused" };

/** Records an operation, or resumes the recorded one with its id. Throws what `log.append` throws. */
export async function startBulk(log: EventLog, operation: BulkOperation): Promise<BulkStart> {
  const { operation_id, meta, action, filter, reason, until_position, reach } = operation;
  const data: BulkStarted = {
    action,
    filter,
    ...(reach.workflows === "all" ? {} : { workflows: [...reach.workflows].toSorted() }),
    ...(reason === undefined ? {} : { reason }),
    until_position,
  };
  const begun = await createOnce(log, {
    stream_id: bulkStream(operation_id),
    events: [{ type: "bulk.started", data }],
    meta: { ...meta, correlation_id: operation_id },
    apart_from: ["until_position"],
  });
  if (!begun.ok) return begun;
  if (!begun.replayed) return { ok: true, operation, finished: undefined };
  const started = begun.event.data as BulkStarted;
  const [finished] = await log.readStream(bulkStream(operation_id), { after_version: 1, limit: 1 });
  return {
    ok: true,
    operation: { ...operation, until_position: started.until_position },
    finished: finished && (decode(finished).data as BulkFinished),
  };
}

/** How many jobs match, according to the read model. */
export async function countBulk(sql: Sql, operation: BulkRequest): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int as count from levqor_read.jobs
    where position <= ${operation.until_position} ${conditions(sql, operation)}`;
  return row.count;
}

/**
 * Processes an operation's jobs; reports progress after each page, and finally, unless the signal fired, completion.
 */
export async function* runBulk(options: BulkOptions, operation: BulkOperation): AsyncGenerator<BulkProgress> {
  const { log, sql, queue, turns, signal } = options;
  const matched = await turns.match(() => countBulk(sql, operation));
  const counts = { changed: 0, unchanged: 0, failed: 0 };
  yield { type: "started", matched, ...counts };
  let told = performance.now();
  for (let after = 0; !signal.aborted; ) {
    while (operation.action === "replay" && queue.full) {
      yield { type: "waiting", matched, ...counts };
      if (!(await pause(ROOM_POLL_MS, signal))) return;
    }
    const page = await turns.match(
      async () =>
        await sql<{ job_id: string; position: number }[]>`
        select job_id, position from levqor_read.jobs
        where position > ${after} and position <= ${operation.until_position} ${conditions(sql, operation)}
        order by position limit ${PAGE}`,
    );
    for await (const outcomes of inPieces(options, { operation, page })) {
      for (const outcome of outcomes) counts[outcome]++;
      if (performance.now() - told < WORD_MS) continue;
      yield { type: "progress", matched, ...counts };
      told = performance.now();
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    after = last.position;
    yield { type: "progress", matched, ...counts };
    told = performance.now();
  }
  if (signal.aborted) return;
  const finished: BulkFinished = { matched, ...counts };
  // At version 1, so once: after a conflict there is nothing to decide again, another process has completed it in the meantime.
  await log.append({
    stream_id: bulkStream(operation.operation_id),
    expected_version: 1,
    events: [{ type: "bulk.finished", data: finished }],
    meta: { ...operation.meta, correlation_id: operation.operation_id },
  });
  yield { type: "finished", ...finished };
}

/** Processes each job of a page, several at once, each in its turn. */
async function* inPieces(
  options: BulkOptions,
  { operation, page }: { operation: BulkOperation; page: readonly { job_id: string }[] },
): AsyncGenerator<readonly Done[]> {
  const { turns, signal } = options;
  const at_once = AT_ONCE[operation.action];
  for (let from = 0; from < page.length && !signal.aborted; from += at_once) {
    const piece = page.slice(from, from + at_once);
    yield await turns.command(async () =>
      signal.aborted ? [] : await Promise.all(piece.map(({ job_id }) => applied(options, { job_id, operation }))),
    );
  }
}

interface BulkJob {
  readonly job_id: string;
  readonly operation: BulkOperation;
}

type Done = "changed" | "unchanged" | "failed";

/** Processes one job. Throws retryable faults: a job with a fault of its own must not stop the others. */
async function applied(options: BulkOptions, job: BulkJob): Promise<Done> {
  try {
    return (await APPLY[job.operation.action](options, job)) ? "changed" : "unchanged";
  } catch (error) {
    if (isTransient(error)) throw error;
    options.on_fault?.(job.job_id, error);
    return "failed";
  }
}

/** Processes one job; resolves to whether there was anything to do. */
const APPLY = { cancel, replay } as const;

async function cancel({ log }: BulkOptions, { job_id, operation }: BulkJob): Promise<boolean> {
  const { reason, reach } = operation;
  const handled = await commandJob(log, {
    job_id,
    reach,
    command: { type: "cancel", reason },
    meta: metaOf(job_id, operation),
  });
  return handled.ok && handled.events.length > 0;
}

async function replay({ log, queue }: BulkOptions, { job_id: origin_job_id, operation }: BulkJob): Promise<boolean> {
  const job_id = derivedUuid(["bulk-replay", operation.operation_id, origin_job_id]);
  const origin = await log.readStream(jobStream(origin_job_id), { limit: 1 });
  const state = jobState(origin.map(decode));
  // There is nothing left to do again.
  if (state.erased) return false;
  const meta = {
    ...metaOf(job_id, operation),
    ...replayedFor(state),
    ...onBehalfOf(state, operation.meta),
  };
  return (await createJob({ log, queue }, { job_id, ...replayOf(origin), meta })).ok;
}

function metaOf(job_id: string, { operation_id, meta }: BulkOperation): EventMeta {
  const causation_id = eventId({ stream_id: bulkStream(operation_id), version: 1 });
  return { ...meta, correlation_id: job_id, causation_id };
}

function conditions(sql: Sql, { action, filter, reach }: BulkRequest) {
  const unfinished = action === "cancel" && filter.status === undefined;
  return sql`${matches(sql, filter, reach)} ${unfinished ? sql`and status in ('queued', 'running')` : sql``}`;
}
