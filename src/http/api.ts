/** The REST API: an Elysia app over the log and the read models. It does not listen until `listen` is called. */
import http from "node:http";
import { Elysia } from "elysia";
import { Turns } from "../access/shares/turns.ts";
import { QueueDepth } from "../jobs/intake/queue_depth.ts";
import { type Auth, createAuth } from "./auth.ts";
import { docsRoutes } from "./document/docs.ts";
import { pageRoutes } from "./document/pages.ts";
import { tags } from "./document/tags.ts";
import { type AddressOf, addressReader } from "./door/client_address.ts";
import { deprecations } from "./door/deprecation.ts";
import { type DoorOptions, frontDoor } from "./door/door.ts";
import { problemErrors, toProblem } from "./door/errors.ts";
import { type RateGate, rateGate } from "./door/rate_limit.ts";
import { requestLog } from "./door/request_log.ts";
import { routeTable } from "./door/routes.ts";
import { BODY_CUT_OFF_BYTES, HEAD_CUT_OFF_BYTES, IDLE_TIMEOUT_S, MESSAGE_CUT_OFF_BYTES } from "./limits.ts";
import type { ApiConfig, ApiOptions } from "./options.ts";
import type { Page } from "./page.ts";
import { problemResponse } from "./problem.ts";
import { type Cookies, cookiesOf } from "./request/session_cookie.ts";
import { StoredThings } from "./request/stored.ts";
import { type Route, serveRoutes } from "./route.ts";

/** What the routes of features are built from. */
export interface ApiParts extends ApiOptions {
  readonly auth: Auth;
  readonly cookies: Cookies;
  /** A request's address. */
  readonly addressOf: AddressOf;
  /** Absent: there are no rate limits. */
  readonly limits: RateGate | undefined;
  readonly queue: QueueDepth;
  readonly stored: StoredThings;
  /** By caller: reading large parts of the log. */
  readonly reading: Turns;
}

/** Builds the app that serves these calls and pages. It opens and closes nothing that is passed to it. */
export function createApi(options: ApiOptions, routes: (parts: ApiParts) => readonly (Route | Page)[]): Elysia {
  const { config, logger } = options;
  const { cors_origins, public_url, request_log, production } = config;
  const cookies = cookiesOf({ public_url, production });
  const auth = createAuth({ ...options, cookies, public_url });
  if (!auth.required) {
    logger.warn(
      "DEVELOPMENT MODE: API_KEYS is not set, so everybody who can reach this service may read and write, " +
        "as often as they like unless RATE_BURST and RATE_GLOBAL say otherwise.",
    );
  }
  const { log, sql, projector, signal } = options;
  const read_model_wait_ms = options.timing?.read_model_wait_ms;
  const queue = new QueueDepth({ sql, max: config.max_queue_depth, share: config.caller_share, logger, signal });
  const stored = new StoredThings({
    ...options,
    max: options.stored_max,
    share: config.caller_share,
    wait_ms: read_model_wait_ms,
  });
  const addressOf = addressReader({ trust_proxy: config.trust_proxy, server: () => app.server });
  const limits = options.limiter && rateGate({ limiter: options.limiter, addressOf });
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
    .use(
      serveRoutes(routes({ ...options, auth, cookies, addressOf, limits, queue, stored, reading: new Turns() }), {
        auth,
        limits,
        lists: { log, projector, read_model_wait_ms },
      }),
    )
    .use(pageRoutes(options))
    .use(docsRoutes({ version: config.version, tags: Object.values(tags) })) as unknown as Elysia;
  return app;
}

interface HealthApiOptions extends Pick<ApiOptions, "logger" | "metrics" | "tracing"> {
  readonly config: Pick<ApiConfig, "version" | "build" | "request_log">;
}

/** What a worker serves: `/health`, for its supervisor. */
export function createHealthApi({ config, ...options }: HealthApiOptions, routes: readonly Route[]): Elysia {
  const { request_log } = config;
  const addressOf = addressReader({ server: () => app.server });
  const app: Elysia = base({ ...options, cors_origins: [], request_log, addressOf, app: () => app }).use(
    serveRoutes(routes, {}),
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
