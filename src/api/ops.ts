/** `GET /api/v1/ops/health`: how each part of the service does. */
import { Elysia } from "elysia";
import type { ProjectionStatus } from "../projector/mod.ts";
import type { Auth } from "./auth.ts";
import { describe } from "./openapi.ts";
import type { ApiOptions } from "./options.ts";
import { requestIds } from "./request_id.ts";

/** A database that takes longer to answer counts as unreachable. */
const DATABASE_TIMEOUT_MS = 2_000;

export function opsRoutes({ log, sql, bus, projector, logger }: ApiOptions, auth: Auth) {
  return new Elysia({ name: "levqor/ops" }).use(requestIds()).get(
    "/api/v1/ops/health",
    async ({ request, set, request_id }) => {
      auth.require(request);
      set.headers["cache-control"] = "no-store";
      const database = await checkDatabase(request_id);
      // Without the database nothing can be taken in: the service is down. All else it catches up with.
      if (!database.ok) set.status = 503;
      const { head, projections, queue } = database.state ?? {};
      const { kind, connected, position } = bus.health();
      const parts = {
        database: { ok: database.ok, latency_ms: database.latency_ms },
        bus: {
          ok: connected,
          kind,
          connected,
          position,
          lag: head === undefined ? null : Math.max(0, head - position),
        },
        projections: projections ?? null,
        queue: queue ?? null,
      };
      const ok = database.ok && connected && (projections ?? []).every((projection) => projection.ok);
      return { ok, ts: Math.floor(Date.now() / 1000), log: { head: head ?? null }, ...parts };
    },
    {
      detail: describe({
        id: "getOpsHealth",
        tag: "Operations",
        summary: "The state of every part",
        description:
          "Database, bus, read models and queue. `ok` is whether all of them are well. The status is 503 only when the database cannot be reached: everything else is caught up with by itself, and intake goes on meanwhile.",
        key: true,
        answers: {
          200: { description: "The service takes jobs in.", schema: "OpsHealth" },
          503: { description: "The database cannot be reached.", schema: "OpsHealth" },
        },
      }),
    },
  );

  async function checkDatabase(request_id: string) {
    const started = performance.now();
    try {
      const state = await within(DATABASE_TIMEOUT_MS, readState());
      return { ok: true, latency_ms: Math.round((performance.now() - started) * 100) / 100, state };
    } catch (error) {
      logger.warn({ err: error, request_id }, "The database cannot be reached");
      return { ok: false, latency_ms: null, state: undefined };
    }
  }

  async function readState() {
    const [head, projections, depths] = await Promise.all([
      log.head(),
      projector.status(),
      // Unfinished jobs alone: an index holds them apart, whatever number has ended.
      sql<{ status: "queued" | "running"; depth: number }[]>`
        select status, count(*)::int as depth from levqor_read.jobs where status in ('queued', 'running') group by status`,
    ]);
    const depth = Object.fromEntries(depths.map((row) => [row.status, row.depth]));
    return {
      head,
      projections: projections.map(describeProjection),
      queue: { queued: depth.queued ?? 0, running: depth.running ?? 0 },
    };
  }
}

/** Without the messages: what broke a fold may quote an event. They are in the service's own log. */
function describeProjection({ poison, fault, ...status }: ProjectionStatus) {
  return { ok: poison === undefined && fault === undefined, ...status, stopped_at: poison?.position ?? null };
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`No answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
