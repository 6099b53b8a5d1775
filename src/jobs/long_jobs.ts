/**
 * Reads whole jobs, however long their histories are. Each is read by one reader at a time, in pages and slices; a long
 * one is then cached, so that the next reader reads only newer events. Recorded events never change: the cache may be
 * stale, but is never wrong.
 */
import { LRUCache } from "lru-cache";
import type { StoredEvent } from "../../events/envelope.ts";
import { jobDecider } from "../domain/job/job.ts";
import type { JobState } from "../domain/job/job_state.ts";
import { outputsLength } from "../domain/pipeline/step_states.ts";
import { weightOf } from "../json/mod.ts";
import { type EventLog, type Folded, foldEvents, PAGE, pagesOf } from "../log/mod.ts";

/** A job folded from its history. */
export interface FoldedJob extends Folded<JobState> {
  readonly position: number;
  /** Its submission. */
  readonly first: StoredEvent;
}

type Log = Pick<EventLog, "readStream">;

/** A history is long from a page of events on, and from this many UTF-16 units of JSON. */
const LONG_LENGTH = 500_000;
/** The approximate size of the cache, in bytes. */
const MAX_WEIGHT = 32_000_000;
/** The maximum size of one entry besides its submission and its steps' outputs: errors, a result. */
const REST_WEIGHT = 2_000_000;

class LongJobs {
  readonly #log: Log;
  /** By stream. */
  readonly #known = new LRUCache<string, FoldedJob>({
    maxSize: MAX_WEIGHT,
    sizeCalculation: (job) => weightOfJob(job) + REST_WEIGHT,
  });
  readonly #reading = new Map<string, Promise<FoldedJob | undefined>>();
  constructor(log: Log) {
    this.#log = log;
  }

  known(stream_id: string): FoldedJob | undefined {
    return this.#known.get(stream_id);
  }

  async read(stream_id: string): Promise<FoldedJob | undefined> {
    // Concurrent readers need only newer events, if it is a long one.
    const before = this.#reading.get(stream_id);
    if (before !== undefined) await before.catch(() => undefined);
    const reading = this.#readOn(stream_id);
    this.#reading.set(stream_id, reading);
    try {
      return await reading;
    } finally {
      if (this.#reading.get(stream_id) === reading) this.#reading.delete(stream_id);
    }
  }

  async #readOn(stream_id: string): Promise<FoldedJob | undefined> {
    const known = this.known(stream_id);
    let job = known;
    let length = 0;
    for await (const page of pagesOf(this.#log, { stream_id, after_version: known?.version })) {
      job = await advance(job, page);
      for (const { data_json } of page) length += data_json.length;
    }
    const isLong = known !== undefined || length >= LONG_LENGTH || (job?.version ?? 0) >= PAGE;
    // What is about somebody must not outlive their keys.
    if (job && isLong && job.state.subject === null) this.#remember(stream_id, job);
    return job;
  }

  #remember(stream_id: string, job: FoldedJob): void {
    const before = this.known(stream_id);
    if (before && before.version > job.version) return;
    this.#known.set(stream_id, job);
  }
}

/**
 * The approximate size of a job's submission and its steps' outputs in memory, in bytes. The outputs are kept as text.
 */
export function weightOfJob({ first, state }: Pick<FoldedJob, "first" | "state">): number {
  return weightOf(first.data_json) + outputsLength(state.step_states);
}

/** The job after newer events. */
export async function advance(
  known: FoldedJob | undefined,
  events: readonly StoredEvent[],
): Promise<FoldedJob | undefined> {
  const last = events.at(-1);
  const first = known?.first ?? events[0];
  if (!last || !first) return known;
  const folded = await foldEvents(events, {
    evolve: jobDecider.evolve,
    known: known ?? { state: jobDecider.initial, version: 0 },
  });
  return { ...folded, position: last.position, first };
}

const longJobs = new WeakMap<Log, LongJobs>();

/** The cache for a log, in this process. */
export function longJobsOf(log: Log): Pick<LongJobs, "known" | "read"> {
  const known = longJobs.get(log) ?? new LongJobs(log);
  longJobs.set(log, known);
  return known;
}
