/** Markdown to safe HTML, whoever wrote it. */
import GithubSlugger from "github-slugger";
import { Marked } from "marked";
import type { IOptions } from "sanitize-html";

export interface Heading {
  readonly depth: number;
  /** Plain. */
  readonly text: string;
  readonly id: string;
}

export interface Rendered {
  readonly html: string;
  readonly headings: readonly Heading[];
}

/** What Markdown can express, and a few more elements. */
const ALLOWED: IOptions = {
  allowedTags: [
    ...["h1", "h2", "h3", "h4", "h5", "h6", "p", "hr", "br", "blockquote", "pre", "code", "ul", "ol", "li", "dl", "dt"],
    ...["dd", "table", "thead", "tbody", "tr", "th", "td", "a", "img", "strong", "em", "b", "i", "del", "ins", "sub"],
    ...["sup", "kbd", "abbr", "mark", "small", "details", "summary", "figure", "figcaption"],
  ],
  allowedAttributes: {
    a: ["href", "title", "class", "aria-label"],
    img: ["src", "alt", "title", "width", "height"],
    code: ["class"],
    ol: ["start"],
    th: ["align"],
    td: ["align"],
    abbr: ["title"],
    ...Object.fromEntries(["h1", "h2", "h3", "h4", "h5", "h6"].map((name) => [name, ["id"]])),
  },
  allowedClasses: { a: ["anchor"], code: ["language-*"] },
  allowedSchemes: ["https", "http", "mailto"],
  allowedSchemesByTag: { img: [] },
  allowProtocolRelative: false,
};

/** Renders one document. The ids of its headings are GitHub's, unique; a NUL is replaced, as CommonMark requires. */
export function renderMarkdown(source: string): Rendered {
  const slugger = new GithubSlugger();
  const headings: Heading[] = [];
  const marked = new Marked({
    gfm: true,
    async: false,
    renderer: {
      // As text: a box that nobody can tick needs no label.
      checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
      heading({ tokens, depth }) {
        const html = this.parser.parseInline(tokens);
        const text = textOf(html);
        const plain = unescapeHtml(text);
        const id = slugger.slug(plain);
        headings.push({ depth, text: plain, id });
        const anchor = `<a class="anchor" href="#${id}" aria-label="Link to this section: ${text}">#</a>`;
        return `<h${depth} id="${id}">${html}${anchor}</h${depth}>\n`;
      },
    },
  });
  return { html: sanitizeHtml(marked.parse(source.replaceAll("\0", "\ufffd")) as string, ALLOWED), headings };
}

/** HTML without its tags, escaped. */
function textOf(html: string): string {
  return sanitizeHtml(html, { allowedTags: [], allowedAttributes: {} }).replaceAll('"', "&quot;");
}

/** The sanitizer is loaded with the first page that is rendered: it would slow down every start. */
function sanitizeHtml(html: string, options: IOptions): string {
  const sanitize = require("sanitize-html") as typeof import("sanitize-html");
  return sanitize(html, options);
}

/** GitHub derives ids from the text itself. */
function unescapeHtml(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
