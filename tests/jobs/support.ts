/** All parts of a service around runners: log, bus, projector, connectors controlled by tests. */
import { join } from "node:path";
import { Type } from "@sinclair/typebox";
import { type Connector, ConnectorError, createOutbound } from "../../connectors/mod.ts";
import { decode, type KnownEvent } from "../../events/mod.ts";
import { jobs, pipelines } from "../../projections/mod.ts";
import { inProcessBus } from "../../src/bus/mod.ts";
import { jobState } from "../../src/domain/job/job.ts";
import type { JobState } from "../../src/domain/job/job_state.ts";
import { type Runner, type RunnerOptions, startRunner, startSweeper } from "../../src/jobs/mod.ts";
import { startProjector } from "../../src/projector/mod.ts";
import { personalLog } from "../../src/vault/mod.ts";
import { openStore } from "../support/store.ts";
import { testVault } from "../support/vault.ts";

export const silent = { debug() {}, info() {}, warn() {}, error() {}, isLevelEnabled: () => false };

/** Polls until there is a value. Fails with `what` after `ms`. */
export async function until<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  { what, ms = 10_000 }: { what: string; ms?: number },
): Promise<T> {
  const deadline = performance.now() + ms;
  while (true) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`Waited ${ms} ms in vain: ${what}`);
    await Bun.sleep(10);
  }
}

/** Workers in separate processes, to be killed and frozen: see `worker_process.ts`. */
export class WorkerProcesses {
  readonly #running: Bun.Subprocess[] = [];

  /** Its leases last 1 s by default. */
  spawn(service: Service, instance: string, { lease_seconds }: { lease_seconds?: number } = {}): Bun.Subprocess {
    const options = lease_seconds === undefined ? [] : [String(lease_seconds)];
    const script = join(import.meta.dir, "worker_process.ts");
    const worker = Bun.spawn([process.execPath, script, service.url(), instance, ...options], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    this.#running.push(worker);
    return worker;
  }

  async killAll(): Promise<void> {
    for (const worker of this.#running.splice(0)) {
      worker.kill("SIGKILL");
      await worker.exited;
    }
  }
}

/** Connectors that do simple real things, and note what they did. */
export function workshop() {
  const runs: { name: string; key: string }[] = [];
  const open = Promise.withResolvers<void>();
  function connector(name: string, run: Connector["run"]): Connector {
    const noting: Connector["run"] = (input, context) => {
      runs.push({ name, key: context.idempotency_key });
      return run(input, context);
    };
    return {
      name,
      summary: name,
      input: Type.Object({ n: Type.Optional(Type.Integer()) }),
      output: Type.Unknown(),
      run: noting,
    };
  }
  const list = [
    connector("noop", async (input) => input),
    /** Ends when `release()` is called or its signal fires. */
    connector("gate", (_, { signal }) => {
      const aborted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      return Promise.race([open.promise.then(() => "opened"), aborted]);
    }),
    /** Ends only when `release()` is called. */
    connector("unresponsive", () => open.promise.then(() => "opened")),
    connector("broken", async () => {
      throw new Error("secret of the inside");
    }),
    connector("refusing", async () => {
      throw new ConnectorError("card_declined", "The card was declined.", { detail: { card: 4242 } });
    }),
    connector("large", async () => "x".repeat(1_000_001)),
    connector("deep", async () => Array.from({ length: 64 }).reduce((inner) => [inner], {})),
    connector("odd", async () => [Number.NaN]),
    connector("void", async () => undefined),
  ];
  return {
    runs,
    release: () => open.resolve(),
    connectors: new Map(list.map((one) => [one.name, one])),
  };
}

export type Service = Awaited<ReturnType<typeof openService>>;

export async function openService(options: { projecting?: boolean } = {}) {
  const store = await openStore();
  const { sql, log: recorded } = store;
  const vault = testVault(sql);
  const log = personalLog(recorded, vault);
  const bus = inProcessBus({ log: recorded, poll_ms: 20 });
  const runners: Runner[] = [];
  const sweeper = startSweeper({ log, sql, instance: "sweeper", logger: silent, sweep_seconds: 0.1 });
  const project = () =>
    startProjector({ sql, log: recorded, bus, logger: silent as never, projections: [jobs, pipelines] as never });
  let projector = options.projecting === false ? undefined : project();

  async function history(jobId: string): Promise<KnownEvent[]> {
    return (await log.readStream(`job-${jobId}`)).map(decode);
  }

  return {
    url: store.url,
    sql,
    /** It seals and opens; `recorded` has what it records. */
    log,
    recorded,
    vault,
    bus,
    history,
    startProjecting() {
      projector ??= project();
    },
    stopSweeping: () => sweeper.stop(),
    async stopProjecting() {
      await projector?.stop();
      projector = undefined;
    },
    /** Waits until the read model includes everything in the log. */
    async projected() {
      if (!(await projector?.waitFor("jobs", await log.head(), 10_000))) throw new Error("The read model is late");
    },
    start(runner: Partial<RunnerOptions> & Pick<RunnerOptions, "connectors">): Runner {
      const started = startRunner({
        log,
        bus,
        sql,
        instance: `w${runners.length + 1}`,
        logger: silent,
        sweep_seconds: 0.1,
        fetch: createOutbound({ allow: ["127.0.0.0/8"] }),
        ...runner,
      });
      runners.push(started);
      return started;
    },
    async submit(workflow: string, extra: Record<string, unknown> = {}, by: object = {}): Promise<string> {
      const job_id = Bun.randomUUIDv7();
      const data_json = JSON.stringify({ workflow, payload: {}, ...extra });
      const result = await log.append({
        stream_id: `job-${job_id}`,
        expected_version: 0,
        events: [{ type: "job.submitted", data_json }],
        meta: { actor: "anonymous", correlation_id: job_id, ...by },
      });
      if (!result.ok) throw new Error("conflict");
      return job_id;
    },
    async state(jobId: string): Promise<JobState> {
      return jobState(await history(jobId));
    },
    async types(jobId: string): Promise<string[]> {
      return (await history(jobId)).map((event) => event.type);
    },
    /** Waits until a job has a status. */
    reaches(jobId: string, status: JobState["status"], ms = 10_000): Promise<JobState> {
      const probe = async () => {
        const state = jobState(await history(jobId));
        return state.status === status && state;
      };
      return until(probe, { what: `job ${jobId} to be ${status}`, ms });
    },
    async close() {
      await Promise.all(runners.map((runner) => runner.stop({ drain_ms: 0 })));
      await sweeper.stop();
      await projector?.stop();
      await bus.close();
      vault.close();
      await store.close();
    },
  };
}
