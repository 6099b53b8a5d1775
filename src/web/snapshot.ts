/** `public/` at one moment: what is served at each address. */
import { h } from "preact";
import { feed, postsOf } from "./blog.ts";
import { finishBody } from "./body.ts";
import { Content } from "./content.ts";
import { LAYOUT_MODIFIED, type LayoutPage, type Link, renderLayout } from "./layout.tsx";
import { renderMarkdown } from "./markdown.ts";
import { gatherMarketing, type Marketing } from "./marketing.ts";
import { isPage, lastChange, type Page, readPage } from "./page.ts";
import { PageHeading, PostList } from "./parts.tsx";
import { parseSettings, type Settings } from "./site_file.ts";
import { parseTemplate } from "./template.ts";
import { readTree, type SourceFile } from "./tree.ts";

/** Read by this service, and not served: the settings of the site, and templates of mails. */
const SOURCE = /^(?:site\.json$|mail\/)/;
const STYLE = "assets/site.css";
/** Those that contain the public URL. */
const TEMPLATES = ["robots.txt", ".well-known/security.txt"];
/** Files that clients look for at the root. */
const AT_ROOT = [...TEMPLATES, "favicon.ico"];
const NOT_FOUND = "404.md";

const DAY_MS = 86_400_000;
/** How long security.txt is valid from the day it is read: RFC 9116 recommends less than a year. */
const SECURITY_DAYS = 180;

export interface SnapshotOptions {
  /** Of the folder. */
  readonly dir: string;
  /** Without a trailing slash; asked for when something is rendered. */
  readonly base_url: () => string;
  /** Addresses of pages that are rendered elsewhere, for the sitemap. */
  readonly other_pages: readonly string[];
  /** How long caches may keep unversioned pages and files. */
  readonly cache_control: { readonly page: string; readonly file: string };
}

export class Snapshot {
  readonly marketing: Marketing;
  readonly #options: SnapshotOptions;
  readonly #settings: Settings;
  /** The style sheet's address. */
  readonly #style: string;
  /** When the layout or the settings changed: then every page did. */
  readonly #laid_out: Date;
  /** By path. */
  readonly #pages = new Map<string, Page>();
  readonly #posts: readonly Page[];
  /** By address, rendered on demand. */
  readonly #contents = new Map<string, () => Content>();
  readonly #not_found: (() => Content) | undefined;

  /** Reads the folder. Throws if a file in it does not follow the rules in `mod.ts`. */
  constructor(options: SnapshotOptions) {
    this.#options = options;
    const files = readTree(options.dir);
    const need = (path: string) => {
      const file = files.get(path);
      if (!file) throw new Error(`Cannot find ${path} in ${options.dir}`);
      return file;
    };
    const settings = need("site.json");
    need(STYLE);
    this.#settings = parseSettings(settings.bytes.toString());
    this.#laid_out = newest(LAYOUT_MODIFIED, settings.modified);
    this.marketing = gatherMarketing(files.values().filter(({ path }) => /^marketing\/[^/]+\.json$/.test(path)));

    const assets = new Map<string, Content>();
    for (const file of files.values()) {
      if (SOURCE.test(file.path)) continue;
      if (isPage(file)) this.#pages.set(file.path, readPage(file));
      else if (TEMPLATES.includes(file.path)) this.#addTemplate(file);
      else assets.set(file.path, this.#addFile(file));
    }
    this.#style = versioned(STYLE, assets.get(STYLE)) as string;
    const addressOf = (path: string) => this.#pages.get(path)?.address ?? versioned(path, assets.get(path));
    this.#posts = postsOf(this.#pages.values());
    for (const page of this.#pages.values()) {
      const content = once(() => this.#page(page, addressOf));
      if (page.path === NOT_FOUND) this.#not_found = content;
      else for (const address of [page.address, ...page.other_addresses]) this.#add(address, content);
    }
    this.#add("/public/blog/feed.xml", () => this.#feed());
    this.#add("/sitemap.xml", () => this.#sitemap());
  }

  /** What is served at an address: a decoded path. */
  find(address: string): Content | undefined {
    return this.#contents.get(address)?.();
  }

  /** What a browser gets for missing pages. */
  notFound(): Content | undefined {
    return this.#not_found?.();
  }

  /** A page that was rendered elsewhere. */
  document(page: LayoutPage, modified: Date): Content {
    const around = { settings: this.#settings, base_url: this.#options.base_url(), style: this.#style };
    return new Content(renderLayout(page, around), {
      type: "text/html;charset=utf-8",
      modified: newest(modified, this.#laid_out),
      cache_control: this.#options.cache_control.page,
    });
  }

  /** Of all pages, as the sitemap has them. */
  addresses(): string[] {
    const own = this.#pages.values().filter(({ path }) => path !== NOT_FOUND);
    return [...own.map(({ address }) => address), ...this.#options.other_pages].sort();
  }

  #add(address: string, content: () => Content): void {
    if (this.#contents.has(address)) throw new Error(`Cannot serve two files at ${address}: rename one`);
    this.#contents.set(address, content);
  }

  #addFile(file: SourceFile): Content {
    const content = new Content(file.bytes, {
      type: Bun.file(file.path).type,
      modified: file.modified,
      cache_control: this.#options.cache_control.file,
    });
    this.#addAt(file.path, () => content);
    return content;
  }

  /** The text changes daily, so it is not cached. */
  #addTemplate({ path, bytes, modified }: SourceFile): void {
    const fill = parseTemplate(bytes.toString(), { path, names: ["base_url", "expires"] });
    this.#addAt(path, () => {
      const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
      const expires = new Date(today + SECURITY_DAYS * DAY_MS).toISOString();
      return this.#text(fill({ base_url: this.#options.base_url(), expires }), {
        type: "text/plain;charset=utf-8",
        modified: path === "robots.txt" ? modified : new Date(today),
      });
    });
  }

  #addAt(path: string, content: () => Content): void {
    this.#add(`/public/${path}`, content);
    if (AT_ROOT.includes(path)) this.#add(`/${path}`, content);
  }

  #page(page: Page, addressOf: (path: string) => string | undefined): Content {
    const { path, address, section, front } = page;
    const isPost = this.#posts.includes(page);
    const isBlog = path === "blog/index.md";
    const { html, headings } = page.kind === "markdown" ? renderMarkdown(page.body) : { html: page.body, headings: [] };
    const body = finishBody(html, { path, addressOf });
    const siblings = this.#siblings(page);
    const laidOut: LayoutPage = {
      ...front,
      address,
      section,
      body,
      headings,
      siblings,
      type: isPost ? "article" : "website",
      ...(page.kind === "markdown" && { heading: h(PageHeading, { page, is_post: isPost }) }),
      ...(isBlog && { more: h(PostList, { posts: this.#posts }) }),
    };
    return this.document(
      laidOut,
      isBlog ? newest(page.modified, ...this.#posts.map((p) => p.modified)) : page.modified,
    );
  }

  /** The pages of its folder: the first page, those with an order, the others by title. */
  #siblings({ section }: Page): Link[] {
    const rank = ({ path, front }: Page) =>
      path.endsWith("/index.md") ? Number.NEGATIVE_INFINITY : (front.order ?? Number.POSITIVE_INFINITY);
    const compare = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0);
    return [...this.#pages.values()]
      .filter((page) => page.section === section)
      .sort((a, b) => compare(rank(a), rank(b)) || a.front.title.localeCompare(b.front.title))
      .map(({ address, front }) => ({ title: front.title, href: address }));
  }

  #feed(): Content {
    const [settings, base_url] = [this.#settings, this.#options.base_url()];
    const modified = newest(this.#laid_out, ...this.#posts.map((post) => post.modified));
    return this.#text(feed(this.#posts, { settings, base_url, updated: modified }), {
      type: "application/atom+xml;charset=utf-8",
      modified,
    });
  }

  #sitemap(): Content {
    const base_url = this.#options.base_url();
    const changes = new Map(Array.from(this.#pages.values(), (page) => [page.address, lastChange(page)]));
    const entries = this.addresses().map((address) => {
      const change = changes.get(address);
      const lastmod = change ? `<lastmod>${change.slice(0, 10)}</lastmod>` : "";
      return `<url><loc>${Bun.escapeHTML(base_url + address)}</loc>${lastmod}</url>\n`;
    });
    return this.#text(
      `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${entries.join("")}</urlset>\n`,
      {
        type: "application/xml;charset=utf-8",
        modified: newest(this.#laid_out, ...Array.from(this.#pages.values(), (page) => page.modified)),
      },
    );
  }

  #text(text: string, about: { type: string; modified: Date }): Content {
    return new Content(text, { ...about, cache_control: this.#options.cache_control.page });
  }
}

/** The versioned address of a file: caches may keep it for ever. */
function versioned(path: string, content: Content | undefined): string | undefined {
  return content && `/public/${encodeURI(path)}?v=${content.version}`;
}

function newest(...times: Date[]): Date {
  return new Date(Math.max(...times.map(Number)));
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
