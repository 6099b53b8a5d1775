/** At rest: the queries of a process with fifty consumers of the log, while nothing happens and beside another process's events. */
import { jobStream } from "../events/job.ts";
import { connect, type Sql } from "../src/db/mod.ts";
import { openLog } from "../src/log/mod.ts";
import { startCluster } from "./support/cluster.ts";
import type { Context } from "./support/context.ts";
import { Progress } from "./support/progress.ts";
import { atMost, figure, type Section } from "./support/report.ts";
import type { Stage } from "./support/stage.ts";
import type { AtRestArgument, AtRestReport } from "./tasks/at_rest.ts";

/** Time until leases are taken and positions saved. */
const SETTLE_MS = 5_000;
const PER_SECOND = 5;

/** Statements per second: all of them, and those that read the log. */
interface Rate {
  readonly all: number;
  readonly log: number;
}

export async function atRest({ quick }: Context, stage: Stage): Promise<Section> {
  const seconds = quick ? 3 : 30;
  const progress = new Progress("at rest", 3);
  const cluster = await startCluster(stage, { shared_preload_libraries: "pg_stat_statements" });
  const database = await cluster.levqor("at_rest");
  const admin = connect(database.admin_url, { max: 1 });
  stage.defer(() => admin.end());
  await admin`create extension pg_stat_statements`;

  const start = async () => {
    const process = stage.child<AtRestReport>("tasks/at_rest.ts", { url: database.url } satisfies AtRestArgument);
    const { consumers } = await process.next();
    await Bun.sleep(SETTLE_MS);
    return consumers;
  };
  await submit(database.url, { count: 1 });
  const consumers = await start();
  const leading = await rate(admin, () => Bun.sleep(seconds * 1_000));
  progress.step(`${figure(leading.all)} queries/s`);
  const count = seconds * PER_SECOND;
  const busy = await rate(admin, () => submit(database.url, { count, every_ms: 1_000 / PER_SECOND }));
  progress.step(`${figure(busy.log)} reads of the log/s`);
  await start();
  const both = await rate(admin, () => Bun.sleep(seconds * 1_000));
  const standby = { all: both.all - leading.all, log: both.log - leading.log };
  progress.step(`${figure(standby.all)} queries/s of a second process`);

  const row = (name: string, { all, log }: Rate) => [name, figure(all), figure(log)];
  return {
    title: "At rest",
    method:
      `A process with ${consumers} consumers of the log, each projection and reaction with its own lease, without NATS. ` +
      `Statements counted by Postgres (pg_stat_statements) in ${seconds} s: while nothing happens, of a second process ` +
      `that waits for the first one's leases, and while another process records ${PER_SECOND} events per second.`,
    tables: [
      {
        columns: ["", "queries/s", "reads of the log/s"],
        rows: [
          row(`${consumers} consumers at rest`, leading),
          row("a second process, standing by", standby),
          row(`beside ${PER_SECOND} events/s of another process`, busy),
        ],
      },
    ],
    bars: [
      atMost("queries/s at rest", leading.all, 5),
      atMost("queries/s standing by", standby.all, 5),
      atMost("reads of the log/s beside another process's events", busy.log, 2 * PER_SECOND),
    ],
    notes: ["The other queries of the last row write rows and positions."],
  };
}

/** Statements per second of the service's role while `work` runs. */
async function rate(admin: Sql, work: () => Promise<unknown>): Promise<Rate> {
  await admin`select pg_stat_statements_reset()`;
  const start = performance.now();
  await work();
  const [counted] = await admin<[{ all: number; log: number }]>`
    select coalesce(sum(calls), 0)::int as all,
      coalesce(sum(calls) filter (where query ~ 'from levqor_log.events'), 0)::int as log
    from pg_stat_statements where userid <> current_user::regrole and dbid = (
      select oid from pg_database where datname = current_database())`;
  const seconds = (performance.now() - start) / 1_000;
  return { all: counted.all / seconds, log: counted.log / seconds };
}

/** Records submissions of jobs, one at a time. */
async function submit(url: string, { count, every_ms = 0 }: { count: number; every_ms?: number }): Promise<void> {
  const log = openLog({ url });
  for (let i = 0; i < count; i++) {
    const job_id = Bun.randomUUIDv7();
    await log.append({
      stream_id: jobStream(job_id),
      expected_version: 0,
      events: [{ type: "job.submitted", data: { workflow: "at_rest", payload: {} } }],
      meta: { actor: "anonymous", correlation_id: job_id },
    });
    await Bun.sleep(every_ms);
  }
  await log.close();
}
