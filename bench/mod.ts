/**
 * Measures Levqor against its peers, on this machine, in one run:
 *
 *     bun run bench                 everything, and writes bench/RESULTS.md
 *     bun run bench intake relay    some of it, and prints it
 *     bun run bench --quick         a smoke run; its figures are meaningless
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { devDependencies } from "../package.json";
import { atRest } from "./at_rest.ts";
import { endToEnd } from "./end_to_end.ts";
import { intake } from "./intake.ts";
import { limits } from "./limits.ts";
import { mixed } from "./mixed.ts";
import { relay } from "./relay.ts";
import { replay } from "./replay.ts";
import { startCluster } from "./support/cluster.ts";
import type { Context } from "./support/context.ts";
import { machine, render, type Section } from "./support/report.ts";
import { Stage } from "./support/stage.ts";
import { teller } from "./teller.ts";

const benches: Record<string, (context: Context, stage: Stage) => Promise<Section>> = {
  intake,
  end_to_end: endToEnd,
  replay,
  relay,
  limits,
  mixed,
  teller,
  at_rest: atRest,
};

const { values, positionals } = parseArgs({
  args: Bun.argv.slice(2),
  options: { quick: { type: "boolean", default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`Cannot run ${unknown.join(", ")}: the benchmarks are ${Object.keys(benches).join(", ")}`);
  process.exit(2);
}
const wanted = positionals.length > 0 ? positionals : Object.keys(benches);
const whole = !values.quick && wanted.length === Object.keys(benches).length;

const interrupted = new AbortController();
try {
  const { text, missed } = await run();
  if (whole) await Bun.write(join(import.meta.dir, "RESULTS.md"), text);
  console.log(text);
  for (const bar of missed) console.error(`Missed: ${bar}`);
  process.exitCode = missed.length > 0 && !values.quick ? 1 : 0;
} catch (error) {
  // What an interruption cuts off fails, which need not be reported.
  if (!interrupted.signal.aborted) throw error;
  process.exitCode = 130;
}

async function run(): Promise<{ text: string; missed: string[] }> {
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
    sections.push(await (benches[name] as (typeof benches)[string])({ cluster, quick: values.quick }, part));
  }
  const peers = { "pg-boss": devDependencies["pg-boss"], "graphile-worker": devDependencies["graphile-worker"] };
  const text = [
    "# Benchmarks",
    values.quick
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
