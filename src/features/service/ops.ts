/** `GET /api/v1/ops/health`: the state of each part of the service. */

import { toUnixSeconds } from "../../../events/time.ts";
import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { onceBuilt } from "../../http/request/read_model.ts";
import { route } from "../../http/route.ts";
import { unfinishedJobs } from "../../jobs/queue/read_model.ts";
import type { ProjectionStatus } from "../../projector/mod.ts";
import type { ReactionStatus } from "../../reactor/mod.ts";
import { schedulerHealth } from "./queries.ts";
import { OpsHealth } from "./schemas.ts";

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
    {
      ok: true,
      name: "support_mail",
      version: 1,
      state: "running",
      position: 1042,
      lag: 0,
      stopped_at: null,
      how_to_fix: null,
    },
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
        responses: {
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
          ts: toUnixSeconds(Date.now()),
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
            logger.warn({ err: error, request_id }, "A part of the service is unhealthy");
            return null;
          }
        }

        async function readModels() {
          return (await orNull(projector.status()))?.map((status) => describe("projections", status)) ?? null;
        }

        async function reactionsRunning() {
          return (await orNull(reactor.status()))?.map((status) => describe("reactions", status)) ?? null;
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

/** Without the messages: what broke a fold or a reaction may quote an event. They are in the service's own log. */
function describe<Status extends ProjectionStatus | ReactionStatus>(
  kind: "projections" | "reactions",
  { poison, fault, ...status }: Status,
) {
  const stopped_at = poison?.position ?? null;
  const how_to_fix = stopped_at === null ? null : howToFix(`/api/v1/ops/${kind}/${status.name}/resume`, stopped_at);
  return { ok: poison === undefined && fault === undefined, ...status, stopped_at, how_to_fix };
}

function allWell(parts: readonly { readonly ok: boolean }[] | null): boolean {
  return parts?.every(({ ok }) => ok) ?? false;
}

function howToFix(path: string, position: number): string {
  return (
    `The event at position ${position} stops it; the service's log says why. Once that is fixed, ` +
    `POST ${path} retries that event; ` +
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
