// Slow: it starts the whole service two dozen times, three of them with a new Postgres.
/** The service as a whole, as its users run it: started, killed, restarted, stopped. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { natsAvailable, startNats } from "./support/nats.ts";
import { testDatabase, testFolder } from "./support/postgres.ts";
import { eventually, type ServiceProcess, spawnService, startServiceProcess } from "./support/service.ts";

/** The outside world: responds at once, or when told to. */
let outside: ReturnType<typeof Bun.serve>;
const requests: { path: string; headers: Headers; body: string }[] = [];
let open = Promise.withResolvers<void>();
beforeAll(() => {
  outside = Bun.serve({
    port: 0,
    idleTimeout: 60,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      requests.push({ path: pathname, headers: request.headers, body: await request.text() });
      if (pathname.startsWith("/slow")) await open.promise;
      return Response.json({ answered: pathname });
    },
  });
});
afterAll(() => outside.stop(true));

/** The data folder of all tests that do not need one of their own: to create a database takes as long as the rest of a start. */
const folder = testFolder();
const running: ServiceProcess[] = [];
/** Starts the service on {@link folder}; it ends with the test at the latest. */
async function start(env: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = await startServiceProcess({ LEVQOR_DATA_DIR: folder, ...env });
  running.push(service);
  return service;
}
afterEach(async () => {
  for (const service of running.splice(0)) await service.kill();
});

const at = (path: string) => new URL(path, outside.url).href;
const requestsTo = (path: string) => requests.filter((request) => request.path === path);

async function submit(service: ServiceProcess, path: string, more: object = {}): Promise<string> {
  const body = { workflow: "http", payload: { url: at(path) }, ...more };
  const { job_id } = await service.call<{ job_id: string }>("/api/v1/intake", { method: "POST", body });
  return job_id;
}

interface Status {
  status: string;
  result: { body: unknown } | null;
}

const status = (service: ServiceProcess, id: string) => service.call<Status>(`/api/v1/status/${id}`);
const ended = (service: ServiceProcess, id: string) =>
  eventually(async () => {
    const job = await status(service, id);
    return job.status === "succeeded" || job.status === "failed" ? job : undefined;
  });

async function history(service: ServiceProcess, id: string): Promise<string[]> {
  const { data } = await service.call<{ data: { type: string }[] }>(`/api/v1/jobs/${id}/events`);
  return data.map((event) => event.type);
}

describe("on its embedded default", () => {
  test("a job that runs when the service is killed is recorded, and runs again after the next start", async () => {
    open = Promise.withResolvers();
    let service = await start();
    const done = await submit(service, "/quick");
    await ended(service, done);
    const doneHistory = await history(service, done);
    const running = await submit(service, "/slow/killed", { callback_url: at("/callback/killed") });
    await eventually(() => requestsTo("/slow/killed").length === 1);
    const queued = await submit(service, "/never", { workflow: "nobody_runs_this" });
    await service.kill();

    // As a version before might have left it.
    chmodSync(folder, 0o755);
    for (const name of [
      "service.lock",
      "service.pid",
      "webhook-secret",
      "postgres/settings.json",
      "postgres/postgres.log",
    ])
      chmodSync(join(folder, name), 0o666);
    writeFileSync(join(folder, "service.lock-journal"), "", { mode: 0o666 });
    service = await start();
    expect(await status(service, done)).toMatchObject({
      status: "succeeded",
      result: { body: { answered: "/quick" } },
    });
    expect(await history(service, done)).toEqual(doneHistory);
    expect(await status(service, queued)).toMatchObject({ status: "queued", waiting_for: { reason: "worker" } });
    await eventually(() => requestsTo("/slow/killed").length === 2);
    open.resolve();
    expect(await ended(service, running)).toMatchObject({ status: "succeeded" });
    await eventually(async () => (await history(service, running)).includes("job.callback_delivered"));
    expect(await history(service, running)).toEqual([
      "job.submitted",
      "job.started",
      "job.released",
      "job.started",
      "job.succeeded",
      "job.callback_delivered",
    ]);

    const [callback] = requestsTo("/callback/killed");
    const kept = readFileSync(join(folder, "webhook-secret"), "utf8").trim();
    for (const path of [folder, join(folder, "postgres"), join(folder, "postgres/data")]) {
      expect([path, statSync(path).mode & 0o777]).toEqual([path, 0o700]);
    }
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const own = files.filter(({ parentPath }) => !parentPath.includes("postgres/data"));
    expect(own.map(({ name }) => name).sort()).toEqual(
      expect.arrayContaining(["service.lock", "service.pid", "settings.json", "webhook-secret"]),
    );
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name);
      expect([path, statSync(path).mode & 0o077]).toEqual([path, 0]);
    }
    const { secret } = await service.call<{ secret: string }>(
      `/api/v1/callbacks/secret?receiver=${outside.url.origin}`,
    );
    const verified = new Webhook(secret).verify(callback?.body ?? "", Object.fromEntries(callback?.headers ?? []));
    expect(verified).toMatchObject({ type: "job.succeeded", data: { job_id: running } });
    for (const each of [kept, secret]) expect(service.logged()).not.toContain(each);
    expect(await service.stop()).toBe(0);
  }, 60_000);

  test("a killed Postgres comes back, and nothing is lost", async () => {
    const service = await start();
    const before = await submit(service, "/before");
    await ended(service, before);
    const postmaster = join(folder, "postgres/data/postmaster.pid");
    process.kill(Number(readFileSync(postmaster, "utf8").split("\n")[0]), "SIGKILL");
    // Taken while the database is away: answered once it is back.
    const during = await submit(service, "/during");
    expect(await ended(service, during)).toMatchObject({ status: "succeeded" });
    expect(await status(service, before)).toMatchObject({ status: "succeeded" });
    await eventually(async () => (await service.call<{ ok: boolean }>("/api/v1/ops/health")).ok);
    expect(await service.stop()).toBe(0);
    expect(existsSync(postmaster)).toBe(false);
  }, 60_000);

  test("a second service on the folder says so and exits; the first continues", async () => {
    const first = await start();
    const second = spawnService({ LEVQOR_DATA_DIR: folder });
    expect(await second.exited).toBe(1);
    expect(JSON.parse(await new Response(second.stdout).text())).toMatchObject({
      level: "fatal",
      msg: expect.stringContaining(`Cannot use ${folder}: the service with pid ${first.process.pid} is using it.`),
    });
    expect(await new Response(second.stderr).text()).toBe("");
    expect(await first.call("/health")).toMatchObject({ ok: true });
    await first.stop();
  }, 60_000);

  test("an address or port that is not free, or a data folder that cannot be created, is one sentence that names the setting", async () => {
    const ends = async (env: Record<string, string>) => {
      const service = spawnService({ LEVQOR_DATA_DIR: folder, HOST: "127.0.0.1", ...env });
      expect(await service.exited).toBe(1);
      expect(await new Response(service.stderr).text()).toBe("");
      const lines = (await new Response(service.stdout).text()).trim().split("\n");
      return JSON.parse(lines.find((line) => line.includes('"level":"fatal"')) ?? "null");
    };
    const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("mine") });
    const port = String(taken.port);
    const inUse = (setting: string) => ({
      msg: `Cannot listen on 127.0.0.1, port ${port}, which is in use: set ${setting} to a free port.`,
    });
    const answers = [await ends({ PORT: port }), await ends({ METRICS_PORT: port, METRICS_HOST: "127.0.0.1" })];
    await taken.stop(true);
    expect(answers).toMatchObject([inUse("PORT"), inUse("METRICS_PORT")]);
    // RFC 5737: an address that no machine has.
    const elsewhere = await ends({ METRICS_PORT: "0", METRICS_HOST: "192.0.2.1" });
    expect(elsewhere.msg).toStartWith(
      "Cannot listen on 192.0.2.1, port 0: 192.0.2.1 is not an address of this machine;",
    );
    expect(elsewhere.msg).toContain("set METRICS_HOST to");
    const file = join(testFolder(), "a_file");
    writeFileSync(file, "");
    const within = join(file, "data");
    const unusable = await ends({ LEVQOR_DATA_DIR: within });
    expect(unusable).toMatchObject({
      msg: `Cannot create the folder ${within} (ENOTDIR): set LEVQOR_DATA_DIR to a folder that the service can create.`,
    });
    for (const { err } of [...answers, elsewhere, unusable]) expect(err).toBeUndefined();
  }, 60_000);

  /** As root without root's power over files, a mode counts. */
  const setpriv = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override"] : [];

  test.skipIf(setpriv.length > 0 && !Bun.which("setpriv"))(
    "a data folder that is not writable is one sentence that names the folder and the setting",
    async () => {
      const folder = testFolder();
      const refusal = async (env: Record<string, string>) => {
        const service = spawnService({ LEVQOR_DATA_DIR: folder, ...env }, { prefix: setpriv });
        expect(await service.exited).toBe(1);
        expect(await new Response(service.stderr).text()).toBe("");
        const lines = (await new Response(service.stdout).text()).trim().split("\n");
        return JSON.parse(lines.find((line) => line.includes('"level":"fatal"')) ?? "null");
      };
      const says = (file: string) => ({
        msg:
          `Cannot use the folder ${folder} (EACCES: open ${join(folder, file)}): make it writable for the service, ` +
          "which must own it, or set LEVQOR_DATA_DIR to another folder.",
      });
      chmodSync(folder, 0o500);
      const database = await testDatabase();
      const refusals = [await refusal({}), await refusal({ DATABASE_URL: database.url })];
      await database.drop();
      chmodSync(folder, 0o700);
      expect(refusals).toMatchObject([says("service.lock"), says("vault-key")]);
      for (const { err } of refusals) expect(err).toBeUndefined();
    },
    60_000,
  );

  test.each([
    ["Ctrl-C", "SIGINT", "group"],
    ["SIGTERM", "SIGTERM", "service"],
  ] as const)(
    "%s while the database is being created ends it quietly, and the next start works",
    async (_, signal, to) => {
      const folder = testFolder();
      const service = spawnService({ LEVQOR_DATA_DIR: folder }, { detached: true });
      const said = new Response(service.stdout).text();
      const unfinished = join(folder, "postgres.new");
      await eventually(() => existsSync(join(unfinished, "data")));
      process.kill(to === "group" ? -service.pid : service.pid, signal);
      expect(await service.exited).toBe(0);
      expect(await new Response(service.stderr).text()).toBe("");
      const lines = (await said).trim().split("\n");
      expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
        "Creating the embedded database",
        "Stopping",
        "Stopped",
      ]);
      expect(existsSync(unfinished)).toBe(false);

      const next = await startServiceProcess({ LEVQOR_DATA_DIR: folder });
      expect(await next.call("/health")).toMatchObject({ ok: true });
      expect(await next.stop()).toBe(0);
    },
    60_000,
  );

  test("a proxy set in the environment gets no call, and the log says so once", async () => {
    const seen: string[] = [];
    const proxy = Bun.serve({
      port: 0,
      fetch({ url }) {
        seen.push(url);
        return new Response("diverted");
      },
    });
    const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"];
    const service = await start(
      Object.fromEntries(names.map((name) => [name, `http://user:secret@127.0.0.1:${proxy.port}`])),
    );
    const id = await submit(service, "/direct", { callback_url: at("/callback/direct") });
    expect(await ended(service, id)).toMatchObject({ result: { body: { answered: "/direct" } } });
    await eventually(() => requestsTo("/callback/direct").length === 1);
    await service.stop();
    await proxy.stop(true);
    expect(seen).toEqual([]);
    const lines = service
      .logged()
      .split("\n")
      .filter((line) => line.includes("proxy set in the environment"));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] as string).variables.sort()).toEqual(names.sort());
    expect(service.logged()).not.toContain("user:secret");
  }, 60_000);

  test("SIGTERM lets a running job finish, and two of them count as one", async () => {
    open = Promise.withResolvers();
    let service = await start();
    const id = await submit(service, "/slow/drained");
    await eventually(() => requestsTo("/slow/drained").length === 1);
    const stopped = service.stop();
    service.process.kill("SIGTERM");
    await eventually(() => service.logged().includes('"msg":"Stopping"'));
    open.resolve();
    expect(await stopped).toBe(0);
    service = await start();
    expect(await status(service, id)).toMatchObject({ status: "succeeded" });
    expect(requestsTo("/slow/drained")).toHaveLength(1);
    await service.stop();
  }, 60_000);
});

describe.skipIf(!natsAvailable)("with NATS", () => {
  test("losing NATS stops no intake and loses nothing; the bus catches up by itself, and health says so", async () => {
    const nats = await startNats();
    const service = await start({ NATS_URL: nats.url });
    const bus = async () =>
      (await service.call<{ bus: { connected: boolean; lag: number } }>("/api/v1/ops/health")).bus;
    await ended(service, await submit(service, "/with_nats"));
    await eventually(async () => (await bus()).connected && (await bus()).lag === 0);

    await nats.kill();
    await eventually(async () => !(await bus()).connected);
    const ids = await Promise.all(Array.from({ length: 20 }, (_, i) => submit(service, `/without_nats/${i}`)));
    for (const id of ids) expect(await ended(service, id)).toMatchObject({ status: "succeeded" });
    expect((await bus()).lag).toBeGreaterThan(0);

    await nats.restart();
    await eventually(async () => (await bus()).connected && (await bus()).lag === 0);
    await service.stop();
    await nats.stop();
  }, 60_000);
});

test.each([
  ["warns of a role that could change the log", "admin_url", true],
  ["says nothing where its role could not", "url", false],
] as const)("the service %s", async (_, role, warns) => {
  const database = await testDatabase();
  const service = await startServiceProcess({
    LEVQOR_DATA_DIR: testFolder(),
    DATABASE_URL: database[role],
    DATABASE_ADMIN_URL: database.admin_url,
  });
  await service.stop();
  expect(service.logged().includes("could change recorded events")).toBe(warns);
  await database.drop();
});

test("all wrong settings are listed, with exit code 2", async () => {
  const service = spawnService({ PORT: "70000", LOG_LEVEL: "loud", API_KEYS: "short-secret" }, { args: ["--port"] });
  expect(await service.exited).toBe(2);
  expect(await new Response(service.stderr).text()).toBe("");
  // In JSON, as all that it says, whatever the level.
  const { level, msg: said } = JSON.parse(await new Response(service.stdout).text());
  expect(level).toBe("fatal");
  for (const name of ["PORT", "LOG_LEVEL", "API_KEYS", "--port"]) expect(said).toContain(name);
  expect(said).not.toContain("short-secret");
});

test("--help lists every setting, from any folder: no part of the service is looked for in the current one", async () => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../src/main.ts"), "--help"], {
    cwd: testFolder(),
    stderr: "pipe",
  });
  expect([await child.exited, await new Response(child.stderr).text()]).toEqual([0, ""]);
  const said = await new Response(child.stdout).text();
  for (const name of ["PORT", "HOST", "DATABASE_URL", "NATS_URL", "LEVQOR_DATA_DIR", "API_KEYS", "LOG_LEVEL"]) {
    expect(said).toContain(name);
  }
});
