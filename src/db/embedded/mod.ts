/**
 * The service's own Postgres: real Postgres 18 in a folder, started and stopped with the service.
 *
 *     <dir>/service.lock, service.pid    one service per folder
 *     <dir>/postgres/settings.json       port and passwords, mode 600
 *     <dir>/postgres/postgres.log        Postgres's log
 *     <dir>/postgres/data/               Postgres's own data
 *
 * `kill -9` of the service: Postgres stops by itself (Linux) or is stopped by the next start. `kill -9` of Postgres: it
 * is restarted on the same port and recovers from its write-ahead log.
 */
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Subprocess, TCPSocketListener } from "bun";
import type { Logger } from "pino";
import postgres from "postgres";
import { pause } from "../../async/mod.ts";
import { type Binaries, findBinaries } from "./binaries.ts";
import {
  ADMIN_ROLE,
  type ClusterPaths,
  type ClusterSettings,
  checkVacant,
  claimCluster,
  clusterExists,
  clusterPaths,
  createCluster,
  DATABASE,
  loadSettings,
  SERVICE_ROLE,
  saveSettings,
  serverEnv,
} from "./cluster.ts";
import { createDataDir, dataDirError } from "./data_dir.ts";
import { lockFolder } from "./folder_lock.ts";
import { type Identity, identity } from "./identity.ts";
import { makePrivate } from "./private.ts";
import { endServer } from "./processes.ts";

export { EmbeddedUnavailableError } from "./binaries.ts";
export { DataDirUnusableError } from "./data_dir.ts";
export { DataDirInUseError } from "./folder_lock.ts";
export { type OwnSecret, ownSecret } from "./own_secret.ts";

export interface EmbeddedOptions {
  /** The service's data folder; created if missing. */
  readonly dir: string;
  readonly logger: Pick<Logger, "debug" | "info" | "warn" | "error">;
  /** Postgres settings that extend or replace the defaults below. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Ends a start that is under way, which then throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A running embedded Postgres. */
export interface Embedded {
  /** The service's own role. */
  readonly url: string;
  /** The owner's role, for migrations. */
  readonly admin_url: string;
  /** Of Postgres's first process; changes after a restart. */
  readonly pid: number;
  /** Stops Postgres cleanly and releases the folder. */
  stop(): Promise<void>;
}

/** Durability stays at Postgres's defaults: `fsync`, `synchronous_commit` and `full_page_writes` are on. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  shared_buffers: "256MB",
  effective_cache_size: "1GB",
  // A checkpoint every 15 min or 2 GB instead of 5 min or 1 GB: fewer full-page writes, recovery still takes seconds.
  checkpoint_timeout: "15min",
  max_wal_size: "2GB",
  jit: "off", // only short queries: compiling costs more than it saves
  timezone: "UTC",
  log_timezone: "UTC",
  // Statements and values are not logged: they contain personal data and secrets.
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_checkpoints: "off",
  log_line_prefix: "%m [%p] ",
};

/** At startup the log is set aside if it is larger than this. */
const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

/**
 * Starts the Postgres in `dir`, creating it at the first start. Throws `DataDirUnusableError` if the folder cannot be
 * created or used, `DataDirInUseError` if another service uses it, `EmbeddedUnavailableError` if there are no programs for this machine.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  createDataDir(options.dir);
  const dir = realpathSync(options.dir);
  try {
    return await startIn(dir, options);
  } catch (error) {
    throw dataDirError(dir, error);
  }
}

async function startIn(dir: string, options: EmbeddedOptions): Promise<Embedded> {
  makePrivate(dir);
  const paths = clusterPaths(join(dir, "postgres"));
  for (const file of ["service.lock", "service.lock-journal", "service.pid"]) makePrivate(join(dir, file));
  for (const file of [paths.settings, paths.log]) makePrivate(file);
  const lock = lockFolder(dir);
  try {
    const binaries = await findBinaries();
    mkdirSync(paths.root, { recursive: true, mode: 0o700 });
    makePrivate(paths.root);
    const as = identity([binaries.postgres, paths.data]);
    const first = !clusterExists(paths);
    if (first) {
      checkVacant(paths);
      options.logger.info({ dir: paths.root }, "Creating the embedded database");
      await createCluster(paths.root, {
        binaries,
        identity: as,
        port: freePort(),
        sync: options.settings?.fsync !== "off",
        signal: options.signal,
      });
    } else {
      claimCluster(paths, as.user);
    }
    const server = new Server({ ...options, binaries, paths, identity: as });
    await server.start();
    const { url, admin_url } = server;
    return {
      url,
      admin_url,
      get pid() {
        return server.pid;
      },
      async stop() {
        await server.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface ServerOptions extends EmbeddedOptions {
  readonly binaries: Binaries;
  readonly paths: ClusterPaths;
  readonly identity: Identity;
}

/** Keeps one Postgres running: `start` … (restarts) … `stop`. */
class Server {
  readonly #options: ServerOptions;
  /** Derived from the path: a copied folder is another cluster, and must not end the processes of the first. */
  readonly #clusterName: string;
  #settings: ClusterSettings;
  #process: Subprocess | undefined;
  #supervision: Promise<void> | undefined;
  readonly #stopping = new AbortController();

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#clusterName = `levqor-${createHash("sha256").update(options.paths.data).digest("hex").slice(0, 12)}`;
    this.#settings = loadSettings(options.paths);
  }

  get url(): string {
    return this.#url(SERVICE_ROLE, DATABASE);
  }

  get admin_url(): string {
    return this.#url(ADMIN_ROLE, DATABASE);
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async start(): Promise<void> {
    await endServer(this.#clusterName);
    if (!portIsFree(this.#settings.port)) {
      this.#settings = { ...this.#settings, port: freePort() };
      saveSettings(this.#options.paths, this.#settings);
    }
    try {
      await this.#launch(this.#options.signal);
      await this.#prepare();
    } catch (error) {
      await this.#end();
      throw error;
    }
    this.#supervision = this.#supervise();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#end();
    await this.#supervision;
  }

  /** Starts Postgres and waits until it accepts connections. When `signal` aborts meanwhile, throws its reason. */
  async #launch(signal?: AbortSignal): Promise<void> {
    const { binaries, paths, identity, logger } = this.#options;
    // We have the folder's lock and its processes are gone: whatever the file says, its pid is another process's by
    // now.
    rmSync(join(paths.data, "postmaster.pid"), { force: true });
    rotate(paths.log);
    const settings = {
      ...SETTINGS,
      port: String(this.#settings.port),
      cluster_name: this.#clusterName,
      ...this.#options.settings,
    };
    const { cmd, ...as } = identity.wrap([
      binaries.postgres,
      "-D",
      paths.data,
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ]);
    const log = openSync(paths.log, "a", 0o600);
    const logStart = statSync(paths.log).size;
    const child = Bun.spawn(cmd, {
      ...as,
      cwd: "/",
      env: serverEnv(),
      stdio: ["ignore", log, log],
      detached: true, // Ctrl-C reaches the whole process group; Postgres must outlast the service's draining
    });
    closeSync(log);
    this.#process = child;
    const began = performance.now();
    for (let told = began; !isReady(paths.data, child.pid); await Bun.sleep(4)) {
      signal?.throwIfAborted();
      if (child.exitCode !== null || child.signalCode !== null) {
        const said = readFileSync(paths.log).subarray(logStart).toString().trim().split("\n").slice(-5).join("\n");
        throw new Error(`Cannot start Postgres in ${paths.data}: it ended with ${ending(child)}.\n${said}`);
      }
      if (performance.now() - told > 5_000) {
        told = performance.now();
        logger.info({ seconds: Math.round((told - began) / 1000) }, "Postgres is recovering; waiting for it");
      }
    }
    logger.debug({ pid: child.pid, port: this.#settings.port }, "Postgres is ready");
  }

  /**
   * Creates the service's role and database if they are missing: after `initdb`, or after a start that was interrupted
   * there.
   */
  async #prepare(): Promise<void> {
    const sql = postgres(this.#url(ADMIN_ROLE, "template1"), { max: 1, onnotice: () => {} });
    try {
      const [found] = await sql`
        select exists (select from pg_roles where rolname = ${SERVICE_ROLE}) as role,
               exists (select from pg_database where datname = ${DATABASE}) as database`;
      if (!found?.role) {
        await sql.unsafe(`create role ${SERVICE_ROLE} login password '${this.#settings.service_password}'`);
      }
      // The database that initdb created, under our name: creating another takes a third of a second.
      if (!found?.database) await sql.unsafe(`alter database postgres rename to ${DATABASE}`);
    } finally {
      await sql.end();
    }
  }

  /** Restarts Postgres whenever it ends without being told to. */
  async #supervise(): Promise<void> {
    const { logger } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const child = this.#process as Subprocess;
      await child.exited;
      let delay = 0;
      while (!this.#stopping.signal.aborted) {
        logger.error({ ending: ending(child), wait_ms: delay }, "Postgres ended unexpectedly; restarting it");
        try {
          await pause(delay, this.#stopping.signal);
          await endServer(this.#clusterName);
          if (this.#stopping.signal.aborted) return;
          const began = performance.now();
          await this.#launch();
          logger.warn({ pid: this.pid, ms: Math.round(performance.now() - began) }, "Postgres is running again");
          break;
        } catch (error) {
          logger.error({ err: error }, "Postgres did not start");
          delay = Math.min(Math.max(100, delay * 2), 5_000);
        }
      }
    }
  }

  /** Fast shutdown; immediate if that takes longer than a service may take to stop. */
  async #end(): Promise<void> {
    const child = this.#process;
    if (!child) return;
    child.kill("SIGINT");
    const late = setTimeout(() => {
      this.#options.logger.warn("Postgres takes long to stop; killing it (it will recover at the next start)");
      child.kill("SIGQUIT");
    }, 8_000);
    await child.exited;
    clearTimeout(late);
    await endServer(this.#clusterName);
  }

  #url(role: string, database: string): string {
    const { port, admin_password, service_password } = this.#settings;
    const password = role === ADMIN_ROLE ? admin_password : service_password;
    return `postgres://${role}:${password}@127.0.0.1:${port}/${database}`;
  }
}

/** Postgres writes its state into line 8 of `postmaster.pid`. */
function isReady(data: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
    return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
  } catch {
    return false;
  }
}

function ending(child: Subprocess): string {
  return String(child.signalCode ?? `exit code ${child.exitCode}`);
}

function rotate(log: string): void {
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT_BYTES) renameSync(log, `${log}.1`);
}

function freePort(): number {
  const listener = listen(0);
  listener.stop(true);
  return listener.port;
}

function portIsFree(port: number): boolean {
  try {
    listen(port).stop(true);
    return true;
  } catch {
    return false;
  }
}

function listen(port: number): TCPSocketListener {
  return Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
}
