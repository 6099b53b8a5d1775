/** A reactor in a separate process, to be killed: `bun reactor_process.ts <database URL> <instance>`. */
import { inProcessBus } from "../../src/bus/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { submitSystemJob } from "../../src/jobs/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { startReactor } from "../../src/reactor/mod.ts";
import { answering } from "./support.ts";

const [url, instance] = process.argv.slice(2) as [string, string];
const log = openLog({ url });
startReactor({
  log,
  bus: inProcessBus({ log, poll_ms: 20 }),
  sql: connect(url, { max: 2 }),
  submitJob: (job) => submitSystemJob(log, job),
  reactions: [answering],
  instance,
  logger: { info() {}, warn() {}, error() {} },
});
