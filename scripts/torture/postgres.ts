/** The Postgres under torture: the embedded one's programs and folder, run by our own supervisor. */
import { dirname, join } from "node:path";
import { findBinaries } from "../../src/db/embedded/binaries.ts";
import { ADMIN_ROLE, clusterPaths, DATABASE, loadSettings, SERVICE_ROLE } from "../../src/db/embedded/cluster.ts";
import { identity } from "../../src/db/embedded/identity.ts";
import { endServer } from "../../src/db/embedded/processes.ts";
import { startTestPostgres } from "../../tests/support/postgres.ts";
import type { Clock } from "./clock.ts";
import { stablePort } from "./ports.ts";
import { Supervised } from "./supervised.ts";

export interface TorturedPostgres {
  readonly server: Supervised;
  /** The service's own role. */
  readonly url: string;
  /** The owner's role. */
  readonly admin_url: string;
  /** All its processes but the first, in order. */
  children(): number[];
  /** Ends what is still running of it. */
  end(): Promise<void>;
}

export interface PostgresOptions {
  /** For logs and pids. */
  readonly folder: string;
  /** Where the data lies. */
  readonly disk: string;
  readonly clock: Clock | undefined;
}

/** Makes a migrated cluster. It is not started. */
export async function preparePostgres({ folder, disk, clock }: PostgresOptions): Promise<TorturedPostgres> {
  const prepared = await startTestPostgres(disk);
  await prepared.stop();
  const binaries = await findBinaries();
  const paths = clusterPaths(join(disk, "postgres"));
  const { admin_password, service_password } = loadSettings(paths);
  const as = identity([binaries.postgres, paths.data]);
  const port = stablePort();
  const clusterName = `levqor-torture-${port}-${process.pid}`;
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    port: String(port),
    cluster_name: clusterName,
    max_connections: "200",
    shared_buffers: "64MB",
    // Small, so that it fits on the disk and that a crash falls between many checkpoints.
    max_wal_size: "96MB",
    checkpoint_timeout: "30s",
    timezone: "UTC",
    log_timezone: "UTC",
    log_line_prefix: "%m [%p] %a ",
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const program = [binaries.postgres, "-D", paths.data, ...flags];
  const { cmd, ...user } = as.wrap(clock?.wrap(program) ?? program);
  if (Object.keys(user).length > 0)
    throw new Error("Cannot run Postgres as another user: install util-linux (setpriv)");
  const server = new Supervised({
    name: "postgres",
    folder,
    ready: /database system is ready to accept connections/,
    on_exit: clock?.forget,
    command: async () => {
      // While one process of the last run lives, its shared memory keeps a new server from starting.
      await endServer(clusterName);
      return { cmd, env: { PATH: process.env.PATH ?? "", LC_ALL: "C", TZ: "UTC" }, cwd: dirname(paths.data) };
    },
  });
  const url = (role: string, password: string) => `postgres://${role}:${password}@127.0.0.1:${port}/${DATABASE}`;
  return {
    server,
    url: url(SERVICE_ROLE, service_password),
    admin_url: url(ADMIN_ROLE, admin_password),
    children: () => childrenOf(server.pid),
    end: () => endServer(clusterName),
  };
}

function childrenOf(parent: number | undefined): number[] {
  if (parent === undefined) return [];
  const listing = Bun.spawnSync(["ps", "-axo", "pid=,ppid="]).stdout.toString();
  return listing
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid = 0, ppid]) => (ppid === parent ? [pid] : []))
    .sort((a, b) => a - b);
}
