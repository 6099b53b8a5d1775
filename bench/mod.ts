/**
 * Measures Levqor against its peers, on this machine, in one run:
 *
 *     bun run bench                 everything, and writes bench/RESULTS.md
 *     bun run bench intake relay    some of it, and prints it
 *     bun run bench --quick         a smoke run; its figures are meaningless
 */
import { join } from "node:path";
import { devDependencies } from "../package.json";
import { readArguments, runScript, UsageError } from "../scripts/arguments.ts";
import { atRest } from "./at_rest.ts";
import { endToEnd } from "./end_to_end.ts";
import { intake } from "./intake.ts";
import { limits } from "./limits.ts";
import { mixed } from "./mixed.ts";
import { people } from "./people.ts";
import { relay } from "./relay.ts";
import { replay } from "./replay.ts";
import { signIn } from "./sign_in.ts";
import { startCluster } from "./support/cluster.ts";
import type { Context } from "./support/context.ts";
import { machine, render, type Section } from "./support/report.ts";
import { Stage } from "./support/stage.ts";
import { teller } from "./teller.ts";
import { vault } from "./vault.ts";

const benches: Record<string, (context: Context, stage: Stage) => Promise<Section>> = {
  intake,
  end_to_end: endToEnd,
  replay,
  relay,
  limits,
  mixed,
  teller,
  at_rest: atRest,
  vault,
  people,
  sign_in: signIn,
};

const HELP = `Usage: bun run bench [--quick] [NAME ...]

Measures Levqor against its peers, on this machine, and writes bench/RESULTS.md if everything is measured.

  NAME       only these: ${Object.keys(benches).join(", ")}
  --quick    a smoke run; its figures are meaningless`;

interface Request {
  readonly quick: boolean;
  readonly wanted: readonly string[];
}

function parse(args: readonly string[]): Request | "help" {
  const { values, positionals } = readArguments(args, {
    options: { quick: { type: "boolean", default: false }, help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  if (values.help) return "help";
  const unknown = positionals.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) throw new UsageError(`Cannot run ${unknown.join(", ")}: there is no such benchmark`);
  return { quick: values.quick, wanted: positionals.length > 0 ? positionals : Object.keys(benches) };
}

const interrupted = new AbortController();
await runScript({ help: HELP, parse, run });

/** Resolves to the exit code: 1 if a bar was missed. */
async function run(request: Request): Promise<number> {
  const { quick, wanted } = request;
  try {
    const { text, missed } = await measure(request);
    const whole = !quick && wanted.length === Object.keys(benches).length;
    if (whole) await Bun.write(join(import.meta.dir, "RESULTS.md"), text);
    console.log(text);
    for (const bar of missed) console.error(`Missed: ${bar}`);
    return missed.length > 0 && !quick ? 1 : 0;
  } catch (error) {
    // What an interruption cuts off fails, which need not be reported.
    if (!interrupted.signal.aborted) throw error;
    return 130;
  }
}

async function measure({ quick, wanted }: Request): Promise<{ text: string; missed: string[] }> {
  await using stage = new Stage();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      interrupted.abort();
      void stage[Symbol.asyncDispose]();
    });
  }
  const cluster = await startCluster(stage);
  const sections: Section[] = [];
  for (const name of wanted) {
    await using part = new Stage();
    stage.defer(() => part[Symbol.asyncDispose]());
    sections.push(await (benches[name] as (typeof benches)[string])({ cluster, quick }, part));
  }
  const peers = { "pg-boss": devDependencies["pg-boss"], "graphile-worker": devDependencies["graphile-worker"] };
  const text = [
    "# Benchmarks",
    quick
      ? "A smoke run: these figures are meaningless."
      : "Measured by `bun run bench`; every contender on the same machine, on the same Postgres and in the same run. Only the " +
        "ratios carry over to other machines.",
    machine({ postgres: `${cluster.version} (${cluster.durability})`, peers }),
    ...sections.map(render),
  ];
  return { text: `${text.join("\n\n")}\n`, missed: sections.flatMap(missedBars) };
}

function missedBars({ title, bars }: Section): string[] {
  return bars
    .filter(({ met, aim }) => !(met || aim))
    .map(({ what, wanted, measured }) => `${title}: ${what}: ${measured}, ${wanted} wanted`);
}
