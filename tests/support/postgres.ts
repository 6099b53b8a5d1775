/**
 * Databases for tests, on one embedded Postgres that all workers of a test run share. It starts, in a separate process, when
 * a test first asks for a database. When the run ends, even by `kill -9`, it stops and its folder is removed.
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
  /** With fsync, as in production; off by default, which is faster. */
  readonly durable?: boolean;
  /** Whether it has the read models of an empty log, as the first service builds them; it has by default. */
  readonly read_models?: boolean;
}

/** The address of the shared Postgres. */
type Address = Pick<Embedded, "url" | "admin_url">;

/** The file in its folder that contains the address. */
export const ADDRESS = "address.json";
/** The database with the read models of an empty log. */
export const BUILT = "levqor_built";

const START_LIMIT_MS = 60_000;

/**
 * Where the databases are: in memory if there is room, which takes half the system time per database (24 ms rather than 45
 * to copy and drop it).
 */
const FOLDER = hasRoom("/dev/shm") ? "/dev/shm" : tmpdir();

/** The process that ends with the run: for parallel workers, their parent. */
const RUN = process.env.BUN_TEST_WORKER_ID === undefined ? process.pid : process.ppid;

const servers = new Map<boolean, Promise<Address>>();
const owners = new Map<string, ReturnType<typeof connect>>();

/** A fresh, migrated database. */
export async function testDatabase({
  durable = false,
  read_models = true,
}: TestDatabaseOptions = {}): Promise<TestDatabase> {
  let server = servers.get(durable);
  if (!server) {
    server = startShared(durable);
    servers.set(durable, server);
  }
  const { url, admin_url } = await server;
  for (const one of [url, admin_url]) keepSecret(decodeURIComponent(new URL(one).password));
  const name = `test_${Bun.randomUUIDv7().replaceAll("-", "")}`;
  // Copying files takes a quarter of the processor time of logging each page: 20 ms rather than 80.
  await run(admin_url, `create database ${name} template ${read_models ? BUILT : "levqor"} strategy file_copy`);
  return {
    url: withDatabase(url, name),
    admin_url: withDatabase(admin_url, name),
    drop: () => run(admin_url, `drop database ${name} with (force)`),
  };
}

/** A separate, migrated embedded Postgres, which the test may kill and restart. The test stops it. */
export async function startTestPostgres(
  dir: string,
  { durable = true }: Pick<TestDatabaseOptions, "durable"> = {},
): Promise<Embedded> {
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

/** A folder that is removed, with the Postgres in it, however this process ends. */
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
 * Runs a script as a grandchild in a new session: `bun test` kills the children of a test that times out, and Ctrl-C the
 * whole process group.
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

/** Creates the folder, unless another worker of the run has. */
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

/** When a process started, as part of a name, because pids are reused. The same in all workers, whatever their clocks. */
function startOf(pid: number): string {
  if (process.platform === "linux") {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The 22nd field; the second is the program's name in brackets, which may contain anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] as string;
  }
  const { stdout } = Bun.spawnSync(["ps", "-o", "lstart=", "-p", String(pid)]);
  return Bun.hash(stdout.toString()).toString(36);
}

/** Runs a statement as the owner, on one connection for all: opening one takes longer than most statements. */
export async function run(url: string, statement: string): Promise<void> {
  let sql = owners.get(url);
  if (!sql) {
    sql = connect(withDatabase(url, "template1"), { max: 1 });
    owners.set(url, sql);
  }
  await sql.unsafe(statement);
}

export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
