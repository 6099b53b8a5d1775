/**
 * What pages of other origins may do here (the Fetch standard's CORS). Keys are sent in headers, so there are no
 * cookies.
 */
import type { RequestContext } from "../context.ts";

/** The web app: always allowed. */
export const WEB_APP = "https://levqor.ai";

const ALLOW_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

const ALLOW_HEADERS = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "If-Match",
  "If-None-Match",
  "Last-Event-ID",
  "Levqor-Account",
  "Levqor-Min-Position",
  "Levqor-Reply-Token",
  "traceparent",
  "tracestate",
  "X-Api-Key",
  "X-Request-Id",
].join(", ");

/** The headers that a page's script may read, besides the default ones. */
const EXPOSE_HEADERS = [
  "Deprecation",
  "ETag",
  "Idempotency-Replayed",
  "Levqor-Position",
  "Link",
  "Location",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "Sunset",
  "WWW-Authenticate",
  "X-RateLimit-Limit",
  "X-RateLimit-Remaining",
  "X-RateLimit-Reset",
  "X-Request-Id",
].join(", ");

/** How long a browser may cache a preflight's response, in seconds; Chromium accepts no more than two hours. */
const MAX_AGE_S = 7_200;

export interface Cors {
  allows(origin: string): boolean;
  /** The response to a browser's preflight; `undefined` if the request is not one. */
  preflight(request: Request, context: RequestContext): Response | undefined;
  /** Adds to a response's headers who may read it. */
  mark(headers: Headers, context: RequestContext): void;
}

/** Allows the web app's own origin, and `origins` (as browsers write them: `https://example.com:8443`). */
export function createCors(origins: readonly string[]): Cors {
  const allowed = new Set([WEB_APP, ...origins]);
  return {
    allows: (origin) => allowed.has(origin),
    preflight({ method }, { headers }) {
      if (method !== "OPTIONS" || headers.origin === undefined) return undefined;
      if (headers["access-control-request-method"] === undefined) return undefined;
      // A forbidden origin gets the same response; what keeps it out is what `mark` omits.
      if (!allowed.has(headers.origin)) return new Response(null, { status: 204 });
      return new Response(null, {
        status: 204,
        headers: {
          "access-control-allow-methods": ALLOW_METHODS,
          "access-control-allow-headers": ALLOW_HEADERS,
          "access-control-max-age": String(MAX_AGE_S),
        },
      });
    },
    mark(sent, { headers: { origin } }) {
      if (origin === undefined || !allowed.has(origin)) return;
      sent.set("access-control-allow-origin", origin);
      sent.set("access-control-expose-headers", EXPOSE_HEADERS);
    },
  };
}
