/** Levqor as one process runs it: log, bus, projector and runner together. It keeps every event. */
import { Type } from "@sinclair/typebox";
import type { Connector } from "../../connectors/connector.ts";
import { createOutbound } from "../../connectors/mod.ts";
import { jobStream } from "../../events/job.ts";
import { projections } from "../../projections/mod.ts";
import { inProcessBus } from "../../src/bus/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { startRunner } from "../../src/jobs/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { startProjector } from "../../src/projector/mod.ts";
import { silent } from "../support/silent.ts";
import { type Contender, measure } from "./work.ts";

const WORKFLOW = "noop";

/** As many claims at once as graphile-worker's local queue holds; for latency the default. */
const tuning = { throughput: { concurrency: 500 }, latency: {} } as const;

async function open(url: string): Promise<Contender> {
  const sql = connect(url);
  const log = openLog({ url });
  const bus = inProcessBus({ log });
  const projector = startProjector({ sql, log, bus, logger: silent, projections });
  let ended = 0;
  log.onCommit(({ events }) => {
    for (const { type } of events) if (type === "job.succeeded" || type === "job.failed") ended++;
  });

  async function submit(id: number): Promise<void> {
    const job_id = Bun.randomUUIDv7();
    const result = await log.append({
      stream_id: jobStream(job_id),
      expected_version: 0,
      events: [{ type: "job.submitted", data: { workflow: WORKFLOW, payload: { id } } }],
      meta: { actor: "anonymous", correlation_id: job_id },
    });
    if (!result.ok) throw new Error(`Cannot submit job ${job_id}: the id is taken`);
  }
  return {
    submit,
    async submitAll(ids) {
      await Promise.all(ids.map(submit));
    },
    async work(started, tuned_for) {
      let begun = 0;
      const ended_before = ended;
      const input = Type.Object({ id: Type.Integer() });
      const noop: Connector<typeof input> = {
        name: WORKFLOW,
        summary: "Does nothing.",
        input,
        output: Type.Null(),
        async run({ id }) {
          begun++;
          started(id);
          return null;
        },
      };
      const connectors = new Map([[WORKFLOW, noop as unknown as Connector]]);
      const runner = startRunner({
        log,
        bus,
        sql,
        connectors,
        fetch: createOutbound({ allow: [] }),
        instance: crypto.randomUUID(),
        logger: silent,
        ...tuning[tuned_for],
      });
      return async () => {
        while (ended - ended_before < begun) await Bun.sleep(1);
        await runner.stop();
      };
    },
    async unfinished() {
      await projector.waitFor("jobs", await log.head(), 60_000);
      const [row] = await sql<[{ count: number }]>`
        select count(*)::int as count from levqor_read.jobs where status not in ('succeeded', 'failed')`;
      return row.count;
    },
    async close() {
      await projector.stop();
      await bus.close();
      await log.close();
      await sql.end();
    },
  };
}

await measure(open);
