/** What a page is: one source, one address, and the other addresses that lead to it. */
import { type FrontMatter, hasFrontMatter, parseFrontMatter } from "./front_matter.ts";
import type { SourceFile } from "./tree.ts";

export interface Page {
  /** Of its source, for example `docs/errors.md`. */
  readonly path: string;
  /** For example `/public/docs/errors`. */
  readonly address: string;
  readonly other_addresses: readonly string[];
  /** Its first folder: `docs`; `home` for the first page. */
  readonly section: string;
  readonly front: FrontMatter;
  readonly body: string;
  /** `html` is trusted, `markdown` is not. */
  readonly kind: "html" | "markdown";
  readonly modified: Date;
}

/** Whether a file is a page's source: Markdown, or HTML with front matter. */
export function isPage({ path, bytes }: SourceFile): boolean {
  return path.endsWith(".md") || (path.endsWith(".html") && hasFrontMatter(bytes.toString()));
}

/** Throws if the front matter is invalid. */
export function readPage({ path, bytes, modified }: SourceFile): Page {
  const { front, body } = parseFrontMatter(bytes.toString(), path);
  const section = path.includes("/") ? path.slice(0, path.indexOf("/")) : "home";
  if (section === "blog" && path !== "blog/index.md" && !front.date) {
    throw new Error(`Cannot read ${path}: a post needs a date`);
  }
  const kind = path.endsWith(".md") ? "markdown" : "html";
  return { path, ...addresses(path), section, front, body, kind, modified };
}

function addresses(path: string): Pick<Page, "address" | "other_addresses"> {
  const name = `/public/${path.replace(/\.\w+$/, "")}`;
  if (name === "/public/index") return { address: "/public/", other_addresses: ["/public", "/public/index.html"] };
  const address = name.replace(/\/index$/, "");
  return { address, other_addresses: [`${address}/`, `${name}.html`] };
}

/** When a page's content last changed: for readers, the feed and the sitemap. */
export function lastChange({ front }: Page): string | undefined {
  return front.updated ?? front.date;
}
