/** The gate: `bun run check`. Runs all checks at once, shows the output of the failing ones, and ends with a table. */
import { join } from "node:path";
import { parseFlags, runScript } from "./arguments.ts";

const HELP = `Usage: bun run check

Checks format, layers, types, dead code and the API document. Takes no options.`;

interface Check {
  readonly name: string;
  /** A command of node_modules/.bin, or a script, and its arguments. */
  readonly command: readonly string[];
  /** Needs the client's types, which the check of the API document writes. */
  readonly reads_client?: boolean;
}

const LAYER_RULES = ["style/noRestrictedImports", "suspicious/noImportCycles"];

const CHECKS: readonly Check[] = [
  {
    name: "format and lint",
    command: ["biome", "check", "--error-on-warnings", ...LAYER_RULES.map((rule) => `--skip=${rule}`)],
  },
  { name: "layers and circles", command: ["biome", "lint", ...LAYER_RULES.map((rule) => `--only=${rule}`)] },
  { name: "types", command: ["tsc", "--noEmit", "--project", "."], reads_client: true },
  { name: "dead code", command: ["knip"], reads_client: true },
];
const API_DOCUMENT: Check = { name: "API document", command: ["scripts/openapi.ts"] };

/** Resolves to the exit code. */
async function run(): Promise<number> {
  const document = outcomeOf(API_DOCUMENT);
  const outcomes = await Promise.all([
    ...CHECKS.map(async (check) => {
      if (check.reads_client) await document;
      return await outcomeOf(check);
    }),
    document,
  ]);
  for (const { name, passed, output } of outcomes) if (!passed) console.log(`\n── ${name} ──\n${output.trim()}`);
  console.log();
  for (const { name, passed, seconds } of outcomes) {
    console.log(`${passed ? "✓" : "✗"} ${name.padEnd(20)} ${seconds.toFixed(1).padStart(5)} s`);
  }
  return outcomes.every(({ passed }) => passed) ? 0 : 1;
}

async function outcomeOf({ name, command }: Check) {
  const started = performance.now();
  // `--bun`: these tools ask for Node, which need not be installed.
  const child = Bun.spawn([process.execPath, "--bun", "run", "--silent", ...command], {
    cwd: join(import.meta.dir, ".."),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: process.stdout.isTTY ? { ...process.env, FORCE_COLOR: "1" } : process.env,
  });
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { name, passed: code === 0, output: `${stdout}\n${stderr}`, seconds: (performance.now() - started) / 1000 };
}

await runScript({ help: HELP, parse: parseFlags(), run });
