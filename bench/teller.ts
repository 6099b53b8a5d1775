/** Tellers: writers that race each other on one stream, each for itself, and through the stream's teller. */
import type { Context } from "./support/context.ts";
import { Progress } from "./support/progress.ts";
import { atLeast, figure, type Section } from "./support/report.ts";
import type { Stage } from "./support/stage.ts";
import { median } from "./support/statistics.ts";
import type { TellArgument, TellResult } from "./tasks/tell.ts";

const WRITERS = 256;

const LOADS = {
  "one stream, one process": { along: false, processes: 1 },
  "and a stream of each decision's own": { along: true, processes: 1 },
  "one stream, two processes": { along: false, processes: 2 },
} as const;
const WAYS = ["handle", "tell"] as const;

export async function teller({ cluster, quick }: Context, stage: Stage): Promise<Section> {
  const rounds = quick ? 1 : 3;
  const seconds = quick ? 1 : 8;
  const progress = new Progress("teller", rounds * WAYS.length * Object.keys(LOADS).length);
  const database = await cluster.levqor("teller");
  const found = new Map<string, TellResult[]>();

  async function measure(way: (typeof WAYS)[number], { along, processes }: { along: boolean; processes: number }) {
    const writers = WRITERS / processes;
    const task = { url: database.url, way, stream_id: `bench-${Bun.randomUUIDv7()}`, along, writers, seconds };
    const results = await Promise.all(
      Array.from({ length: processes }, () =>
        stage.child<TellResult>("tasks/tell.ts", task satisfies TellArgument).next(),
      ),
    );
    return {
      per_second: results.reduce((sum, { per_second }) => sum + per_second, 0),
      p50_ms: median(results.map(({ p50_ms }) => p50_ms)),
      p99_ms: Math.max(...results.map(({ p99_ms }) => p99_ms)),
    };
  }
  for (let round = 0; round < rounds; round++) {
    for (const [load, options] of Object.entries(LOADS)) {
      for (const way of WAYS) {
        const result = await measure(way, options);
        const name = `${load}/${way}`;
        found.set(name, [...(found.get(name) ?? []), result]);
        progress.step(`${load}, ${way}: ${figure(result.per_second, "decisions/s")}`);
      }
    }
  }

  const of = (load: string, way: string, pick: (result: TellResult) => number) =>
    median((found.get(`${load}/${way}`) ?? []).map(pick));
  const rate = (load: string, way: string) => of(load, way, ({ per_second }) => per_second);
  return {
    title: "Tellers",
    method:
      `${WRITERS} writers on one stream, each coming back as soon as its decision is on record: through \`handleAll\`, which ` +
      "decides for each by itself and again where another was faster (it reads the stream's newest event alone, which says " +
      `all here), and through the stream's teller. ${rounds} interleaved rounds of ${seconds} s, each in fresh processes; medians.`,
    tables: [
      {
        columns: ["", "decisions/s", "ratio", "p50 ms", "p99 ms"],
        rows: Object.keys(LOADS).flatMap((load) =>
          WAYS.map((way) => [
            way === "tell" ? `**${load}**, teller` : `${load}, each for itself`,
            figure(rate(load, way)),
            figure(rate(load, way) / rate(load, "handle")),
            figure(of(load, way, ({ p50_ms }) => p50_ms)),
            figure(of(load, way, ({ p99_ms }) => p99_ms)),
          ]),
        ),
      },
    ],
    bars: Object.keys(LOADS).map((load) =>
      atLeast(`${load}: teller against each for itself`, rate(load, "tell") / rate(load, "handle"), 10),
    ),
    notes: ["What was decided is counted again from the stream at the end of each round: nothing was spent twice."],
  };
}
