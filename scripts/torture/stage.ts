/**
 * Everything that a run needs, as separate processes: Postgres, nats-server, two `api` and three `worker`, and the
 * proxies through which the latter reach the former.
 */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { natsServer } from "../../tests/support/nats.ts";
import { type BreakingProxy, startProxy } from "../../tests/support/proxy.ts";
import { type ResendStandIn, startResend } from "../../tests/support/resend.ts";
import { type Clock, findFaketime, startClock } from "./clock.ts";
import { type Disk, mountDisk } from "./disk.ts";
import {
  API_NAMES,
  type ExternalWorkerName,
  LEASE_SECONDS,
  type Link,
  SERVICE_NAMES,
  type ServiceName,
} from "./fault_script.ts";
import { SESSIONS, TIERS } from "./harm.ts";
import { stablePort } from "./ports.ts";
import { preparePostgres, type TorturedPostgres } from "./postgres.ts";
import { type StandIn, startStandIn } from "./stand_in.ts";
import { Supervised } from "./supervised.ts";

const EXAMPLES = join(import.meta.dir, "../../examples");
const MAIN = join(import.meta.dir, "../../src/main.ts");
/** Jobs at once in one worker. */
const WORKER_CONCURRENCY = 16;
const START_LIMIT_MS = 60_000;
/** What the service promises, and a little more for a busy machine. */
const STOP_LIMIT_MS = 25_000;

export interface Stage {
  readonly folder: string;
  readonly postgres: TorturedPostgres;
  readonly nats: Supervised;
  readonly nats_url: string;
  /** Loses all that JetStream has stored; only while the server is down. */
  loseNatsFiles(): void;
  readonly services: ReadonlyMap<ServiceName, Supervised>;
  /** The workers that can run here: the one in Python needs Python. */
  readonly external_workers: ReadonlyMap<ExternalWorkerName, Supervised>;
  readonly api_urls: readonly string[];
  readonly api_key: string;
  /** Signs users' sessions. */
  readonly jwt_secret: string;
  readonly proxies: ReadonlyMap<`${ServiceName} ${Link}`, BreakingProxy>;
  /** `undefined`: clocks cannot be set here. */
  readonly clocks: ReadonlyMap<ServiceName | "postgres", Clock> | undefined;
  /** `undefined`: no disk can be mounted here. */
  readonly disk: Disk | undefined;
  readonly stand_in: StandIn;
  readonly resend: ResendStandIn;
  /** Lines of the services' logs at the level `fatal`. */
  readonly fatal: string[];
  /** Stops the services as a deployment does; resolves to the exit codes. */
  stopServices(): Promise<ReadonlyMap<ServiceName, number | null>>;
  /** Ends every process and removes the folder; `keep_logs`: moves the logs to a separate folder and returns it. */
  close(keep_logs: boolean): Promise<string | undefined>;
}

/** Builds and starts everything, and waits until it is up. */
export async function openStage(): Promise<Stage> {
  if (natsServer === null)
    throw new Error("Cannot begin: nats-server is not installed. `sh scripts/nats_server.sh` installs it");
  const folder = mkdtempSync(join(tmpdir(), "levqor-torture-"));
  chmodSync(folder, 0o755);
  for (const name of ["logs", "pids", "clocks", "nats"]) mkdirSync(join(folder, name));
  startReaper(folder);
  const cleanups: Array<() => unknown> = [];
  const close = async (keep_logs: boolean) => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    let kept: string | undefined;
    if (keep_logs) {
      kept = `${folder}-logs`;
      renameSync(join(folder, "logs"), kept);
    }
    rmSync(folder, { recursive: true, force: true });
    return kept;
  };
  try {
    return await build(folder, { binary: natsServer, cleanups, close });
  } catch (error) {
    const kept = await close(true);
    throw new Error(`Cannot begin: ${(error as Error).message}. The logs: ${kept}`, { cause: error });
  }
}

interface Building {
  readonly binary: string;
  readonly cleanups: Array<() => unknown>;
  readonly close: Stage["close"];
}

async function build(folder: string, { binary, cleanups, close }: Building): Promise<Stage> {
  const found = findFaketime();
  // Where every user can read it: Postgres runs as its own.
  const library = found && join(folder, "libfaketime.so");
  if (found && library) copyFileSync(found, library);
  const clock = (name: string) => library && startClock(library, join(folder, "clocks", name));
  const diskPath = join(folder, "disk");
  const disk = mountDisk(diskPath);
  cleanups.push(() => disk?.unmount());

  const vault_key = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
  const secret = `whsec_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64")}`;
  const stand_in = startStandIn(secret);
  const resend = startResend();
  cleanups.push(
    () => stand_in.stop(),
    () => resend.stop(),
  );

  const clocks = new Map<ServiceName | "postgres", Clock>();
  const postgresClock = clock("postgres") || undefined;
  if (postgresClock) clocks.set("postgres", postgresClock);
  const postgres = await preparePostgres({ folder, disk: diskPath, clock: postgresClock });
  cleanups.push(
    () => postgres.end(),
    () => postgres.server.stop("SIGINT", 10_000),
  );

  const natsPort = stablePort();
  const natsFiles = join(folder, "nats");
  const nats = new Supervised({
    name: "nats",
    folder,
    ready: /Server is ready/,
    command: () => ({
      cmd: [binary, "--jetstream", "--addr", "127.0.0.1", "--port", `${natsPort}`, "--store_dir", natsFiles],
      env: { PATH: process.env.PATH ?? "" },
    }),
  });
  cleanups.push(() => nats.stop("SIGKILL", 0));
  const nats_url = `nats://127.0.0.1:${natsPort}`;
  postgres.server.start();
  nats.start();
  await Promise.all([postgres.server.up(START_LIMIT_MS), nats.up(START_LIMIT_MS)]);

  const api_key = crypto.randomUUID();
  const jwt_secret = crypto.randomUUID();
  const ports = new Map(API_NAMES.map((name) => [name as ServiceName, stablePort()]));
  const proxies = new Map<`${ServiceName} ${Link}`, BreakingProxy>();
  const services = new Map<ServiceName, Supervised>();
  const fatal: string[] = [];
  for (const name of SERVICE_NAMES) {
    const links = { postgres: await startProxy(postgres.url), nats: await startProxy(nats_url) };
    cleanups.push(
      () => links.postgres.close(),
      () => links.nats.close(),
    );
    proxies.set(`${name} postgres`, links.postgres);
    proxies.set(`${name} nats`, links.nats);
    const admin = new URL(postgres.admin_url);
    admin.port = new URL(links.postgres.url).port;
    const own = clock(name) || undefined;
    if (own) clocks.set(name, own);
    const port = ports.get(name);
    const program = [process.execPath, MAIN];
    const service = new Supervised({
      name,
      folder,
      ready: /"msg":"Levqor is ready"/,
      on_line: (line) => {
        // Before it is up it may report that it cannot start: its database may be down.
        if (line.includes('"level":"fatal"') && services.get(name)?.isReady) fatal.push(`${name}: ${line}`);
      },
      on_exit: own?.forget,
      command: () => ({
        cmd: own?.wrap(program) ?? program,
        cwd: folder,
        env: {
          PATH: process.env.PATH ?? "",
          LEVQOR_ROLE: port === undefined ? "worker" : "api",
          ...(port === undefined
            ? {}
            : { PORT: String(port), HOST: "127.0.0.1", API_KEYS: api_key, JWT_SECRET: jwt_secret, ...SESSIONS }),
          DATABASE_URL: links.postgres.url,
          DATABASE_ADMIN_URL: admin.href,
          NATS_URL: links.nats.url,
          LEVQOR_DATA_DIR: folder,
          JOB_LEASE_SECONDS: String(LEASE_SECONDS),
          WORKER_CONCURRENCY: String(WORKER_CONCURRENCY),
          WEBHOOK_SECRET: secret,
          VAULT_KEY: vault_key,
          RESEND_API_KEY: resend.key,
          RESEND_BASE_URL: resend.url.replace(/\/$/, ""),
          MAIL_DOMAIN: "example.com",
          OUTBOUND_ALLOW: "127.0.0.0/8",
          // The load comes from one address, with one key.
          RATE_BURST: "none",
          RATE_GLOBAL: "none",
          RATE_TIERS: `enterprise=none,${TIERS}`,
          LOG_FORMAT: "json",
          BUILD_ID: name,
        },
      }),
    });
    services.set(name, service);
    cleanups.push(() => service.stop("SIGKILL", 0));
    service.start();
  }
  await Promise.all([...services.values()].map((service) => service.up(START_LIMIT_MS)));
  const api_urls = [...ports.values()].map((port) => `http://127.0.0.1:${port}`);
  const external_workers = startExternalWorkers(folder, { api_urls, api_key });
  for (const external_worker of external_workers.values()) cleanups.push(() => external_worker.stop("SIGKILL", 0));
  return {
    folder,
    postgres,
    nats,
    nats_url,
    loseNatsFiles: () => rmSync(join(natsFiles, "jetstream"), { recursive: true, force: true }),
    services,
    external_workers,
    api_urls,
    api_key,
    jwt_secret,
    proxies,
    clocks: library ? clocks : undefined,
    disk,
    stand_in,
    resend,
    fatal,
    stopServices: async () => {
      await Promise.all(
        [...external_workers.values()].map((external_worker) => external_worker.stop("SIGTERM", STOP_LIMIT_MS)),
      );
      const codes = [...services].map(async ([name, service]) => {
        return [name, await service.stop("SIGTERM", STOP_LIMIT_MS)] as const;
      });
      return new Map(await Promise.all(codes));
    },
    close,
  };
}

interface External {
  readonly api_urls: readonly string[];
  readonly api_key: string;
}

/** The example workers, each at a different API. */
function startExternalWorkers(folder: string, { api_urls, api_key }: External): Map<ExternalWorkerName, Supervised> {
  const python = Bun.which("python3");
  const commands = new Map<ExternalWorkerName, string[]>([
    ["worker-typescript", [process.execPath, join(EXAMPLES, "worker.ts")]],
  ]);
  if (python) commands.set("worker-python", [python, join(EXAMPLES, "worker.py")]);
  const external_workers = new Map<ExternalWorkerName, Supervised>();
  for (const [name, cmd] of commands) {
    const LEVQOR_URL = api_urls[external_workers.size % api_urls.length] as string;
    const env = { PATH: process.env.PATH ?? "", LEVQOR_URL, LEVQOR_KEY: api_key, LEASE_SECONDS: String(LEASE_SECONDS) };
    const external_worker = new Supervised({
      name,
      folder,
      ready: / claims /,
      command: () => ({ cmd, env, cwd: folder }),
    });
    external_worker.start();
    external_workers.set(name, external_worker);
  }
  return external_workers;
}

/**
 * Ends what is left when this process ends in any way, even by `kill -9`: a grandchild in a separate session, which
 * knows the processes by their files in `pids/`.
 */
function startReaper(folder: string): void {
  const reaper = `
    while kill -0 ${process.pid} 2>/dev/null; do sleep 0.5; done
    for file in ${folder}/pids/*; do
      test -f "$file" || continue
      kill -KILL "$(cat "$file")" 2>/dev/null
      rm -f "/dev/shm/faketime_shm_$(cat "$file")" "/dev/shm/sem.faketime_sem_$(cat "$file")"
    done
    sleep 1
    umount --lazy ${folder}/disk 2>/dev/null
    for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf ${folder} 2>/dev/null && break; sleep 0.3; done`;
  Bun.spawn(["/bin/sh", "-c", `(${reaper}) &`], { stdio: ["ignore", "ignore", "ignore"], detached: true });
}
