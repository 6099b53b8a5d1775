/**
 * End to end: many jobs that do nothing, submitted in bulk and run to completion; and how long a single job waits from
 * its submission to its start. Against graphile-worker and pg-boss, tuned as their documentation recommends.
 */
import type { Context } from "./support/context.ts";
import { Progress } from "./support/progress.ts";
import { atLeast, atMost, figure, type Section } from "./support/report.ts";
import type { Stage } from "./support/stage.ts";
import { median, percentile } from "./support/statistics.ts";
import type { Latency, Measurement, Throughput, WorkArgument } from "./workers/work.ts";

type Name = "levqor" | "graphile_worker" | "pg_boss";

const titles: Record<Name, string> = { levqor: "**Levqor**", graphile_worker: "graphile-worker", pg_boss: "pg-boss" };
const names = Object.keys(titles) as Name[];

const PER_SECOND = 20;

export async function endToEnd({ cluster, quick }: Context, stage: Stage): Promise<Section> {
  const rounds = quick ? 1 : 5;
  const jobs = quick ? 2_000 : 20_000;
  const latency_rounds = quick ? 1 : 2;
  const latency_jobs = PER_SECOND * (quick ? 1 : 20);
  const progress = new Progress("end to end", (rounds + latency_rounds) * names.length);

  async function measure<Result>(name: Name, measurement: Measurement): Promise<Result> {
    const database_url =
      name === "levqor" ? (await cluster.levqor("work")).url : await cluster.database(`work_${name}`);
    await cluster.checkpoint();
    const argument: WorkArgument = { ...measurement, database_url, postgres_pid: cluster.pid };
    const child = stage.child<Result>(`workers/${name}.ts`, argument);
    const result = await child.next();
    await child.ended();
    return result;
  }

  const throughputs = new Map<Name, Throughput[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      progress.begin(`${name}, ${jobs} jobs`);
      const result = await measure<Throughput>(name, { measure: "throughput", jobs, warm_up: quick ? 200 : 2_000 });
      throughputs.get(name)?.push(result);
      progress.step(`${name}: ${figure((jobs / (result.submit_ms + result.run_ms)) * 1000, "jobs/s")}`);
    }
  }
  const latencies = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < latency_rounds; round++) {
    for (const name of names) {
      progress.begin(`${name}, latency`);
      const result = await measure<Latency>(name, { measure: "latency", jobs: latency_jobs, per_second: PER_SECOND });
      latencies.get(name)?.push(...result.submit_to_start_ms);
      progress.step(`${name}: ${figure(percentile(result.submit_to_start_ms, 0.5), "ms from submission to start")}`);
    }
  }

  const time = (name: Name, pick: (found: Throughput) => number) => median((throughputs.get(name) ?? []).map(pick));
  const total = (name: Name) => (jobs / time(name, ({ submit_ms, run_ms }) => submit_ms + run_ms)) * 1000;
  const wait = (name: Name, p: number) => percentile(latencies.get(name) ?? [], p);
  return {
    title: "End to end",
    method:
      `${jobs.toLocaleString("en-US")} jobs that do nothing, submitted in bulk and then run until every one is recorded ` +
      `as finished; ${rounds} interleaved rounds, each in a fresh process on an empty database after a warm-up; medians. ` +
      "graphile-worker and pg-boss are tuned as their documentation recommends (`bench/workers/`). After every round no job " +
      `was left. Latency: ${PER_SECOND} jobs a second for ${(latency_jobs * latency_rounds) / PER_SECOND} s, from the call ` +
      "that submits a job to the start of its handler, in one process.",
    tables: [
      {
        columns: [
          "",
          "submit ms",
          "run ms",
          "jobs/s",
          "against graphile-worker",
          "kept afterwards",
          "worker",
          "Postgres",
        ],
        rows: names.map((name) => [
          titles[name],
          figure(time(name, ({ submit_ms }) => submit_ms)),
          figure(time(name, ({ run_ms }) => run_ms)),
          figure(total(name)),
          figure(total(name) / total("graphile_worker")),
          { levqor: "every event", graphile_worker: "nothing", pg_boss: "the job's row" }[name],
          figure(time(name, ({ worker }) => worker)),
          figure(time(name, ({ postgres }) => postgres)),
        ]),
      },
      {
        title: "From submission to start",
        columns: ["", "p50 ms", "p99 ms"],
        rows: names.map((name) => [titles[name], figure(wait(name, 0.5)), figure(wait(name, 0.99))]),
      },
    ],
    bars: [
      atLeast("jobs/s against graphile-worker", total("levqor") / total("graphile_worker"), 0.5),
      atLeast("jobs/s against graphile-worker", total("levqor") / total("graphile_worker"), 1, true),
      atMost(
        "p50 from submission to start, against graphile-worker",
        wait("levqor", 0.5) / wait("graphile_worker", 0.5),
        2,
      ),
      atMost(
        "p99 from submission to start, against graphile-worker",
        wait("levqor", 0.99) / wait("graphile_worker", 0.99),
        2,
      ),
    ],
    notes: [
      `Last columns: cores used, of ${navigator.hardwareConcurrency}. Levqor's process also maintains the read models.`,
    ],
  };
}
