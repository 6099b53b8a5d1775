/** Cancelling, and running again, all jobs that fulfil a filter. */

import type { Server } from "bun";
import { Elysia } from "elysia";
import type { BulkFilter, BulkFinished } from "../../../events/bulk.ts";
import { type Caller, onLapse, reachOf } from "../../access/mod.ts";
import { Turns } from "../../access/shares/turns.ts";
import { type Auth, permitted } from "../../http/auth.ts";
import { describe } from "../../http/document/openapi.ts";
import { toProblem } from "../../http/door/errors.ts";
import type { ApiOptions } from "../../http/options.ts";
import { Problem } from "../../http/problem.ts";
import { readJson } from "../../http/request/body.ts";
import { derivedId, idempotencyKey } from "../../http/request/idempotency.ts";
import { onceBuilt, untilReached } from "../../http/request/read_model.ts";
import { type Cause, requestIds } from "../../http/request/request_id.ts";
import { validator } from "../../http/request/validation.ts";
import { ndjson } from "../../http/stream/ndjson.ts";
import {
  type BulkOperation,
  type BulkOptions,
  type BulkWish,
  beginBulk,
  countBulk,
  runBulk,
} from "../../jobs/bulk/bulk.ts";
import type { QueueDepth } from "../../jobs/intake/queue_depth.ts";
import { BulkCancelRequest, BulkLine, BulkReplayRequest } from "./schemas.ts";

const checkCancel = validator(BulkCancelRequest);
const checkReplay = validator(BulkReplayRequest);

/** Silence after which the server may close a connection, in seconds: more than a page takes. */
const IDLE_S = 120;

const HOW =
  "Answers with lines of JSON while it works: first how many jobs fulfil the filter, then how far it is, last `finished`. With `dry_run` it only counts them, in one line. Jobs that are submitted after the call are left alone, and so are those that the key does not reach. Closing the connection breaks it off, between two jobs; so does a fault, which is told in the last line. Send an Idempotency-Key to be able to take it up again: a repetition goes on with what is left, does nothing twice, and answers at once with what it came to where it was finished.";

const EXAMPLE_ID = "0197a1f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b";
const EXAMPLE = [
  { type: "started", changed: 0, unchanged: 0, failed: 0 },
  { type: "progress", changed: 99, unchanged: 1, failed: 0 },
  { type: "finished", changed: 238, unchanged: 2, failed: 0 },
]
  .map(({ type, ...counts }) => ({ type, operation_id: EXAMPLE_ID, matched: 240, ...counts }))
  .map((line) => `${JSON.stringify(line)}\n`)
  .join("");

const ERRORS = ["invalid_idempotency_key", "idempotency_key_reused", "read_model_behind", "unavailable"] as const;

/** What a handler is given. */
interface Context {
  readonly request: Request;
  readonly server: Server<unknown> | null;
  readonly cause: Cause;
}

export function bulkRoutes(options: ApiOptions & { queue: QueueDepth; matching: Turns }, auth: Auth) {
  const { log, sql, projector, queue, matching, logger, signal, timing } = options;
  const commanding = new Turns({ at_once: 1, halved: true });
  const wait_ms = timing?.read_model_wait_ms;
  return new Elysia({ name: "levqor/bulk" })
    .use(requestIds())
    .post(
      "/api/v1/jobs/cancel",
      async ({ request, server, cause }) => {
        const caller = auth.require(request, "jobs:write", "everyones");
        const { dry_run, ...asked } = checkCancel((await readJson(request)).value);
        return answer({ request, server, cause }, { caller, dry_run, action: "cancel", ...asked });
      },
      {
        parse: "none",
        detail: describe({
          id: "cancelJobs",
          tag: "Jobs",
          summary: "Cancel many jobs",
          description: `Cancels every job that waits or runs and fulfils the filter, as a call for each would. ${HOW}`,
          scope: "jobs:write",
          headers: ["Idempotency-Key"],
          body: BulkCancelRequest,
          answers: {
            200: {
              description: "How far it is, line by line: each as in the schema BulkLine.",
              content_type: "application/x-ndjson",
              parts: BulkLine,
              example: EXAMPLE,
              headers: ["Idempotency-Replayed"],
            },
          },
          errors: [...ERRORS, "workflow_not_allowed", "outcome_unknown"],
        }),
      },
    )
    .post(
      "/api/v1/jobs/replay",
      async ({ request, server, cause }) => {
        const caller = auth.require(request, "jobs:write", "everyones");
        const { dry_run, filter } = checkReplay((await readJson(request)).value);
        return answer(
          { request, server, cause },
          { caller, dry_run, action: "replay", filter: { status: "failed", ...filter } },
        );
      },
      {
        parse: "none",
        detail: describe({
          id: "replayJobs",
          tag: "Jobs",
          summary: "Run many jobs again",
          description: `Runs every job again that has ended and fulfils the filter: the failed ones, unless it names another status. Each becomes a new job, as by a call for each. While as many jobs wait as may, it waits too, and says so. ${HOW}`,
          scope: "jobs:write",
          headers: ["Idempotency-Key"],
          body: BulkReplayRequest,
          answers: {
            200: {
              description: "How far it is, line by line: each as in the schema BulkLine.",
              content_type: "application/x-ndjson",
              parts: BulkLine,
              example: EXAMPLE,
              headers: ["Idempotency-Replayed"],
            },
          },
          errors: [...ERRORS, "workflow_not_allowed", "outcome_unknown"],
        }),
      },
    );

  async function answer(
    context: Context,
    asked: Pick<BulkWish, "action" | "filter" | "reason"> & { caller: Caller; dry_run?: boolean },
  ): Promise<Response> {
    const { request, cause } = context;
    const { caller, dry_run, ...given } = asked;
    requireNamed(caller, given.filter);
    const wanted = { ...given, reach: reachOf(caller) };
    const key = idempotencyKey(request);
    const until_position = await log.head();
    await onceBuilt(() => sql`select from levqor_read.jobs limit 0`, wait_ms);
    await untilReached(projector, { name: "jobs", position: until_position, wait_ms });
    if (dry_run) return lines(context, () => counted({ ...wanted, until_position }, caller));

    const route = `/api/v1/jobs/${wanted.action}`;
    const begun = await beginBulk(log, {
      ...wanted,
      until_position,
      operation_id: key === null ? Bun.randomUUIDv7() : derivedId(caller, route, key),
      meta: { actor: caller.actor, ...cause },
    });
    if (!begun.ok) {
      throw new Problem("idempotency_key_reused", "The Idempotency-Key was used before with another body.");
    }
    const { operation, finished } = begun;
    if (finished) {
      const headers = { "idempotency-replayed": "true" };
      return lines(context, () => repeated(operation, finished), headers);
    }
    return lines(context, (stop) => running(operation, { stop, caller }));
  }

  async function* counted(wanted: BulkWish, { identity }: Caller): AsyncGenerator<BulkLine> {
    yield { type: "counted", matched: await matching.take(identity, () => countBulk(sql, wanted)) };
  }

  async function* repeated({ operation_id }: BulkOperation, finished: BulkFinished): AsyncGenerator<BulkLine> {
    yield { type: "finished", operation_id, ...finished };
  }

  async function* running(
    operation: BulkOperation,
    { stop, caller }: { stop: AbortSignal; caller: Caller },
  ): AsyncGenerator<BulkLine> {
    const { operation_id } = operation;
    const lapsed = new AbortController();
    const unlisten = onLapse(caller, () => lapsed.abort());
    try {
      const either = AbortSignal.any([stop, lapsed.signal]);
      const on_fault = (job_id: string, err: unknown) =>
        logger.error({ job_id, operation_id, err }, "A bulk operation passes over a job with a fault of its own");
      const turns: BulkOptions["turns"] = {
        match: (work) => matching.take(caller.identity, work),
        command: (work) => commanding.take(caller.identity, work),
      };
      const steps = runBulk({ log, sql, queue: await queue.of(caller), turns, on_fault, signal: either }, operation);
      for await (const step of steps) yield { operation_id, ...step };
    } finally {
      unlisten();
    }
    // Not read by a client that broke it off itself.
    if (lapsed.signal.aborted) yield interrupted("unauthorized", "The key or token is taken no more.");
    else if (stop.aborted) yield interrupted("unavailable", "The service is stopping; repeat the request to go on.");
  }

  function lines(
    { request, server, cause }: Context,
    source: (stop: AbortSignal) => AsyncGenerator<BulkLine>,
    headers?: Record<string, string>,
  ): Response {
    server?.timeout(request, IDLE_S);
    const stop = new AbortController();
    const shutDown = () => stop.abort();
    signal.addEventListener("abort", shutDown);
    stop.signal.addEventListener("abort", () => signal.removeEventListener("abort", shutDown));
    if (signal.aborted) stop.abort();
    return ndjson({
      source: source(stop.signal),
      stop,
      headers,
      onError: (error) => {
        logger.error({ err: error, request_id: cause.request_id }, "A bulk operation broke off");
        const { code, detail } = toProblem(error);
        return interrupted(code, detail);
      },
    });
  }
}

/** A workflow that the caller names themselves. Throws the problem `workflow_not_allowed`. */
function requireNamed(caller: Caller, { workflow }: BulkFilter): void {
  if (workflow !== undefined) permitted(caller, { workflow });
}

function interrupted(error: string, detail: string): BulkLine {
  return { type: "interrupted", error, detail };
}
