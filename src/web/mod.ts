/**
 * The pages: how `public/` is served.
 *
 * # What `public/` holds
 *
 * A file is a **page** if it ends in `.md`, or in `.html` and begins with front matter; everything else is served verbatim. Every page is rendered in one layout. One rule determines a page's address:
 *
 * | file | address | also answers at |
 * |---|---|---|
 * | `public/index.html` | `/public/` | `/public`, `/public/index.html` |
 * | `public/docs/index.md` | `/public/docs` | `/public/docs/`, `/public/docs/index.html` |
 * | `public/docs/errors.md` | `/public/docs/errors` | `/public/docs/errors/`, `/public/docs/errors.html` |
 * | `public/404.md` | what a browser gets for a missing address under `/public/` | |
 *
 * Files whose names begin with a dot, symbolic links, sources of pages (`.md`), `site.json` and `mail/` (`src/mail/template.ts`) are not served themselves. `robots.txt` and `.well-known/security.txt` are served at the root too.
 *
 * # Front matter
 *
 * YAML between two lines of `---` at the very beginning. Any other key, or a missing one, fails the start and the tests.
 *
 * | key | |
 * |---|---|
 * | `title` | required. At most 70 characters; the browser's tab shows `<title> · <site's name>` |
 * | `description` | required. 50 to 200 characters: search results, previews, the blog's index, the feed |
 * | `date` | a post's day (`2025-11-06`) or time (RFC 3339); required in `public/blog/`, elsewhere not used |
 * | `updated` | the day of the last change: shown below the title, and `lastmod` in the sitemap; by default `date` |
 * | `order` | a whole number: place in the section's navigation, smallest first; without, after those, by title |
 * | `image`, `image_alt` | what previews show: an address under `/public/`; by default `site.json`'s |
 * | `notice` | a sentence in a box above the text, for example that a lawyer has yet to review it |
 *
 * # Bodies
 *
 * - `.md`: GitHub's Markdown. **The body begins at `##`: the title is the page's only `<h1>`** (the layout shows it).
 *   HTML in it is sanitised: no scripts, styles, event handlers, frames. Headings get GitHub's anchors, and at their end
 *   `<a class="anchor" href="#…">#</a>`; tables are put into `<div class="table" tabindex="0">`, so that they can be
 *   scrolled sideways. Links to other
 *   pages are relative paths to their files (`[Errors](errors.md#retrying)`, `[Terms](../legal/terms.md)`) or addresses
 *   (`/docs`). A page's link to a file or anchor that does not exist fails the tests.
 * - `.html` with front matter: the body as it is, trusted, with the same treatment of links. It brings its own `<h1>`.
 *
 * # The layout
 *
 * `layout.tsx` is the document around every page, and `parts.tsx` what pages have beside their own text: JSX, rendered to text
 * by Preact, which escapes every text and attribute. Only the body is put there as it is, in one place: what Markdown became, or
 * what an `.html` page has. The body class is the section (the first folder; `home` for the home page).
 *
 * `public/site.json`: `{ "name", "image", "image_alt", "nav": [{ "title", "href" }], "sections": { "docs": "Documentation" } }`.
 * Sections are the names that the navigation of a section is labelled with.
 *
 * In `robots.txt` and `.well-known/security.txt`, `{{base_url}}` is where the service is seen from outside, and
 * `{{expires}}` an RFC 3339 time about half a year ahead.
 *
 * Pages are served with a policy that allows no script, no inline style (also no `style="…"`), and nothing of another
 * host. Everything of a page together stays below 100 KB on the wire.
 *
 * # Marketing
 *
 * `public/marketing/*.json` are merged into `GET /api/v1/marketing/summary`. Each holds any of
 * `{ "headlines": [{ "id", "title", "text"? }], "calls_to_action": [{ "id", "label", "href" }],
 * "selling_points": [{ "id", "title", "text" }] }`, ids (`snake_case`) unique over all files. There are no digits in the
 * texts: numbers come from the log alone.
 */
export { Content } from "./content.ts";
export { RangeNotSatisfiableError, respond } from "./respond.ts";
export { openSite, type Site } from "./site.ts";
