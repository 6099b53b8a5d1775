/**
 * The front door: one function around everything that Elysia serves, so that no response bypasses it, be it an error, a
 * file or a stream. Requests are checked on the way in, responses get their headers on the way out.
 *
 * context, pace -> head (host, URL, headers), origin -> preflight, OPTIONS -> caller -> rate limits -> Elysia, within
 * its time -> 304 -> headers -> metrics, request log
 */

import { setRateHeaders } from "../../rate/mod.ts";
import { type Metrics, noTracing, type Span, type Tracing } from "../../telemetry/mod.ts";
import { isCurrent, notModified } from "../../web/conditional.ts";
import type { Auth } from "../auth.ts";
import { contextOf, pathOf, type RequestContext } from "../context.ts";
import { REQUEST_TIMEOUT_S } from "../limits.ts";
import type { ApiConfig, ApiLogger, ApiOptions } from "../options.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";
import { credentialExposed, urlHoldsCredential } from "../request/credential.ts";
import { type Cors, createCors } from "./cors.ts";
import { Deadlines } from "./deadlines.ts";
import type { deprecations } from "./deprecation.ts";
import { refusal } from "./errors.ts";
import { checkHead } from "./head.ts";
import { originCheck } from "./origin.ts";
import { Pace } from "./pace.ts";
import type { RateGate } from "./rate_limit.ts";
import type { requestLog } from "./request_log.ts";
import type { RouteTable } from "./routes.ts";
import { setSecurityHeaders } from "./security_headers.ts";

type Handle = (request: Request) => Response | Promise<Response>;

export interface DoorOptions extends Pick<ApiConfig, "cors_origins" | "public_url">, Pick<ApiOptions, "timing"> {
  readonly logger: ApiLogger;
  readonly metrics: Metrics;
  readonly tracing?: Tracing | undefined;
  /** Writes a line if one is due. */
  readonly log: ReturnType<typeof requestLog>;
  /** Absent: there is no authentication. */
  readonly auth?: Auth;
  /** Absent: there are no rate limits. */
  readonly limits?: RateGate | undefined;
  readonly routes: RouteTable;
  /** The headers of a deprecated call's responses; absent: none is deprecated. */
  readonly deprecationOf?: ReturnType<typeof deprecations>;
}

/** Made for `app.wrap`: called with Elysia's own handler for each request. */
export function frontDoor(options: DoorOptions): (handle: Handle) => Handle {
  const {
    logger,
    metrics,
    tracing = noTracing,
    log,
    routes,
    deprecationOf,
    cors_origins,
    public_url,
    auth,
    timing,
  } = options;
  const cors = createCors(cors_origins);
  const origins = originCheck({ open: auth?.required === false, public_url, cors });
  const limit_s = timing?.request_timeout_s ?? REQUEST_TIMEOUT_S;
  const admit = admission(options);
  const pace = new Pace();
  const refuse = (request: Request, error: unknown) => refusal(error, { request, logger });
  const deadlines = new Deadlines({
    limit_ms: limit_s * 1000,
    late: (request) => refuse(request, tooLate(contextOf(request), limit_s)),
  });

  const tell = (request: Request, context: RequestContext, { status }: Response) => {
    const duration_ms = performance.now() - context.started;
    metrics.request({ route: context.route, method: request.method, status, seconds: duration_ms / 1000 });
    if (context.limit?.admitted === false) metrics.refused(context.limit.policy.name);
    if (context.span) endSpan(context.span, { request, context, status });
    log?.({ request, context, status, duration_ms });
  };

  // Elysia asks for a handler again at each request.
  return (handle) => (request) => {
    const context = contextOf(request);
    context.route = routes.routeOf(request.method, pathOf(request));
    if (tracing.active) beginSpan(tracing, request, context);
    const finish = (response: Response) => {
      const complete = withHeaders(unlessCurrent(response, { request, context }), { request, context, cors });
      const deprecated = deprecationOf?.(request.method, context.route);
      for (const name in deprecated) complete.headers.append(name, deprecated[name] as string);
      tell(request, context, complete);
      return complete;
    };
    const begin = (): Response | Promise<Response> => {
      checkHead(request, context);
      origins.checkHost(context);
      origins.checkWrite(request, context);
      if (urlHoldsCredential(request.url, context.headers)) throw credentialExposed("URL");
      return cors.preflight(request, context) ?? optionsOf(request, routes) ?? admit({ request, context, handle });
    };
    let response: Response | Promise<Response>;
    try {
      response = pace.start()?.then(begin) ?? begin();
    } catch (error) {
      response = refuse(request, error);
    }
    if (!(response instanceof Promise)) return finish(response);
    return deadlines.bound(request, response).then(finish, (error) => finish(refuse(request, error)));
  };
}

/** Routes that are called all the time, and are of no interest. */
const UNTRACED = new Set(["/health", "/metrics"]);

function beginSpan(tracing: Tracing, request: Request, context: RequestContext): void {
  if (context.route !== undefined && UNTRACED.has(context.route)) return;
  context.span = tracing.start(request.method, {
    kind: "server",
    parent: context.traceparent,
    started: context.started,
    attributes: { "http.request.method": request.method, "levqor.request_id": context.request_id },
  });
  context.traceparent = context.span.traceparent;
}

function endSpan(
  span: Span,
  { request, context, status }: { request: Request; context: RequestContext; status: number },
): void {
  const { route } = context;
  span.end({
    name: route === undefined ? request.method : `${request.method} ${route}`,
    error: status >= 500 ? String(status) : undefined,
    attributes: { "http.route": route, "http.response.status_code": status },
  });
}

/** The response to OPTIONS at a known path. */
function optionsOf(request: Request, { methodsOf }: RouteTable): Response | undefined {
  if (request.method !== "OPTIONS") return undefined;
  const methods = methodsOf(pathOf(request));
  if (methods.length === 0) return undefined;
  return new Response(null, { status: 204, headers: { allow: methods.join(", ") } });
}

interface Entering {
  readonly request: Request;
  readonly context: RequestContext;
  readonly handle: Handle;
}

/** Handles a request once its caller is known and allowed. */
function admission({ auth, limits }: Pick<DoorOptions, "auth" | "limits">) {
  return ({ request, context, handle }: Entering): Response | Promise<Response> => {
    const enter = (identity: RequestContext["identity"]) => {
      context.identity = identity;
      return limits?.enter(request) ?? handle(request);
    };
    const identity = auth?.identify(request, () => limits?.mayVerify(request) ?? true);
    return identity instanceof Promise ? identity.then(enter) : enter(identity);
  };
}

/** The response itself, or 304 if the client has it. */
function unlessCurrent(
  response: Response,
  { request, context }: { request: Request; context: RequestContext },
): Response {
  const { "if-none-match": tags } = context.headers;
  if (tags === undefined || response.status !== 200) return response;
  if (request.method !== "GET" && request.method !== "HEAD") return response;
  const { headers } = response;
  if (!isCurrent({ "if-none-match": tags }, { etag: headers.get("etag") ?? undefined })) return response;
  void response.body?.cancel();
  return notModified(headers);
}

function tooLate({ reading }: RequestContext, limit_s: number): Problem {
  if (!reading) {
    return new Problem(problems.deadline_exceeded, `The service did not finish within ${limit_s} seconds.`, {
      retry_after_s: 1,
    });
  }
  return new Problem(problems.request_timeout, `The body did not arrive within ${limit_s} seconds.`, {
    // A late result must not be attributed to the next request.
    headers: { connection: "close" },
  });
}

/** Adds the headers that every response has. */
function withHeaders(
  response: Response,
  { request, context, cors }: { request: Request; context: RequestContext; cors: Cors },
): Response {
  const { headers } = response;
  // Bun adds a Date to every response but these.
  if (request.method === "HEAD") headers.set("date", new Date().toUTCString());
  setSecurityHeaders(response);
  cors.mark(headers, context);
  if (context.limit) setRateHeaders(headers, context.limit);
  headers.set("x-request-id", context.request_id);
  return response;
}
