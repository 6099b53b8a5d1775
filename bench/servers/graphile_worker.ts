/** Elysia and graphile-worker: one `addJob` per request. */
import { Logger, makeWorkerUtils } from "graphile-worker";
import { argument } from "../support/child.ts";
import { serve } from "./serve.ts";

const { database_url } = argument<{ database_url: string }>();
const utils = await makeWorkerUtils({ connectionString: database_url, logger: new Logger(() => () => {}) });
await utils.migrate();

serve(
  async (job) => (await utils.addJob("benchmark", job)).id,
  async () => utils.release(),
);
