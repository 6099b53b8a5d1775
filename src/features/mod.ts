/** The REST API: an Elysia app over the log and the read models. It does not listen until `listen` is called. */
import http from "node:http";
import { Elysia } from "elysia";
import { Turns } from "../access/shares/turns.ts";
import { createAuth } from "../http/auth.ts";
import { docsRoutes } from "../http/document/docs.ts";
import { pageRoutes } from "../http/document/pages.ts";
import { tags } from "../http/document/tags.ts";
import { type AddressOf, addressReader } from "../http/door/client_address.ts";
import { deprecations } from "../http/door/deprecation.ts";
import { type DoorOptions, frontDoor } from "../http/door/door.ts";
import { problemErrors, toProblem } from "../http/door/errors.ts";
import { rateGate } from "../http/door/rate_limit.ts";
import { requestLog } from "../http/door/request_log.ts";
import { routeTable } from "../http/door/routes.ts";
import { BODY_CUT_OFF_BYTES, HEAD_CUT_OFF_BYTES, IDLE_TIMEOUT_S, MESSAGE_CUT_OFF_BYTES } from "../http/limits.ts";
import type { ApiConfig, ApiOptions } from "../http/options.ts";
import { problemResponse } from "../http/problem.ts";
import { StoredThings } from "../http/request/stored.ts";
import { serveRoutes } from "../http/route.ts";
import { QueueDepth } from "../jobs/intake/queue_depth.ts";
import { errorRoutes } from "./errors/routes.ts";
import { eventRoutes } from "./events/routes.ts";
import { bulkRoutes } from "./jobs/bulk.ts";
import { callbackRoutes } from "./jobs/callbacks.ts";
import { devRoutes } from "./jobs/dev.ts";
import { intakeRoutes } from "./jobs/intake.ts";
import { jobControlRoutes } from "./jobs/job_control.ts";
import { jobRoutes } from "./jobs/jobs.ts";
import { stepRoutes } from "./jobs/steps.ts";
import { keyRoutes } from "./keys/routes.ts";
import { pipelineRoutes } from "./pipelines/routes.ts";
import { scheduleRoutes } from "./schedules/routes.ts";
import { marketingRoutes } from "./service/marketing.ts";
import { metricsRoutes } from "./service/metrics.ts";
import { opsRoutes } from "./service/ops.ts";
import { prometheusRoutes } from "./service/prometheus.ts";
import { reactionRoutes } from "./service/reactions.ts";
import { rootRoutes } from "./service/root.ts";
import { incidentRoutes } from "./status/incidents.ts";
import { statusPageRoutes } from "./status/status_page.tsx";
import { uptimeReports, uptimeRoutes } from "./status/uptime.ts";
import { socketRoutes } from "./streams/socket.ts";
import { streamRoutes } from "./streams/streams.ts";
import { Submissions } from "./streams/submissions.ts";
import { summaryRoutes } from "./summary/routes.ts";
import { supportRoutes } from "./support/routes.ts";
import { workerRoutes } from "./workers/routes.ts";
import { workflowLimitRoutes } from "./workflows/routes.ts";

export { OTHER_PAGES } from "../http/document/pages.ts";
export type { ApiOptions } from "../http/options.ts";
export { startFeatures, systemWorkflows } from "./running.ts";

/** Builds the app. It opens and closes nothing that is passed to it. */
export function createApi(options: ApiOptions): Elysia {
  const { config, logger } = options;
  const auth = createAuth(options.access, options.log);
  if (!auth.required) {
    logger.warn(
      "DEVELOPMENT MODE: API_KEYS is not set, so everybody who can reach this service may read and write, " +
        "as often as they like unless RATE_BURST and RATE_GLOBAL say otherwise.",
    );
  }
  const { log, sql, projector, signal } = options;
  const read_model_wait_ms = options.timing?.read_model_wait_ms;
  const uptime = uptimeReports(options);
  const queue = new QueueDepth({ sql, max: config.max_queue_depth, share: config.caller_share, logger, signal });
  /** For queries with a filter. */
  const matching = new Turns();
  const reading = { turns: new Turns(), submissions: new Submissions(options.log) };
  const stored = new StoredThings({
    ...options,
    max: options.stored_max,
    share: config.caller_share,
    wait_ms: read_model_wait_ms,
  });
  const { cors_origins, public_url } = config;
  const addressOf = addressReader({ trust_proxy: config.trust_proxy, server: () => app.server });
  const limits = options.limiter && rateGate({ limiter: options.limiter, addressOf });
  const { request_log } = config;
  const shared = { ...options, auth, queue, stored, matching, reading };
  const routes = [
    ...rootRoutes(config),
    ...metricsRoutes(shared),
    ...marketingRoutes(shared),
    ...prometheusRoutes(shared),
    ...intakeRoutes(shared),
    ...jobRoutes(shared),
    ...jobControlRoutes(shared),
    ...bulkRoutes(shared),
    ...callbackRoutes(shared),
    ...pipelineRoutes(shared),
    ...stepRoutes(shared),
    ...scheduleRoutes(shared),
    ...workerRoutes(shared),
    ...streamRoutes(shared),
    ...workflowLimitRoutes(shared),
    ...socketRoutes(shared),
    ...keyRoutes(shared),
    ...errorRoutes(shared),
    ...eventRoutes(shared),
    ...opsRoutes(shared),
    ...summaryRoutes(shared),
    ...reactionRoutes(shared),
    ...incidentRoutes(shared),
    ...supportRoutes(shared),
    ...uptimeRoutes(uptime),
    ...(config.production ? [] : devRoutes(shared)),
  ];
  const app: Elysia = base({
    ...options,
    auth,
    limits,
    cors_origins,
    public_url,
    request_log,
    addressOf,
    app: () => app,
  })
    .use(serveRoutes(routes, { auth, limits, lists: { log, projector, read_model_wait_ms } }))
    .use(statusPageRoutes(options, uptime))
    .use(pageRoutes(options))
    .use(docsRoutes({ version: config.version, tags: Object.values(tags) })) as unknown as Elysia;
  return app;
}

interface HealthApiOptions extends Pick<ApiOptions, "logger" | "metrics" | "tracing"> {
  readonly config: Pick<ApiConfig, "version" | "build" | "request_log">;
}

/** What a worker serves: `/health`, for its supervisor. */
export function createHealthApi({ config, ...options }: HealthApiOptions): Elysia {
  const { request_log } = config;
  const addressOf = addressReader({ server: () => app.server });
  const app: Elysia = base({ ...options, cors_origins: [], request_log, addressOf, app: () => app }).use(
    serveRoutes(rootRoutes(config), {}),
  ) as unknown as Elysia;
  return app;
}

interface BaseOptions extends Omit<DoorOptions, "routes" | "deprecationOf" | "log">, Pick<ApiConfig, "request_log"> {
  readonly addressOf: AddressOf;
  /** The finished app. */
  readonly app: () => Elysia;
}

/** An app that responds to unknown paths, and to every fault, with a problem document. */
function base({ app, addressOf, request_log, ...options }: BaseOptions) {
  const { logger } = options;
  const routes = () => app().routes;
  const table = routeTable(routes);
  const log = requestLog({ logger, mode: request_log, addressOf });
  const door = frontDoor({ ...options, log, routes: table, deprecationOf: deprecations(routes) });
  // Bun's own limit, for the whole process; 16 KB by default.
  (http as { maxHeaderSize: number }).maxHeaderSize = HEAD_CUT_OFF_BYTES;
  return (
    new Elysia({
      // Handlers check their input themselves; Elysia's own cleaning of responses would cost time and do nothing.
      normalize: false,
      // Otherwise it looks for the path from the 12th character of the URL on, and misses that of http://api/.
      handler: { standardHostname: false },
      serve: {
        // A port that is in use must be a fault at startup, not two services that share its connections.
        reusePort: false,
        development: false,
        // What slipped through the door itself: otherwise Bun writes it to standard error, with the surrounding source.
        error: (error: unknown) => {
          const request_id = crypto.randomUUID();
          logger.error({ err: error, request_id }, "A request failed outside the door");
          return problemResponse(toProblem(error), { instance: "/", request_id });
        },
        // Above the API's own limit, so that the API itself responds with a problem document.
        maxRequestBodySize: BODY_CUT_OFF_BYTES,
        idleTimeout: IDLE_TIMEOUT_S,
      },
      websocket: {
        maxPayloadLength: MESSAGE_CUT_OFF_BYTES,
        // Sockets ping by themselves, more often than Bun would, and tell a silent client why they disconnect it. From
        // this Bun also derives how long a client may keep a closed socket: 4 seconds at most (`SOCKET_GONE_MS`); with
        // 120 it would be 16.
        idleTimeout: 0,
        sendPings: false,
      },
    })
      // According to its type, a wrapper takes a function that creates functions; it takes the handler itself.
      .wrap(door as unknown as Parameters<Elysia["wrap"]>[0])
      .use(problemErrors(logger, table.methodsOf))
  );
}
