/** pg-boss: bulk `insert`, and workers that take whole batches for as long as batches come back full. */
import { PgBoss } from "pg-boss";
import { connect } from "../../src/db/mod.ts";
import { type Contender, measure } from "./work.ts";

const QUEUE = "noop";

const tuning = {
  throughput: { batchSize: 1000, localConcurrency: 2, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 },
  // Woken by NOTIFY.
  latency: { localConcurrency: 24, notifyPollingIntervalSeconds: 30 },
} as const;

async function open(connectionString: string): Promise<Contender> {
  const boss = new PgBoss({ connectionString, schedule: false, useListenNotify: true });
  boss.on("error", console.error);
  await boss.start();
  await boss.createQueue(QUEUE, { notify: true });
  const sql = connect(connectionString, { max: 1 });
  return {
    async submitAll(ids) {
      await boss.insert(
        QUEUE,
        ids.map((id) => ({ data: { id } })),
      );
    },
    async submit(id) {
      await boss.send(QUEUE, { id });
    },
    async work(started, tuned_for) {
      await boss.work<{ id: number }>(QUEUE, tuning[tuned_for], async (jobs) => {
        for (const job of jobs) started(job.data.id);
      });
      return () => boss.offWork(QUEUE);
    },
    async unfinished() {
      const [row] = await sql<[{ count: number }]>`
        select count(*)::int as count from pgboss.job where name = ${QUEUE} and state <> 'completed'`;
      return row.count;
    },
    async close() {
      await boss.stop();
      await sql.end();
    },
  };
}

await measure(open);
