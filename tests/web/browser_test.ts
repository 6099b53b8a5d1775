// Slow: a browser opens some fifty pages, each with scripts and without, and applies accessibility rules to them.
/** Every page in a real browser: in the light and in the dark, on a desk and on a phone, with scripts and without. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { pages } from "../../src/features/mod.ts";
import { DOCS_PAGE } from "../../src/http/document/docs.ts";
import { openSite } from "../../src/web/mod.ts";
import { type Harness, startApi } from "../http/harness.ts";
import { chromiumAvailable, launchChromium } from "../support/chromium.ts";
import { siteFolder, source } from "../support/site_folder.ts";
import { openVisitor, PATIENCE_MS, type Visit, type VisitOptions, type Visitor } from "./visit.ts";

/** What a page may cost on the wire, with all that it loads. */
const PAGE_BYTES = 100_000;
/** Swagger UI is a program, and the document that it shows is large. */
const SWAGGER_BYTES = 500_000;
/** More do not make a small machine any faster. */
const VISITORS = 2;

const NOWHERE = "/public/there-is-nothing-here";
const site = openSite({
  dir: join(import.meta.dir, "../../public"),
  base_url: () => "",
  watch: false,
  other_pages: [DOCS_PAGE, ...pages],
});
/** All but the program at /docs, which has a visit of its own. */
const addresses = [...site.addresses().filter((address) => address !== "/docs"), NOWHERE];
/** One page of each layout, with all that its style sheet styles; the others of that layout look the same in the dark and on a phone. */
const LAYOUTS = [
  "/status",
  "/public/",
  "/public/blog",
  "/public/blog/002-what-limits-intake",
  "/public/docs/pipelines",
  "/public/legal/privacy",
  NOWHERE,
];

describe.skipIf(!chromiumAvailable)("in a browser", () => {
  let api: Harness;
  let browser: Browser;
  let visitors: readonly Visitor[];
  let visits: ReadonlyMap<string, Promise<Visit>>;
  beforeAll(async () => {
    browser = await launchChromium();
    api = await startApi({ production: true });
    visitors = await Promise.all(Array.from({ length: VISITORS }, () => openVisitor(browser)));
    visits = visitAll(["/docs", ...addresses]);
  }, PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await api?.stop();
  });

  /** Begins all visits, in this order: each visitor makes one after another. */
  function visitAll(all: readonly string[]): ReadonlyMap<string, Promise<Visit>> {
    const before: Promise<unknown>[] = [];
    return new Map(
      all.map((address, i) => {
        const visitor = visitors[i % VISITORS] as Visitor;
        const begun = (before[i % VISITORS] ?? Promise.resolve()).then(() => visitor.visit(optionsOf(address)));
        before[i % VISITORS] = begun.catch(() => undefined);
        return [address, begun];
      }),
    );
  }

  const optionsOf = (address: string): VisitOptions => ({
    url: api.url + address,
    ...(LAYOUTS.includes(address) && { other_looks_at: "html" }),
    // Its many operations look alike.
    ...(address === "/docs" && {
      finished: ".opblock",
      other_looks_at: ".swagger-ui .info, .swagger-ui section:first-of-type",
    }),
  });
  test("the pages that show a layout are there", () => {
    expect(LAYOUTS.filter((address) => !addresses.includes(address))).toEqual([]);
  });

  const visited = async (address: string) => (await visits.get(address)) as Visit;

  test.each(addresses)(
    "%s is accessible, quiet, small, and the same without scripts",
    async (address) => {
      const { faults, bytes, text, text_without_scripts } = await visited(address);
      expect(faults).toEqual(address === NOWHERE ? [expect.stringContaining("404 (Not Found)")] : []);
      expect(bytes).toBeGreaterThan(1_000);
      expect(bytes).toBeLessThan(PAGE_BYTES);
      expect(text.length).toBeGreaterThan(200);
      // Between the two visits the status page's figures may move on.
      expect(text_without_scripts.replaceAll(/\d/g, "0")).toBe(text.replaceAll(/\d/g, "0"));
    },
    PATIENCE_MS,
  );

  test(
    "/docs, a program, is accessible and quiet, and links to the same without scripts",
    async () => {
      const { faults, bytes, text, text_without_scripts } = await visited("/docs");
      expect(faults).toEqual([]);
      expect(bytes).toBeLessThan(SWAGGER_BYTES);
      expect(text).toContain("/api/v1/intake");
      expect(text_without_scripts).toContain("/docs/json");
    },
    PATIENCE_MS,
  );

  test(
    "in dark mode the pages are dark",
    async () => {
      const page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      await page.goto(`${api.url}/public/`);
      const background = () =>
        page.evaluate<string>(
          "getComputedStyle(document.documentElement).backgroundColor + getComputedStyle(document.body).backgroundColor",
        );
      await page.emulateMedia({ colorScheme: "light" });
      const light = await background();
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await background()).not.toBe(light);
      await page.close();
    },
    PATIENCE_MS,
  );

  test(
    "a visit sees what it is there to see",
    async () => {
      await using folder = await siteFolder({
        "bad.html": source(
          {},
          `<p style="color: #eee">hard to read</p><img src="/public/gone.png"><img src="https://example.com/x.png">
          <script>document.body.append("by a script")</script><div class="wide">x</div><p class="pale">pale</p>
          <button></button>`,
        ),
        "assets/site.css": ".wide { width: 2000px } .pale { color: #ccc; background: #fff }",
      });
      const bad = await startApi({ public_dir: folder.dir, production: true });
      try {
        const visitor = await openVisitor(browser);
        const { faults } = await visitor.visit({ url: `${bad.url}/public/bad`, other_looks_at: "html" });
        for (const part of [
          "on a desk: color-contrast: ",
          "in the dark: button-name: ",
          "on a phone: image-alt: ",
          "on a desk: 7", // 2000 pixels on 1280.
          "on a phone: 1", // On 360.
          "asks another host: https://example.com/x.png",
          "404 (Not Found)",
          "directive 'style-src 'self''",
          "directive 'default-src 'none''",
        ]) {
          expect([part, faults.filter((fault) => fault.includes(part)).length > 0]).toEqual([part, true]);
        }
      } finally {
        await bad.stop();
      }
    },
    PATIENCE_MS,
  );
});
