/** Conditional reads (RFC 9110, section 13): a client that already has the current version gets a 304. */
import fresh from "fresh";
import type { RequestContext } from "../context.ts";

/** The response itself, or 304 if it has an ETag that the request's If-None-Match names. */
export function notModified(
  response: Response,
  { request, context }: { request: Request; context: RequestContext },
): Response {
  const asked = context.headers["if-none-match"];
  if (asked === undefined || response.status !== 200) return response;
  if (request.method !== "GET" && request.method !== "HEAD") return response;
  const etag = response.headers.get("etag");
  // Only this one of the request's headers: its Cache-Control does not concern us.
  if (etag === null || !fresh({ "if-none-match": asked }, { etag })) return response;
  const headers = new Headers(response.headers);
  for (const name of ["content-type", "content-length", "content-encoding"]) headers.delete(name);
  void response.body?.cancel();
  return new Response(null, { status: 304, headers });
}
