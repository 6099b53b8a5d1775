/** Conditional reads (RFC 9110, section 13): what a client has already is not sent again. */
import fresh from "fresh";
import type { RequestContext } from "../context.ts";

/** The answer itself, or 304 where it has an ETag that the request's If-None-Match names. */
export function notModified(
  response: Response,
  { request, context }: { request: Request; context: RequestContext },
): Response {
  const asked = context.headers["if-none-match"];
  if (asked === undefined || response.status !== 200) return response;
  if (request.method !== "GET" && request.method !== "HEAD") return response;
  const etag = response.headers.get("etag");
  // Of the request's headers only this one: its Cache-Control is none of ours.
  if (etag === null || !fresh({ "if-none-match": asked }, { etag })) return response;
  const headers = new Headers(response.headers);
  for (const name of ["content-type", "content-length", "content-encoding"]) headers.delete(name);
  void response.body?.cancel();
  return new Response(null, { status: 304, headers });
}
