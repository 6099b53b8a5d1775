/**
 * Runs the service in several processes while everything around it breaks, and checks from outside that it kept its
 * guarantees:
 *
 *     bun run torture [--minutes N] [--seed S] [--keep-logs]
 *
 * Without options 3 minutes and a random seed. The same seed gives the same faults at the same times. Ctrl-C ends the
 * faults and continues with the checks; a second one ends everything at once. Exit codes: 0 all well; 1 findings, and
 * the logs are kept; 2 wrong use; 130 interrupted.
 */
import { readArguments, runScript, UsageError } from "./arguments.ts";
import type { Request } from "./torture/run.ts";

const HELP = `Usage: bun run torture [--minutes N] [--seed S] [--keep-logs]

  --minutes N   how long the load and the faults last; 3 by default, at most 600
  --seed S      a whole number up to 4294967295: the same seed gives the same faults
  --keep-logs   keeps the processes' logs and the evidence even if nothing was found
`;

function parseRequest(args: readonly string[]): Request | "help" {
  const options = {
    minutes: { type: "string", default: "3" },
    seed: { type: "string", default: String(crypto.getRandomValues(new Uint32Array(1))[0]) },
    "keep-logs": { type: "boolean", default: false },
    help: { type: "boolean", short: "h" },
  } as const;
  const { values } = readArguments(args, { options });
  if (values.help) return "help";
  const minutes = Number(values.minutes);
  const seed = Number(values.seed);
  if (!(minutes > 0 && minutes <= 600))
    throw new UsageError(`--minutes must be a number above 0, up to 600, not "${values.minutes}"`);
  if (!/^\d+$/.test(values.seed) || seed >= 2 ** 32) {
    throw new UsageError(`--seed must be a whole number up to 4294967295, not "${values.seed}"`);
  }
  return { minutes, seed, keep_logs: values["keep-logs"] };
}

await runScript({
  help: HELP,
  parse: parseRequest,
  run: async (request) => {
    // Whoever asks for help, or gets an option wrong, need not wait for all that it takes to run.
    const { run } = await import("./torture/run.ts");
    // Whatever was cut off may still hold connections.
    process.exit(await run(request));
  },
});
