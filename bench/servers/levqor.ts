/** Levqor's intake by itself: its API over its log, without read models. */

import { join } from "node:path";
import { startAccess } from "../../src/access/mod.ts";
import { inProcessBus } from "../../src/bus/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { routesOf } from "../../src/features/mod.ts";
import { createApi } from "../../src/http/api.ts";
import type { ApiOptions } from "../../src/http/options.ts";
import { CallbackSecrets, submitSystemJob } from "../../src/jobs/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { NO_MAIL } from "../../src/mail/mod.ts";
import { Stops } from "../../src/process/stops.ts";
import { startProjector } from "../../src/projector/mod.ts";
import { startReactor } from "../../src/reactor/mod.ts";
import { outside } from "../../src/serve.ts";
import { Metrics } from "../../src/telemetry/mod.ts";
import { personalLog } from "../../src/vault/mod.ts";
import { openSite } from "../../src/web/mod.ts";
import { argument } from "../support/child.ts";
import { silent } from "../support/silent.ts";
import { benchVault } from "../support/vault.ts";
import { listen } from "./serve.ts";

const { database_url } = argument<{ database_url: string }>();
const sql = connect(database_url);
const metrics = new Metrics({ version: "0.0.0", build: "bench", role: "api" });
const log = openLog({ url: database_url, on_batch: (batch) => metrics.batch(batch) });
log.onCommit(({ events }) => metrics.recorded(events));
const vault = benchVault(sql);
const bus = inProcessBus({ log });
const stopping = new AbortController();
const access = startAccess({ log, bus, sql, keys: [], production: true, logger: silent });
const stops = new Stops(silent);
const options: ApiOptions = {
  stops,
  access,
  log: personalLog(log, vault),
  vault,
  sql,
  bus,
  projector: startProjector({ sql, log, bus, projections: [], logger: silent }),
  reactor: startReactor({
    sql,
    log,
    bus,
    submitJob: (job) => submitSystemJob(log, job),
    reactions: [],
    logger: silent,
  }),
  config: {
    cors_origins: [],
    production: true,
    tiers: {},
    max_queue_depth: 100_000_000,
    caller_share: 1,
    max_streams: 1,
    request_log: "errors",
    version: "0.0.0",
    build: "bench",
  },
  logger: silent,
  metrics,
  workflows: new Set(),
  callback_secrets: new CallbackSecrets("whsec_AA=="),
  site: openSite({ dir: join(import.meta.dir, "../../public"), base_url: () => "http://127.0.0.1", watch: false }),
  signal: stopping.signal,
};
const app = createApi(options, (parts) => routesOf({ ...parts, mail: NO_MAIL, ...outside({}) }));
listen(app, async () => {
  stopping.abort();
  await stops.stop("stopped");
  await access.stop();
  await bus.close();
  await log.close();
  await sql.end();
});
