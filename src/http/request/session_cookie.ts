/**
 * The cookies of this service's own pages: the session's secret, and what tells the browser that asked for a link to
 * sign in, or went to an organisation's identity provider, from others. No script can read them, and no other site's page can make a browser send them along with a write.
 */
import type { RequestContext } from "../context.ts";

type Headers = RequestContext["headers"];

/** Sent with a response. `max_age_s` of 0 removes the cookie. */
interface Sent {
  readonly value: string;
  readonly max_age_s: number;
}

export interface Cookie {
  /** What the browser sent; `null`: it has none. */
  read(headers: Headers): string | null;
  /** A value of `Set-Cookie`. */
  write(sent: Sent): string;
}

export interface Cookies {
  readonly session: Cookie;
  /** See `features/sign_in/routes.ts`. */
  readonly sign_in: Cookie;
  /** See `features/sso/begun.ts`. */
  readonly sso: Cookie;
}

export interface CookiesOptions {
  /** The service's public URL, if configured. */
  readonly public_url?: string | undefined;
  readonly production: boolean;
}

/**
 * The cookies of a service. Their names begin with `__Host-`, which makes browsers insist on https and on this very host;
 * without https, in development, they have other names.
 */
export function cookiesOf({ public_url, production }: CookiesOptions): Cookies {
  const secure = production || public_url?.startsWith("https:") === true;
  const [prefix, suffix] = secure ? ["__Host-", ""] : ["", "-dev"];
  return {
    session: cookie(`${prefix}levqor-session${suffix}`, secure),
    sign_in: cookie(`${prefix}levqor-sign-in${suffix}`, secure),
    sso: cookie(`${prefix}levqor-sso${suffix}`, secure),
  };
}

function cookie(name: string, secure: boolean): Cookie {
  const start = `${name}=`;
  return {
    // Done with every request, so not by Bun.CookieMap, which takes all cookies apart. None of ours has escapes.
    read({ cookie }) {
      if (cookie === undefined) return null;
      const before = cookie.startsWith(start) ? 0 : cookie.indexOf(`; ${start}`) + 2;
      if (before === 1) return null;
      const end = cookie.indexOf(";", before);
      return cookie.slice(before + start.length, end === -1 ? undefined : end);
    },
    write: ({ value, max_age_s: maxAge }) =>
      new Bun.Cookie({ name, value, maxAge, secure, path: "/", httpOnly: true, sameSite: "lax" }).toString(),
  };
}

/** Whether a request comes from a page of this service, as the browser says: no other page can make it say so. */
export function isFromOwnPage({ headers }: Pick<RequestContext, "headers">, public_url: string | undefined): boolean {
  if (headers["sec-fetch-site"] === "same-origin") return true;
  return headers.origin !== undefined && public_url !== undefined && headers.origin === new URL(public_url).origin;
}
