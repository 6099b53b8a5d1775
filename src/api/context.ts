/** What is known of a request while it is answered. */

export interface RequestContext {
  /** The caller's `X-Request-Id` where it is sane, else made: in answers, events' metadata and logs. */
  readonly request_id: string;
  /** By `performance.now()`. */
  readonly started: number;
  /** The pattern of the route that answers, for example `/api/v1/status/:job_id`; absent where none does. */
  route?: string;
}

/** Visible ASCII, at most 128 characters: anything else could forge a log line or swell an event. */
const SANE_ID = /^[\x21-\x7e]{1,128}$/;

const contexts = new WeakMap<Request, RequestContext>();

/** The context of a request: made at the first question, the same ever after. */
export function contextOf(request: Request): RequestContext {
  let context = contexts.get(request);
  if (!context) {
    const given = request.headers.get("x-request-id");
    context = {
      request_id: given !== null && SANE_ID.test(given) ? given : crypto.randomUUID(),
      started: performance.now(),
    };
    contexts.set(request, context);
  }
  return context;
}
