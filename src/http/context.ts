/** What is known of a request while it is answered. */
import type { Identity } from "../access/mod.ts";
import type { Verdict } from "../rate/mod.ts";
import { type Span, saneTraceparent } from "../telemetry/mod.ts";
import { holdsCredential } from "./request/credential.ts";

export interface RequestContext {
  /** The caller's `X-Request-Id` where it is sane, else made: in answers, events' metadata and logs. */
  readonly request_id: string;
  /** By `performance.now()`. */
  readonly started: number;
  /** Where it belongs in a distributed trace, where the caller or this service keeps one: the W3C `traceparent`. */
  traceparent?: string | undefined;
  /** Of this service's own traces, where it keeps them. */
  span?: Span;
  /** By lower-case name: asked for here, a header costs a twentieth of what `request.headers.get` does. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The pattern of the route that answers, for example `/api/v1/status/:job_id`; absent where none does. */
  route?: string | undefined;
  /** While its body is awaited. */
  reading?: boolean;
  /** Its answer may take longer than `REQUEST_TIMEOUT_S`: it waits on purpose. */
  hasNoDeadline?: boolean;
  /** Who makes it: known from the door on. */
  identity?: Identity;
  /** Where it comes from; asked for with `addressReader`. */
  address?: string;
  /** What its limits say; absent: it has none. */
  limit?: Verdict | undefined;
}

/** Visible ASCII, at most 128 characters: anything else could forge a log line or swell an event. */
const SANE_ID = /^[\x21-\x7e]{1,128}$/;

const contexts = new WeakMap<Request, RequestContext>();

/** The context of a request: made at the first question, the same ever after. */
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

/** The caller's own id, unless it holds a key: it would be on record for good, in each event that comes of the request. */
function saneId(headers: RequestContext["headers"]): string | undefined {
  const id = headers["x-request-id"];
  return id === undefined || !SANE_ID.test(id) || holdsCredential(id, headers) ? undefined : id;
}

/** The caller's trace, on the same condition: a key of hexadecimal digits may stand in it. */
function ownTrace(headers: RequestContext["headers"]): string | undefined {
  const { traceparent } = headers;
  return traceparent === undefined || holdsCredential(traceparent, headers) ? undefined : saneTraceparent(traceparent);
}

/** The path that was asked for, as it was sent: percent-encoded, without the query. */
export function pathOf({ url }: Request): string {
  const query = url.indexOf("?");
  return url.slice(pathStart(url), query === -1 ? undefined : query);
}

/** What follows the `?`; empty where nothing does. */
export function queryOf({ url }: Request): string {
  const query = url.indexOf("?");
  return query === -1 ? "" : url.slice(query + 1);
}

/** Where the path begins in a request's URL, which is a path alone where the Host header makes no sense to Bun. */
export function pathStart(url: string): number {
  return url.startsWith("/") ? 0 : Math.max(0, url.indexOf("/", "http://a".length));
}
