/** Looks at a page in a browser, as its readers have it, and tells what is wrong with it. */
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";

export interface Visit {
  /** What breaks a rule, each in a line. */
  readonly faults: readonly string[];
  /** All that came over the wire, headers included. */
  readonly bytes: number;
  /** What there is to read. */
  readonly text: string;
  /** The same, with scripts switched off. */
  readonly text_without_scripts: string;
}

export interface VisitOptions {
  readonly url: string;
  /** There when the page has finished; by default it has when it is loaded. */
  readonly finished?: string;
  /** Applies axe's rules in the dark and on a phone too; by default only on a desk. */
  readonly every_look?: boolean;
}

/** For each step, on a machine that does much else. */
export const PATIENCE_MS = 180_000;

const LOOKS = [
  { name: "on a desk", viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  { name: "in the dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  { name: "on a phone", viewport: { width: 360, height: 740 }, colorScheme: "light" },
] as const;

/** Those that keep people out; the others are matters of taste. */
const AXE = `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .flatMap(({ id, help, nodes }) => nodes.map(({ target, any }) =>
    id + ": " + help + " at " + target.join(" ") + (any[0] ? " (" + any[0].message + ")" : ""))))`;
const OVERHANG = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

/** Visits a page once and looks at it in each of the looks, then once more without scripts. */
export async function visit(browser: Browser, { url, finished, every_look = false }: VisitOptions): Promise<Visit> {
  const faults: string[] = [];
  const context = await browser.newContext({ viewport: LOOKS[0].viewport, colorScheme: LOOKS[0].colorScheme });
  try {
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    listen(page, { url, faults });
    let bytes = 0;
    const session = await context.newCDPSession(page);
    session.on("Network.loadingFinished", ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await session.send("Network.enable");
    await page.goto(url);
    if (finished !== undefined) await page.waitForSelector(finished);
    const text = await read(page);
    await page.evaluate(axe.source);
    for (const { name, viewport, colorScheme } of LOOKS) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      if (every_look || name === LOOKS[0].name) {
        for (const fault of await page.evaluate<string[]>(AXE)) faults.push(`${name}: ${fault}`);
      }
      const overhang = await page.evaluate<number>(OVERHANG);
      if (overhang > 0) faults.push(`${name}: ${overhang} pixels are beside the screen`);
    }
    return { faults, bytes, text, text_without_scripts: await readWithoutScripts(browser, url) };
  } finally {
    await context.close();
  }
}

/** Notes what the page asks for and complains of. What its policy forbids is an error on the console. */
function listen(page: Page, { url, faults }: { url: string; faults: string[] }): void {
  const { origin } = new URL(url);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", ({ message }) => void faults.push(`script: ${message}`));
  page.on("request", (request) => {
    const asked = new URL(request.url());
    if (asked.origin !== origin && asked.protocol !== "data:") faults.push(`asks another host: ${asked.href}`);
  });
}

async function readWithoutScripts(browser: Browser, url: string): Promise<string> {
  const context = await browser.newContext({ javaScriptEnabled: false });
  try {
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    await page.goto(url);
    return await read(page);
  } finally {
    await context.close();
  }
}

/** What can be seen: what is folded away, or hidden, is no part of it. */
async function read(page: Page): Promise<string> {
  return await page.evaluate<string>("document.body.innerText");
}
