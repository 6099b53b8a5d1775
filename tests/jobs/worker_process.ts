/**
 * A worker in a separate process, to be killed and frozen:
 * `bun worker_process.ts <database URL> <instance> [<lease, s>]`.
 */
import { connectors, createOutbound } from "../../connectors/mod.ts";
import { inProcessBus } from "../../src/bus/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { startRunner } from "../../src/jobs/mod.ts";
import { openLog } from "../../src/log/mod.ts";

const [url, instance, lease_seconds = "1"] = process.argv.slice(2) as [string, string, string?];
const quiet = () => {};
const log = openLog({ url });
startRunner({
  log,
  bus: inProcessBus({ log, poll_ms: 20 }),
  sql: connect(url, { max: 2 }),
  connectors,
  fetch: createOutbound({ allow: ["127.0.0.0/8"] }),
  instance,
  logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  lease_seconds: Number(lease_seconds),
  sweep_seconds: 0.1,
});
