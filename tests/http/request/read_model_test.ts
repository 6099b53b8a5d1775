/** Reads of read models that include what was recorded at a position. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { jobs } from "../../../projections/mod.ts";
import type { Projection } from "../../../projections/projection.ts";
import { inProcessBus } from "../../../src/bus/mod.ts";
import { closedConnections, connect, type Sql } from "../../../src/db/mod.ts";
import { readAt } from "../../../src/http/request/read_model.ts";
import { type EventLog, openLog } from "../../../src/log/mod.ts";
import { type Projector, startProjector } from "../../../src/projector/mod.ts";
import { recordingLogger } from "../../projector/support.ts";
import { type TestDatabase, testDatabase } from "../../support/postgres.ts";
import { eventually } from "../../support/service.ts";

let database: TestDatabase;
let admin: Sql;
let sql: Sql;
let log: EventLog;
let projector: Projector;
const stops: (() => unknown)[] = [];
beforeAll(async () => {
  database = await testDatabase();
  admin = connect(database.admin_url, { max: 1 });
  sql = connect(database.url, { application_name: "reader" });
  log = openLog({ url: database.url });
  const bus = inProcessBus({ log });
  projector = startProjector({
    sql,
    log,
    bus,
    projections: [jobs as unknown as Projection],
    logger: recordingLogger(),
  });
  stops.push(
    () => admin.end(),
    () => database.drop(),
    () => sql.end({ timeout: 1 }),
    () => log.close(),
  );
  stops.push(
    () => bus.close(),
    () => projector.stop(),
  );
  await projector.ready();
});
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

/** What a crash of Postgres does to a pool. */
async function closeConnections() {
  await sql`select`;
  const closed = closedConnections(sql);
  const ended = await admin`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'reader'`;
  // All of them: the next query must not meet one that the pool has not noticed yet.
  await eventually(() => closedConnections(sql) >= closed + ended.length);
}

test("rows that were read while connections were closed are read again", async () => {
  let reads = 0;
  const rows = await readAt(projector, { names: ["jobs"], position: 0 }, async () => {
    if (++reads === 1) await closeConnections();
    return reads;
  });
  expect(rows).toBe(2);
});

test("if they are closed during each of three reads, the read model is reported to be behind", async () => {
  const read = readAt(projector, { names: ["jobs"], position: 0 }, closeConnections);
  await expect(read).rejects.toMatchObject({ kind: { code: "read_model_behind" } });
});
