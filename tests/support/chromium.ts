/** A real browser for tests: the Chromium or Chrome of this machine, without a window. */
import { existsSync } from "node:fs";
import { machine, type } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const HEADLESS = "chromium-headless-shell";
const NAMES = [HEADLESS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const ON_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

const TOOLS = join(import.meta.dir, "../../.tools", `${type()}-${machine()}`, "bin");

/** The program's path; `null` if none is installed. Looks in the same places as scripts/chromium.sh. */
const program: string | null =
  process.env.CHROMIUM ||
  (NAMES.map((name) => Bun.which(name)).find((path) => path !== null) ??
    Bun.which(HEADLESS, { PATH: TOOLS }) ??
    (existsSync(ON_MAC) ? ON_MAC : null));
const HOW_TO_GET_IT = "Install Chromium (`sh scripts/chromium.sh` does where it can), or name its program in CHROMIUM";

/**
 * Whether tests can start a browser: `describe.skipIf(!chromiumAvailable)`. Always true with `CI=true`, where
 * {@linkcode launchChromium} fails if there is none: continuous integration never skips these tests.
 */
export const chromiumAvailable: boolean = program !== null || process.env.CI === "true";
if (!chromiumAvailable) process.stderr.write(`Tests in a browser are skipped: found no Chromium. ${HOW_TO_GET_IT}.\n`);

/** Starts a browser without background activity. Throws if none is installed. */
export async function launchChromium(): Promise<Browser> {
  if (program === null) throw new Error(`Cannot find Chromium. ${HOW_TO_GET_IT}.`);
  return await chromium.launch({
    executablePath: program,
    args: [
      // In containers tests run as root, and the sandbox does not work.
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
      ...["--disable-component-update", "--disable-sync"],
      // Each page runs for a moment: optimizing its scripts costs more than it saves.
      "--js-flags=--no-turbofan",
    ],
    timeout: 60_000,
  });
}
