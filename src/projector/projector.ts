import type { Projection } from "../../projections/projection.ts";
import { closedConnections } from "../db/mod.ts";
import type { Poison, ResumeOptions } from "../log/mod.ts";
import { type Checkpoint, readCheckpoints } from "./checkpoint.ts";
import { CheckpointMoves } from "./moves.ts";
import { type Resumed, resumeProjection } from "./resume.ts";
import { Runner, type RunnerOptions, type RunnerState } from "./runner.ts";
import { Table } from "./table.ts";

export interface ProjectorOptions extends Pick<RunnerOptions, "sql" | "log" | "bus" | "logger"> {
  readonly projections: readonly Projection[];
  /** Identifies this process; random by default. */
  readonly instance?: string;
  /** Maximum number of events per transaction; 2,000 by default: a job's events are then often in one. */
  readonly batch?: number;
  /** Maximum number of rows of one projection kept in memory; 20,000 by default. */
  readonly cached_rows?: number;
}

/** The status of one version of a read model, whichever process runs it. */
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
  /** The event at which its fold stopped, if it did. */
  readonly poison?: Poison;
  /** The error that keeps this process from running it, if there is one. */
  readonly fault?: string;
}

/** What read models must include before they are read. */
export interface Reached {
  /** The read models' names. */
  readonly names: readonly string[];
  readonly position: number;
  readonly timeout_ms: number;
}

/** What a query returned, or why it was not run, or not on what had been reached. */
export type ReadAt<Rows> = { readonly ok: true; readonly rows: Rows } | { readonly ok: false; readonly detail: string };

/** The running projections of this process. */
export interface Projector {
  /** Resolves when every read model can be queried: the first start creates their tables. */
  ready(): Promise<void>;
  /** The status of every read model. Rejects if the database cannot be reached. */
  status(): Promise<readonly ProjectionStatus[]>;
  /**
   * Resumes a poisoned read model, in whichever process runs it, and records that. `undefined`: there is none of this name.
   * Throws what `log.append` throws.
   */
  resume(name: string, resuming: ResumeOptions): Promise<Resumed | undefined>;
  /** Whether the live version of the read model reaches the position within the time, in whichever process it runs. */
  waitFor(name: string, position: number, timeout_ms: number): Promise<boolean>;
  /**
   * Runs a query once all these read models have reached the position, each within the time. Again if Postgres may have
   * lost meanwhile what they had reached, as in a crash; after three reads it is given up.
   */
  readAt<Rows>(reached: Reached, query: () => PromiseLike<Rows>): Promise<ReadAt<Rows>>;
  /** Finishes the current batches and lets other processes take over. */
  stop(): Promise<void>;
}

/** Delays between checks of another process's projection: the first, and the longest. */
const POLL_MS = { first: 2, most: 50 };
/** How long to wait for this process's projection before asking the database: it may lose its lease. */
const LOCAL_POLL_MS = 250;
const READS_MAX = 3;

/** Runs projections, each from its own checkpoint. Returns at once; a projection that cannot run yet is retried. */
export function startProjector(options: ProjectorOptions): Projector {
  const { sql, log, projections, instance = crypto.randomUUID(), batch = 2_000, cached_rows = 20_000 } = options;
  const moves = new CheckpointMoves(sql);
  const runners = projections.map(
    (projection) => new Runner(new Table(projection), { ...options, instance, batch, cached_rows, moves }),
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

  async function resume(name: string, resuming: ResumeOptions): Promise<Resumed | undefined> {
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

  async function readAt<Rows>(
    { names, position, timeout_ms }: Reached,
    query: () => PromiseLike<Rows>,
  ): Promise<ReadAt<Rows>> {
    for (let reads = 0; reads < READS_MAX; reads++) {
      const closed = closedConnections(sql);
      for (const name of names) {
        if (await waitFor(name, position, timeout_ms)) continue;
        return { ok: false, detail: `${name} did not reach position ${position} within ${timeout_ms} ms` };
      }
      const rows = await query();
      if (closedConnections(sql) === closed) return { ok: true, rows };
    }
    return { ok: false, detail: `the database closed connections during each of ${READS_MAX} reads` };
  }

  function runnersOf(name: string): readonly Runner[] {
    const found = runners.filter(({ table }) => table.projection.name === name);
    if (found.length === 0) throw new Error(`Cannot find the projection "${name}" among ${names.join(", ")}`);
    return found;
  }

  /** Callers that wait at the same time share one query. */
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

  return {
    ready,
    status,
    resume,
    waitFor,
    readAt,
    stop,
  };
}

function statusOf(
  { table, state, fault }: Runner,
  { head, checkpoints }: { head: number; checkpoints: readonly Checkpoint[] },
): ProjectionStatus {
  const { name, version } = table.projection;
  const checkpoint = checkpoints.find((known) => known.name === name && known.version === version);
  const { live = false, position = 0, poison } = checkpoint ?? {};
  // The checkpoint shows poison, and that it was cleared, before a runner notices.
  const running = state === "poisoned" ? "running" : state;
  const shown = poison && state !== "stopped" ? "poisoned" : running;
  // The head was read a moment before or after the checkpoint.
  const lag = Math.max(0, head - position);
  return { name, version, state: shown, live, position, lag, ...(poison && { poison }), ...(fault && { fault }) };
}
