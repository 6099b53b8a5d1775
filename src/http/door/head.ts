/** Checks the head of every request: its host, its URL, its headers. */

import { pathStart, type RequestContext } from "../context.ts";
import { HEADERS_LIMIT_BYTES, HEADERS_MAX, URL_LIMIT_BYTES } from "../limits.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";

/** A name or an address, and perhaps a port. Underscores are not valid in host names, but common in container names. */
const HOST = /^(?:[a-z\d_-]+(?:\.[a-z\d_-]+)*\.?|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** The last valid host: usually there is only one. */
let goodHost: string | undefined;

/** Throws the problems `invalid_host`, `uri_too_long` and `headers_too_large`. */
export function checkHead({ url }: Request, { headers }: Pick<RequestContext, "headers">): void {
  const { host } = headers;
  // If a request came without a connection, its URL has the host.
  if (host === undefined ? pathStart(url) === 0 : host !== goodHost) checkHost(host);
  const length = url.length - pathStart(url);
  if (length > URL_LIMIT_BYTES) {
    throw new Problem(
      problems.uri_too_long,
      `The URL is ${length} bytes long; at most ${URL_LIMIT_BYTES} are accepted.`,
    );
  }
  let count = 0;
  let size = 0;
  for (const name in headers) {
    count++;
    size += name.length + String(headers[name]).length + 4;
  }
  if (count > HEADERS_MAX) {
    throw new Problem(
      problems.headers_too_large,
      `The request has ${count} headers; at most ${HEADERS_MAX} are accepted.`,
    );
  }
  if (size > HEADERS_LIMIT_BYTES) {
    throw new Problem(
      problems.headers_too_large,
      `The headers are ${size} bytes long; at most ${HEADERS_LIMIT_BYTES} are accepted.`,
    );
  }
}

function checkHost(host: string | undefined): void {
  if (!host) throw new Problem(problems.invalid_host, "The Host header is missing or empty.");
  if (!HOST.test(host) || !URL.canParse(`http://${host}`)) {
    throw new Problem(problems.invalid_host, "The Host header is not a single host name or address.");
  }
  goodHost = host;
}
