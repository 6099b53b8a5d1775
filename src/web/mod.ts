/**
 * The pages: `public/` as it is seen from outside.
 *
 * # What `public/` holds
 *
 * A file is a **page** if it ends in `.md`, or in `.html` and begins with front matter; everything else is served as it
 * is. Every page is put into `public/layout.html`. One rule gives a page its address:
 *
 * | file | address | also answers at |
 * |---|---|---|
 * | `public/index.html` | `/public/` | `/public`, `/public/index.html` |
 * | `public/docs/index.md` | `/public/docs` | `/public/docs/`, `/public/docs/index.html` |
 * | `public/docs/errors.md` | `/public/docs/errors` | `/public/docs/errors/`, `/public/docs/errors.html` |
 * | `public/404.md` | what a browser gets for an address under `/public/` that is none | |
 *
 * Files whose names begin with a dot, symbolic links, sources of pages (`.md`), `layout.html` and
 * `site.json` are served at no address of their own. `robots.txt` and `.well-known/security.txt` are served at the root too.
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
 * `public/layout.html` is one whole HTML document. `{{name}}` stands for a text, escaped, or for HTML where it says so; an
 * unknown name fails the start and the tests.
 *
 * | placeholder | |
 * |---|---|
 * | `{{full_title}}` | for `<title>`: `Errors · Levqor`; of the home page: its title alone |
 * | `{{title}}`, `{{description}}` | of the page |
 * | `{{site_name}}` | `site.json`'s `name` |
 * | `{{canonical}}` | the page's absolute address |
 * | `{{type}}` | OpenGraph's: `article` for posts, else `website` |
 * | `{{image}}`, `{{image_alt}}` | an absolute address, and what is on it |
 * | `{{section}}` | first folder, for example `docs`; `home` for the home page: a class for `<body>` |
 * | `{{nav}}` | HTML: `<a href="…">` of each of `site.json`'s `nav`, the current one with `aria-current="page"` (its pages: `"true"`) |
 * | `{{sidebar}}` | HTML: `<nav class="sidebar" aria-label="…"><ul>…` of the section's pages, in `docs` and `legal`; else nothing |
 * | `{{contents}}` | HTML: `<nav class="contents" aria-label="On this page"><ul>…` of the `<h2>`s where there are 3 or more; else nothing |
 * | `{{heading}}` | HTML: `<h1>` with the title, and `<p class="meta">` with the date; nothing for `.html` pages |
 * | `{{notice}}` | HTML: `<p class="notice" role="note">`; else nothing |
 * | `{{body}}` | HTML: the body. In the blog's index it is followed by `<ol class="posts">` of `<li><article><h2><a>…</a></h2><p class="meta"><time>…</time></p><p>description</p></article></li>` |
 * | `{{asset:site.css}}` | the address of `public/assets/site.css` with its version, so that it may be cached for ever |
 *
 * `public/site.json`: `{ "name", "image", "image_alt", "nav": [{ "title", "href" }], "sections": { "docs": "Documentation" } }`.
 * Sections are the names that `{{sidebar}}` is labelled with.
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
