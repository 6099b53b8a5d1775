/** Looks at a page in a browser, as its readers have it, and tells what is wrong with it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, ConsoleMessage, Page, Request } from "playwright-core";

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
  /** What axe's rules apply to in the dark and on a phone, as a selector; by default they apply only on a desk, to all. */
  readonly other_looks_at?: string;
}

/** For each step, on a machine that does much else. */
export const PATIENCE_MS = 180_000;

const LOOKS = [
  { name: "on a desk", viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  { name: "in the dark", viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  { name: "on a phone", viewport: { width: 360, height: 740 }, colorScheme: "light" },
] as const;

/** Half the size of the package's `source`, which each page has to read. */
const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** Those that keep people out; the others are matters of taste, among them `region`, which takes an eighth of the time. */
const axeOn = (
  selector: string,
) => `axe.run(${JSON.stringify(selector)}, { resultTypes: ["violations"], rules: { region: { enabled: false } } }).then(({ violations }) => violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .flatMap(({ id, help, nodes }) => nodes.map(({ target, any }) =>
    id + ": " + help + " at " + target.join(" ") + (any[0] ? " (" + any[0].message + ")" : ""))))`;
/** Scripts learn of a look with the next frame. Colors that are on their way from one to another belong to neither. */
const END_TRANSITIONS = `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))).then(() => {
  for (const each of document.getAnimations()) if (each instanceof CSSTransition) each.finish();
})`;
const OVERHANG = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

/** A pair of tabs, with scripts and without, that visit one page after another: a new one for each page costs more than the visit. */
export interface Visitor {
  /** Visits a page once and looks at it in each of the looks, then once more without scripts. */
  visit(options: VisitOptions): Promise<Visit>;
  close(): Promise<void>;
}

export async function openVisitor(browser: Browser): Promise<Visitor> {
  const scripted = await openTab(browser, { javaScriptEnabled: true });
  const plain = await openTab(browser, { javaScriptEnabled: false });
  const session = await scripted.context().newCDPSession(scripted);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });

  return {
    async visit({ url, finished, other_looks_at }) {
      const faults: string[] = [];
      // What still came from the page before is not this one's. Not about:blank: `Cross-Origin-Opener-Policy` makes the
      // browser start a process for each page that comes after that.
      await scripted.goto(new URL("/robots.txt", url).href);
      bytes = 0;
      const stop = listen(scripted, { url, faults });
      await look(scripted, LOOKS[0]);
      await scripted.goto(url);
      if (finished !== undefined) await scripted.waitForSelector(finished);
      const text = await read(scripted);
      await scripted.evaluate(AXE);
      for (const { looked_at, ...each } of looksOf(other_looks_at)) {
        await look(scripted, each);
        if (looked_at !== undefined) {
          for (const fault of await scripted.evaluate<string[]>(axeOn(looked_at)))
            faults.push(`${each.name}: ${fault}`);
        }
        const overhang = await scripted.evaluate<number>(OVERHANG);
        if (overhang > 0) faults.push(`${each.name}: ${overhang} pixels are beside the screen`);
      }
      stop();
      await plain.goto(url);
      return { faults, bytes, text, text_without_scripts: await read(plain) };
    },
    async close() {
      await Promise.all([scripted, plain].map((page) => page.context().close()));
    },
  };
}

/** The looks that matter, and what axe's rules apply to in each. Colors take no room: without rules nothing differs in the dark. */
function looksOf(other_looks_at: string | undefined) {
  return LOOKS.map((each, i) => ({ ...each, looked_at: i === 0 ? "html" : other_looks_at })).filter(
    ({ looked_at, colorScheme }) => looked_at !== undefined || colorScheme === "light",
  );
}

async function openTab(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  return await context.newPage();
}

async function look(page: Page, { viewport, colorScheme }: (typeof LOOKS)[number]): Promise<void> {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme });
  await page.evaluate(END_TRANSITIONS);
}

/** Notes what the page asks for and complains of, until it is stopped. What its policy forbids is an error on the console. */
function listen(page: Page, { url, faults }: { url: string; faults: string[] }): () => void {
  const { origin } = new URL(url);
  const onConsole = (message: ConsoleMessage) => {
    if (["error", "warning"].includes(message.type())) faults.push(`console: ${message.text()}`);
  };
  const onError = ({ message }: Error) => void faults.push(`script: ${message}`);
  const onRequest = (request: Request) => {
    const asked = new URL(request.url());
    if (asked.origin !== origin && asked.protocol !== "data:") faults.push(`asks another host: ${asked.href}`);
  };
  page.on("console", onConsole).on("pageerror", onError).on("request", onRequest);
  return () => page.off("console", onConsole).off("pageerror", onError).off("request", onRequest);
}

/** What can be seen: what is folded away, or hidden, is no part of it. */
async function read(page: Page): Promise<string> {
  return await page.evaluate<string>("document.body.innerText");
}
