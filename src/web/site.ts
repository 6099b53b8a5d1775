/** Serves `public/`. */
import Negotiator from "negotiator";
import { h } from "preact";
import type { Content } from "./content.ts";
import type { LayoutPage } from "./layout.tsx";
import type { Marketing } from "./marketing.ts";
import { respond } from "./respond.ts";
import { Snapshot } from "./snapshot.ts";
import { fingerprint } from "./tree.ts";

/** Pages need a style sheet and images from this host, and nothing else. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Pages for one visitor may have a form, which is sent to this host. */
const FORM_POLICY = POLICY.replace("form-action 'none'", "form-action 'self'");

export interface SiteOptions {
  /** The folder. */
  readonly dir: string;
  /** The service's public URL, without a trailing slash; asked for when something is rendered. */
  readonly base_url: () => string;
  /** Checks at each request whether a file has changed, for authors of pages. */
  readonly watch: boolean;
  /** Called with a change that cannot be read; the previous content is still served. */
  readonly on_fault?: (error: Error) => void;
  /** Addresses of pages that are rendered elsewhere, for the sitemap. */
  readonly other_pages?: readonly string[];
}

export interface Site {
  /** Serves a GET or HEAD; `undefined` if nothing is there. Throws `RangeNotSatisfiableError`. */
  answer(request: Request): Promise<Response | undefined>;
  /** The page for missing pages, with status 404, for clients that prefer HTML to JSON. */
  notFound(request: Request): Promise<Response | undefined>;
  /** Serves a page that was rendered elsewhere, in the layout. */
  show(request: Request, page: OtherPage): Promise<Response>;
  /** The service's marketing texts. */
  marketing(): Marketing;
  /** Of all pages. */
  addresses(): string[];
}

export interface OtherPage extends Pick<LayoutPage, "title" | "description" | "address" | "body"> {
  /** The time of its data. */
  readonly modified: Date;
  /**
   * It is for one visitor, at an address that nobody else should know: it is stored nowhere and found by no search engine, and
   * may have a form.
   */
  readonly is_own?: true;
}

/** Reads the folder, and throws if a file in it does not follow the rules in `mod.ts`. */
export function openSite(options: SiteOptions): Site {
  const { dir, watch, base_url, other_pages = [] } = options;
  const cache_control = watch
    ? { page: "no-cache", file: "no-cache" }
    : { page: "public, max-age=300", file: "public, max-age=3600" };
  const read = () => new Snapshot({ dir, base_url, other_pages, cache_control });
  let seen = fingerprint(dir);
  let snapshot = read();
  /** The latest version by address, so that it is compressed once however many request it. */
  const shown = new Map<string, { snapshot: Snapshot; body: string; content: Content }>();

  const now = (): Snapshot => {
    const found = watch ? fingerprint(dir) : seen;
    if (found === seen) return snapshot;
    seen = found;
    try {
      snapshot = read();
    } catch (error) {
      options.on_fault?.(error as Error);
    }
    return snapshot;
  };
  const headers = { "content-security-policy": POLICY };
  return {
    async answer(request) {
      const address = decodedPath(request);
      const content = address === undefined ? undefined : now().find(address);
      return content && respond(request, content, { headers });
    },
    async notFound(request) {
      const content = prefersHtml(request) ? now().notFound() : undefined;
      return (
        content && respond(request, content, { status: 404, headers: { ...headers, "cache-control": "no-store" } })
      );
    },
    async show(request, page) {
      const at = now();
      if (page.is_own) return ownPage(documentOf(at, page));
      const last = shown.get(page.address);
      const same = last?.snapshot === at && last.body === page.body;
      const content = same ? last.content : documentOf(at, page);
      if (!same) shown.set(page.address, { snapshot: at, body: page.body, content });
      return respond(request, content, { headers });
    },
    marketing: () => now().marketing,
    addresses: () => now().addresses(),
  };
}

function ownPage({ bytes, type }: Content): Response {
  const headers = {
    "content-type": type,
    "content-security-policy": FORM_POLICY,
    "cache-control": "no-store",
    "x-robots-tag": "noindex",
  };
  return new Response(bytes as Uint8Array<ArrayBuffer>, { headers });
}

function documentOf(snapshot: Snapshot, { modified, is_own: _, ...page }: OtherPage): Content {
  const heading = h("h1", null, page.title);
  const section = page.address.split("/")[1] ?? "";
  return snapshot.document({ ...page, heading, section, type: "website" }, modified);
}

/** `undefined` if it is not UTF-8 after percent-decoding. Doubly encoded paths stay so, and lead nowhere. */
function decodedPath({ url }: Request): string | undefined {
  try {
    return decodeURIComponent(new URL(url).pathname);
  } catch {
    return undefined;
  }
}

function prefersHtml(request: Request): boolean {
  const negotiator = new Negotiator({ headers: { accept: request.headers.get("accept") ?? "*/*" } });
  return negotiator.mediaType(["application/problem+json", "application/json", "text/html"]) === "text/html";
}
