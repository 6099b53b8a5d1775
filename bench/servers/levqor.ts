/** Levqor's intake by itself: its API over its log, while no read model is kept. */
import { createApi } from "../../src/api/mod.ts";
import { inProcessBus } from "../../src/bus/mod.ts";
import { connect } from "../../src/db/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { startProjector } from "../../src/projector/mod.ts";
import { argument } from "../support/child.ts";
import { silent } from "../support/silent.ts";
import { listen } from "./serve.ts";

const { database_url } = argument<{ database_url: string }>();
const sql = connect(database_url);
const log = openLog({ url: database_url });
const bus = inProcessBus({ log });
const stopping = new AbortController();
const app = createApi({
  log,
  sql,
  bus,
  projector: startProjector({ sql, log, bus, projections: [], logger: silent }),
  config: {
    api_keys: [],
    cors_origins: [],
    production: true,
    max_queue_depth: 100_000_000,
    version: "0.0.0",
    build: "bench",
  },
  logger: silent,
  workflows: new Set(),
  signal: stopping.signal,
});
listen(app, async () => {
  stopping.abort();
  await bus.close();
  await log.close();
  await sql.end();
});
