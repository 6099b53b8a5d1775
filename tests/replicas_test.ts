// Slow: the leases of killed leaders have to expire, and seven processes start.
/** Several processes as one service: two that serve requests, one that runs jobs, one Postgres, one NATS. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { connect, type Sql } from "../src/db/mod.ts";
import { type EventLog, openLog } from "../src/log/mod.ts";
import { openSocket } from "./http/socket_client.ts";
import { openSse } from "./http/sse_client.ts";
import { clockSettings } from "./support/clock.ts";
import { type NatsServer, natsAvailable, startNats } from "./support/nats.ts";
import { type TestDatabase, testDatabase } from "./support/postgres.ts";
import { eventually, type ServiceProcess, spawnService, startServiceProcess } from "./support/service.ts";

setDefaultTimeout(120_000);

/** What `src/db/lease.ts` promises: a lease expires after this time, and is then taken within the rest of 5 s. */
const LEASE_MS = 4_000;
const TAKEOVER_MS = 5_000;

describe.skipIf(!natsAvailable)("two api and one worker", () => {
  let nats: NatsServer;
  let database: TestDatabase;
  let sql: Sql;
  let log: EventLog;
  let outside: ReturnType<typeof Bun.serve>;
  let gate = Promise.withResolvers<void>();
  const processes = new Map<string, ServiceProcess>();
  const called = (name: string) => processes.get(name) as ServiceProcess;

  /** `name` is its build, by which its instance is found in the log. */
  async function start(name: string, more: Record<string, string> = {}): Promise<ServiceProcess> {
    const service = await startServiceProcess({
      LEVQOR_ROLE: name.startsWith("worker") ? "worker" : "api",
      DATABASE_URL: database.url,
      DATABASE_ADMIN_URL: database.admin_url,
      NATS_URL: nats.url,
      WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString("base64")}`,
      OUTBOUND_ALLOW: "127.0.0.0/8",
      BUILD_ID: name,
      ...more,
    });
    processes.set(name, service);
    return service;
  }

  beforeAll(async () => {
    [nats, database] = await Promise.all([startNats(), testDatabase()]);
    sql = connect(database.url, { max: 2 });
    log = openLog({ url: database.url });
    outside = Bun.serve({
      port: 0,
      async fetch() {
        await gate.promise;
        return Response.json({ done: true });
      },
    });
    await Promise.all([start("api-1"), start("api-2"), start("worker-1")]);
  });
  afterAll(async () => {
    gate.resolve();
    await Promise.all([...processes.values()].map((service) => service.kill()));
    outside.stop(true);
    await log.close();
    await sql.end();
    await database.drop();
    await nats.stop();
  });

  async function submit(service: ServiceProcess): Promise<string> {
    const body = { workflow: "http", payload: { url: outside.url.href } };
    const { job_id } = await service.call<{ job_id: string }>("/api/v1/intake", { method: "POST", body });
    return job_id;
  }

  interface Health {
    ok: boolean;
    bus: { connected: boolean; lag: number };
    projections: { lag: number }[];
  }
  const isCaughtUp = async (service: ServiceProcess) => {
    const { ok, bus, projections } = await service.call<Health>("/api/v1/ops/health");
    return ok && bus.connected && bus.lag === 0 && projections.every(({ lag }) => lag === 0);
  };

  /** The process that an instance is, by the events that tell of its start. */
  async function nameOf(instance: string): Promise<string> {
    const [started] = await log.readStream(`service-${instance}`, { limit: 1 });
    return JSON.parse(started?.data_json ?? "{}").build;
  }

  test("accepted by one, run by another, streamed from a third: over SSE and WebSocket alike", async () => {
    await eventually(() => isCaughtUp(called("api-2")));
    gate = Promise.withResolvers();
    const job_id = await submit(called("api-1"));
    const sse = await openSse(`${called("api-2").url}/api/v1/jobs/${job_id}/stream`);
    const all = await openSse(`${called("api-2").url}/api/v1/jobs/stream?after=0&workflow=http`);
    const socket = await openSocket(called("api-2").url);
    socket.send({ type: "subscribe", job_id });
    expect((await socket.next()).type).toBe("subscribed");
    const before = (await Promise.all([sse.take(2), all.take(2), socket.events(2)])) as [Frames, Frames, Messages];
    gate.resolve();
    const after = (await Promise.all([sse.take(1), all.take(1), socket.events(1)])) as [Frames, Frames, Messages];

    const recorded = await log.readStream(`job-${job_id}`);
    expect(recorded.map(({ type }) => type)).toEqual(["job.submitted", "job.started", "job.succeeded"]);
    const seen = [...before[0], ...after[0]].map(({ data }) => data);
    expect(seen.map(({ position }) => position)).toEqual(recorded.map(({ position }) => position));
    expect([...before[1], ...after[1]].map(({ data }) => data)).toEqual(seen);
    expect([...before[2], ...after[2]].map(({ event }) => event)).toEqual(seen);

    const { actor } = seen[1].meta;
    expect(await nameOf(actor.slice(actor.indexOf(":") + 1))).toBe("worker-1");
    await Promise.all([sse.close(), all.close()]);
    socket.close();
  });

  test("a worker reports on its own port that it is alive, and accepts nothing there", async () => {
    const { url } = called("worker-1");
    expect(await called("worker-1").call("/health")).toEqual({ ok: true, ts: expect.any(Number) });
    expect(await called("worker-1").call("/")).toMatchObject({ build: "worker-1" });
    for (const path of ["/api/v1/jobs", "/api/v1/jobs/ws", "/docs"]) {
      const answer = await fetch(url + path);
      expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([404, "not_found"]);
    }
    expect((await fetch(`${url}/api/v1/intake`, { method: "POST", body: "{}" })).status).toBe(404);
  });

  test("examples/watch.ts reconnects after its replica was killed, without gaps or repeats", async () => {
    const first = await log.head();
    const replica = await start("api-3");
    const watching = Bun.spawn([process.execPath, join(import.meta.dir, "../examples/watch.ts")], {
      env: { PATH: process.env.PATH, ...clockSettings, LEVQOR_URL: replica.url, AFTER: String(first) },
      stdout: "pipe",
      stderr: "pipe",
    });
    const shown = gather(watching.stdout);
    const said = gather(watching.stderr);
    let writing = true;
    const writer = (async () => {
      while (writing) await submit(called("api-1"));
    })();
    await eventually(() => lines(shown()).length > 20);
    await replica.kill();
    await eventually(() => said().includes("reconnecting"));
    const { port } = new URL(replica.url);
    await start("api-3", { PORT: port });
    const before = lines(shown()).length;
    await eventually(() => lines(shown()).length > before + 20);
    writing = false;
    await writer;
    const head = await log.head();
    const recorded = (await log.readRange(first, head - first)).filter(({ stream_id }) => stream_id.startsWith("job-"));
    await eventually(() => lines(shown()).length >= recorded.length);
    expect(lines(shown()).slice(0, recorded.length)).toEqual(
      recorded.map(({ position, type, stream_id }) => `${position} ${type} ${stream_id.slice("job-".length)}`),
    );
    watching.kill();
    await called("api-3").kill();
    processes.delete("api-3");
  });

  test("a killed leader of the relay or a projection has a successor in under 5 s", async () => {
    // Those that every role may hold; what only workers do has nobody else here.
    const leases = () => sql<Lease[]>`
      select name, holder, (extract(epoch from expires_at) * 1000)::float8 as expires_ms
      from levqor_ops.leases where name = 'relay' or name like 'projector:%'`;
    const held = await eventually(async () => {
      const rows = await leases();
      return rows.length > 2 && rows;
    });
    const takeovers: Record<string, number> = {};
    for (const { name } of held) {
      if (name in takeovers) continue;
      const before = await leases();
      const holder = await processOf(before.find((lease) => lease.name === name));
      const lost: string[] = [];
      for (const lease of before) if ((await processOf(lease)) === holder) lost.push(lease.name);
      await called(holder).kill();
      const killed_ms = await now();
      const left = await leases();
      await Promise.all(
        lost.map(async (lease) => {
          const old = left.find((it) => it.name === lease) as Lease;
          // A dead holder's lease runs out in its own time, and no later.
          expect(old.expires_ms - killed_ms).toBeLessThanOrEqual(LEASE_MS);
          const { seen_ms, slowest_ms } = await successorOf(old);
          // What this machine was too slow to notice sooner is not the lease's.
          expect(seen_ms - old.expires_ms - slowest_ms).toBeLessThan(TAKEOVER_MS - LEASE_MS);
          takeovers[lease] = Math.round(seen_ms - killed_ms);
        }),
      );
      // The successors do what they lead.
      const other = holder === "api-1" ? called("api-2") : called("api-1");
      await submit(other);
      await eventually(() => isCaughtUp(other));
      await start(holder);
    }
    expect(Object.keys(takeovers).sort()).toEqual(held.map(({ name }) => name).sort());
  });

  interface Lease {
    name: string;
    /** `<instance>/<term>` */
    holder: string;
    /** Unix milliseconds by the database's clock, as all times here. */
    expires_ms: number;
  }

  async function now(): Promise<number> {
    const [row] = await sql<[{ ms: number }]>`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`;
    return row.ms;
  }

  async function processOf(lease: Lease | undefined): Promise<string> {
    return nameOf(lease?.holder.split("/")[0] ?? "");
  }

  /** Waits until somebody else holds the lease. `slowest_ms` is the longest that it took to look again. */
  async function successorOf({ name, holder }: Lease): Promise<{ seen_ms: number; slowest_ms: number }> {
    let slowest_ms = 0;
    let looked_ms = await now();
    return await eventually(async () => {
      const [row] = await sql<{ holder: string }[]>`select holder from levqor_ops.leases where name = ${name}`;
      const seen_ms = await now();
      slowest_ms = Math.max(slowest_ms, seen_ms - looked_ms);
      looked_ms = seen_ms;
      return row && row.holder !== holder && { seen_ms, slowest_ms };
    });
  }
});

test("a worker without a port runs, and does not listen", async () => {
  const database = await testDatabase();
  const worker = spawnService({
    PORT: "",
    LEVQOR_ROLE: "worker",
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString("base64")}`,
  });
  const logged = gather(worker.stdout);
  const ready = await eventually(() => lines(logged()).find((line) => line.includes("Levqor is ready")));
  expect(JSON.parse(ready)).not.toHaveProperty("url");
  worker.kill("SIGTERM");
  expect(await worker.exited).toBe(0);
  await database.drop();
});

type Frames = Awaited<ReturnType<Awaited<ReturnType<typeof openSse>>["take"]>>;
type Messages = Awaited<ReturnType<Awaited<ReturnType<typeof openSocket>>["events"]>>;

/** Reads a stream to its end, and gives what has come so far. */
function gather(stream: ReadableStream<Uint8Array>): () => string {
  let text = "";
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  })();
  return () => text;
}

/** Whole ones. */
function lines(text: string): string[] {
  return text.split("\n").slice(0, -1);
}
