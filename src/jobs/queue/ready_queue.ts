/**
 * The jobs that this process may claim next: limited in number and in bytes.
 *
 * **Priority.** `high` goes before `normal` before `low`; but a waiting lane is skipped at most {@link MAX_SKIPPED}
 * times in a row (once more if both lower lanes are due), so that no flood above starves it. Within a lane callers take
 * turns, the operator like one of them. A caller's jobs keep the order of their intake; released ones go first. A
 * caller who may not start a job now is skipped, and keeps their place.
 *
 * **Limits.** A full lane turns further jobs away and remembers that the log has more of them (`missing`): they are
 * fetched from the read model when there is room. So does each caller's part of it, which has {@link JOBS_OF_CALLER} at
 * most: nobody's jobs keep another's out of memory.
 */
import type { Priority } from "../../../events/job.ts";
import type { JobState } from "../../domain/job/job_state.ts";
import { outputsLength } from "../../domain/pipeline/step_states.ts";

/** How often in a row a waiting lane may be skipped for a higher one. */
export const MAX_SKIPPED: Readonly<Record<Priority, number>> = { high: 0, normal: 8, low: 32 };

/** Lanes, highest first. */
export const PRIORITIES: readonly Priority[] = ["high", "normal", "low"];

/** Jobs that a lane accepts beyond its limit when they become due. */
const DUE_RESERVE = 1_000;

/** Jobs of one caller in each lane. */
const JOBS_OF_CALLER = 1_000;
/** Jobs that a caller's part accepts even if all callers' parts together are full: without any they would stall. */
const FEW = 2;

/** A job that may be claimed. */
export interface ReadyJob {
  readonly job_id: string;
  /** Who caused it; `null`: the operator (`chargedTo`). */
  readonly caller: string | null;
  readonly priority: Priority;
  /** The position of its submission. */
  readonly position: number;
  /** Of its stream. */
  readonly version: number;
  /** Absent if it is too large to keep, or about somebody who may be erased meanwhile: it is read again at the claim. */
  readonly state?: JobState;
  /** The approximate size of `state`, in bytes; 0 without it. */
  readonly weight: number;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Whether a caller may start a job now. */
export type MayStart = (caller: string) => boolean;

/** The submissions that a lane, or a caller's part of it, has turned away are within `after < position <= until`. */
export interface Missing {
  readonly after: number;
  readonly until: number;
  /** The read model had no more of them when last asked: it lags behind the log. */
  readonly exhausted: boolean;
}

export interface ReadyQueueLimits {
  /** Jobs in each lane of the operator, and of all callers together; 50,000 by default. */
  readonly max_jobs?: number;
  /** The approximate size of the states of the jobs in all lanes, in bytes; 32 million by default. */
  readonly max_weight?: number;
}

export class ReadyQueue {
  readonly #lanes: Readonly<Record<Priority, Lane>>;
  readonly #maxWeight: number;
  readonly #skipped: Record<Priority, number> = { high: 0, normal: 0, low: 0 };
  #weight = 0;

  constructor({ max_jobs = 50_000, max_weight = 32_000_000 }: ReadyQueueLimits = {}) {
    this.#lanes = { high: new Lane(max_jobs), normal: new Lane(max_jobs), low: new Lane(max_jobs) };
    this.#maxWeight = max_weight;
  }

  get size(): number {
    return this.#lanes.high.size + this.#lanes.normal.size + this.#lanes.low.size;
  }

  /** Adds a newly submitted job, unless there is no room for it. If it is there already, the newer version stays. */
  add(job: ReadyJob): void {
    const lane = this.#lanes[job.priority];
    if (lane.admits(job)) this.#keep(lane, job, "last");
  }

  /** Turns away a submitted job for which there is no room elsewhere: it is missing from now on. */
  turnAway({ priority, position, caller }: ReadyJob): void {
    this.#lanes[priority].partOf(caller).miss(position - 1, position);
  }

  has(jobId: string): boolean {
    return this.get(jobId) !== undefined;
  }

  /** A job that waits here. */
  get(jobId: string): ReadyJob | undefined {
    const { high, normal, low } = this.#lanes;
    return high.get(jobId) ?? normal.get(jobId) ?? low.get(jobId);
  }

  /** Adds a job that has become due, if there is room for it: it is offered again otherwise. */
  offer(job: ReadyJob): void {
    const lane = this.#lanes[job.priority];
    if (lane.partOf(job.caller).roomAbove(DUE_RESERVE) > 0) this.#keep(lane, job, "last");
  }

  /** How many due jobs a lane can accept: some more than others, so that a long queue does not keep them out. */
  dueRoom(priority: Priority, caller: string | null = null): number {
    return this.#lanes[priority].known(caller)?.roomAbove(DUE_RESERVE) ?? DUE_RESERVE;
  }

  /** The callers whose due jobs a lane can no longer accept. */
  fullOfDue(priority: Priority): string[] {
    return this.#lanes[priority].callers((part) => part.roomAbove(DUE_RESERVE) === 0);
  }

  /** Updates a waiting job to a later version of its stream, without moving it. False if it is not there. */
  advance(jobId: string, version: number, evolve: (state: JobState) => JobState): boolean {
    for (const priority of PRIORITIES) {
      const job: Writable<ReadyJob> | undefined = this.#lanes[priority].get(jobId);
      if (!job) continue;
      if (version > job.version) {
        job.version = version;
        if (job.state) this.#evolve(job, evolve(job.state));
      }
      return true;
    }
    return false;
  }

  /** Adds a released job, before all others of its caller and lane. */
  addFirst(job: ReadyJob): void {
    this.#keep(this.#lanes[job.priority], job, "first");
  }

  /** Declares that the log may have jobs, of any caller, up to a position that were never offered here. */
  miss(until: number): void {
    for (const priority of PRIORITIES) this.#lanes[priority].partOf(null).miss(0, until);
  }

  /** The callers whose jobs a lane has turned away and has room for by now; `null`: any caller. */
  toFetch(priority: Priority): (string | null)[] {
    return this.#lanes[priority].lacking((part) => part.hasRoom);
  }

  /** The jobs of one or any caller that a lane has turned away, once there is room for them. */
  missing(priority: Priority, caller: string | null = null): Missing | undefined {
    const part = this.#lanes[priority].known(caller);
    return part?.hasRoom ? part.missing : undefined;
  }

  /**
   * The same, to be fetched now and passed to {@link fill}: one at a time. For any caller, except those listed: there
   * is no room for theirs, which are to be fetched later.
   */
  toFill(priority: Priority, caller: string | null = null): (Missing & { except: string[] }) | undefined {
    const lane = this.#lanes[priority];
    const missing = this.missing(priority, caller);
    if (!missing) return undefined;
    lane.partOf(caller).beginFilling();
    const isFull = (part: Part) => part.room === 0 || part.missing?.exhausted === false;
    const except = caller === null ? lane.callers(isFull) : [];
    for (const full of except) lane.partOf(full).miss(missing.after, missing.until);
    return { ...missing, except };
  }

  /** Adds those of the jobs {@link toFill} that the read model had up to a position; `more`: it has others. */
  fill(
    priority: Priority,
    found: { jobs: readonly ReadyJob[]; upTo: number; more: boolean; caller?: string | null },
  ): void {
    const { jobs, upTo, more, caller = null } = found;
    const lane = this.#lanes[priority];
    for (const job of jobs) {
      // Of any caller: a caller's finds its own room, or is fetched later.
      if (job.caller === caller || lane.partOf(job.caller).admits(job)) this.#keep(lane, job, "last");
    }
    lane.partOf(caller).filled(upTo, more);
    lane.tidy(caller);
  }

  /** How many jobs of a caller a lane can accept. */
  room(priority: Priority, caller: string | null = null): number {
    return this.#lanes[priority].partOf(caller).room;
  }

  /** Removes a job that may no longer be claimed. */
  remove(jobId: string): void {
    for (const priority of PRIORITIES) {
      const job = this.#lanes[priority].remove(jobId);
      if (job) this.#weight -= job.weight;
    }
  }

  /**
   * Takes the next job that may start; with `spread`, a random one of the next so many of its lane and caller, so that
   * several workers with the same queue do not all reach for the same job.
   */
  take(spread = 1, may: MayStart = anybody): ReadyJob | undefined {
    const priority = this.#nextLane(may);
    if (!priority) return undefined;
    const job = this.#lanes[priority].take(spread, may);
    if (job) this.#weight -= job.weight;
    return job;
  }

  #nextLane(may: MayStart): Priority | undefined {
    let chosen: Priority | undefined;
    const waits = { high: false, normal: false, low: false };
    for (const priority of PRIORITIES) {
      waits[priority] = this.#lanes[priority].next(may) !== undefined;
      if (!waits[priority]) this.#skipped[priority] = 0;
      else if (!chosen || this.#skipped[priority] >= MAX_SKIPPED[priority]) chosen = priority;
    }
    if (!chosen) return undefined;
    for (const priority of PRIORITIES) {
      if (priority === chosen) this.#skipped[priority] = 0;
      else if (waits[priority]) this.#skipped[priority]++;
    }
    return chosen;
  }

  /** A job's outcome may be too large to keep: megabytes of outputs follow the submission of a replay. */
  #evolve(job: Writable<ReadyJob>, state: JobState): void {
    const grown = outputsLength(state.step_states) - outputsLength(job.state?.step_states ?? new Map());
    const fits = this.#weight + grown <= this.#maxWeight;
    const weight = fits ? job.weight + grown : 0;
    job.state = fits ? state : undefined;
    this.#weight += weight - job.weight;
    job.weight = weight;
  }

  #keep(lane: Lane, job: ReadyJob, place: "first" | "last"): void {
    const fits = this.#weight + job.weight <= this.#maxWeight;
    const isAboutSomebody = typeof job.state?.subject === "string";
    const kept = fits && !isAboutSomebody ? job : { ...job, state: undefined, weight: 0 };
    const known = lane.get(kept.job_id);
    if (known && known.version >= kept.version) return;
    if (known) this.remove(known.job_id);
    lane.put(kept, place);
    this.#weight += kept.weight;
  }
}

function anybody(): boolean {
  return true;
}

/** The jobs of one priority: a part for the operator, and one for each caller who has some. */
class Lane {
  readonly #maxJobs: number;
  readonly #operators: Part;
  /** Who had the last turn is last. */
  readonly #parts = new Map<string | null, Part>();
  /** The parts of callers, by their jobs. */
  readonly #byJob = new Map<string, Part>();

  constructor(max_jobs: number) {
    this.#maxJobs = max_jobs;
    this.#operators = new Part(max_jobs);
    this.#parts.set(null, this.#operators);
  }

  get size(): number {
    return this.#operators.size + this.#byJob.size;
  }

  known(caller: string | null): Part | undefined {
    return caller === null ? this.#operators : this.#parts.get(caller);
  }

  partOf(caller: string | null): Part {
    const known = this.known(caller);
    if (known) return known;
    const roomForAll = () => this.#maxJobs - this.#byJob.size;
    const part = new Part(Math.min(this.#maxJobs, JOBS_OF_CALLER), roomForAll);
    this.#parts.set(caller, part);
    return part;
  }

  /** Drops the part of a caller with no waiting jobs. */
  tidy(caller: string | null): void {
    const part = caller === null ? undefined : this.#parts.get(caller);
    if (part && part.size === 0 && !part.missing) this.#parts.delete(caller);
  }

  callers(which: (part: Part) => boolean): string[] {
    const found: string[] = [];
    for (const [caller, part] of this.#parts) if (caller !== null && which(part)) found.push(caller);
    return found;
  }

  /** Whose jobs are missing. */
  lacking(which: (part: Part) => boolean): (string | null)[] {
    const found: (string | null)[] = [];
    for (const [caller, part] of this.#parts) if (part.missing && which(part)) found.push(caller);
    return found;
  }

  /** Whether a newly submitted job may be added. If not, it is missing from now on. */
  admits(job: ReadyJob): boolean {
    const part = this.partOf(job.caller);
    const { missing } = this.#operators;
    const isOlderMissing = job.caller !== null && missing?.exhausted === false;
    if (!isOlderMissing || part.missing) return part.admits(job);
    // Perhaps of its caller, too: they are fetched in order, and need not wait for all others.
    part.miss(missing.after, job.position);
    return false;
  }

  get(jobId: string): ReadyJob | undefined {
    return this.#operators.get(jobId) ?? this.#byJob.get(jobId)?.get(jobId);
  }

  put(job: ReadyJob, place: "first" | "last"): void {
    const part = this.partOf(job.caller);
    part.put(job, place);
    if (job.caller !== null) this.#byJob.set(job.job_id, part);
  }

  remove(jobId: string): ReadyJob | undefined {
    const job = this.#operators.remove(jobId) ?? this.#byJob.get(jobId)?.remove(jobId);
    if (job) this.#forget(job);
    return job;
  }

  /** Whose turn it is, of those who may start a job. */
  next(may: MayStart): string | null | undefined {
    for (const [caller, part] of this.#parts) if (part.size > 0 && (caller === null || may(caller))) return caller;
    return undefined;
  }

  take(spread: number, may: MayStart): ReadyJob | undefined {
    const caller = this.next(may);
    const part = caller === undefined ? undefined : this.#parts.get(caller);
    if (caller === undefined || !part) return undefined;
    const job = part.take(spread);
    if (this.#parts.size > 1) {
      this.#parts.delete(caller);
      this.#parts.set(caller, part);
    }
    if (job) this.#forget(job);
    return job;
  }

  #forget({ job_id, caller }: ReadyJob): void {
    if (caller === null) return;
    this.#byJob.delete(job_id);
    this.tidy(caller);
  }
}

/** The jobs of one priority and caller, in order. */
class Part {
  readonly #max: number;
  /** The room in all callers' parts together. */
  readonly #roomForAll: () => number;
  readonly #first = new Map<string, ReadyJob>();
  readonly #last = new Map<string, ReadyJob>();
  /** Goes through `#last` once; a map's iterator sees what is added and removed meanwhile. */
  #iterator: MapIterator<ReadyJob> | undefined;
  /** The next few, from which one is taken at random. */
  readonly #ahead: ReadyJob[] = [];
  #missing: Missing | undefined;
  /** The position after which jobs have gone missing since the current fetch was requested. */
  #missingSince = Number.POSITIVE_INFINITY;

  constructor(max: number, roomForAll: () => number = () => Number.POSITIVE_INFINITY) {
    this.#max = max;
    this.#roomForAll = roomForAll;
  }

  get size(): number {
    return this.#first.size + this.#last.size;
  }

  get room(): number {
    return this.roomAbove(0);
  }

  /** How many jobs it can accept if its limit is exceeded by this many. */
  roomAbove(reserve: number): number {
    const ofAll = Math.max(this.#roomForAll(), FEW - this.size);
    return Math.max(0, Math.min(this.#max - this.size, ofAll) + reserve);
  }

  /** Whether a fetch is worthwhile: half of it is free. */
  get hasRoom(): boolean {
    return this.size <= this.#max / 2 && this.room > 0;
  }

  get missing(): Missing | undefined {
    return this.#missing;
  }

  /** Whether a newly submitted job may be added. If not, it is missing from now on. */
  admits({ position }: ReadyJob): boolean {
    // While older ones are missing, a newer one would overtake them.
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
      // One that no longer waits, if it was kept: it may have been skipped.
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
      // One that was removed meanwhile, and perhaps added again, cannot be taken from here.
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
    // A finished iterator sees nothing more; start again behind what is ahead already.
    this.#iterator = undefined;
    return undefined;
  }
}
