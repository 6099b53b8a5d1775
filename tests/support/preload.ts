/**
 * The default timeout of tests and hooks. Bun has no setting for it, its 5 s are too short for a busy machine, and
 * `setDefaultTimeout` in a preload affects only the first file (https://github.com/oven-sh/bun/issues/43787). So each test
 * file sets it when it is loaded.
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
      // On the first line, so that line numbers do not change.
      contents: PREFIX + (await Bun.file(path).text()),
      loader: "ts",
    }));
  },
});

// After the last test of the run, or of each file if workers run them: an error here fails the run.
afterAll(expectNoLeak);
