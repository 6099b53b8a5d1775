/** Every script explains its use, and refuses what it does not know, in the same way. */
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { runScript } from "./support.ts";

/** What scripts import. */
const MODULES = ["api_outline.ts", "arguments.ts", "database.ts", "openapi_document.ts"];

const scripts = readdirSync(join(import.meta.dir, "../../scripts"))
  .filter((name) => name.endsWith(".ts") && !MODULES.includes(name))
  .concat("../bench/mod.ts");

test.each(scripts)(
  "%s prints its use for --help, and refuses by name an option that is unknown or given twice",
  async (name) => {
    const [help, short, unknown, twice] = await Promise.all([
      runScript(name, ["--help"]),
      runScript(name, ["-h"]),
      runScript(name, ["--no-such-option"]),
      runScript(name, ["--help", "-h"]),
    ]);
    expect(help).toEqual({ code: 0, error: "", out: expect.stringMatching(/^Usage: bun run \S+/) });
    expect(short).toEqual(help);
    expect(unknown).toEqual({ code: 2, out: "", error: expect.stringContaining("'--no-such-option'") });
    expect(unknown.error).toEndWith(`\n\n${help.out}`);
    expect(twice).toEqual({ code: 2, out: "", error: `Option '--help' is given more than once\n\n${help.out}` });
  },
);
