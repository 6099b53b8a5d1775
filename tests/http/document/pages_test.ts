import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type SiteFolder, siteFolder, source } from "../../support/site_folder.ts";
import { type Harness, startApi } from "../harness.ts";
import { head, sendRaw } from "../raw_client.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

let folder: SiteFolder;
let api: Harness;
beforeAll(async () => {
  folder = await siteFolder({
    "index.html": source({ title: "Home" }, "<h1>Home</h1>"),
    "404.md": source({ title: "Nothing is here" }, "Try the [docs](docs/errors.md)."),
    "docs/errors.md": source({ title: "Errors" }, "## Retrying\n\nWait."),
    "robots.txt": "Sitemap: {{base_url}}/sitemap.xml\n",
    ".well-known/security.txt": "Expires: {{expires}}\n",
    "secret/.env": "API_KEY=hush",
    "assets/numbers.txt": "0123456789".repeat(100),
  });
  api = await startApi({ public_dir: folder.dir });
});
afterAll(async () => {
  await api.stop();
  await folder[Symbol.asyncDispose]();
});

/** The response to exactly this request: `fetch` would clean the path. */
async function raw(line: string, headers: readonly string[] = []) {
  const answer = await sendRaw(api.url, head(line, headers));
  const end = answer.indexOf("\r\n\r\n");
  const lines = answer.slice(0, end).split("\r\n").slice(1);
  return {
    status: Number(answer.split(" ")[1]),
    headers: new Headers(lines.map((field) => field.split(": ", 2) as [string, string])),
    body: answer.slice(end + 4),
  };
}

describe("pages", () => {
  test.each([
    ["/public", "text/html;charset=utf-8", "<h1>Home</h1>"],
    ["/public/", "text/html;charset=utf-8", "<h1>Home</h1>"],
    ["/public/docs/errors", "text/html;charset=utf-8", "<h1>Errors</h1>"],
    ["/public/docs/errors/", "text/html;charset=utf-8", "<h1>Errors</h1>"],
    ["/public/docs/errors.html", "text/html;charset=utf-8", "<h1>Errors</h1>"],
    ["/public/assets/site.css", "text/css;charset=utf-8", "body { margin: 0; }"],
    ["/robots.txt", "text/plain;charset=utf-8", "Sitemap: "],
    ["/.well-known/security.txt", "text/plain;charset=utf-8", "Expires: 20"],
    ["/public/.well-known/security.txt", "text/plain;charset=utf-8", "Expires: 20"],
    ["/sitemap.xml", "application/xml;charset=utf-8", "<urlset"],
    ["/public/blog/feed.xml", "application/atom+xml;charset=utf-8", "<feed"],
  ])("%s exists, also for HEAD", async (path, type, part) => {
    const page = await api.ask(path);
    expect(page.status).toBe(200);
    expect(page.text).toContain(part);
    const bare = await raw(`HEAD ${path}`);
    for (const answer of [page.headers, bare.headers]) {
      expect(answer.get("content-type")).toBe(type);
      expect(answer.get("content-security-policy")).toStartWith(
        "default-src 'none'; style-src 'self'; img-src 'self' data:;",
      );
      expect(answer.get("x-content-type-options")).toBe("nosniff");
      expect(answer.get("etag")).toMatch(/^"[\w-]{22}(-br)?"$/i);
    }
    expect(bare.status).toBe(200);
    expect(bare.body).toBe("");
    expect(bare.headers.get("content-length")).toBe(String(Buffer.byteLength(page.text)));
  });

  test("contain their public URL", async () => {
    expect((await api.ask("/robots.txt")).text).toBe(`Sitemap: ${api.url}/sitemap.xml\n`);
    expect((await api.ask("/public/")).text).toContain(`<link rel="canonical" href="${api.url}/public/"/>`);
  });

  test("that the client already has are not sent again", async () => {
    const { headers } = await api.ask("/public/docs/errors");
    const again = await api.ask("/public/docs/errors", { headers: { "if-none-match": headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
    expect(again.text).toBe("");
    expect(again.headers.get("x-request-id")).toBeString();
  });

  test("leave the calls under /public/ alone", async () => {
    expect((await api.ask("/public/metrics")).body).toHaveProperty("jobs_today");
  });

  test("support no other method", async () => {
    const answer = await api.ask("/public/docs/errors", { method: "DELETE" });
    expect([answer.status, answer.headers.get("allow"), answer.body.error]).toEqual([
      405,
      "GET, HEAD, OPTIONS",
      "method_not_allowed",
    ]);
  });
});

describe("a range of a file", () => {
  test("is sent by itself", async () => {
    const { status, body, headers } = await raw("GET /public/assets/numbers.txt", ["Range: bytes=995-1005"]);
    expect([status, body]).toEqual([206, "56789"]);
    expect(headers.get("content-range")).toBe("bytes 995-999/1000");
    expect(headers.get("content-length")).toBe("5");
  });

  test("that starts after its end is a problem", async () => {
    const answer = await api.ask("/public/assets/numbers.txt", { headers: { range: "bytes=1000-" } });
    expect(answer.status).toBe(416);
    expect(answer.headers.get("content-range")).toBe("bytes */1000");
    expect(answer.body).toMatchObject({
      error: "range_not_satisfiable",
      detail: "Cannot send the range bytes=1000-: there are 1000 bytes.",
    });
  });
});

describe("at a missing path", () => {
  test("a browser gets a page that says so", async () => {
    const answer = await api.ask("/public/nothing", { headers: { accept: BROWSER } });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "text/html;charset=utf-8"]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.text).toContain("<h1>Nothing is here</h1>");
    expect(answer.text).toContain('<a href="/public/docs/errors">docs</a>');
  });

  test.each([
    "*/*",
    "application/json",
    "application/json, text/html",
    "application/problem+json",
    "text/html;q=0.1, */*",
  ])("a client that accepts %s gets a problem", async (accept) => {
    const answer = await api.ask("/public/nothing", { headers: { accept } });
    expect([answer.status, answer.body.error]).toEqual([404, "not_found"]);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
  });

  test("outside of the pages everybody gets a problem", async () => {
    const answer = await api.ask("/nothing", { headers: { accept: BROWSER } });
    expect(answer.body.error).toBe("not_found");
  });
});

describe("no path leads out of the folder:", () => {
  test.each([
    "/public/../package.json",
    "/public/../../../../../../etc/passwd",
    "/public/%2e%2e/package.json",
    "/public/%2e%2e%2fpackage.json",
    "/public/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/public/%252e%252e%252fpackage.json",
    "/public/%c0%ae%c0%ae/package.json",
    "/public/%u002e%u002e/package.json",
    "/public/..\\..\\package.json",
    "/public/..%5c..%5cpackage.json",
    "/public/....//....//package.json",
    "/public/.;/package.json",
    "/public/..;/package.json",
    "/public//etc/passwd",
    "/public/%2fetc%2fpasswd",
    "/public/file:///etc/passwd",
    "/public/assets/site.css/../../layout.html",
    "/public/layout.html",
    "/public/layout.html%00.css",
    "/public/assets/site.css%00",
    "/public/secret/.env",
    "/public/secret/%2eenv",
    "/public/secret/.env%20",
    "/public/secret/.env::$DATA",
    "/public/docs/errors.md",
    "/public/%",
    "/public/%ff",
  ])("%s", async (path) => {
    const { status, body } = await raw(`GET ${path}`);
    expect(status).toBe(404);
    expect(body).not.toContain("root:");
    expect(body).not.toContain("levqor-backend");
    expect(body).not.toContain("{{body}}");
    expect(body).not.toContain("hush");
  });
});
