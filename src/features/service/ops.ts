/** `GET /api/v1/ops/health`: the state of each part of the service. */

import { projectionStream } from "../../../events/projection.ts";
import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { Problem } from "../../http/problem.ts";
import { nameParam } from "../../http/request/params.ts";
import { onceBuilt } from "../../http/request/read_model.ts";
import { route } from "../../http/route.ts";
import { unfinishedJobs } from "../../jobs/queue/read_model.ts";
import type { ProjectionStatus } from "../../projector/mod.ts";
import type { ReactionStatus } from "../../reactor/mod.ts";
import { serviceProblems } from "./problems.ts";
import { schedulerHealth } from "./queries.ts";
import { checkReason, notStopped } from "./resuming.ts";
import { OpsHealth, ProjectionName, ProjectionResume, ProjectionResumed } from "./schemas.ts";

/** Within this time another process takes over from a leader that died; what is due for longer has nobody. */
const SCHEDULES_LATE_S = 10;
/** What takes longer to respond counts as down. */
const TIMEOUT_MS = 2_000;

const WELL = {
  ok: true,
  ts: 1768469400,
  log: { head: 1042 },
  database: { ok: true, latency_ms: 0.81 },
  bus: { ok: true, kind: "jetstream", connected: true, position: 1042, lag: 0 },
  projections: [
    {
      ok: true,
      name: "jobs",
      version: 3,
      state: "running",
      live: true,
      position: 1042,
      lag: 0,
      stopped_at: null,
      how_to_fix: null,
    },
  ],
  reactions: [
    { ok: true, name: "support_mail", version: 1, state: "running", position: 1042, lag: 0, stopped_at: null },
  ],
  schedules: { ok: true, leader: "0197a1ef-2b1c-7d4e-8f5a-6b7c8d9e0f1a", active: 3, lag_seconds: 0 },
  queue: { queued: 12, running: 4, max_queued: 1_000_000 },
};
const WITHOUT_DATABASE = {
  ...WELL,
  ok: false,
  log: { head: null },
  database: { ok: false, latency_ms: null },
  bus: { ...WELL.bus, lag: null },
  projections: null,
  reactions: null,
  schedules: null,
  queue: null,
};

export function opsRoutes({ log, sql, bus, projector, reactor, logger, config }: ApiOptions) {
  return [
    route(
      {
        method: "POST",
        path: "/api/v1/ops/projections/:name/resume",
        id: "resumeProjection",
        tag: tags.operations,
        summary: "Resume a stopped read model",
        description:
          "A read model whose fold rejects an event stops there, alone, and GET /api/v1/ops/health says so. Once the fold is fixed, this call retries the event, in whichever process runs the read model. With `skip`, the position of that event, the read model continues after it: rebuilds skip it, too. Either is recorded, with who decided so and why. If the event stops the read model again, health says so again. A read model that no event stops is left as it is: `stopped_at` is null.",
        scope: "ops:write",
        params: { name: nameParam(ProjectionName, serviceProblems.projection_not_found) },
        body: ProjectionResume,
        body_optional: true,
        examples: {
          again: { summary: "Retry the event that stopped it", value: {} },
          past: { summary: "Skip that event for good", value: { skip: 1042, reason: "Its time is invalid." } },
        },
        answers: {
          200: {
            description: "The read model continues.",
            schema: ProjectionResumed,
            example: { name: "jobs", version: 4, stopped_at: 1042, skipped: false },
          },
        },
        errors: [serviceProblems.projection_not_stopped],
      },
      async (call) => {
        const { actor } = call.caller;
        const { name } = call.params;
        const { skip, reason } = call.body;
        checkReason({ skip, reason });
        const meta = { actor, correlation_id: projectionStream(name), ...call.cause };
        const resumed = await projector.resume(name, { skip, reason, meta });
        if (!resumed)
          throw new Problem(serviceProblems.projection_not_found, `There is no read model ${JSON.stringify(name)}.`);
        const { version } = resumed;
        if (!resumed.ok && skip !== undefined) {
          throw notStopped(serviceProblems.projection_not_stopped, {
            what: `the read model "${name}"`,
            ...resumed,
            skip,
          });
        }
        if (!resumed.ok) return { name, version, stopped_at: null, skipped: false };
        call.recorded(resumed.recorded_at_position);
        return { name, version, stopped_at: resumed.position, skipped: skip !== undefined };
      },
    ),
    route(
      {
        method: "GET",
        path: "/api/v1/ops/health",
        id: "getOpsHealth",
        tag: tags.operations,
        summary: "Get the health of every part",
        description:
          "Database, bus, read models, reactions, schedules and queue. `ok` says whether all of them are well. The status is 503 only if the database is unreachable: everything else catches up by itself, and intake continues meanwhile.",
        scope: "ops:read",
        any_query: true,
        without_database: true,
        answers: {
          200: { description: "The service accepts jobs.", schema: OpsHealth, example: WELL },
          503: { description: "The database is unreachable.", schema: OpsHealth, example: WITHOUT_DATABASE },
        },
      },
      async (call) => {
        const { request_id } = call.cause;
        const started = performance.now();
        const head = await orNull(log.head());
        const latency_ms = head === null ? null : Math.round((performance.now() - started) * 100) / 100;
        const [projections, reactions, schedules, queue] =
          head === null
            ? [null, null, null, null]
            : await Promise.all([readModels(), reactionsRunning(), schedulesFiring(), queueDepth()]);
        const { kind, connected, position } = bus.health();
        const lag = head === null ? null : Math.max(0, head - position);
        // Without the database nothing can be accepted: the service is down. Everything else catches up by itself.
        if (head === null) call.set.status = 503;
        return {
          ok: connected && allWell(projections) && allWell(reactions) && (schedules?.ok ?? false),
          ts: Math.floor(Date.now() / 1000),
          log: { head },
          database: { ok: head !== null, latency_ms },
          bus: { ok: connected, kind, connected, position, lag },
          projections,
          reactions,
          schedules,
          queue,
        };

        /** The promise's value; `null`, and a line in the log, if it fails or is late. */
        async function orNull<T>(promise: Promise<T>): Promise<T | null> {
          try {
            return await within(TIMEOUT_MS, promise);
          } catch (error) {
            logger.warn({ err: error, request_id }, "A part of the service is not well");
            return null;
          }
        }

        async function readModels() {
          return (await orNull(projector.status()))?.map(describeProjection) ?? null;
        }

        async function reactionsRunning() {
          return (await orNull(reactor.status()))?.map(describeReaction) ?? null;
        }

        async function schedulesFiring() {
          const found = await orNull(onceBuilt(() => schedulerHealth(sql), TIMEOUT_MS / 2));
          return found && { ok: found.lag_seconds < SCHEDULES_LATE_S, ...found };
        }

        async function queueDepth() {
          const depth = await orNull(onceBuilt(() => unfinishedJobs(sql), TIMEOUT_MS / 2));
          return depth && { ...depth, max_queued: config.max_queue_depth };
        }
      },
    ),
  ];
}

/** Without the messages: what broke a fold may quote an event. They are in the service's own log. */
function describeProjection({ poison, fault, ...status }: ProjectionStatus) {
  const stopped_at = poison?.position ?? null;
  const how_to_fix = stopped_at === null ? null : howToFix(status.name, stopped_at);
  return { ok: poison === undefined && fault === undefined, ...status, stopped_at, how_to_fix };
}

/** As for a read model, without the message. */
function describeReaction({ poison, fault, ...status }: ReactionStatus) {
  return { ok: poison === undefined && fault === undefined, ...status, stopped_at: poison?.position ?? null };
}

function allWell(parts: readonly { readonly ok: boolean }[] | null): boolean {
  return parts?.every(({ ok }) => ok) ?? false;
}

function howToFix(name: string, position: number): string {
  return (
    `The event at position ${position} stops it; the service's log says why. Once that is fixed, ` +
    `POST /api/v1/ops/projections/${name}/resume retries that event; ` +
    `with {"skip": ${position}, "reason": "..."} past it.`
  );
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`No response within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
