/**
 * The jobs that this process may claim next: bounded in number and in bytes.
 *
 * **Priority.** `high` goes before `normal` before `low`; but a lane that waits is passed over at most
 * {@link MAX_PASSED_OVER} times in a row (once more where both lower lanes are due), so that no flood above starves
 * it. Within a lane jobs go in the order of their intake; those handed back go first.
 *
 * **Bounds.** A lane that is full turns further jobs away and remembers that the log holds more of them
 * (`missing`): they are fetched from the read model when there is room.
 */
import type { Priority } from "../../events/job.ts";
import type { JobState } from "../domain/job.ts";

/** How often in a row a waiting lane may be passed over for a higher one. */
export const MAX_PASSED_OVER: Readonly<Record<Priority, number>> = { high: 0, normal: 8, low: 32 };

/** Lanes, highest first. */
export const PRIORITIES: readonly Priority[] = ["high", "normal", "low"];

/** Jobs that a lane takes beyond its bound when they become due. */
const DUE_RESERVE = 1_000;

/** A job that may be claimed. */
export interface ReadyJob {
  readonly job_id: string;
  readonly priority: Priority;
  /** Where the log holds its submission. */
  readonly position: number;
  /** Of its stream. */
  readonly version: number;
  /** Absent where it is too much to keep: it is read again at the claim. */
  readonly state?: JobState;
  /** What keeping `state` costs, in UTF-16 units of JSON; 0 without it. */
  readonly length: number;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The submissions of a lane that were turned away lie within `after < position <= until`. */
export interface Missing {
  readonly after: number;
  readonly until: number;
  /** The read model had no more of them when it was last asked: it is behind the log. */
  readonly exhausted: boolean;
}

export interface ReadyQueueLimits {
  /** Jobs in each lane; 50,000 by default. */
  readonly max_jobs?: number;
  /** UTF-16 units of JSON in all lanes; 32 million by default. */
  readonly max_length?: number;
}

export class ReadyQueue {
  readonly #lanes: Readonly<Record<Priority, Lane>>;
  readonly #maxLength: number;
  readonly #passedOver: Record<Priority, number> = { high: 0, normal: 0, low: 0 };
  #length = 0;

  constructor({ max_jobs = 50_000, max_length = 32_000_000 }: ReadyQueueLimits = {}) {
    this.#lanes = { high: new Lane(max_jobs), normal: new Lane(max_jobs), low: new Lane(max_jobs) };
    this.#maxLength = max_length;
  }

  get size(): number {
    return this.#lanes.high.size + this.#lanes.normal.size + this.#lanes.low.size;
  }

  /** Adds a newly submitted job, unless its lane is full. Of a job that is there already the newer version stays. */
  add(job: ReadyJob): void {
    const lane = this.#lanes[job.priority];
    if (lane.admits(job)) this.#keep(lane, job, "last");
  }

  /** Does not take a submitted job for which there is no room elsewhere: it is missing from now on. */
  turnAway({ priority, position }: ReadyJob): void {
    this.#lanes[priority].miss(position - 1, position);
  }

  has(jobId: string): boolean {
    return PRIORITIES.some((priority) => this.#lanes[priority].get(jobId) !== undefined);
  }

  /** Adds a job that has become due, if there is room for it: it is offered again otherwise. */
  offer(job: ReadyJob): void {
    if (this.dueRoom(job.priority) > 0) this.#keep(this.#lanes[job.priority], job, "last");
  }

  /** How many jobs that have become due a lane can take: some more than others, so that a long queue does not keep them out. */
  dueRoom(priority: Priority): number {
    return this.#lanes[priority].roomAbove(DUE_RESERVE);
  }

  /** Brings a job that waits here to a later version of its stream, without moving it. False where it does not. */
  advance(jobId: string, version: number, evolve: (state: JobState) => JobState): boolean {
    for (const priority of PRIORITIES) {
      const job: Writable<ReadyJob> | undefined = this.#lanes[priority].get(jobId);
      if (!job) continue;
      if (version > job.version) {
        job.version = version;
        if (job.state) job.state = evolve(job.state);
      }
      return true;
    }
    return false;
  }

  /** Adds a job that was handed back, before all others of its lane. */
  addFirst(job: ReadyJob): void {
    this.#keep(this.#lanes[job.priority], job, "first");
  }

  /** Adds those of a lane's jobs {@link toFill} that the read model held up to a position; `more`: it holds others. */
  fill(priority: Priority, found: { jobs: readonly ReadyJob[]; upTo: number; more: boolean }): void {
    const lane = this.#lanes[priority];
    for (const job of found.jobs) this.#keep(lane, job, "last");
    lane.filled(found.upTo, found.more);
  }

  /** Declares that the log may hold jobs up to a position that were never offered here. */
  miss(until: number): void {
    for (const priority of PRIORITIES) this.#lanes[priority].miss(0, until);
  }

  /** What a lane has turned away, once there is room for it. */
  missing(priority: Priority): Missing | undefined {
    const lane = this.#lanes[priority];
    return lane.hasRoom ? lane.missing : undefined;
  }

  /** The same, to be fetched now and given to {@link fill}: one at a time. */
  toFill(priority: Priority): Missing | undefined {
    if (this.missing(priority)) this.#lanes[priority].beginFilling();
    return this.missing(priority);
  }

  /** How many jobs a lane can take. */
  room(priority: Priority): number {
    return this.#lanes[priority].room;
  }

  /** Takes a job out that may no longer be claimed. */
  remove(jobId: string): void {
    for (const priority of PRIORITIES) {
      const job = this.#lanes[priority].remove(jobId);
      if (job) this.#length -= job.length;
    }
  }

  /**
   * Takes the job that is next; with `spread`, one of the next so many of its lane by chance, so that several
   * workers with the same queue do not all reach for the same job.
   */
  take(spread = 1): ReadyJob | undefined {
    const priority = this.#nextLane();
    if (!priority) return undefined;
    const job = this.#lanes[priority].take(spread);
    if (job) this.#length -= job.length;
    return job;
  }

  #nextLane(): Priority | undefined {
    let chosen: Priority | undefined;
    for (const priority of PRIORITIES) {
      if (this.#lanes[priority].size === 0) this.#passedOver[priority] = 0;
      else if (!chosen || this.#passedOver[priority] >= MAX_PASSED_OVER[priority]) chosen = priority;
    }
    if (!chosen) return undefined;
    for (const priority of PRIORITIES) {
      if (priority === chosen) this.#passedOver[priority] = 0;
      else if (this.#lanes[priority].size > 0) this.#passedOver[priority]++;
    }
    return chosen;
  }

  #keep(lane: Lane, job: ReadyJob, place: "first" | "last"): void {
    const fits = this.#length + job.length <= this.#maxLength;
    const kept = fits ? job : { ...job, state: undefined, length: 0 };
    const known = lane.get(kept.job_id);
    if (known && known.version >= kept.version) return;
    if (known) this.remove(known.job_id);
    lane.put(kept, place);
    this.#length += kept.length;
  }
}

/** The jobs of one priority, in order. */
class Lane {
  readonly #max: number;
  readonly #first = new Map<string, ReadyJob>();
  readonly #last = new Map<string, ReadyJob>();
  /** Goes through `#last` once; a map's iterator sees what is added and removed meanwhile. */
  #iterator: MapIterator<ReadyJob> | undefined;
  /** The next few, from which one is taken by chance. */
  readonly #ahead: ReadyJob[] = [];
  #missing: Missing | undefined;
  /** Of it, the position after which jobs have gone missing since what is being fetched was asked for. */
  #missingSince = Number.POSITIVE_INFINITY;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#first.size + this.#last.size;
  }

  get room(): number {
    return this.roomAbove(0);
  }

  /** How many jobs it can take if its bound is exceeded by so many. */
  roomAbove(reserve: number): number {
    return Math.max(0, this.#max + reserve - this.size);
  }

  /** Whether it is worth asking for more: half of the lane is free. */
  get hasRoom(): boolean {
    return this.size <= this.#max / 2;
  }

  get missing(): Missing | undefined {
    return this.#missing;
  }

  /** Whether a newly submitted job may be added. If not, it is missing from now on. */
  admits({ position }: ReadyJob): boolean {
    // While older ones are missing, a newer one would go before them.
    const inOrder = !this.#missing || this.#missing.exhausted;
    if (inOrder && this.room > 0) return true;
    this.miss(position - 1, position);
    return false;
  }

  miss(after: number, until: number): void {
    this.#missingSince = Math.min(this.#missingSince, after);
    const known = this.#missing;
    this.#missing = known
      ? { after: Math.min(known.after, after), until: Math.max(known.until, until), exhausted: false }
      : { after, until, exhausted: false };
  }

  beginFilling(): void {
    this.#missingSince = Number.POSITIVE_INFINITY;
  }

  filled(upTo: number, more: boolean): void {
    const known = this.#missing;
    if (!known) return;
    if (this.#missingSince < upTo) {
      // One that waits no more where it was kept: it may have been passed over.
      this.#missing = { ...known, after: this.#missingSince, exhausted: false };
      return;
    }
    const done = !more && upTo >= known.until;
    this.#missing = done ? undefined : { ...known, after: Math.max(known.after, upTo), exhausted: !more };
  }

  get(jobId: string): ReadyJob | undefined {
    return this.#first.get(jobId) ?? this.#last.get(jobId);
  }

  put(job: ReadyJob, place: "first" | "last"): void {
    (place === "first" ? this.#first : this.#last).set(job.job_id, job);
  }

  remove(jobId: string): ReadyJob | undefined {
    const job = this.get(jobId);
    if (job && !this.#first.delete(jobId)) this.#last.delete(jobId);
    return job;
  }

  take(spread: number): ReadyJob | undefined {
    for (const job of this.#first.values()) {
      this.#first.delete(job.job_id);
      return job;
    }
    while (true) {
      while (this.#ahead.length < spread) {
        const job = this.#pull();
        if (!job) break;
        this.#ahead.push(job);
      }
      if (this.#ahead.length === 0) return undefined;
      const index = spread > 1 ? Math.floor(Math.random() * this.#ahead.length) : 0;
      const [job] = this.#ahead.splice(index, 1) as [ReadyJob];
      // One that was removed meanwhile, and perhaps added anew, is not to be had from here.
      if (this.#last.get(job.job_id) === job) {
        this.#last.delete(job.job_id);
        return job;
      }
    }
  }

  /** The next job of `#last` that is not yet ahead; it stays in `#last` until it is taken. */
  #pull(): ReadyJob | undefined {
    this.#iterator ??= this.#last.values();
    const next = this.#iterator.next();
    if (!next.done) return next.value;
    // An iterator that has come to the end sees nothing more; start anew behind what is ahead already.
    this.#iterator = undefined;
    return undefined;
  }
}
