import { afterEach, expect, test } from "bun:test";
import type { Projection } from "../../projections/mod.ts";
import { jobs } from "../../projections/mod.ts";
import { inProcessBus } from "../../src/bus/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { startProjector } from "../../src/projector/mod.ts";
import { startTestPostgres, testFolder } from "../support/postgres.ts";
import { eventually } from "../support/service.ts";
import { recordingLogger } from "./support.ts";

const stops: Array<() => unknown> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

test("what a crash of Postgres discards of a read model is folded again, and never said to be there meanwhile", async () => {
  const postgres = await startTestPostgres(testFolder());
  stops.push(() => postgres.stop());
  const sql = connect(postgres.url, { max: 4 });
  stops.push(() => sql.end({ timeout: 1 }));
  const log = openLog({ url: postgres.url });
  stops.push(() => log.close());
  const bus = inProcessBus({ log });
  stops.push(() => bus.close());
  const projections = [jobs as unknown as Projection];
  const projector = startProjector({ sql, log, bus, projections, logger: recordingLogger() });
  stops.push(() => projector.stop());
  await projector.ready();

  const ids: string[] = [];
  for (let crash = 0; crash < 3; crash++) {
    const job_id = Bun.randomUUIDv7();
    ids.push(job_id);
    const result = await log.append({
      stream_id: `job-${job_id}`,
      expected_version: 0,
      events: [{ type: "job.submitted", data: { workflow: "http", payload: {} } }],
      meta: { actor: "test", correlation_id: job_id },
    });
    if (!result.ok) throw new Error("conflict");
    // A question asked on a connection of before the crash fails.
    await eventually(() => projector.waitFor("jobs", result.position, 1_000).catch(() => false));
    const { pid } = postgres;
    process.kill(pid, "SIGKILL");
    await eventually(() => postgres.pid !== pid);
    await eventually(async () => {
      const isReached = await projector.waitFor("jobs", result.position, 0).catch(() => false);
      const rows = await sql`select job_id from levqor_read.jobs`.catch(() => undefined);
      // The rows may have come back after the first question, but they do not disappear without another crash.
      if (isReached && rows) expect(rows).toHaveLength(ids.length);
      return rows?.length === ids.length;
    });
  }
}, 120_000);
