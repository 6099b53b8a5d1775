/** Serves `public/`. */
import Negotiator from "negotiator";
import { h } from "preact";
import type { Content } from "./content.ts";
import type { LaidOut } from "./layout.tsx";
import type { Marketing } from "./marketing.ts";
import { respond } from "./respond.ts";
import { Snapshot } from "./snapshot.ts";
import { fingerprint } from "./tree.ts";

/** Pages need a style sheet and images of this host, and nothing else. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface SiteOptions {
  /** The folder. */
  readonly dir: string;
  /** Where the service is seen from outside, without a slash at the end; asked when something is rendered. */
  readonly base_url: () => string;
  /** Looks at each request whether a file has changed: for whoever writes pages. */
  readonly watch: boolean;
  /** Told of a change that cannot be read; what was there before is served on. */
  readonly on_fault?: (error: Error) => void;
  /** Addresses of pages that are made elsewhere, for the sitemap. */
  readonly other_pages?: readonly string[];
}

export interface Site {
  /** Answers a GET or HEAD; `undefined` where nothing is served. Throws `RangeNotSatisfiableError`. */
  answer(request: Request): Promise<Response | undefined>;
  /** The page that says so, with status 404, for clients that would rather have HTML than JSON. */
  notFound(request: Request): Promise<Response | undefined>;
  /** Answers with a page that was made elsewhere, in the layout. */
  show(request: Request, page: OtherPage): Promise<Response>;
  /** What the service says of itself. */
  marketing(): Marketing;
  /** Of all pages. */
  addresses(): string[];
}

export interface OtherPage extends Pick<LaidOut, "title" | "description" | "address" | "body"> {
  /** When what it shows was so. */
  readonly modified: Date;
}

/** Reads the folder, and throws where a file in it is not as `mod.ts` says it should be. */
export function openSite(options: SiteOptions): Site {
  const { dir, watch, base_url, other_pages = [] } = options;
  const cache_control = watch
    ? { page: "no-cache", file: "no-cache" }
    : { page: "public, max-age=300", file: "public, max-age=3600" };
  const read = () => new Snapshot({ dir, base_url, other_pages, cache_control });
  let seen = fingerprint(dir);
  let snapshot = read();
  /** By address, what was shown last: to be compressed once however many ask for it. */
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
    show(request, page) {
      const at = now();
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

function documentOf(snapshot: Snapshot, { modified, ...page }: OtherPage): Content {
  const heading = h("h1", null, page.title);
  const section = page.address.split("/")[1] ?? "";
  return snapshot.document({ ...page, heading, section, type: "website" }, modified);
}

/** `undefined` where it is not UTF-8, percent-encoded. What was encoded twice stays so, and leads nowhere. */
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
