/**
 * Searches for inputs that break a parser, for a given time:
 *
 *     bun run fuzz [--seconds N] [--target NAME] [--seed S]
 *
 * The time is divided among the targets of `tests/fuzz/targets/`. A finding is reported with its seed and the smallest
 * input that was found. Exit codes: 0 nothing found; 1 a finding; 2 wrong use.
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { readArguments, runScript, UsageError } from "./arguments.ts";

/** The number of inputs for each property before the next one has its turn, so that all get a share of the time. */
const RUNS = 200;

const TARGETS = join(import.meta.dir, "../tests/fuzz/targets");

/** Each file is the target of its name. The targets are imported when they run: with all that they test, it takes half a second. */
const names = readdirSync(TARGETS)
  .map((file) => basename(file, ".ts"))
  .filter((name) => name !== "mod")
  .sort();

const HELP = `Usage: bun run fuzz [--seconds N] [--target NAME] [--seed S]

  --seconds N     total time for all targets; 60 by default, at most 86400
  --target NAME   only this target: ${names.join(", ")}
  --seed S        a whole number up to 2147483647: the same seed gives the same inputs
`;

interface Request {
  readonly seconds: number;
  readonly seed: number;
  readonly target?: string;
}

function parseRequest(args: readonly string[]): Request | "help" {
  const options = {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    target: { type: "string" },
    help: { type: "boolean", short: "h" },
  } as const;
  const { values } = readArguments(args, { options });
  if (values.help) return "help";
  const seconds = Number(values.seconds);
  const seed = Number(values.seed);
  if (!(seconds > 0 && seconds <= 86_400))
    throw new UsageError(`--seconds must be a number above 0, up to 86400, not "${values.seconds}"`);
  if (!/^\d+$/.test(values.seed) || seed >= 2 ** 31) {
    throw new UsageError(`--seed must be a whole number up to 2147483647, not "${values.seed}"`);
  }
  if (values.target !== undefined && !names.includes(values.target)) {
    throw new UsageError(`--target must be one of ${names.join(", ")}, not "${values.target}"`);
  }
  return { seconds, seed, target: values.target };
}

/** Resolves to the exit code. */
async function run({ seconds, seed, target }: Request): Promise<number> {
  const [{ fuzz }, { targets }] = await Promise.all([
    import("../tests/fuzz/target.ts"),
    import("../tests/fuzz/targets/mod.ts"),
  ]);
  const chosen = targets.filter(({ name }) => target === undefined || name === target);
  let code = 0;
  for (const one of chosen) {
    const began = performance.now();
    const until = began + (seconds * 1000) / chosen.length;
    let total = 0;
    // Each turn has its own seed, so that with that seed its finding comes in the first turn.
    for (let turn = 0; performance.now() < until; turn++) {
      const { tried, finding } = await fuzz(one, { seed: (seed + turn) % 2 ** 31, runs: RUNS, until });
      total += tried;
      if (!finding) continue;
      code = 1;
      console.log(`✗ ${one.name}: ${finding.property}
  input: ${finding.input}
  fault: ${finding.fault}
  again: npm run fuzz -- --target ${one.name} --seed ${finding.seed}`);
      break;
    }
    console.log(`${one.name}: ${total} inputs in ${((performance.now() - began) / 1000).toFixed(1)} s, seed ${seed}`);
  }
  return code;
}

await runScript({ help: HELP, parse: parseRequest, run });
