/** A scheduler in a process of its own, to be killed: `bun scheduler_process.ts <database URL> <instance>`. */
import { inProcessBus } from "../../../src/bus/mod.ts";
import { connect } from "../../../src/db/mod.ts";
import { startScheduler } from "../../../src/features/schedules/scheduler.ts";
import { openLog } from "../../../src/log/mod.ts";

const [url, instance] = process.argv.slice(2) as [string, string];
const quiet = () => {};
const log = openLog({ url });
startScheduler({
  log,
  bus: inProcessBus({ log, poll_ms: 50 }),
  sql: connect(url, { max: 2 }),
  instance,
  logger: { info: quiet, warn: quiet, error: quiet },
});
