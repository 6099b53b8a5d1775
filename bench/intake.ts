/**
 * Intake: how many durable `POST /api/v1/intake` a second, and how long each takes, against the same
 * Elysia application over pg-boss, graphile-worker, a plain INSERT, and nothing at all (the ceiling).
 */
import { join } from "node:path";
import type { LoadOptions, LoadResult } from "./load.ts";
import { countRows } from "./support/cluster.ts";
import type { Context } from "./support/context.ts";
import { cpuShares } from "./support/cpu.ts";
import { answers, freePort } from "./support/net.ts";
import { Progress } from "./support/progress.ts";
import { atLeast, atMost, type Bar, figure, type Section, type Table } from "./support/report.ts";
import type { Stage } from "./support/stage.ts";
import { median } from "./support/statistics.ts";

const BODY = JSON.stringify({
  workflow: "benchmark",
  payload: { customer: "c-1042", document: "https://example.com/report.pdf", pages: 12 },
  priority: "normal",
});

const KEY = "the-key-of-the-load-generator";

const SERVICE = join(import.meta.dir, "../src/main.ts");

/** Events of accepted jobs. */
const SUBMITTED = "levqor_log.events where type = 'job.submitted'";

/** Read models that have not reached the end of the log. */
const BEHIND = "levqor_ops.projections where live and position < (select max(position) from levqor_log.events)";

interface Server {
  readonly name: Name;
  readonly pid: number;
  readonly url: string;
  /** What its clients send with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How many intakes are recorded. */
  recorded(): Promise<number>;
  /** Waits until there is nothing left to do after the responses. */
  settle?(): Promise<void>;
}

interface Round {
  readonly load: LoadResult;
  /** How long after the last response there was nothing left to do. */
  readonly settled_ms: number;
  /** Cores used. */
  readonly server: number;
  readonly postgres: number;
}

type Name = "levqor" | "levqor, intake alone" | "pg-boss" | "graphile-worker" | "insert" | "validation";

const titles: Record<Name, string> = {
  levqor: "**Levqor**",
  "levqor, intake alone": "Levqor without its read models",
  "pg-boss": "Elysia + pg-boss `send`",
  "graphile-worker": "Elysia + graphile-worker `addJob`",
  insert: "Elysia + one INSERT",
  validation: "Elysia, validation only (ceiling)",
};

export async function intake(context: Context, stage: Stage): Promise<Section> {
  const { cluster, quick } = context;
  const rounds = quick ? 1 : 3;
  const seconds = quick ? 1 : 5;
  const connections = quick ? [64] : [64, 256];
  const servers = await startServers(context, stage);
  const progress = new Progress("intake", rounds * connections.length * servers.length);
  const found = new Map<string, Round[]>();

  // Interleaved, A B C A B C, so that disturbances affect all alike.
  for (let round = 0; round < rounds; round++) {
    for (const count of connections) {
      for (const server of servers) {
        progress.begin(`${server.name}, ${count} connections`);
        await cluster.checkpoint();
        const before = await server.recorded();
        const { url, headers } = server;
        const options: LoadOptions = { url: `${url}/api/v1/intake`, body: BODY, headers, connections: count, seconds };
        const { result, shares } = await cpuShares({ server: server.pid, postgres: cluster.pid }, () =>
          stage.child<LoadResult>("load.ts", options).next(),
        );
        const answered_at = performance.now();
        await server.settle?.();
        const settled_ms = performance.now() - answered_at;
        const recorded = (await server.recorded()) - before;
        if (server.name !== "validation" && recorded !== result.acknowledged) {
          throw new Error(`${server.name} acknowledged ${result.acknowledged} intakes and recorded ${recorded}`);
        }
        if (result.errors > 0) progress.begin(`${server.name}: ${result.errors} errors, first ${result.first_error}`);
        const key = `${server.name} ${count}`;
        found.set(key, [...(found.get(key) ?? []), { load: result, settled_ms, ...shares }]);
        progress.step(`${server.name}, ${count} connections: ${figure(result.per_second, "intakes/s")}`);
      }
    }
  }

  const of = (name: Name, count: number, pick: (round: Round) => number) =>
    median((found.get(`${name} ${count}`) ?? []).map(pick));
  return {
    title: "Intake",
    method:
      "Durable `POST /api/v1/intake`, every server in its own process, loaded by `bench/load.ts` in another: each " +
      "connection sends its next request when the last has its response (202, after the commit). " +
      `${rounds} interleaved rounds of ${seconds} s after 1 s of warm-up; medians. After every round the stored rows or events ` +
      "were counted and equalled the acknowledged responses. A checkpoint before every round.",
    tables: connections.map((count) => table(count, servers, of)),
    bars: connections.flatMap((count) => bars(count, of)),
    notes: [
      "Processor columns: cores used by the server, by Postgres and by the load generator, and intakes per second " +
        "of a core that server and Postgres used. The cores: " +
        `${navigator.hardwareConcurrency}. The generator shares the machine with what it measures.`,
      "Levqor's read models are maintained while it accepts jobs; they had caught up " +
        `${connections.map((count) => `${figure(of("levqor", count, ({ settled_ms }) => settled_ms))} ms (${count} connections)`).join(" and ")} after the last response.`,
    ],
  };
}

type Pick = (name: Name, count: number, pick: (round: Round) => number) => number;

function table(count: number, servers: readonly Server[], of: Pick): Table {
  const ceiling = of("validation", count, ({ load }) => load.per_second);
  return {
    title: `${count} connections`,
    columns: [
      "",
      "intakes/s",
      "of the ceiling",
      "p50 ms",
      "p99 ms",
      "errors",
      "server",
      "Postgres",
      "generator",
      "per core-second",
    ],
    rows: servers.map(({ name }) => {
      const per_second = of(name, count, ({ load }) => load.per_second);
      return [
        titles[name],
        figure(per_second),
        figure(per_second / ceiling),
        figure(of(name, count, ({ load }) => load.p50_ms)),
        figure(of(name, count, ({ load }) => load.p99_ms)),
        String(of(name, count, ({ load }) => load.errors)),
        ...[of(name, count, ({ server }) => server), of(name, count, ({ postgres }) => postgres)].map((n) => figure(n)),
        figure(of(name, count, ({ load }) => load.cores)),
        figure(of(name, count, ({ load, server, postgres }) => load.per_second / (server + postgres))),
      ];
    }),
  };
}

function bars(count: number, of: Pick): Bar[] {
  const rate = (name: Name) => of(name, count, ({ load }) => load.per_second);
  const p99 = (name: Name) => of(name, count, ({ load }) => load.p99_ms);
  return [
    atLeast(`intakes/s against pg-boss, ${count} connections`, rate("levqor") / rate("pg-boss"), 10),
    atLeast(`intakes/s against the ceiling, ${count} connections`, rate("levqor") / rate("validation"), 0.5, true),
    ...(["pg-boss", "graphile-worker"] as const).map((peer) =>
      atMost(`p99 against ${peer}, ${count} connections`, p99("levqor") / p99(peer), 1),
    ),
  ];
}

async function startServers({ cluster }: Context, stage: Stage): Promise<Server[]> {
  /** The whole service, as a user starts it. */
  async function startLevqor(): Promise<Server> {
    const database = await cluster.levqor("intake_service");
    const port = freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = stage.command(["bun", SERVICE], {
      DATABASE_URL: database.url,
      DATABASE_ADMIN_URL: database.admin_url,
      LEVQOR_DATA_DIR: await stage.folder(),
      PORT: String(port),
      HOST: "127.0.0.1",
      // Every request is identified and counted, as in production; the limit is never reached.
      API_KEYS: KEY,
      RATE_TIERS: "enterprise=999999999",
      // Its output is not read here.
      LOG_LEVEL: "error",
    });
    await answers(`${url}/health`);
    return {
      name: "levqor",
      pid: child.pid,
      url,
      headers: { "X-Api-Key": KEY },
      recorded: () => countRows(database.url, SUBMITTED),
      async settle() {
        while ((await countRows(database.url, BEHIND)) > 0) await Bun.sleep(20);
      },
    };
  }
  async function startAlone(): Promise<Server> {
    const database = await cluster.levqor("intake_alone");
    const child = stage.child<{ url: string }>("servers/levqor.ts", { database_url: database.url });
    const { url } = await child.next();
    return { name: "levqor, intake alone", pid: child.pid, url, recorded: () => countRows(database.url, SUBMITTED) };
  }
  async function start(name: Name, file: string, table?: string): Promise<Server> {
    const database_url = await cluster.database(`intake_${file}`);
    const child = stage.child<{ url: string }>(`servers/${file}.ts`, { database_url });
    const { url } = await child.next();
    const recorded = async () => (table ? await countRows(database_url, table) : 0);
    return { name, pid: child.pid, url, recorded };
  }
  return [
    await startLevqor(),
    await startAlone(),
    await start("pg-boss", "pg_boss", "pgboss.job"),
    await start("graphile-worker", "graphile_worker", "graphile_worker._private_jobs"),
    await start("insert", "insert", "intake"),
    await start("validation", "validation"),
  ];
}
