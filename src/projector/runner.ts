/**
 * Runs one projection in one process.
 *
 * ```text
 *   standby ──lease──▶ running | building ──fold throws──▶ poisoned ──resume──▶ running | building
 *      ▲                    │                                 │
 *      ╰──── lease or fence lost, fault of the database ──────╯
 *   any ──stop──▶ stopped
 * ```
 *
 * - **standby**: another process runs it, or the database cannot be reached. Keeps retrying.
 * - **building**: a new version catches up beside the live one; at the head of the log it replaces it.
 * - The **lease** lets one process at a time run it. The **fence** keeps the table correct: a batch is written only if the
 *   checkpoint has not moved since its rows were read. Commits are asynchronous: a crash of Postgres may roll back the last
 *   batches, and it ends all leases, so the next holder starts from the checkpoint that remains.
 */
import type { StoredEvent } from "../../events/envelope.ts";
import { projectionStream } from "../../events/projection.ts";
import { pause, type Repeating } from "../async/mod.ts";
import { follow } from "../bus/follow.ts";
import type { Bus } from "../bus/types.ts";
import { untilNews } from "../bus/until_news.ts";
import { closedConnections, lead, type Sql } from "../db/mod.ts";
import { type EventLog, isRefusal } from "../log/mod.ts";
import { applyChanges, type Checkpoint, openCheckpoint, promote, readCheckpoint } from "./checkpoint.ts";
import { type Changes, Folder, poisonedChanges } from "./fold.ts";
import type { CheckpointMoves } from "./moves.ts";
import { skippedPositions } from "./resume.ts";
import type { Table } from "./table.ts";

export type RunnerState = "running" | "building" | "poisoned" | "standby" | "stopped";

/** Where the projector logs to: a pino logger fits. */
export interface ProjectorLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface RunnerOptions {
  readonly sql: Sql;
  readonly log: EventLog;
  readonly bus: Bus;
  readonly logger: ProjectorLogger;
  /** Identifies this process. */
  readonly instance: string;
  /** Shared by all projections of a process. */
  readonly moves: CheckpointMoves;
  /** Maximum number of events per transaction. */
  readonly batch: number;
  /** Maximum number of rows kept in memory. */
  readonly cached_rows: number;
}

interface Applied {
  readonly position: number;
  readonly end?: "fenced" | "poisoned";
  /** Whether it may have changed rows. */
  readonly changed: boolean;
}

/**
 * After a batch of at least so many events, the runner waits so that the next batch grows, unless somebody waits for it: a
 * batch costs Postgres about 1 ms whatever its size, which with 64 clients was half a core. Smaller batches are written
 * without delay.
 */
const BUSY_EVENTS = 16;
const GATHER_MS = 100;
/** The same after a batch that changed no row, like most batches of a read model of rare events. */
const GATHER_UNCHANGED_MS = 300;

function changesRows({ inserted, updated, deleted }: Changes): boolean {
  return inserted.length + updated.length + deleted.length > 0;
}

export class Runner {
  readonly table: Table;
  readonly #options: RunnerOptions;
  readonly #waiters = new Set<() => void>();
  readonly #opened = Promise.withResolvers<void>();
  #leading: Repeating | undefined;
  #state: RunnerState = "standby";
  #live = false;
  #position = 0;
  /** The number of closed connections before `#position` was read or written. */
  #closed = 0;
  #gathering: AbortController | undefined;

  constructor(table: Table, options: RunnerOptions) {
    this.table = table;
    this.#options = options;
  }

  get state(): RunnerState {
    return this.#state;
  }

  /** The error that keeps it from running, if there is one. */
  get fault(): string | undefined {
    return this.#state === "standby" ? this.#leading?.fault : undefined;
  }

  /**
   * The position that readers see, if this process runs the live version and Postgres cannot have crashed since; otherwise
   * ask the database.
   */
  get livePosition(): number | undefined {
    const isKnown = this.#closed === closedConnections(this.#options.sql);
    return this.#state === "running" && this.#live && isKnown ? this.#position : undefined;
  }

  /** Resolves when the view exists, or the runner stopped. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Resolves after the next batch, or when the time is over. */
  async progress(timeout_ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeout_ms);
    this.#waiters.add(resolve);
    this.#gathering?.abort();
    await promise;
    clearTimeout(timer);
    this.#waiters.delete(resolve);
  }

  start(): void {
    const { sql, instance: holder, logger } = this.#options;
    const { name, version } = this.table.projection;
    const task = `run the projection ${name}`;
    const prepare = () => openCheckpoint(sql, this.table).then(() => this.#opened.resolve());
    this.#leading ??= lead(
      { sql, name: `projector:${name}_v${version}`, holder, task, logger, prepare },
      (held, worked) =>
        this.#lead(held, worked).finally(() => {
          this.#state = "standby";
        }),
    );
  }

  /** Finishes the current batch. */
  async stop(): Promise<void> {
    await this.#leading?.stop();
    this.#state = "stopped";
    this.#opened.resolve();
  }

  /** Runs the projection until the signal fires, or until another process has moved its checkpoint. */
  async #lead(signal: AbortSignal, worked: () => void): Promise<void> {
    const { sql, log, logger } = this.#options;
    const { name, version } = this.table.projection;
    while (!signal.aborted) {
      const closed = closedConnections(sql);
      const checkpoint = await openCheckpoint(sql, this.table);
      if (checkpoint.version !== version) {
        throw new Error(`Cannot run ${this.table.name}: version ${checkpoint.version} is live`);
      }
      this.#position = checkpoint.position;
      this.#closed = closed;
      this.#live = checkpoint.live;
      if (checkpoint.poison) {
        this.#state = "poisoned";
        const { position, message } = checkpoint.poison;
        logger.error(
          { projection: name, version, position },
          `The projection ${name} stopped at an event that it cannot fold: ${message}`,
        );
        await this.#untilResumed(signal);
        continue;
      }
      this.#state = checkpoint.live ? "running" : "building";
      if (!checkpoint.live && checkpoint.position >= (await log.head())) {
        if (await promote(sql, this.table)) logger.info({ projection: name, version }, `${this.table.name} is live`);
        continue;
      }
      if ((await this.#feed(checkpoint, { signal, worked })) === "fenced") {
        logger.warn(
          { projection: name, version },
          `Another process moved the checkpoint of ${this.table.name}; starting again`,
        );
        return;
      }
    }
  }

  /** Folds the log from a checkpoint. Ends at the signal, at poison, at the fence, or when a build has caught up. */
  async #feed(
    start: Checkpoint,
    { signal, worked }: { signal: AbortSignal; worked: () => void },
  ): Promise<"stopped" | "poisoned" | "fenced" | "built"> {
    const { sql, log, bus, batch, cached_rows, logger } = this.#options;
    const { table } = this;
    const folder = new Folder(table, {
      load: (keys) => table.load(sql, keys),
      cached_rows,
      skipped: await skippedPositions(log, table.projection),
    });
    const on_fault = (error: unknown) =>
      logger.warn({ err: error, projection: table.projection.name }, "Cannot read the log");
    let from = start;
    // The follower collects the next batch while this one is folded and written, so batches grow with the load.
    for await (const events of follow({ log, bus, after: from.position, signal, batch, on_fault })) {
      const closed = closedConnections(sql);
      const { end, position, changed } = await this.#apply(folder, events, from);
      if (end === "fenced") return end;
      from = { ...from, position };
      this.#moved(position, closed);
      worked();
      if (end) return end;
      if (!from.live && position >= (await log.head())) return "built";
      if (from.live && events.length >= BUSY_EVENTS && events.length < batch) {
        await this.#gather(changed ? GATHER_MS : GATHER_UNCHANGED_MS, signal);
      }
    }
    return "stopped";
  }

  /** Waits so that the next batch grows, unless somebody waits for it. */
  async #gather(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#waiters.size > 0) return;
    this.#gathering = new AbortController();
    await pause(ms, AbortSignal.any([signal, this.#gathering.signal]));
    this.#gathering = undefined;
  }

  /** Folds and writes a batch. `position`: the checkpoint afterwards; `end`: why that is not the end of the batch. */
  async #apply(folder: Folder, events: readonly StoredEvent[], from: Checkpoint): Promise<Applied> {
    let changes: Changes;
    try {
      changes = await folder.fold(events);
      if (!(await this.#write(changes, from))) {
        return { position: from.position, end: "fenced", changed: false };
      }
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return await this.#isolate(folder, events, { from, error });
    }
    changes.commit();
    const { position, poison, rest } = changes;
    const changed = changesRows(changes);
    if (rest.length === 0) return { position, end: poison && "poisoned", changed };
    const applied = await this.#apply(folder, rest, { ...from, position });
    // Even if the rest was fenced, the first part is written.
    return { ...applied, changed: changed || applied.changed };
  }

  /** Returns whether the changes were written; if not, another process has moved the checkpoint. */
  async #write(changes: Changes, from: Checkpoint): Promise<boolean> {
    const { sql, moves } = this.#options;
    if (!changesRows(changes) && !changes.poison && (await moves.move(from, changes.position))) return true;
    return applyChanges(sql, this.table, { changes, from });
  }

  /** Finds the event whose key or row Postgres rejects, and applies those before it. */
  async #isolate(
    folder: Folder,
    events: readonly StoredEvent[],
    { from, error }: { from: Checkpoint; error: unknown },
  ): Promise<Applied> {
    const [first] = events as [StoredEvent];
    if (events.length === 1) {
      const changes = poisonedChanges(first, error);
      const written = await applyChanges(this.#options.sql, this.table, { changes, from });
      return { position: changes.position, end: written ? "poisoned" : "fenced", changed: false };
    }
    const half = events.length >> 1;
    const applied = await this.#apply(folder, events.slice(0, half), from);
    if (applied.end) return applied;
    return this.#apply(folder, events.slice(half), { ...from, position: applied.position });
  }

  #moved(position: number, closed: number): void {
    this.#position = position;
    this.#closed = closed;
    for (const wake of this.#waiters) wake();
  }

  /** An operator may resume it through another process, which records an event. */
  async #untilResumed(signal: AbortSignal): Promise<void> {
    const { sql, bus } = this.#options;
    const { name } = this.table.projection;
    await untilNews({ bus, stream_id: projectionStream(name), signal }, async () => {
      const checkpoint = await readCheckpoint(sql, this.table);
      return checkpoint?.poison ? undefined : true;
    });
  }
}
