/** Rebuilds the read model `jobs` from the log and measures its memory. */
import { jobs } from "../../projections/mod.ts";
import type { Projection } from "../../projections/projection.ts";
import { connect } from "../../src/db/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { rebuild } from "../../src/projector/mod.ts";
import { argument, report } from "../support/child.ts";
import { cpuShares } from "../support/cpu.ts";

export interface RebuildArgument {
  readonly url: string;
  readonly events: number;
  readonly postgres_pid: number;
}

export interface RebuildResult {
  readonly seconds: number;
  /** Cores used by this process and by Postgres. */
  readonly shares: { readonly process: number; readonly postgres: number };
  /** Resident memory after each part, in MiB, and the position reached. */
  readonly memory: ReadonlyArray<{ readonly position: number; readonly mib: number }>;
}

const { url, events, postgres_pid } = argument<RebuildArgument>();
const sql = connect(url, { max: 4 });
await sql`select 1`;
const log = openLog({ url });
const memory: { position: number; mib: number }[] = [];

const start = performance.now();
const { result: position, shares } = await cpuShares({ process: process.pid, postgres: postgres_pid }, () =>
  rebuild({
    sql,
    log,
    projection: jobs as unknown as Projection,
    on_progress: (position) => memory.push({ position, mib: process.memoryUsage.rss() / 2 ** 20 }),
  }),
);
const seconds = (performance.now() - start) / 1000;
const [row] = await sql<[{ rows: number; jobs: number }]>`
  select (select count(*)::int from levqor_read.jobs) as rows,
    (select count(*)::int from levqor_log.events where type = 'job.submitted') as jobs`;
if (position !== events || row.rows !== row.jobs) {
  throw new Error(`The rebuilt table has ${row.rows} of ${row.jobs} jobs at position ${position} of ${events}`);
}
report({ seconds, shares, memory } satisfies RebuildResult);
process.exit(0);
