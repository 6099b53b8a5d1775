/** Replay: how fast the read model `jobs` is built from the log, against only reading and parsing the same events. */
import type { Context } from "./support/context.ts";
import { Progress } from "./support/progress.ts";
import { atLeast, atMost, figure, type Section } from "./support/report.ts";
import type { Stage } from "./support/stage.ts";
import { median } from "./support/statistics.ts";
import type { ReadResult } from "./tasks/read.ts";
import type { RebuildArgument, RebuildResult } from "./tasks/rebuild.ts";

/** The ratio of the peak at 1M events to the peak at 100k: ten times the events must not show. */
const FLAT = 1.5;

export async function replay({ cluster, quick }: Context, stage: Stage): Promise<Section> {
  const events = quick ? 30_000 : 1_000_000;
  const rounds = quick ? 1 : 3;
  const progress = new Progress("replay", 1 + 2 * rounds);

  progress.begin(`appending ${figure(events)} events`);
  const database = await cluster.levqor("replay");
  const argument: RebuildArgument = { url: database.url, events, postgres_pid: cluster.pid };
  await stage.child("tasks/seed.ts", argument).next();
  await database.tidy();
  progress.step(`${figure(events)} events appended`);

  const reads: ReadResult[] = [];
  const rebuilds: RebuildResult[] = [];
  for (let round = 0; round < rounds; round++) {
    progress.begin("reading and parsing");
    const read = await stage.child<ReadResult>("tasks/read.ts", argument).next();
    progress.step(`read and parsed: ${figure(events / read.seconds, "events/s")}`);
    progress.begin("rebuilding");
    const rebuild = await stage.child<RebuildResult>("tasks/rebuild.ts", argument).next();
    progress.step(`rebuilt: ${figure(events / rebuild.seconds, "events/s")}`);
    reads.push(read);
    rebuilds.push(rebuild);
  }

  const read = events / median(reads.map(({ seconds }) => seconds));
  const rebuilt = events / median(rebuilds.map(({ seconds }) => seconds));
  const marks = [0.1, 0.25, 0.5, 0.75, 1].map((part) => part * events);
  const peaks = marks.map((mark) => median(rebuilds.map(({ memory }) => peak(memory, mark))));
  const [first, last] = [peaks[0] as number, peaks.at(-1) as number];
  return {
    title: "Replay",
    method:
      `Rebuilding \`jobs\` from ${events.toLocaleString("en-US")} events (submitted, started, finished; every job's events ` +
      "1,000 apart) through the projector's `rebuild`, including indexes and the swap of the tables; against reading " +
      "the same text columns with the same driver, one page ahead, and parsing their JSON. " +
      `${rounds} interleaved rounds, each in a fresh process; medians.`,
    tables: [
      {
        columns: ["", "events/s", "ratio", "process", "Postgres"],
        rows: [
          ["read and parse only", figure(read), figure(1), ...cores(reads)],
          ["**rebuild `jobs`**", figure(rebuilt), figure(rebuilt / read), ...cores(rebuilds)],
        ],
      },
      {
        title: "Memory while rebuilding",
        columns: ["events", "peak resident memory so far"],
        rows: marks.map((mark, i) => [mark.toLocaleString("en-US"), figure(peaks[i] as number, "MiB")]),
      },
    ],
    bars: [
      atLeast("rebuild against reading and parsing", rebuilt / read, 0.4),
      atMost("peak memory with all events against a tenth of them", last / first, FLAT),
    ],
    notes: [`Last columns of the first table: cores used, of ${navigator.hardwareConcurrency}.`],
  };
}

function cores(found: readonly ReadResult[]): string[] {
  return [
    figure(median(found.map(({ shares }) => shares.process))),
    figure(median(found.map(({ shares }) => shares.postgres))),
  ];
}

function peak(memory: RebuildResult["memory"], until: number): number {
  const seen = memory.filter(({ position }, i) => i === 0 || position <= until);
  return Math.max(...seen.map(({ mib }) => mib));
}
