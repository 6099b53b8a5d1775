/** Request ids: taken from the caller where sane, else made; on every answer, in events' metadata and in logs. */
import { Elysia } from "elysia";

/** Visible ASCII, at most 128 characters: anything else could forge a log line or swell an event. */
const SANE = /^[\x21-\x7e]{1,128}$/;

const made = new WeakMap<Request, string>();

/** The id of a request, the same each time it is asked for. */
export function requestId(request: Request): string {
  const given = request.headers.get("x-request-id");
  if (given !== null && SANE.test(given)) return given;
  let id = made.get(request);
  if (id === undefined) {
    id = crypto.randomUUID();
    made.set(request, id);
  }
  return id;
}

/** Gives every handler `request_id` and every answer `X-Request-Id`. */
export function requestIds() {
  return new Elysia({ name: "levqor/request-id" }).derive({ as: "global" }, ({ request, set }) => {
    const request_id = requestId(request);
    set.headers["x-request-id"] = request_id;
    return { request_id };
  });
}
