/**
 * Reading jobs whole, however long their histories are. One of many events is read by one at a time, in pages and slices;
 * then it is remembered, so that whoever asks next reads only what has come since. What is recorded never changes: what
 * is remembered may be behind, but is never wrong.
 */
import type { StoredEvent } from "../../events/envelope.ts";
import { type JobState, jobDecider } from "../domain/job.ts";
import { outputsLength } from "../domain/step_states.ts";
import { type EventLog, type Folded, foldEvents, PAGE, pagesOf } from "../log/mod.ts";

/** A job as its history has it. */
export interface FoldedJob extends Folded<JobState> {
  readonly position: number;
  /** Its submission. */
  readonly first: StoredEvent;
}

type Log = Pick<EventLog, "readStream">;

/** What is remembered of all jobs may take so much, about, in UTF-16 units of JSON. */
const MAX_LENGTH = 32_000_000;
/** What one takes beside its submission and its steps' outputs, at most: errors, a result. */
const REST_LENGTH = 2_000_000;

class LongJobs {
  readonly #log: Log;
  /** By stream, the one asked for longest ago first. */
  readonly #known = new Map<string, FoldedJob>();
  readonly #reading = new Map<string, Promise<unknown>>();
  #length = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  known(stream_id: string): FoldedJob | undefined {
    return this.#known.get(stream_id);
  }

  async read(stream_id: string): Promise<FoldedJob | undefined> {
    const known = this.known(stream_id);
    const page = await this.#log.readStream(stream_id, { after_version: known?.version, limit: PAGE });
    const job = await advance(known, page);
    if (page.length === PAGE) return await this.#inTurn(stream_id, () => this.#readOn(stream_id, job));
    if (known && job) this.#remember(stream_id, job);
    return job;
  }

  async #readOn(stream_id: string, begun: FoldedJob | undefined): Promise<FoldedJob | undefined> {
    const known = this.known(stream_id);
    let job = known && begun && known.version > begun.version ? known : begun;
    for await (const page of pagesOf(this.#log, { stream_id, after_version: job?.version })) {
      job = await advance(job, page);
    }
    if (job) this.#remember(stream_id, job);
    return job;
  }

  /** When those have read the stream who came before. */
  async #inTurn<Result>(stream_id: string, read: () => Promise<Result>): Promise<Result> {
    const reading = (this.#reading.get(stream_id) ?? Promise.resolve()).then(read, read);
    this.#reading.set(stream_id, reading);
    try {
      return await reading;
    } finally {
      if (this.#reading.get(stream_id) === reading) this.#reading.delete(stream_id);
    }
  }

  #remember(stream_id: string, job: FoldedJob): void {
    const before = this.#known.get(stream_id);
    if (before && before.version > job.version) return;
    this.#forget(stream_id);
    this.#known.set(stream_id, job);
    this.#length += lengthOf(job);
    for (const oldest of this.#known.keys()) {
      if (this.#length <= MAX_LENGTH) break;
      this.#forget(oldest);
    }
  }

  #forget(stream_id: string): void {
    const job = this.#known.get(stream_id);
    if (job) this.#length -= lengthOf(job);
    this.#known.delete(stream_id);
  }
}

function lengthOf({ first, state }: FoldedJob): number {
  return first.data_json.length + outputsLength(state.step_states) + REST_LENGTH;
}

/** The job after events that follow what is known of it. */
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

/** Those of a log, in this process. */
export function longJobsOf(log: Log): Pick<LongJobs, "known" | "read"> {
  const known = longJobs.get(log) ?? new LongJobs(log);
  longJobs.set(log, known);
  return known;
}
