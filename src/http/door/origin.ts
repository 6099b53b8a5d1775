/**
 * What somebody else's page can make a browser do. A page can send requests to any address, including this machine's,
 * and by pointing its own name here (DNS rebinding) even read the responses. They show in the Host that the browser
 * thinks it talks to, and in the page's Origin.
 */

import type { RequestContext } from "../context.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";
import type { Cors } from "./cors.ts";

type Context = Pick<RequestContext, "headers">;

export interface OriginCheck {
  /** Throws the problem `host_refused`. */
  checkHost(context: Context): void;
  /** Throws the problem `origin_refused` for a write on behalf of a page that may not make it. */
  checkWrite(request: Pick<Request, "method">, context: Context): void;
  /** Throws the problem `origin_refused` for a WebSocket of a page that may not read. */
  checkSocket(context: Context): void;
}

export interface OriginCheckOptions {
  /** Whether everybody may do everything: then only the network keeps strangers away. */
  readonly open: boolean;
  /** The service's public URL, if configured. */
  readonly public_url?: string | undefined;
  readonly cors: Pick<Cors, "allows">;
}

const READS = new Set(["GET", "HEAD", "OPTIONS"]);

export function originCheck({ open, public_url, cors }: OriginCheckOptions): OriginCheck {
  const publicName = public_url === undefined ? undefined : nameOf(new URL(public_url).host);
  const isOurs = (origin: string, { headers: { host } }: Context) =>
    origin === public_url ||
    cors.allows(origin) ||
    (host !== undefined && URL.parse(origin)?.host === host.toLowerCase());
  /** The last valid host: usually there is only one. */
  let goodHost: string | undefined;

  return {
    checkHost({ headers: { host } }) {
      // Without a connection a request has no host, and never comes from a browser.
      if (!open || host === undefined || host === goodHost) return;
      const name = nameOf(host);
      if (!isLoopback(name) && name !== publicName) {
        const detail = `Without API_KEYS the service responds only for localhost and PUBLIC_URL, not for ${host.slice(0, 200)}.`;
        throw new Problem(problems.host_refused, detail);
      }
      goodHost = host;
    },
    checkWrite({ method }, context) {
      const { origin } = context.headers;
      if (origin === undefined || READS.has(method) || isOurs(origin, context)) return;
      throw refused(origin, "change anything here");
    },
    checkSocket(context) {
      const { origin } = context.headers;
      // With keys, a page without one cannot connect.
      if (!open || origin === undefined || isOurs(origin, context)) return;
      if (isLoopback(URL.parse(origin)?.hostname ?? "")) return;
      throw refused(origin, "connect");
    },
  };
}

/** The host's name without its port, in URL form: `127.1` is 127.0.0.1. The head was checked before. */
function nameOf(host: string): string {
  return (URL.parse(`http://${host}`)?.hostname ?? "").replace(/\.$/, "");
}

/**
 * Names that no other machine's page can have: RFC 6761 reserves `localhost` and its subdomains for the machine itself.
 */
function isLoopback(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || /^127(?:\.\d+){3}$/.test(name) || name === "[::1]";
}

function refused(origin: string, what: string): Problem {
  return new Problem(problems.origin_refused, `A page of ${origin.slice(0, 200)} may not ${what}.`);
}
