/** Cancelling and replaying all jobs that match a filter. */

import type { BulkFilter, BulkFinished } from "../../../events/bulk.ts";
import { type Caller, metaOf, onAccessEnd, reachOf } from "../../access/mod.ts";
import { Turns } from "../../access/shares/turns.ts";
import type { ApiParts } from "../../http/api.ts";
import { checkPermitted } from "../../http/auth.ts";
import type { Call } from "../../http/call.ts";
import type { AnyDeclaration } from "../../http/declaration.ts";
import { tags } from "../../http/document/tags.ts";
import { toProblem } from "../../http/door/errors.ts";
import { problems } from "../../http/problems.ts";
import { keyReused } from "../../http/request/idempotency.ts";
import { readAt } from "../../http/request/read_model.ts";
import { route } from "../../http/route.ts";
import { ndjson } from "../../http/stream/ndjson.ts";
import { stopWith } from "../../http/stream/open_streams.ts";
import {
  type BulkOperation,
  type BulkOptions,
  type BulkRequest,
  countBulk,
  runBulk,
  startBulk,
} from "../../jobs/bulk/bulk.ts";
import { BulkCancelRequest, BulkLine, BulkReplayRequest } from "./schemas.ts";

/** After this many seconds of silence the server may close a connection: more than a page takes. */
const IDLE_S = 120;

const HOW =
  "Responds with lines of JSON while it works: first how many jobs match the filter, then the progress, finally `finished`. With `dry_run` it only counts them, in one line. Jobs submitted after the call are left alone, and so are those that the key cannot access. Closing the connection interrupts it between two jobs; so does a fault, which the last line reports. Send an Idempotency-Key to be able to resume: a repeated request continues with the rest, does nothing twice, and returns the outcome at once if the operation has finished.";

const EXAMPLE_ID = "0197a1f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b";
const EXAMPLE = [
  { type: "started", changed: 0, unchanged: 0, failed: 0 },
  { type: "progress", changed: 99, unchanged: 1, failed: 0 },
  { type: "finished", changed: 238, unchanged: 2, failed: 0 },
]
  .map(({ type, ...counts }) => ({ type, operation_id: EXAMPLE_ID, matched: 240, ...counts }))
  .map((line) => `${JSON.stringify(line)}\n`)
  .join("");

/** What both have in common. */
const WORKING = {
  scope: "jobs:write",
  records: "many",
  idempotent: true,
  responses: {
    200: {
      description: "The progress, line by line: each as in the schema BulkLine.",
      content_type: "application/x-ndjson",
      parts: BulkLine,
      example: EXAMPLE,
    },
  },
  errors: [problems.read_model_behind, problems.workflow_not_allowed],
} as const satisfies Partial<AnyDeclaration>;

type BulkCall = Call<unknown, unknown, unknown, Caller>;

export function bulkRoutes(options: ApiParts & { matching: Turns }) {
  const { log, sql, projector, queue, matching, logger, signal, timing } = options;
  const commanding = new Turns({ at_once: 1, halved: true });
  const wait_ms = timing?.read_model_wait_ms;
  return [
    route(
      {
        method: "POST",
        path: "/api/v1/jobs/cancel",
        id: "cancelJobs",
        tag: tags.jobs,
        summary: "Cancel many jobs",
        description: `Cancels every waiting or running job that matches the filter, as a call for each would. ${HOW}`,
        body: BulkCancelRequest,
        ...WORKING,
      },
      async (call) => {
        return await answer(call, { action: "cancel", ...call.body });
      },
    ),
    route(
      {
        method: "POST",
        path: "/api/v1/jobs/replay",
        id: "replayJobs",
        tag: tags.jobs,
        summary: "Replay many jobs",
        description: `Replays every finished job that matches the filter: the failed ones, unless it names another status. Each becomes a new job, as with a call for each. While the queue is full it waits, and says so. ${HOW}`,
        body: BulkReplayRequest,
        ...WORKING,
      },
      async (call) => {
        const { dry_run, filter } = call.body;
        return await answer(call, { dry_run, action: "replay", filter: { status: "failed", ...filter } });
      },
    ),
  ];

  async function answer(
    call: BulkCall,
    { dry_run, ...given }: Pick<BulkRequest, "action" | "filter" | "reason"> & { dry_run?: boolean },
  ): Promise<Response> {
    const { caller, cause } = call;
    requireNamed(caller, given.filter);
    const wanted = { ...given, reach: reachOf(caller) };
    const until_position = await log.head();
    // Before there is an operation: one that the read model keeps waiting must not have begun.
    await readJobs(until_position, () => sql`select from levqor_read.jobs limit 0`);
    if (dry_run) return lines(call, () => counted({ ...wanted, until_position }, caller));

    const begun = await startBulk(log, {
      ...wanted,
      until_position,
      operation_id: call.newId(),
      meta: { ...metaOf(caller), ...cause },
    });
    if (!begun.ok) throw keyReused();
    const { operation, finished } = begun;
    // Not `call.once`: a repetition continues an operation that was interrupted, and only a finished one is replayed.
    if (!finished) return lines(call, (stop) => running(operation, { stop, caller }));
    call.replayed();
    return lines(call, () => repeated(operation, finished));
  }

  async function* counted(wanted: BulkRequest, { counted_as }: Caller): AsyncGenerator<BulkLine> {
    yield {
      type: "counted",
      matched: await matching.take(counted_as, () => readJobs(wanted.until_position, () => countBulk(sql, wanted))),
    };
  }

  function readJobs<Rows>(position: number, query: () => PromiseLike<Rows>): Promise<Rows> {
    return readAt(projector, { names: ["jobs"], position, wait_ms }, query);
  }

  async function* repeated({ operation_id }: BulkOperation, finished: BulkFinished): AsyncGenerator<BulkLine> {
    yield { type: "finished", operation_id, ...finished };
  }

  async function* running(
    operation: BulkOperation,
    { stop, caller }: { stop: AbortSignal; caller: Caller },
  ): AsyncGenerator<BulkLine> {
    const { operation_id } = operation;
    const access_ended = new AbortController();
    const unlisten = onAccessEnd(caller, () => access_ended.abort());
    try {
      const either = AbortSignal.any([stop, access_ended.signal]);
      const on_fault = (job_id: string, err: unknown) =>
        logger.error({ job_id, operation_id, err }, "A bulk operation skips a job with a fault of its own");
      const turns: BulkOptions["turns"] = {
        match: (work) => matching.take(caller.counted_as, () => readJobs(operation.until_position, work)),
        command: (work) => commanding.take(caller.counted_as, work),
      };
      const steps = runBulk({ log, sql, queue: await queue.of(caller), turns, on_fault, signal: either }, operation);
      for await (const step of steps) yield { operation_id, ...step };
    } finally {
      unlisten();
    }
    // Not read by a client that has disconnected.
    if (access_ended.signal.aborted) yield interrupted("unauthorized", "The key or token is no longer valid.");
    else if (stop.aborted) yield interrupted("unavailable", "The service is stopping; repeat the request to continue.");
  }

  function lines(
    { request, server, cause }: BulkCall,
    source: (stop: AbortSignal) => AsyncGenerator<BulkLine>,
  ): Response {
    server?.timeout(request, IDLE_S);
    const stop = new AbortController();
    stopWith(stop, signal);
    return ndjson({
      source: source(stop.signal),
      stop,
      onError: (error) => {
        logger.error({ err: error, request_id: cause.request_id }, "A bulk operation was interrupted");
        const { code, detail } = toProblem(error);
        return interrupted(code, detail);
      },
    });
  }
}

/** A workflow in the caller's request. Throws the problem `workflow_not_allowed`. */
function requireNamed(caller: Caller, { workflow }: BulkFilter): void {
  if (workflow !== undefined) checkPermitted(caller, { workflow }, "/filter/workflow");
}

function interrupted(error: string, detail: string): BulkLine {
  return { type: "interrupted", error, detail };
}
