/**
 * Offers jobs to the ready queue as they become due: those with a `run_at`, and those whose delay between two attempts
 * is over. None is kept in memory before: the read model is queried when the next one is due, and at least every
 * second.
 */
import type { Priority } from "../../../events/job.ts";
import { Backoff, Outage, pause } from "../../async/mod.ts";
import type { RunnableWorkflows, RunnerOptions } from "../options.ts";
import type { HeldBackJobs } from "./held_back.ts";
import { type DueLane, type DueRow, dueJobs, readModelPosition } from "./read_model.ts";
import { PRIORITIES, type ReadyQueue } from "./ready_queue.ts";

/** The maximum interval of looks, by default. */
const LOOK_EVERY_MS = 1_000;
/** The minimum interval of looks, however many jobs become due. */
const MIN_PAUSE_MS = 20;
/** Jobs per lane and look. */
const PAGE = 1_000;
/**
 * Looks continue after the last job seen. This often they start from the first again, for what was not taken, or came
 * late.
 */
const RESCAN_EVERY_MS = 10_000;
/** How soon to query a read model again that does not include a due job yet: at first. */
const BEHIND_MS = 25;

export interface DueOptions extends Pick<RunnerOptions, "sql" | "logger" | "sweep_seconds"> {
  readonly workflows: RunnableWorkflows;
  readonly queue: ReadyQueue;
  readonly signal: AbortSignal;
  readonly held_back: HeldBackJobs;
  /** The queue may have grown. */
  readonly on_ready: () => void;
}

export class DueJobs {
  readonly #options: DueOptions;
  readonly #everyMs: number;
  readonly #behind: Backoff;
  /** The last job that was offered, of each lane. */
  readonly #after = new Map<Priority, DueRow>();
  /** For each lane, the callers whose jobs it did not accept when last asked. */
  readonly #full = new Map<Priority, Set<string>>(PRIORITIES.map((priority) => [priority, new Set()]));
  #rescanAt = 0;
  /** When to look next, by the monotonic clock. */
  #lookAt = 0;
  /** What the read model must include for the next look to see everything it is for. */
  #awaited = 0;
  #wake = new AbortController();
  #looked = false;

  constructor(options: DueOptions) {
    this.#options = options;
    this.#everyMs = Math.min(LOOK_EVERY_MS, (options.sweep_seconds ?? 1) * 1000);
    this.#behind = new Backoff(BEHIND_MS, this.#everyMs);
  }

  /** Whether everything due at startup has been offered. */
  get looked(): boolean {
    return this.#looked;
  }

  /** The event at `position` says that a job is due in `ms`. */
  expect(position: number, ms: number): void {
    // Anything further away is found in time by a regular look.
    if (ms > this.#everyMs) return;
    this.#awaited = Math.max(this.#awaited, position);
    if (performance.now() + ms >= this.#lookAt) return;
    this.#lookWithin(ms);
    this.#wake.abort();
  }

  /** Looks until the signal fires. */
  async run(): Promise<void> {
    const { signal, logger } = this.#options;
    const on_fault = (error: unknown) => logger.warn({ err: error }, "Cannot look for due jobs; trying until it works");
    const outage = new Outage({ first_ms: this.#everyMs, on_fault });
    // Not `every`: news of a job that is due soon hastens the next look.
    while (!signal.aborted) {
      // Before the look: what is expected meanwhile moves it nearer.
      this.#lookAt = performance.now() + this.#everyMs;
      try {
        await this.#look();
        outage.worked();
      } catch (error) {
        await pause(outage.failed(error), signal);
      }
      await pause(MIN_PAUSE_MS, signal);
      await this.#untilNextLook(signal);
    }
  }

  async #untilNextLook(signal: AbortSignal): Promise<void> {
    for (let ms = this.#lookAt - performance.now(); ms > 0 && !signal.aborted; ms = this.#lookAt - performance.now()) {
      this.#wake = new AbortController();
      await pause(ms, AbortSignal.any([signal, this.#wake.signal]));
    }
  }

  async #look(): Promise<void> {
    const { sql, workflows, queue, held_back, on_ready } = this.#options;
    const position = await readModelPosition(sql);
    if (position === undefined) return;
    const isBehind = position < this.#awaited;
    const lanes = this.#lanes();
    const rows = await dueJobs(sql, { workflows, lanes, within_ms: this.#everyMs });
    for (const row of rows) {
      if (row.due_in > 0) {
        this.#lookWithin(row.due_in);
        continue;
      }
      const job = { ...row, weight: 0 };
      if (!held_back.keeps(job, row)) queue.offer(job);
      // Jobs that the read model has yet to show may be due before it.
      if (!isBehind) this.#after.set(row.priority, row);
    }
    for (const { priority, limit } of lanes) {
      if (rows.filter((row) => row.priority === priority).length === limit) this.#lookWithin(0);
    }
    this.#looked = true;
    if (isBehind) this.#lookWithin(this.#behind.next());
    else this.#behind.reset();
    on_ready();
  }

  /** Where to continue, and how far, in the lanes that have room. */
  #lanes(): DueLane[] {
    const now = performance.now();
    if (now >= this.#rescanAt) {
      this.#rescanAt = now + RESCAN_EVERY_MS;
      this.#after.clear();
    }
    return PRIORITIES.map((priority) => {
      const limit = Math.min(PAGE, this.#options.queue.dueRoom(priority));
      const except = this.#fullOf(priority);
      return { priority, limit, after: this.#after.get(priority), except };
    }).filter(({ limit }) => limit >= PAGE / 2);
  }

  /** Whose jobs are left out, for lack of room. Looks start from the first again when there is some. */
  #fullOf(priority: Priority): string[] {
    const { queue } = this.#options;
    const full = this.#full.get(priority) as Set<string>;
    for (const caller of queue.fullOfDue(priority)) full.add(caller);
    for (const caller of full) {
      if (queue.dueRoom(priority, caller) < PAGE / 2) continue;
      full.delete(caller);
      this.#after.delete(priority);
    }
    return [...full];
  }

  #lookWithin(ms: number): void {
    this.#lookAt = Math.min(this.#lookAt, performance.now() + ms);
  }
}
