/** The processes of a Postgres server: finds and ends what an earlier run left behind. */
import { readdirSync, readFileSync } from "node:fs";

export interface ServerProcess {
  readonly pid: number;
  readonly role: "postmaster" | "child";
}

/**
 * The server processes with this `cluster_name`. The name is in every one's command line, which any user may read:
 * `…/postgres -D … -c cluster_name=levqor-1a2b`, `postgres: levqor-1a2b: checkpointer`.
 */
function serverProcesses(clusterName: string): ServerProcess[] {
  const found: ServerProcess[] = [];
  for (const [pid, command] of commands()) {
    if (command.startsWith(`postgres: ${clusterName}: `)) found.push({ pid, role: "child" });
    else if (/^(?:.*\/)?postgres -D /.test(command) && ` ${command} `.includes(` cluster_name=${clusterName} `)) {
      found.push({ pid, role: "postmaster" });
    }
  }
  return found;
}

/**
 * Ends the processes of a server that has lost its service, and waits until they are gone: while one of them lives, its
 * shared memory keeps a new server from starting. No step loses committed data. Children without their postmaster
 * mostly exit by themselves, and get no signal at first.
 */
export async function endServer(clusterName: string): Promise<void> {
  const steps = [
    { to: ["postmaster"], signal: "SIGINT", wait_ms: 1_000 }, // fast shutdown
    { to: ["postmaster", "child"], signal: "SIGQUIT", wait_ms: 2_000 }, // immediate: the next start recovers from the WAL
    { to: ["postmaster", "child"], signal: "SIGKILL", wait_ms: 5_000 },
  ] as const;
  for (const { to, signal, wait_ms } of steps) {
    for (const { pid, role } of serverProcesses(clusterName)) {
      if ((to as readonly string[]).includes(role)) send(pid, signal);
    }
    for (const end = performance.now() + wait_ms; performance.now() < end; await Bun.sleep(10)) {
      if (serverProcesses(clusterName).length === 0) return;
    }
  }
  const left = serverProcesses(clusterName).map(({ pid }) => pid);
  throw new Error(
    `Cannot end the Postgres processes of an earlier run: ${left.join(", ")}. End them, then start again.`,
  );
}

/** Sends a signal; a negative `pid` is a process group. Does nothing if the process has ended. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Every process's command line, its arguments joined by spaces. */
function* commands(): Generator<[pid: number, command: string]> {
  if (process.platform === "linux") {
    for (const pid of readdirSync("/proc")) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        yield [Number(pid), readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()];
      } catch {
        // it ended meanwhile
      }
    }
  } else {
    const listing = Bun.spawnSync(["ps", "-axww", "-o", "pid=,command="]).stdout.toString();
    for (const line of listing.split("\n")) {
      const match = /^\s*(\d+)\s+(.*)$/.exec(line);
      if (match) yield [Number(match[1]), match[2] ?? ""];
    }
  }
}
