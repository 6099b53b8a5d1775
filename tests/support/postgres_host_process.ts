/**
 * Runs the Postgres that the tests of one run share, until the run ends, however it does; then removes its folder.
 * It is not a child of the run: `bun test` kills its children when a test times out, and later tests would have no
 * database.
 *
 * Arguments: the folder, `durable` or `quick`, and the pid of the run. Writes its address to {@linkcode ADDRESS} in the
 * folder.
 */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { projections } from "../../projections/mod.ts";
import { inProcessBus } from "../../src/bus/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { startProjector } from "../../src/projector/mod.ts";
import { ADDRESS, BUILT, run, startTestPostgres, withDatabase } from "./postgres.ts";

const [dir = "", kind, pid] = process.argv.slice(2);
// Ctrl-C ends the run, and the end of the run ends this.
process.on("SIGINT", () => {});

const postgres = await startTestPostgres(dir, { durable: kind === "durable" });
const { url, admin_url } = postgres;
await run(admin_url, `create database ${BUILT} template levqor`);
await buildReadModels(withDatabase(url, BUILT));
const file = join(dir, ADDRESS);
writeFileSync(`${file}.new`, JSON.stringify({ url, admin_url }), { mode: 0o600 });
renameSync(`${file}.new`, file);

while (isAlive(Number(pid))) await Bun.sleep(250);
await postgres.stop();
rmSync(dir, { recursive: true, force: true });

/**
 * Builds all read models, of an empty log. Otherwise each service would do so in its own database: 0.2 s of Postgres's
 * processor time.
 */
async function buildReadModels(url: string): Promise<void> {
  const log = openLog({ url });
  const sql = connect(url);
  const bus = inProcessBus({ log });
  const projector = startProjector({ sql, log, bus, projections, logger: pino({ level: "silent" }) });
  await projector.ready();
  await projector.stop();
  await bus.close();
  await log.close();
  await sql.end();
}

function isAlive(process_id: number): boolean {
  try {
    return process.kill(process_id, 0);
  } catch {
    return false;
  }
}
