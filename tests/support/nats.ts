/**
 * Real nats-servers for tests. The binary is the one on the PATH, or the one that `scripts/nats_server.sh` installs in
 * `.tools/`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { machine, tmpdir, type } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect } from "nats";

const TOOLS = join(import.meta.dir, "../../.tools", `${type()}-${machine()}`, "bin");
/** The program's path; `null` if none is installed. */
export const natsServer: string | null = Bun.which("nats-server") ?? Bun.which("nats-server", { PATH: TOOLS });
const HOW_TO_GET_IT = "Install nats-server (`sh scripts/nats_server.sh` gets it, or see https://nats.io/download)";

/**
 * Whether tests can start a nats-server: `test.skipIf(!natsAvailable)`. Always true with `CI=true`, where
 * {@linkcode startNats} fails if the binary is missing: continuous integration never skips these tests.
 */
export const natsAvailable: boolean = natsServer !== null || process.env.CI === "true";
if (!natsAvailable) process.stderr.write(`JetStream tests are skipped: found no nats-server. ${HOW_TO_GET_IT}.\n`);

/** A running nats-server with JetStream. `await using` stops it at the end of the scope. */
export interface NatsServer extends AsyncDisposable {
  readonly name: string;
  /** For example `nats://127.0.0.1:23456`. */
  readonly url: string;
  readonly port: number;
  /** Its log since its last start. */
  logged(): Promise<string>;
  /** Ends the process (SIGKILL by default) and keeps the store. Resolves when the process has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and store; kills it first if it still runs. Resolves when it accepts connections. */
  restart(): Promise<void>;
  /** Ends the process and removes its store. */
  stop(): Promise<void>;
}

/**
 * Starts a separate nats-server on a free port, with an empty store in the temp folder. Resolves when it accepts
 * connections. Throws if there is no binary, or if the server does not start within 10 s.
 */
export function startNats(options: Pick<NodeOptions, "args" | "env"> = {}): Promise<NatsServer> {
  return onFreePorts(1, ([port = 0]) => startNode({ ...options, name: crypto.randomUUID(), port }));
}

/** Several nodes with one JetStream. `await using` stops them at the end of the scope. */
export interface NatsCluster extends AsyncDisposable {
  readonly nodes: readonly NatsServer[];
}

/** Starts a separate cluster. Resolves when its JetStream accepts streams. */
export async function startNatsCluster(size = 3): Promise<NatsCluster> {
  const nodes = await onFreePorts(2 * size, async (ports) => {
    const routes = ports.slice(size).map((port) => `nats://127.0.0.1:${port}`);
    const started = await Promise.all(
      routes.map((route, i) =>
        startNode({
          name: crypto.randomUUID(),
          port: ports[i] as number,
          args: ["--cluster_name", "levqor", "--cluster", route, "--routes", routes.join()],
        }),
      ),
    );
    if (started.every((node) => node !== undefined)) return started;
    await Promise.all(started.map((node) => node?.stop()));
    return undefined;
  });
  await untilClusterTakesStreams({ servers: nodes[0]?.url }, size);
  return {
    nodes,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

/** Resolves when JetStream accepts a stream with a replica on each node; throws after 30 s. */
export async function untilClusterTakesStreams(options: ConnectionOptions, size: number): Promise<void> {
  const nats = await connect(options);
  try {
    const deadline = Date.now() + 30_000;
    while (true) {
      try {
        const jsm = await nats.jetstreamManager({ timeout: 1_000 });
        await jsm.streams.add({ name: "PROBE", subjects: ["probe"], num_replicas: size });
        await jsm.streams.delete("PROBE");
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await Bun.sleep(50);
      }
    }
  } finally {
    await nats.close();
  }
}

interface NodeOptions {
  readonly name: string;
  readonly port: number;
  readonly args?: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a server with an empty store in the temp folder; `undefined` if a port is taken. */
export async function startNode(options: NodeOptions): Promise<NatsServer | undefined> {
  const { name, port } = options;
  const directory = await mkdtemp(join(tmpdir(), "levqor-nats-"));
  const first = await launch(directory, options);
  if (!first) {
    await rm(directory, { recursive: true, force: true });
    return undefined;
  }
  let { server, log } = first;
  const killAtExit = () => server.kill("SIGKILL");
  process.on("exit", killAtExit);

  const kill = async (signal: NodeJS.Signals = "SIGKILL") => {
    server.kill(signal);
    await server.exited;
  };
  const stop = async () => {
    await kill();
    process.off("exit", killAtExit);
    await rm(directory, { recursive: true, force: true });
  };
  return {
    name,
    url: `nats://127.0.0.1:${port}`,
    port,
    logged: () => log.text(),
    kill,
    restart: async () => {
      await kill();
      const restarted = await launch(directory, options);
      if (!restarted) throw new Error(`Cannot restart nats-server: port ${port} is taken`);
      ({ server, log } = restarted);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/**
 * Calls `start` with different ports until it returns something. They are below the range of ephemeral ports, so that no
 * outgoing connection takes a killed server's port before its restart.
 */
export async function onFreePorts<T>(count: number, start: (ports: number[]) => Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const ports = new Set<number>();
    while (ports.size < count) ports.add(20_000 + Math.floor(Math.random() * 12_000));
    const started = await start([...ports]);
    if (started) return started;
  }
  throw new Error("Cannot start nats-server: found no free port between 20000 and 32000");
}

/** Resolves to the process once it accepts connections, or to `undefined` if a port is taken. */
async function launch(directory: string, { name, port, args = [], env = {} }: NodeOptions) {
  if (natsServer === null) throw new Error(`Cannot start nats-server: found none. ${HOW_TO_GET_IT}`);
  const log = Bun.file(join(directory, `${crypto.randomUUID()}.log`));
  const address = ["--addr", "127.0.0.1", "--port", `${port}`];
  const server = Bun.spawn([natsServer, "--jetstream", ...address, "--store_dir", directory, "--name", name, ...args], {
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: log,
  });
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    // The name distinguishes this server from another one on the port.
    if (await answersAs(name, port)) return { server, log };
    if (server.exitCode !== null) {
      const said = await log.text();
      if (said.includes("address already in use")) return undefined;
      throw new Error(`Cannot start nats-server: it ended with code ${server.exitCode}:\n${said}`);
    }
    await Bun.sleep(10);
  }
  server.kill("SIGKILL");
  throw new Error(`Cannot start nats-server: no answer on port ${port} within 10 s:\n${await log.text()}`);
}

/** A NATS server greets a new connection with `INFO {...}`. */
function answersAs(name: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (socket, data) => {
        resolve(data.toString().includes(name));
        socket.end();
      },
      close: () => resolve(false),
      error: () => resolve(false),
    },
  }).catch(() => resolve(false));
  return promise;
}
