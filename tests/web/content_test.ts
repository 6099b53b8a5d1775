/** The pages as they are: what `public/` holds, and where its links lead. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { openSite } from "../../src/web/mod.ts";
import { type Harness, startApi } from "../http/harness.ts";

const site = openSite({
  dir: join(import.meta.dir, "../../public"),
  base_url: () => "",
  watch: false,
  other_pages: ["/status"],
});
const addresses = site.addresses();

let api: Harness;
beforeAll(async () => {
  api = await startApi({ production: true });
});
afterAll(() => api.stop());

interface Read {
  readonly status: number;
  readonly title: string;
  readonly meta: ReadonlyMap<string, string>;
  readonly links: readonly string[];
  readonly sources: readonly string[];
  readonly ids: ReadonlySet<string>;
  readonly headings: readonly number[];
}

const pages = new Map<string, Promise<Read>>();

/** Reads a page once. */
function read(address: string): Promise<Read> {
  let page = pages.get(address);
  if (!page) {
    page = parse(address);
    pages.set(address, page);
  }
  return page;
}

async function parse(address: string): Promise<Read> {
  const { status, text, headers } = await api.ask(address);
  const meta = new Map<string, string>();
  const [links, sources, ids, headings] = [[] as string[], [] as string[], new Set<string>(), [] as number[]];
  let title = "";
  const plain = (value: string | null) => (value ?? "").replaceAll("&amp;", "&").replaceAll("&quot;", '"');
  const html = headers.get("content-type")?.startsWith("text/html");
  new HTMLRewriter()
    .on("title", {
      text({ text }) {
        title += text;
      },
    })
    .on("meta", {
      element: (e) =>
        void meta.set(e.getAttribute("name") ?? e.getAttribute("property") ?? "", plain(e.getAttribute("content"))),
    })
    .on("link", { element: (e) => void meta.set(e.getAttribute("rel") ?? "", plain(e.getAttribute("href"))) })
    .on("a[href], link[href]", { element: (e) => void links.push(plain(e.getAttribute("href"))) })
    .on("[src]", { element: (e) => void sources.push(plain(e.getAttribute("src"))) })
    .on("[id]", { element: (e) => void ids.add(plain(e.getAttribute("id"))) })
    .on("h1, h2, h3, h4, h5, h6", { element: (e) => void headings.push(Number(e.tagName[1])) })
    .transform(html ? text : "");
  return { status, title, meta, links, sources, ids, headings };
}

test("the pages that the product promises exist", () => {
  expect(addresses).toEqual(
    expect.arrayContaining([
      "/public/",
      "/public/blog",
      "/public/docs",
      ...["api", "connectors", "errors", "events", "getting-started", "limits", "webhooks"].map(
        (name) => `/public/docs/${name}`,
      ),
      "/public/faq",
      ...["cookies", "privacy", "terms"].map((name) => `/public/legal/${name}`),
    ]),
  );
});

describe("each page", () => {
  test.each(addresses)("%s describes itself, also in link previews", async (address) => {
    const { status, title, meta, headings } = await read(address);
    expect(status).toBe(200);
    expect(title).not.toBe("");
    expect(meta.get("description")?.length).toBeGreaterThanOrEqual(50);
    expect(meta.get("canonical")).toBe(api.url + address);
    expect(meta.get("og:url")).toBe(api.url + address);
    expect(meta.get("og:type")).toBe(/^\/public\/blog\//.test(address) ? "article" : "website");
    expect(title).toStartWith(meta.get("og:title") ?? "none");
    for (const prefix of ["og", "twitter"]) {
      expect(meta.get(`${prefix}:title`)).toBe(meta.get("og:title") as string);
      expect(meta.get(`${prefix}:description`)).toBe(meta.get("description") as string);
      expect(meta.get(`${prefix}:image`)).toStartWith(`${api.url}/public/`);
    }
    expect(meta.get("twitter:card")).toBe("summary_large_image");
    expect(meta.get("og:image:alt")).not.toBe("");
    expect(headings.filter((depth) => depth === 1)).toHaveLength(1);
    expect(headings[0]).toBe(1);
    headings.reduce((before, depth) => {
      expect(depth).toBeLessThanOrEqual(before + 1);
      return depth;
    });
  });

  test.each(addresses)("%s links only to existing places", async (address) => {
    const { links, sources, meta } = await read(address);
    const faults: string[] = [];
    for (const link of [...links, ...sources, meta.get("og:image") ?? ""]) {
      const url = new URL(link, api.url + address);
      if (url.origin !== api.url) {
        if (!["https:", "mailto:"].includes(url.protocol)) faults.push(`${link} is neither here nor over https`);
        continue;
      }
      const place = await read(url.pathname + url.search);
      if (place.status !== 200) faults.push(`${link} answers ${place.status}`);
      const anchor = decodeURIComponent(url.hash.slice(1));
      if (anchor !== "" && url.pathname !== "/docs" && !place.ids.has(anchor))
        faults.push(`${link}: nothing has this id`);
    }
    expect(faults).toEqual([]);
  });

  test("has its own title and description", async () => {
    const read_ = await Promise.all(addresses.map(read));
    const repeated = (texts: string[]) => texts.filter((text, i) => texts.indexOf(text) !== i);
    expect(repeated(read_.map(({ title }) => title))).toEqual([]);
    expect(repeated(read_.map(({ meta }) => meta.get("description") ?? ""))).toEqual([]);
  });
});

test("the legal texts say that a lawyer has yet to review them", async () => {
  for (const name of ["privacy", "terms", "cookies"]) {
    const { text } = await api.ask(`/public/legal/${name}`);
    expect(text).toMatch(/<p class="notice" role="note">[^<]*lawyer[^<]*<\/p>/);
  }
});

test("the feed lists every post", async () => {
  const { text } = await api.ask("/public/blog/feed.xml");
  const posts = addresses.filter((address) => address.startsWith("/public/blog/"));
  expect(posts.length).toBeGreaterThan(0);
  for (const post of posts) expect(text).toContain(`<id>${api.url}${post}</id>`);
});

test("security.txt follows RFC 9116, and is valid for months", async () => {
  const { text, headers } = await api.ask("/.well-known/security.txt");
  expect(headers.get("content-type")).toBe("text/plain;charset=utf-8");
  const fields = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const values = new Map(fields.map((line) => line.split(/: (.*)/s) as [string, string]));
  expect([...values.keys()].sort()).toEqual(["Canonical", "Contact", "Expires", "Policy", "Preferred-Languages"]);
  expect(values.get("Contact")).toMatch(/^mailto:[^@\s]+@[^@\s]+$/);
  expect(values.get("Canonical")).toBe(`${api.url}/.well-known/security.txt`);
  expect((await read(new URL(values.get("Policy") ?? "").pathname)).status).toBe(200);
  const days = (Date.parse(values.get("Expires") ?? "") - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(90);
  expect(days).toBeLessThan(365);
});

test("robots.txt links to the sitemap, and excludes nothing that is listed there", async () => {
  const { text } = await api.ask("/robots.txt");
  expect(text).toContain(`Sitemap: ${api.url}/sitemap.xml`);
  const refused = Array.from(text.matchAll(/^Disallow: (\S+)$/gm), ([, path]) => path as string);
  for (const address of addresses) expect(refused.filter((path) => address.startsWith(path))).toEqual([]);
});

test("the marketing texts exist, and link to existing places", async () => {
  const { headlines, calls_to_action, selling_points } = site.marketing();
  for (const texts of [headlines, calls_to_action, selling_points]) expect(texts.length).toBeGreaterThan(0);
  for (const { href } of calls_to_action) if (href.startsWith("/")) expect((await read(href)).status).toBe(200);
});
