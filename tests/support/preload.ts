/**
 * How long a test and a hook may take where they do not say so themselves. Bun has no setting for that, its 5 s are
 * too short for a busy machine, and what a preload sets by `setDefaultTimeout` holds for the first file alone
 * (https://github.com/oven-sh/bun/issues/43787): so each file of tests sets it as it is loaded.
 */
import { afterAll } from "bun:test";
import { plugin } from "bun";
import { expectNoLeak } from "./secrets.ts";

const TIMEOUT_MS = 60_000;
const PREFIX = `import { setDefaultTimeout as setTestTimeout } from "bun:test"; setTestTimeout(${TIMEOUT_MS}); `;

plugin({
  name: "test timeout",
  setup(build) {
    build.onLoad({ filter: /_test\.ts$/ }, async ({ path }) => ({
      // On the first line, so that all lines keep their numbers.
      contents: PREFIX + (await Bun.file(path).text()),
      loader: "ts",
    }));
  },
});

// After the last test of the run, or of each file where workers run them: what it throws fails the run.
afterAll(expectNoLeak);
