import { describe, expect, test } from "bun:test";
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { openSite, type Site } from "../../src/web/mod.ts";
import { type SiteFolder, siteFolder, source } from "../support/site_folder.ts";

const BASE = "https://example.com";
const open = ({ dir }: SiteFolder, options: Partial<Parameters<typeof openSite>[0]> = {}) =>
  openSite({ dir, base_url: () => BASE, watch: false, ...options });

async function get(site: Site, path: string) {
  const response = await site.answer(new Request(`http://localhost${path}`));
  if (!response) return undefined;
  return { type: response.headers.get("content-type"), text: await response.text(), headers: response.headers };
}

const text = async (site: Site, path: string) => (await get(site, path))?.text ?? "";

describe("a page", () => {
  test("has one address, and is also served at the others that people write", async () => {
    await using folder = await siteFolder({
      "index.html": source({ title: "Home" }, "<h1>Home</h1>"),
      "docs/index.md": source({ title: "Docs" }, "Read."),
      "docs/errors.md": source({ title: "Errors" }, "Mend."),
    });
    const site = open(folder);
    const places: Record<string, string[]> = {
      "/public/": ["/public", "/public/index.html"],
      "/public/docs": ["/public/docs/", "/public/docs/index.html"],
      "/public/docs/errors": ["/public/docs/errors/", "/public/docs/errors.html"],
    };
    for (const [address, others] of Object.entries(places)) {
      const page = await get(site, address);
      expect(page?.type).toBe("text/html;charset=utf-8");
      expect(page?.text).toContain(`<link rel="canonical" href="${BASE}${address}"/>`);
      for (const other of others) expect(await text(site, other)).toBe(page?.text as string);
    }
    for (const none of ["/public/docs/errors.md", "/public/docs/index", "/public/index", "/docs"]) {
      expect([none, await get(site, none)]).toEqual([none, undefined]);
    }
  });

  test("is rendered in the layout, with every text escaped", async () => {
    await using folder = await siteFolder({
      "docs/a.md": source(
        { title: 'The <b> & "quotes"', notice: "Not <yet> read.", updated: "2026-02-03" },
        "## One\n",
      ),
    });
    const page = await text(open(folder), "/public/docs/a");
    expect(page).toContain("<title>The &lt;b> &amp; &quot;quotes&quot; · Example</title>");
    expect(page).toContain('<meta property="og:title" content="The &lt;b> &amp; &quot;quotes&quot;"/>');
    expect(page).toContain(`<meta property="og:image" content="${BASE}/public/assets/preview.png"/>`);
    expect(page).toContain('<meta property="og:type" content="website"/>');
    expect(page).toContain("<h1>The &lt;b> &amp; &quot;quotes&quot;</h1>");
    expect(page).toContain('<p class="meta">Updated <time datetime="2026-02-03">3 February 2026</time></p>');
    expect(page).toContain('<p class="notice" role="note">Not &lt;yet> read.</p>');
    expect(page).toContain('<body class="docs">');
    expect(page).not.toContain("{{");
  });

  test("shows where it is: in the navigation, in its section, on the page itself", async () => {
    await using folder = await siteFolder({
      "docs/index.md": source({ title: "Docs" }, ""),
      "docs/b.md": source({ title: "Second", order: 2 }, "## One\n\n## Two `x`\n\n### Deeper\n\n## Three\n"),
      "docs/a.md": source({ title: "Third" }, "## One\n\n## Two\n"),
      "docs/c.md": source({ title: "First", order: 1 }, ""),
      "legal/terms.md": source({ title: "Terms" }, ""),
    });
    const site = open(folder);
    const page = await text(site, "/public/docs/b");
    expect(page).toContain(
      '<nav class="sidebar" aria-label="Documentation"><ul><li><a href="/public/docs">Docs</a></li><li><a href="/public/docs/c">First</a></li><li><a href="/public/docs/b" aria-current="page">Second</a></li><li><a href="/public/docs/a">Third</a></li></ul></nav>',
    );
    expect(page).toContain(
      '<nav aria-label="Main"><a href="/public/docs" aria-current="true">Docs</a> <a href="/public/blog">Blog</a> </nav>',
    );
    expect(page).toContain(
      '<nav class="contents" aria-label="On this page"><ul><li><a href="#one">One</a></li><li><a href="#two-x">Two x</a></li><li><a href="#three">Three</a></li></ul></nav>',
    );
    expect(await text(site, "/public/docs/a")).not.toContain('class="contents"');
    expect(await text(site, "/public/legal/terms")).not.toContain('class="sidebar"');
  });

  test("links to the pages that its links name by their files", async () => {
    await using folder = await siteFolder({
      "docs/a.md": source(
        {},
        "[b](b.md#x) [i](index.md) [t](../legal/terms.md?x=1) [f](../assets/site.css) [g](gone.md) [o](https://example.org/b.md) [s](#x) [r](/docs) [m](mailto:a@example.com)",
      ),
      "docs/b.md": source({}, "![p](my%20picture.png)"),
      "docs/my picture.png": Buffer.from("png"),
      "docs/index.md": source({}, ""),
      "legal/terms.md": source({}, ""),
      "index.html": source({}, '<a href="docs/b.md">b</a>'),
    });
    const site = open(folder);
    const links = Array.from((await text(site, "/public/docs/a")).matchAll(/<p>.*<\/p>/gs), ([p]) =>
      Array.from(p.matchAll(/href="([^"]*)"/g), ([, href]) => href),
    ).flat();
    expect(links).toEqual([
      "/public/docs/b#x",
      "/public/docs",
      "/public/legal/terms?x=1",
      expect.stringMatching(/^\/public\/assets\/site\.css\?v=[\w-]{22}$/),
      "/public/docs/gone.md",
      "https://example.org/b.md",
      "#x",
      "/docs",
      "mailto:a@example.com",
    ]);
    const [, picture = ""] = /src="([^"]+my[^"]+)"/.exec(await text(site, "/public/docs/b")) ?? [];
    expect(picture).toMatch(/^\/public\/docs\/my%20picture\.png\?v=[\w-]{22}$/);
    const answer = await get(site, picture);
    expect(answer?.text).toBe("png");
    expect(answer?.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(await text(site, "/public/")).toContain('<a href="/public/docs/b">b</a>');
  });

  test("makes wide content scrollable, also by keyboard", async () => {
    await using folder = await siteFolder({ "a.md": source({}, "```\ncode\n```\n\n| a |\n|---|\n| 1 |\n") });
    const page = await text(open(folder), "/public/a");
    expect(page).toContain('<pre tabindex="0"><code>code\n</code></pre>');
    expect(page).toMatch(
      /<div class="table" tabindex="0" role="group" aria-label="Table"><table>[\s\S]*<\/table><\/div>/,
    );
  });

  test("does not exist if two files would be it", async () => {
    await using folder = await siteFolder({ "docs/a.md": source({}, ""), "docs/a.html": "<p>static</p>" });
    expect(() => open(folder)).toThrow("Cannot serve two files at /public/docs/a.html: rename one");
  });
});

describe("the blog", () => {
  test("lists its posts, the newest first, and has a feed of them", async () => {
    await using folder = await siteFolder({
      "blog/index.md": source({ title: "Blog" }, "News."),
      "blog/one.md": source(
        { title: "One & all", date: "2026-01-05", image: "/public/one.png", image_alt: "1" },
        "Text.",
      ),
      "blog/two.md": source({ title: "Two", date: "2026-02-05T10:00:00+02:00", updated: "2026-03-01" }, "Text."),
    });
    const site = open(folder);
    const blog = await text(site, "/public/blog");
    expect(blog).toContain('<p>News.</p>\n<ol class="posts">');
    expect(Array.from(blog.matchAll(/<h2><a href="([^"]+)">([^<]+)/g), ([, ...found]) => found)).toEqual([
      ["/public/blog/two", "Two"],
      ["/public/blog/one", "One &amp; all"],
    ]);
    const post = await text(site, "/public/blog/one");
    expect(post).toContain('<meta property="og:type" content="article"/>');
    expect(post).toContain(`<meta property="og:image" content="${BASE}/public/one.png"/>`);
    expect(post).toContain('<meta property="og:image:alt" content="1"/>');
    expect(post).toContain('<p class="meta"><time datetime="2026-01-05">5 January 2026</time></p>');

    const feed = await get(site, "/public/blog/feed.xml");
    expect(feed?.type).toBe("application/atom+xml;charset=utf-8");
    expect(feed?.text).toContain("<updated>2026-03-01T00:00:00.000Z</updated>\n<author><name>Example</name></author>");
    expect(feed?.text).toContain("<title>One &amp; all</title>\n<id>https://example.com/public/blog/one</id>");
    expect(feed?.text).toContain("<published>2026-02-05T08:00:00.000Z</published>");
    expect(feed?.text.match(/<entry>/g)).toHaveLength(2);
  });

  test("has a feed while it has no post", async () => {
    await using folder = await siteFolder();
    expect(await text(open(folder), "/public/blog/feed.xml")).toMatch(/<updated>20[\d-]+T[\d:.]+Z<\/updated>/);
  });
});

describe("what clients look for at the root", () => {
  test("sitemap.xml has every page once, with the day of its last change", async () => {
    await using folder = await siteFolder({
      "index.html": source({}, ""),
      "404.md": source({}, ""),
      "docs/a.md": source({ updated: "2026-02-03" }, ""),
      "blog/one.md": source({ date: "2026-01-05T23:00:00Z" }, ""),
      "picture.png": "png",
    });
    const site = open(folder, { other_pages: ["/docs"] });
    expect(await get(site, "/sitemap.xml")).toMatchObject({
      type: "application/xml;charset=utf-8",
      text: `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>https://example.com/docs</loc></url>
<url><loc>https://example.com/public/</loc></url>
<url><loc>https://example.com/public/blog/one</loc><lastmod>2026-01-05</lastmod></url>
<url><loc>https://example.com/public/docs/a</loc><lastmod>2026-02-03</lastmod></url>
</urlset>
`,
    });
    expect(site.addresses()).toEqual(["/docs", "/public/", "/public/blog/one", "/public/docs/a"]);
  });

  test("robots.txt and security.txt contain the public URL", async () => {
    await using folder = await siteFolder({
      "robots.txt": "User-agent: *\nSitemap: {{base_url}}/sitemap.xml\n",
      ".well-known/security.txt": "Contact: mailto:security@example.com\nExpires: {{expires}}\n",
      "favicon.ico": "icon",
    });
    const site = open(folder);
    for (const path of ["/robots.txt", "/public/robots.txt"]) {
      expect(await get(site, path)).toMatchObject({
        type: "text/plain;charset=utf-8",
        text: "User-agent: *\nSitemap: https://example.com/sitemap.xml\n",
      });
    }
    const [, expires = ""] = /^Expires: (\S+)$/m.exec(await text(site, "/.well-known/security.txt")) ?? [];
    expect(expires).toMatch(/^\d{4}-\d{2}-\d{2}T00:00:00\.000Z$/);
    const days = (Date.parse(expires) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(178);
    expect(days).toBeLessThan(181);
    expect((await get(site, "/favicon.ico"))?.type).toBe("image/x-icon");
  });
});

describe("never served:", () => {
  test("hidden files, links that lead elsewhere, and the sources of pages", async () => {
    await using outside = await siteFolder({ "secret.txt": "secret" });
    await using folder = await siteFolder({
      ".env": "secret",
      ".git/config": "secret",
      "docs/.hidden": "secret",
      ".well-known/.hidden": "secret",
      "docs/.well-known/x": "secret",
      ".well-known/change-password": "fine",
      "docs/a.md": source({}, ""),
      "404.md": source({}, ""),
    });
    await symlink(join(outside.dir, "secret.txt"), join(folder.dir, "link.txt"));
    await symlink(outside.dir, join(folder.dir, "folder"));
    await symlink("assets/site.css", join(folder.dir, "inside.css"));
    const site = open(folder);
    for (const path of [
      ...["/public/.env", "/public/.git/config", "/public/docs/.hidden", "/public/.well-known/.hidden"],
      ...["/public/docs/.well-known/x", "/public/link.txt", "/public/folder/secret.txt", "/public/inside.css"],
      ...["/public/layout.html", "/public/site.json", "/public/docs/a.md", "/public/404", "/public/404.html"],
      ...["/layout.html", "/assets/site.css", "/public/assets", "/public/assets/", "/public//assets/site.css"],
      ...["/public/assets/site.css/", "/public/assets/site.css%00", "/public/assets/SITE.css", "/public/%E0%A4%A"],
      ...["/public/assets%5Csite.css", "/public/assets/..%2f..%2fassets/site.css", "/public/%252e%252e/public/docs/a"],
    ]) {
      expect([path, await get(site, path)]).toEqual([path, undefined]);
    }
    expect(await text(site, "/public/.well-known/change-password")).toBe("fine");
    expect(await text(site, "/public/assets%2Fsite.css")).toBe("body { margin: 0; }\n");
  });

  test("a file that is too large to be kept in memory", async () => {
    await using folder = await siteFolder({ "film.mp4": new Uint8Array(16 * 1024 * 1024) });
    expect((await get(open(folder), "/public/film.mp4"))?.type).toBe("video/mp4");
    await folder.write("film.mp4", new Uint8Array(16 * 1024 * 1024 + 1));
    expect(() => open(folder)).toThrow(/^Cannot serve .*film\.mp4: it has 16777217 bytes, and may have 16777216$/);
  });
});

describe("caching", () => {
  test("is short if an address may change, and off while pages are being written", async () => {
    await using folder = await siteFolder({ "a.md": source({}, "") });
    const control = async (site: Site, path: string) => (await get(site, path))?.headers.get("cache-control");
    const [served, written] = [open(folder), open(folder, { watch: true })];
    expect(await control(served, "/public/a")).toBe("public, max-age=300");
    expect(await control(served, "/public/assets/site.css")).toBe("public, max-age=3600");
    expect(await control(written, "/public/a")).toBe("no-cache");
    expect(await control(written, "/public/assets/site.css")).toBe("no-cache");
  });

  test("a written file is noticed at the next request if enabled, and only there", async () => {
    await using folder = await siteFolder({ "a.md": source({}, "old") });
    const [served, watched] = [open(folder), open(folder, { watch: true })];
    expect(await text(watched, "/public/a")).toContain("<p>old</p>");
    await folder.write("a.md", source({}, "newer"));
    await folder.write("b.md", source({}, "added"));
    expect(await text(watched, "/public/a")).toContain("<p>newer</p>");
    expect(await text(watched, "/public/b")).toContain("<p>added</p>");
    expect(await text(served, "/public/a")).toContain("<p>old</p>");
    expect(await get(served, "/public/b")).toBeUndefined();
  });

  test("while a file cannot be read, the previous content stays", async () => {
    await using folder = await siteFolder({ "a.md": source({}, "old") });
    const faults: string[] = [];
    const site = open(folder, { watch: true, on_fault: ({ message }) => faults.push(message) });
    await folder.write("a.md", "no front matter");
    expect(await text(site, "/public/a")).toContain("<p>old</p>");
    expect(await text(site, "/public/a")).toContain("<p>old</p>");
    expect(faults).toEqual(["Cannot read a.md: it does not begin with front matter (--- title: … ---)"]);
    await folder.write("a.md", source({}, "mended"));
    expect(await text(site, "/public/a")).toContain("<p>mended</p>");
  });
});

describe("an invalid folder is rejected, with the reason:", () => {
  const claim = (value: object) => JSON.stringify(value);
  test.each([
    [{ "site.json": "{" }, "Cannot read site.json: "],
    [{ "site.json": "{}" }, "Cannot read site.json: /name: Expected required property"],
    [{ "robots.txt": "{{nothing}}" }, "Cannot read robots.txt: nothing stands for {{nothing}}"],
    [{ "blog/a.md": source({}, "") }, "Cannot read blog/a.md: a post needs a date"],
    [{ "marketing/a.json": "[" }, "Cannot read marketing/a.json: "],
    [
      { "marketing/a.json": claim({ headlines: [{ id: "a", title: "Saves 40 % of your time" }] }) },
      "Cannot read marketing/a.json: /headlines/0/title: Expected string to match",
    ],
    [
      { "marketing/a.json": claim({ testimonials: [] }) },
      "Cannot read marketing/a.json: /testimonials: Unexpected property",
    ],
    [
      {
        "marketing/a.json": claim({ headlines: [{ id: "a", title: "A" }] }),
        "marketing/b.json": claim({ headlines: [{ id: "a", title: "A" }] }),
      },
      "Cannot read marketing/b.json: headlines a is in marketing/a.json already",
    ],
  ])("%j", async (files, message) => {
    await using folder = await siteFolder(files as Record<string, string>);
    expect(() => open(folder)).toThrow(message);
  });

  test("one without the style sheet of the layout", async () => {
    await using folder = await siteFolder();
    await rm(join(folder.dir, "assets/site.css"));
    expect(() => open(folder)).toThrow(`Cannot find assets/site.css in ${folder.dir}`);
  });

  test("an empty one", () => {
    expect(() => openSite({ dir: join(import.meta.dir, "none"), base_url: () => "", watch: false })).toThrow("ENOENT");
  });
});

test("marketing texts of all files are merged", async () => {
  await using folder = await siteFolder({
    "marketing/b.json": JSON.stringify({
      selling_points: [{ id: "proof", title: "Proof", text: "Every step is kept." }],
    }),
    "marketing/a.json": JSON.stringify({
      headlines: [{ id: "main", title: "Jobs you can prove" }],
      calls_to_action: [{ id: "start", label: "Read the docs", href: "/public/docs" }],
    }),
  });
  expect(open(folder).marketing()).toEqual({
    headlines: [{ id: "main", title: "Jobs you can prove" }],
    calls_to_action: [{ id: "start", label: "Read the docs", href: "/public/docs" }],
    selling_points: [{ id: "proof", title: "Proof", text: "Every step is kept." }],
  });
});

test("a page that was rendered elsewhere is shown in the layout", async () => {
  await using folder = await siteFolder();
  const site = open(folder);
  const show = (body: string) =>
    site.show(new Request("http://localhost/status"), {
      title: "Status",
      description: "How the service does.",
      address: "/status",
      body,
      modified: new Date("2026-01-01T00:00:00Z"),
    });
  const response = await show("<p>All is well.</p>");
  const tag = response.headers.get("etag");
  expect((await show("<p>All is well.</p>")).headers.get("etag")).toBe(tag);
  expect((await show("<p>All is lost.</p>")).headers.get("etag")).not.toBe(tag);
  const page = await response.text();
  expect(response.headers.get("content-security-policy")).toStartWith("default-src 'none'; style-src 'self'");
  expect(page).toContain("<title>Status · Example</title>");
  expect(page).toContain('<body class="status">');
  expect(page).toContain('<main id="main"><h1>Status</h1>');
  expect(page).toContain("\n<p>All is well.</p></main>");
  expect(page).toContain(`<link rel="canonical" href="${BASE}/status"/>`);
});
