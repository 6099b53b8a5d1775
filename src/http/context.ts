/** What is known about a request while it is handled. */
import type { Identity } from "../access/mod.ts";
import type { Verdict } from "../rate/mod.ts";
import { type Span, validTraceparent } from "../telemetry/mod.ts";
import { holdsCredential } from "./request/credential.ts";

export interface RequestContext {
  /** The caller's `X-Request-Id` if it is valid, otherwise a generated one: in responses, events' metadata and logs. */
  readonly request_id: string;
  /** By `performance.now()`. */
  readonly started: number;
  /** Its place in a distributed trace, if the caller or this service records one: the W3C `traceparent`. */
  traceparent?: string | undefined;
  /** Of this service's own traces, if enabled. */
  span?: Span;
  /** By lower-case name: a header read here costs a twentieth of `request.headers.get`. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The pattern of the matching route, for example `/api/v1/status/:job_id`; absent if none matches. */
  route?: string | undefined;
  /** While its body is awaited. */
  reading?: boolean;
  /** Its response may take longer than `REQUEST_TIMEOUT_S`: it waits on purpose. */
  hasNoDeadline?: boolean;
  /** The caller: known from the door on. */
  identity?: Identity;
  /** What identifies the caller is a cookie, which browsers add by themselves. */
  has_session_cookie?: boolean;
  /** Its address; computed by `addressReader`. */
  address?: string;
  /** The state of its limits; absent: it has none. */
  limit?: Verdict | undefined;
}

/** Visible ASCII, at most 128 characters: anything else could forge a log line or bloat an event. */
const SANE_ID = /^[\x21-\x7e]{1,128}$/;

const contexts = new WeakMap<Request, RequestContext>();

/** The context of a request: created on first use, and the same from then on. */
export function contextOf(request: Request): RequestContext {
  let context = contexts.get(request);
  if (!context) {
    const headers: RequestContext["headers"] = request.headers.toJSON();
    context = {
      request_id: saneId(headers) ?? crypto.randomUUID(),
      started: performance.now(),
      headers,
    };
    if (headers.traceparent !== undefined) context.traceparent = ownTrace(headers);
    contexts.set(request, context);
  }
  return context;
}

/**
 * The caller's own id, unless it contains a key: it would be recorded for good, in each event that the request causes.
 */
function saneId(headers: RequestContext["headers"]): string | undefined {
  const id = headers["x-request-id"];
  return id === undefined || !SANE_ID.test(id) || holdsCredential(id, headers) ? undefined : id;
}

/** The caller's trace, on the same condition: it could contain a key of hexadecimal digits. */
function ownTrace(headers: RequestContext["headers"]): string | undefined {
  const { traceparent } = headers;
  return traceparent === undefined || holdsCredential(traceparent, headers) ? undefined : validTraceparent(traceparent);
}

/** The requested path, as it was sent: percent-encoded, without the query. */
export function pathOf({ url }: Request): string {
  const query = url.indexOf("?");
  return url.slice(pathStart(url), query === -1 ? undefined : query);
}

/** What follows the `?`; empty if there is nothing. */
export function queryOf({ url }: Request): string {
  const query = url.indexOf("?");
  return query === -1 ? "" : url.slice(query + 1);
}

/** Where the path begins in a request's URL, which is only a path if Bun finds the Host header invalid. */
export function pathStart(url: string): number {
  return url.startsWith("/") ? 0 : Math.max(0, url.indexOf("/", "http://a".length));
}
