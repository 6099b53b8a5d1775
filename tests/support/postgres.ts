/**
 * Databases for tests, on one embedded Postgres for each run of tests, whose workers share it. It is started when a test first
 * asks for a database, in a process of its own; it ends, and its folder goes, when the run does, even by `kill -9`.
 */
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type Embedded, migrate, startEmbedded } from "../../src/db/mod.ts";
import { migrations } from "../../src/migrations.ts";
import { keepSecret } from "./secrets.ts";

export interface TestDatabase {
  /** The service's own role. */
  readonly url: string;
  /** The owner's role. */
  readonly admin_url: string;
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** With fsync, as in production; without it by default, which is quicker. */
  readonly durable?: boolean;
}

/** Where the shared Postgres is to be found. */
type Address = Pick<Embedded, "url" | "admin_url">;

/** The file in its folder that says so. */
export const ADDRESS = "address.json";

const START_LIMIT_MS = 60_000;

/**
 * Where the databases are: in memory where there is room, which takes Postgres half the system time for each of them
 * (24 ms for 45, to copy and to drop).
 */
const FOLDER = hasRoom("/dev/shm") ? "/dev/shm" : tmpdir();

/** The process that ends with the run: of workers that run files in parallel, the one that they are children of. */
const RUN = process.env.BUN_TEST_WORKER_ID === undefined ? process.pid : process.ppid;

const servers = new Map<boolean, Promise<Address>>();

/** A fresh, migrated database. */
export async function testDatabase({ durable = false }: TestDatabaseOptions = {}): Promise<TestDatabase> {
  let server = servers.get(durable);
  if (!server) {
    server = startShared(durable);
    servers.set(durable, server);
  }
  const { url, admin_url } = await server;
  for (const one of [url, admin_url]) keepSecret(decodeURIComponent(new URL(one).password));
  const name = `test_${Bun.randomUUIDv7().replaceAll("-", "")}`;
  // Copying files takes Postgres a quarter of the processor time that logging each page does: 20 ms for 80 ms.
  await run(admin_url, `create database ${name} template levqor strategy file_copy`);
  return {
    url: withDatabase(url, name),
    admin_url: withDatabase(admin_url, name),
    drop: () => run(admin_url, `drop database ${name} with (force)`),
  };
}

/** A migrated embedded Postgres of the test's own, to be killed and restarted at will. The test stops it. */
export async function startTestPostgres(dir: string, { durable = true }: TestDatabaseOptions = {}): Promise<Embedded> {
  const embedded = await startEmbedded({
    dir,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    settings: durable ? { shared_buffers: "128MB" } : { fsync: "off", shared_buffers: "128MB" },
  });
  const admin = connect(embedded.admin_url, { max: 1 });
  try {
    await migrate(admin, { migrations, role: "levqor" });
  } finally {
    await admin.end();
  }
  return embedded;
}

/** A folder that goes, with the Postgres in it, when this process ends in whatever way. */
export function testFolder(): string {
  const dir = newFolder();
  spawnApart(`
    while kill -0 ${process.pid} 2>/dev/null; do sleep 0.5; done
    pid=$(head -n 1 ${dir}/postgres/data/postmaster.pid 2>/dev/null)
    test -n "$pid" && kill -QUIT $pid 2>/dev/null
    for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf ${dir} 2>/dev/null && break; sleep 0.3; done`);
  return dir;
}

function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > 4 * 1024 ** 3;
  } catch {
    return false;
  }
}

function newFolder(): string {
  const dir = mkdtempSync(join(FOLDER, "levqor-test-"));
  chmodSync(dir, 0o755);
  return dir;
}

/**
 * Runs a script as a grandchild in a session of its own: `bun test` kills the children of a test that takes too long,
 * and Ctrl-C the whole process group.
 */
function spawnApart(script: string, environment: Record<string, string> = {}): void {
  Bun.spawn(["/bin/sh", "-c", `(${script}) &`], {
    stdio: ["ignore", "ignore", "ignore"],
    env: { ...process.env, ...environment },
    detached: true,
  });
}

async function startShared(durable: boolean): Promise<Address> {
  const kind = durable ? "durable" : "quick";
  const dir = join(durable ? tmpdir() : FOLDER, `levqor-test-${RUN}-${startOf(RUN)}-${kind}`);
  const log = `${dir}.log`;
  if (isFirst(dir)) {
    spawnApart('exec "$BUN" "$HOST" "$DIR" "$KIND" "$RUN" >"$LOG" 2>&1', {
      BUN: process.execPath,
      HOST: join(import.meta.dir, "postgres_host_process.ts"),
      DIR: dir,
      KIND: kind,
      RUN: String(RUN),
      LOG: log,
    });
  }
  const file = join(dir, ADDRESS);
  for (const deadline = performance.now() + START_LIMIT_MS; performance.now() < deadline; await Bun.sleep(10)) {
    if (!existsSync(file)) continue;
    rmSync(log, { force: true });
    return JSON.parse(readFileSync(file, "utf8"));
  }
  throw new Error(`The tests' Postgres did not start within ${START_LIMIT_MS} ms: ${readFileSync(log, "utf8")}`);
}

/** Makes the folder, unless another worker of the run has made it. */
function isFirst(dir: string): boolean {
  try {
    mkdirSync(dir);
    chmodSync(dir, 0o755);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** When a process began, as a part of a name: pids come again. Alike in all workers, whatever their clocks say. */
function startOf(pid: number): string {
  if (process.platform === "linux") {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The 22nd field; the second is the program's name in brackets, which may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] as string;
  }
  const { stdout } = Bun.spawnSync(["ps", "-o", "lstart=", "-p", String(pid)]);
  return Bun.hash(stdout.toString()).toString(36);
}

async function run(url: string, statement: string): Promise<void> {
  const sql = connect(withDatabase(url, "template1"), { max: 1 });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
