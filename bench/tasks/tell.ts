/** Writers that race each other on one stream: each decides, has its decision recorded, and starts again at once. */
import { decodeJson } from "../../src/json/mod.ts";
import type { Decision, FoldedAll } from "../../src/log/batch_handler.ts";
import { type EventLog, handleAll, openLog, tell } from "../../src/log/mod.ts";
import { argument, report } from "../support/child.ts";
import { percentile } from "../support/statistics.ts";

export interface TellArgument {
  readonly url: string;
  readonly way: keyof typeof ways;
  /** The stream that all write to. */
  readonly stream_id: string;
  /** Whether each decision also starts a separate stream: a budget pays for a job. */
  readonly along: boolean;
  readonly writers: number;
  readonly seconds: number;
}

export interface TellResult {
  /** Recorded decisions per second. */
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

const { url, way, stream_id, along, writers, seconds } = argument<TellArgument>();

/** What was spent, and the streams that were started. */
type States = [number, ...number[]];

/** Each event has the total so far, so that one of them is enough to decide. */
const spending = {
  initial: 0,
  evolve: (_: number, event: { data: unknown }) => (event.data as { spent: number }).spent,
};
const nothing = { initial: 0, evolve: (before: number) => before };
const meta = { actor: "bench", correlation_id: "bench" };

const ways = {
  /** Reads only the newest event. */
  handle: (log: EventLog, jobs: readonly string[]) =>
    handleAll<States, never>(log, {
      streams: [{ stream_id, decider: spending, read: () => newest(log) }, ...jobs.map(job)],
      decide: decideAll,
    }),
  tell: (log: EventLog, jobs: readonly string[]) =>
    tell<States, never>(log, { streams: [{ stream_id, decider: spending }, ...jobs.map(job)], decide: decideAll }),
};

function job(id: string) {
  return { stream_id: id, decider: nothing, expected: { state: 0, version: 0 } };
}

function decideAll([{ state: spent }, ...jobs]: FoldedAll<States>): [Decision, ...Decision[]] {
  const paid = { type: "bench.paid", data: { spent: spent + 25, currency: "USD", of: 1_000_000_000 } };
  const started = { type: "bench.started", data: { attempt: 1, worker: "bench", lease_seconds: 30 } };
  return [{ events: [paid], meta }, ...jobs.map(() => ({ events: [started], meta }))];
}

async function newest(log: EventLog) {
  const last = (await log.readLast([stream_id])).events.get(stream_id);
  return last ? [last] : [];
}

const log = openLog({ url });
const times: number[] = [];
const end = performance.now() + seconds * 1000;
await Promise.all(
  Array.from({ length: writers }, async () => {
    while (performance.now() < end) {
      const began = performance.now();
      const handled = await ways[way](log, along ? [`bench-${Bun.randomUUIDv7()}`] : []);
      if (!handled.ok) throw new Error("A decision was refused");
      if (performance.now() < end) times.push(performance.now() - began);
    }
  }),
);
// Everything that was spent is recorded once.
const last = await newest(log);
const spent = decodeJson<{ spent: number }>(last[0]?.data_json ?? "{}").spent;
if (spent !== 25 * (last[0]?.version ?? 0))
  throw new Error(`${spent} were spent in ${last[0]?.version} payments of 25`);
await log.close();
report({
  per_second: times.length / seconds,
  p50_ms: percentile(times, 0.5),
  p99_ms: percentile(times, 0.99),
} satisfies TellResult);
process.exit(0);
