/** The cost of processes, read from `/proc`; unknown on anything but Linux. */
import { readdir, readFile } from "node:fs/promises";

/** Clock ticks per second in `/proc/<pid>/stat`: 100 on every Linux that people run. */
const TICKS = 100;

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** User and system time, including that of exited children. */
  readonly seconds: number;
}

async function readProcess(pid: number): Promise<Process | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return undefined;
  // The second field is the name in brackets, which may contain anything; after it comes the state, field 3.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = [14, 15, 16, 17].reduce((sum, field) => sum + Number(fields[field - 3]), 0);
  return { pid, parent: Number(fields[1]), seconds: ticks / TICKS };
}

/** Processor seconds that a process and all its descendants have used so far; NaN if unknown. */
async function cpuSeconds(root: number): Promise<number> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const processes = (await Promise.all(pids.map(readProcess))).filter((found) => found !== undefined);
  const known = new Map(processes.map((found) => [found.pid, found]));
  const belongs = (found: Process | undefined): boolean =>
    found !== undefined && (found.pid === root || belongs(known.get(found.parent)));
  const family = processes.filter(belongs);
  return family.length === 0 ? Number.NaN : family.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Processor seconds per second that each named process used while `work` ran. */
export async function cpuShares<Name extends string, Result>(
  processes: Readonly<Record<Name, number>>,
  work: () => Promise<Result>,
): Promise<{ result: Result; shares: Record<Name, number> }> {
  const names = Object.keys(processes) as Name[];
  const read = () => Promise.all(names.map((name) => cpuSeconds(processes[name])));
  const before = await read();
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  const after = await read();
  const shares = names.map((name, i) => [name, ((after[i] as number) - (before[i] as number)) / seconds]);
  return { result, shares: Object.fromEntries(shares) as Record<Name, number> };
}
