/** Fifty consumers of the log in one process. */
import { defineProjection } from "../../projections/projection.ts";
import { startAccess } from "../../src/access/mod.ts";
import { inProcessBus } from "../../src/bus/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { submitSystemJob } from "../../src/jobs/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { startProjector } from "../../src/projector/mod.ts";
import { defineReaction, startReactor } from "../../src/reactor/mod.ts";
import { argument, report } from "../support/child.ts";
import { silent } from "../support/silent.ts";

export interface AtRestArgument {
  readonly url: string;
}

export interface AtRestReport {
  readonly consumers: number;
}

const PROJECTIONS = 25;
const REACTIONS = 24;

const projections = Array.from({ length: PROJECTIONS }, (_, n) =>
  defineProjection({
    name: `at_rest_${n}`,
    version: 1,
    reads: ["job.submitted"],
    key: "job_id",
    columns: { job_id: { type: "text" } },
    evolve: (_row: { job_id: string } | null, _event, job_id) => ({ job_id }),
  }),
);
const reactions = Array.from({ length: REACTIONS }, (_, n) =>
  defineReaction({ name: `at_rest_${n}`, events: ["job.failed"], react: () => [] }),
);

const { url } = argument<AtRestArgument>();
const sql = connect(url);
const log = openLog({ url });
const bus = inProcessBus({ log });
const access = startAccess({ log, sql, bus, keys: [], production: true, logger: silent });
const projector = startProjector({ sql, log, bus, projections, logger: silent });
const reactor = startReactor({
  sql,
  log,
  bus,
  submitJob: (job) => submitSystemJob(log, job),
  reactions,
  logger: silent,
});
await projector.ready();
// The last one is the key ring.
report({ consumers: PROJECTIONS + REACTIONS + 1 } satisfies AtRestReport);
process.once("SIGTERM", async () => {
  await Promise.all([projector.stop(), reactor.stop(), access.stop()]);
  await bus.close();
  await log.close();
  await sql.end();
});
