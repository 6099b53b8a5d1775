/** How every contender's worker is measured; they differ in how they accept and run jobs. */
import { argument, report } from "../support/child.ts";
import { cpuShares } from "../support/cpu.ts";

/** A job system, on its own empty database, whose jobs do nothing. */
export interface Contender {
  /** Submits many jobs in the system's fastest way; resolves when they are recorded. */
  submitAll(ids: readonly number[]): Promise<void>;
  /** Submits one job; resolves when it is recorded. */
  submit(id: number): Promise<void>;
  /**
   * Starts to work, tuned for throughput or for latency, and calls `started` as each job's handler begins. Resolves to
   * a function that stops it, after every started job is recorded as finished.
   */
  work(started: (id: number) => void, tuned_for: "throughput" | "latency"): Promise<() => Promise<void>>;
  /** How many jobs are recorded as unfinished. */
  unfinished(): Promise<number>;
  close(): Promise<void>;
}

export type Measurement =
  | { readonly measure: "throughput"; readonly jobs: number; readonly warm_up: number }
  | { readonly measure: "latency"; readonly jobs: number; readonly per_second: number };

export type WorkArgument = Measurement & { readonly database_url: string; readonly postgres_pid: number };

/** In milliseconds. `run` is from the start of the workers until every job is recorded as finished. */
export interface Throughput {
  readonly submit_ms: number;
  readonly run_ms: number;
  /** Cores used by this process and by Postgres. */
  readonly worker: number;
  readonly postgres: number;
}

/** Milliseconds from the call that submits a job to the start of its handler, in the order of submission. */
export interface Latency {
  readonly submit_to_start_ms: readonly number[];
}

/** Measures what the parent process requested and reports it. */
export async function measure(open: (database_url: string) => Promise<Contender>): Promise<void> {
  const options = argument<WorkArgument>();
  const contender = await open(options.database_url);
  if (options.measure === "throughput") {
    await throughput(contender, options.warm_up);
    const { result, shares } = await cpuShares({ worker: process.pid, postgres: options.postgres_pid }, () =>
      throughput(contender, options.jobs),
    );
    report({ ...result, ...shares } satisfies Throughput);
  } else {
    report(await latency(contender, options));
  }
  const unfinished = await contender.unfinished();
  if (unfinished > 0) throw new Error(`${unfinished} jobs are recorded as unfinished`);
  await contender.close();
  process.exit(0);
}

async function throughput(contender: Contender, jobs: number): Promise<Omit<Throughput, "worker" | "postgres">> {
  const all_started = Promise.withResolvers<void>();
  const seen = new Set<number>();
  const submitted_at = performance.now();
  await contender.submitAll(Array.from({ length: jobs }, (_, id) => id));
  const run_at = performance.now();
  const stop = await contender.work((id) => {
    seen.add(id);
    if (seen.size === jobs) all_started.resolve();
  }, "throughput");
  await all_started.promise;
  await stop();
  return { submit_ms: run_at - submitted_at, run_ms: performance.now() - run_at };
}

async function latency(contender: Contender, options: { jobs: number; per_second: number }): Promise<Latency> {
  // The first jobs warm up code and connections and are not counted.
  const warm_up = options.per_second;
  const jobs = warm_up + options.jobs;
  const submitted: number[] = [];
  const started: number[] = [];
  const all_started = Promise.withResolvers<void>();
  let remaining = jobs;
  const stop = await contender.work((id) => {
    started[id] = performance.now();
    if (--remaining === 0) all_started.resolve();
  }, "latency");
  const begin = performance.now();
  for (let id = 0; id < jobs; id++) {
    // Open loop: a slow job does not delay the next one.
    await Bun.sleep(Math.max(0, begin + (id * 1000) / options.per_second - performance.now()));
    submitted[id] = performance.now();
    contender.submit(id).catch(all_started.reject);
  }
  await all_started.promise;
  await stop();
  return { submit_to_start_ms: submitted.map((at, id) => (started[id] as number) - at).slice(warm_up) };
}
