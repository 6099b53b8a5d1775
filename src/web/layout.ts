/** `public/layout.html`: the document around every page. */
import type { Heading } from "./markdown.ts";
import type { Settings } from "./settings.ts";
import { parseTemplate } from "./template.ts";

const NAMES = [
  ...([
    "full_title",
    "title",
    "description",
    "site_name",
    "canonical",
    "type",
    "image",
    "image_alt",
    "section",
  ] as const),
  ...(["nav", "sidebar", "contents", "heading", "notice", "body"] as const),
];

/** A page, ready to be put into the layout. Texts are plain, `body` is HTML. */
export interface LaidOut {
  readonly title: string;
  readonly description: string;
  /** For example `/public/docs/errors`. */
  readonly address: string;
  readonly type: "article" | "website";
  readonly image?: string;
  readonly image_alt?: string;
  /** The folder it is in; `home`. */
  readonly section: string;
  readonly body: string;
  /** HTML of `{{heading}}`. */
  readonly heading: string;
  readonly notice?: string;
  readonly headings?: readonly Heading[];
  /** The pages of its section, itself among them. */
  readonly siblings?: readonly Link[];
}

export interface Link {
  readonly title: string;
  readonly href: string;
}

/** With fewer sections a page needs no table of contents. */
const CONTENTS_FROM = 3;

/** Takes the layout apart; `asset` gives the address of a file in `public/assets/`. Throws on what it does not know. */
export function parseLayout(
  source: string,
  { settings, asset }: { settings: Settings; asset: (name: string) => string | undefined },
): (page: LaidOut, base_url: string) => string {
  const fill = parseTemplate(source, {
    path: "layout.html",
    names: NAMES,
    resolve: (name) => (name.startsWith("asset:") ? asset(name.slice("asset:".length)) : undefined),
  });
  return (page, base_url) =>
    fill({
      full_title: Bun.escapeHTML(page.section === "home" ? page.title : `${page.title} · ${settings.name}`),
      title: Bun.escapeHTML(page.title),
      description: Bun.escapeHTML(page.description),
      site_name: Bun.escapeHTML(settings.name),
      canonical: Bun.escapeHTML(base_url + page.address),
      type: page.type,
      image: Bun.escapeHTML(base_url + (page.image ?? settings.image)),
      image_alt: Bun.escapeHTML((page.image ? page.image_alt : undefined) ?? settings.image_alt),
      section: Bun.escapeHTML(page.section),
      nav: links(settings.nav, page.address).join("\n"),
      sidebar: sidebar(page, settings.sections[page.section]),
      contents: contents(page.headings ?? []),
      heading: page.heading,
      notice: page.notice ? `<p class="notice" role="note">${Bun.escapeHTML(page.notice)}</p>` : "",
      body: page.body,
    });
}

function sidebar({ siblings = [], address }: LaidOut, label: string | undefined): string {
  if (label === undefined || siblings.length === 0) return "";
  const items = links(siblings, address, { exact: true }).map((link) => `<li>${link}</li>`);
  return `<nav class="sidebar" aria-label="${Bun.escapeHTML(label)}"><ul>\n${items.join("\n")}\n</ul></nav>`;
}

function contents(headings: readonly Heading[]): string {
  const sections = headings.filter(({ depth }) => depth === 2);
  if (sections.length < CONTENTS_FROM) return "";
  const items = sections.map(({ id, text }) => `<li><a href="#${id}">${text}</a></li>`);
  return `<nav class="contents" aria-label="On this page"><ul>\n${items.join("\n")}\n</ul></nav>`;
}

/** The link to the page itself is marked, and that to its section where not `exact`. */
function links(all: readonly Link[], address: string, { exact = false } = {}): string[] {
  return all.map(({ title, href }) => {
    const inside = !exact && address.startsWith(`${href}/`);
    const current = href === address ? ' aria-current="page"' : inside ? ' aria-current="true"' : "";
    return `<a href="${Bun.escapeHTML(href)}"${current}>${Bun.escapeHTML(title)}</a>`;
  });
}
