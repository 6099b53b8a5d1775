import type { Projection } from "../../projections/projection.ts";
import type { Resuming } from "../log/mod.ts";
import { type Checkpoint, readCheckpoints } from "./checkpoint.ts";
import type { Poison } from "./fold.ts";
import { type Resumed, resumeProjection } from "./resume.ts";
import { Runner, type RunnerOptions, type RunnerState } from "./runner.ts";
import { Table } from "./table.ts";

export interface ProjectorOptions extends Pick<RunnerOptions, "sql" | "log" | "bus" | "logger"> {
  readonly projections: readonly Projection[];
  /** Tells this process from others; random by default. */
  readonly instance?: string;
  /** Events folded and written in one transaction at most; 2,000 by default: a job's events then often meet in one. */
  readonly batch?: number;
  /** Rows of one projection kept in memory at most; 20,000 by default. */
  readonly cached_rows?: number;
}

/** Where one version of a read model stands, whichever process runs it. */
export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  /** `standby`: another process runs it, or `fault` says why none does. */
  readonly state: RunnerState;
  /** Whether the view `levqor_read.<name>` shows this version. */
  readonly live: boolean;
  /** The last position folded into it. */
  readonly position: number;
  /** Events behind the log's head. */
  readonly lag: number;
  /** The event at which its fold stopped, where one did. */
  readonly poison?: Poison;
  /** Why this process cannot run it, where that is a fault. */
  readonly fault?: string;
}

/** The running projections of this process. */
export interface Projector {
  /** Resolves when every read model can be queried: the first start makes their tables. */
  ready(): Promise<void>;
  /** Where every read model stands. Rejects if the database cannot be reached. */
  status(): Promise<readonly ProjectionStatus[]>;
  /**
   * Lets a poisoned read model go on, in whichever process runs it, and puts that on record. `undefined`: there is none of
   * this name. Throws what `log.append` throws.
   */
  resume(name: string, resuming: Resuming): Promise<Resumed | undefined>;
  /** Whether the read model that readers see reached the position within the time, in whichever process it runs. */
  waitFor(name: string, position: number, timeout_ms: number): Promise<boolean>;
  /** Finishes the batches in hand and lets other processes take over. */
  stop(): Promise<void>;
}

/** Waiting for another process's projection: the first look after so long, and at most so long between two. */
const POLL_MS = { first: 2, most: 50 };
/** How long to rely on this process's projection before asking the database: it may lose its lease. */
const LOCAL_POLL_MS = 250;

/** Runs projections, each from its own checkpoint. Returns at once; what cannot run yet is tried again and again. */
export function startProjector(options: ProjectorOptions): Projector {
  const { sql, log, projections, instance = crypto.randomUUID(), batch = 2_000, cached_rows = 20_000 } = options;
  const runners = projections.map(
    (projection) => new Runner(new Table(projection), { ...options, instance, batch, cached_rows }),
  );
  const names = [...new Set(projections.map(({ name }) => name))];
  const asking = new Map<string, Promise<number>>();
  for (const runner of runners) runner.start();

  async function ready(): Promise<void> {
    await Promise.all(runners.map(({ opened }) => opened));
  }

  async function status(): Promise<readonly ProjectionStatus[]> {
    const [head, checkpoints] = await Promise.all([log.head(), readCheckpoints(sql, names)]);
    return runners.map((runner) => statusOf(runner, { head, checkpoints }));
  }

  async function resume(name: string, resuming: Resuming): Promise<Resumed | undefined> {
    let resumed: Resumed | undefined;
    for (const runner of runners) {
      if (runner.table.projection.name !== name || resumed?.ok) continue;
      resumed = await resumeProjection({ sql, log }, runner.table.projection, resuming);
    }
    return resumed;
  }

  async function waitFor(name: string, position: number, timeout_ms: number): Promise<boolean> {
    const candidates = runnersOf(name);
    const deadline = performance.now() + timeout_ms;
    let poll = POLL_MS.first;
    while (true) {
      const local = candidates.find(({ livePosition }) => livePosition !== undefined);
      if ((local?.livePosition ?? 0) >= position || (!local && (await livePosition(name)) >= position)) return true;
      const left = deadline - performance.now();
      if (left <= 0) return false;
      if (local) {
        await local.progress(Math.min(left, LOCAL_POLL_MS));
      } else {
        await Bun.sleep(Math.min(left, poll));
        poll = Math.min(2 * poll, POLL_MS.most);
      }
    }
  }

  function runnersOf(name: string): readonly Runner[] {
    const found = runners.filter(({ table }) => table.projection.name === name);
    if (found.length === 0) throw new Error(`Cannot find the projection "${name}" among ${names.join(", ")}`);
    return found;
  }

  /** However many wait, the database is asked once at a time. */
  function livePosition(name: string): Promise<number> {
    const asked = asking.get(name) ?? askLivePosition(name).finally(() => asking.delete(name));
    asking.set(name, asked);
    return asked;
  }

  async function askLivePosition(name: string): Promise<number> {
    const live = (await readCheckpoints(sql, [name])).find((checkpoint) => checkpoint.live);
    return live?.position ?? 0;
  }

  async function stop(): Promise<void> {
    await Promise.all(runners.map((runner) => runner.stop()));
  }

  return { ready, status, resume, waitFor, stop };
}

function statusOf(
  { table, state, fault }: Runner,
  { head, checkpoints }: { head: number; checkpoints: readonly Checkpoint[] },
): ProjectionStatus {
  const { name, version } = table.projection;
  const checkpoint = checkpoints.find((known) => known.name === name && known.version === version);
  const { live = false, position = 0, poison } = checkpoint ?? {};
  // The checkpoint knows of poison, and of its end, before a runner does.
  const running = state === "poisoned" ? "running" : state;
  const told = poison && state !== "stopped" ? "poisoned" : running;
  // The head was read a moment before or after the checkpoint.
  const lag = Math.max(0, head - position);
  return { name, version, state: told, live, position, lag, ...(poison && { poison }), ...(fault && { fault }) };
}
