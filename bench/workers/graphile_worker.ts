/** graphile-worker, tuned as https://worker.graphile.org/docs/performance recommends. It deletes a finished job. */
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { connect } from "../../src/db/mod.ts";
import { type Contender, measure } from "./work.ts";

const CONCURRENCY = 24;

const shared = { schema: "graphile_worker", logger: new Logger(() => () => {}) };

const tuning = {
  throughput: {
    localQueue: { size: 500, refetchDelay: { durationMs: 10 } },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
  // The local queue and batches trade latency for throughput; without them a job starts soonest.
  latency: {},
} as const;

async function open(connectionString: string): Promise<Contender> {
  const utils = await makeWorkerUtils({ connectionString, ...shared });
  await utils.migrate();
  const sql = connect(connectionString, { max: 1 });
  return {
    async submitAll(ids) {
      await utils.addJobs(ids.map((id) => ({ identifier: "noop", payload: { id } })));
    },
    async submit(id) {
      await utils.addJob("noop", { id });
    },
    async work(started, tuned_for) {
      const runner = await run({
        preset: {
          worker: {
            connectionString,
            ...shared,
            concurrentJobs: CONCURRENCY,
            maxPoolSize: CONCURRENCY + 1,
            ...tuning[tuned_for],
          },
        },
        taskList: { noop: (payload) => started((payload as { id: number }).id) },
        noHandleSignals: true,
      });
      return () => runner.stop();
    },
    async unfinished() {
      const [row] = await sql<[{ count: number }]>`select count(*)::int as count from graphile_worker._private_jobs`;
      return row.count;
    },
    async close() {
      await utils.release();
      await sql.end();
    },
  };
}

await measure(open);
