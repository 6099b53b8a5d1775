/** Pages and files. */
import { type Checks, expectProblem, expectStatus } from "./checks.ts";
import type { Client } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkPages(client: Client, { check }: Checks): Promise<void> {
  await check("every page of sitemap.xml exists, and /robots.txt links to it", async () => {
    const robots = await client.ask("/robots.txt", { key: false });
    expect(/^Sitemap: https?:\/\/\S+\/sitemap\.xml$/m.test(robots.text), "the sitemap's URL", robots.text);
    const sitemap = await client.ask("/sitemap.xml", { key: false });
    const addresses = [...sitemap.text.matchAll(/<loc>([^<]+)<\/loc>/g)].map((match) => new URL(match[1] as string));
    expect(addresses.length > 10, "more than ten pages", addresses.length);
    for (const { pathname } of addresses) expectStatus(await client.ask(pathname, { key: false }), 200);
  });
  await check("/.well-known/security.txt is valid for months, and not for a year", async () => {
    const { text } = await client.ask("/.well-known/security.txt", { key: false });
    const days = (Date.parse(/^Expires: (\S+)$/m.exec(text)?.[1] ?? "") - Date.now()) / 86_400_000;
    expect(days > 90 && days < 365, "an expiry in some months", text);
    expect(/^Contact: mailto:\S+@\S+$/m.test(text), "a contact", text);
  });
  await check("legal texts and questions are at their published addresses", async () => {
    const legal = ["privacy.html", "terms.html", "cookies.html", "privacy", "terms", "cookies"];
    for (const path of [...legal.map((name) => `/public/legal/${name}`), "/public/faq/index.html"]) {
      const page = await client.ask(path, { key: false });
      expectStatus(page, 200);
      expect(page.text.startsWith("<!doctype html>"), `a page at ${path}`, page.text);
    }
  });
  await check("at a missing page, people get a page and programs a problem", async () => {
    const page = await client.ask("/public/nothing", { key: false, headers: { accept: "text/html" } });
    expect(page.status === 404 && page.text.startsWith("<!doctype html>"), "a page with 404", page.status);
    expectProblem(await client.ask("/public/nothing", { key: false }), 404, "not_found");
  });
}
