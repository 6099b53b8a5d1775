/** The list of posts, and the feed (Atom, RFC 4287). */
import { lastChange, type Page } from "./page.ts";
import type { Settings } from "./site_file.ts";

/** The newest first. */
export function postsOf(pages: Iterable<Page>): Page[] {
  const time = ({ front }: Page) => Date.parse(front.date ?? "");
  return Array.from(pages)
    .filter(({ section, path }) => section === "blog" && path !== "blog/index.md")
    .sort((a, b) => time(b) - time(a) || a.address.localeCompare(b.address));
}

export function feed(posts: readonly Page[], { settings, base_url, updated }: FeedOptions): string {
  const entries = posts.map((post) => {
    const { title, description, date = "" } = post.front;
    const url = Bun.escapeHTML(base_url + post.address);
    return `<entry>
<title>${Bun.escapeHTML(title)}</title>
<id>${url}</id>
<link href="${url}"/>
<published>${rfc3339(date)}</published>
<updated>${rfc3339(lastChange(post) ?? date)}</updated>
<summary>${Bun.escapeHTML(description)}</summary>
</entry>
`;
  });
  const newest = posts.map((post) => rfc3339(lastChange(post) ?? "")).sort();
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<title>${Bun.escapeHTML(settings.name)}</title>
<id>${Bun.escapeHTML(base_url)}/public/blog</id>
<link href="${Bun.escapeHTML(base_url)}/public/blog"/>
<link rel="self" href="${Bun.escapeHTML(base_url)}/public/blog/feed.xml"/>
<updated>${newest.at(-1) ?? updated.toISOString()}</updated>
<author><name>${Bun.escapeHTML(settings.name)}</name></author>
${entries.join("")}</feed>
`;
}

interface FeedOptions {
  readonly settings: Settings;
  readonly base_url: string;
  /** If there is no post. */
  readonly updated: Date;
}

function rfc3339(day: string): string {
  return new Date(day).toISOString();
}
