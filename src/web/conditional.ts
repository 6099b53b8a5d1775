/** Conditional reads (RFC 9110, section 13): a client that has the current version gets a 304. */
import fresh from "fresh";

type Fields<Name extends string> = { readonly [Each in Name]?: string | undefined };

/**
 * Whether a client has what a response would send: by what its request says of its version, and by the response's own
 * headers. The request's Cache-Control does not count.
 */
export function isCurrent(
  { "if-none-match": tags, "if-modified-since": since }: Fields<"if-none-match" | "if-modified-since">,
  { etag, "last-modified": modified }: Fields<"etag" | "last-modified">,
): boolean {
  if (tags === undefined ? since === undefined : etag === undefined) return false;
  return fresh({ "if-none-match": tags, "if-modified-since": since }, { etag, "last-modified": modified });
}

/** In place of a response with these headers: without those that describe its content. */
export function notModified(headers: HeadersInit): Response {
  const kept = new Headers(headers);
  for (const name of ["content-type", "content-length", "content-encoding"]) kept.delete(name);
  return new Response(null, { status: 304, headers: kept });
}
