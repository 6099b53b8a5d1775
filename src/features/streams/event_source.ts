/** Recorded events for clients of a stream: those of all jobs, or of one, and then as they happen. */

import { SYSTEM } from "../../../events/account.ts";
import type { StoredEvent } from "../../../events/envelope.ts";
import { jobStream } from "../../../events/job.ts";
import type { Turns } from "../../access/shares/turns.ts";
import { follow } from "../../bus/mod.ts";
import { type Reach, type ReachableJob, reaches } from "../../domain/reach.ts";
import { checkReached } from "../../http/paging.ts";
import { jobNotFound } from "../../http/request/job_id.ts";
import { submissionOf } from "../../jobs/commands.ts";
import type { EventLog } from "../../log/types.ts";
import { openEvents, type Vault } from "../../vault/mod.ts";
import { JobNews, type JobNewsOptions } from "./job_news.ts";
import type { Submissions } from "./submissions.ts";

/**
 * Characters of data read at once for one stream, except for a single event: the most that waits for a client that does
 * not read.
 */
const MAX_BATCH_LENGTH = 65_536;

export interface WantedEvents {
  /** Who requested them: reading for streams that are behind takes turns by caller. */
  readonly caller: string;
  /** Only of this job; absent: of all jobs. */
  readonly job_id?: string;
  /** For all jobs: only those that the service submitted itself; by default all others. */
  readonly system?: boolean;
  /** Only of jobs of this workflow. */
  readonly workflow?: string;
  /** Only of these types. */
  readonly types?: readonly string[];
  /** Those after this position. Default: for one job from its first event, for all jobs from now on. */
  readonly after?: number;
}

/** The caller; what is beyond their reach is left out. */
export interface ReachedEvents extends WantedEvents {
  readonly reach: Reach;
}

export interface EventSource {
  /** The position after which it begins. */
  readonly after: number;
  /** In order, without gaps or repeats, in non-empty batches, until the signal fires. */
  readonly events: AsyncGenerator<readonly StoredEvent[]>;
}

export interface EventSourcesOptions extends JobNewsOptions {
  /** By caller; shared by all streams of a process. */
  readonly reading: Turns;
  /** Shared by all streams of a process. */
  readonly submissions: Submissions;
  readonly log: EventLog;
  readonly vault: Vault;
  /** The maximum number of events read at once. */
  readonly batch: number;
}

export class EventSources {
  readonly #options: EventSourcesOptions;
  readonly #news: JobNews;

  constructor(options: EventSourcesOptions) {
    this.#options = options;
    this.#news = new JobNews(options);
  }

  /** Opens a source. It reads nothing unless pulled. Throws the problems `job_not_found` and `invalid_cursor`. */
  async open(wanted: ReachedEvents, stop: AbortSignal): Promise<EventSource> {
    const { log } = this.#options;
    if (wanted.after !== undefined) await checkReached(log, wanted.after);
    if (wanted.job_id === undefined) {
      const after = wanted.after ?? (await log.head());
      return { after, events: this.#opened(this.#filtered(this.#allJobs({ ...wanted, after }, stop), wanted)) };
    }
    const stream_id = jobStream(wanted.job_id);
    const [first] = await log.readStream(stream_id, { limit: 1 });
    if (!first || !reaches(wanted.reach, submissionOf(first))) throw jobNotFound(wanted.job_id);
    const after = wanted.after ?? 0;
    return { after, events: this.#filtered(this.#oneJob(wanted.caller, { stream_id, stop }), { ...wanted, after }) };
  }

  #allJobs(
    { caller, after }: WantedEvents & { readonly after: number },
    stop: AbortSignal,
  ): AsyncGenerator<readonly StoredEvent[]> {
    const { log, bus, batch, on_fault, reading } = this.#options;
    const readRange: EventLog["readRange"] = (...range) =>
      reading.take(caller, async () => (stop.aborted ? [] : await log.readRange(...range)));
    return follow({ log: { readRange }, bus, after, signal: stop, batch, max_length: MAX_BATCH_LENGTH, on_fault });
  }

  /** A job's events from its first, and then as they are recorded. */
  async *#oneJob(
    caller: string,
    { stream_id, stop }: { stream_id: string; stop: AbortSignal },
  ): AsyncGenerator<readonly StoredEvent[]> {
    const { log, batch, reading } = this.#options;
    const readStream = (after_version: number, limit: number) =>
      reading.take(caller, async () =>
        stop.aborted ? [] : await log.readStream(stream_id, { after_version, limit, max_length: MAX_BATCH_LENGTH }),
      );
    let arrived = Promise.withResolvers<void>();
    let failure: { error: unknown } | undefined;
    const wake = () => arrived.resolve();
    const fail = (error: unknown) => {
      failure = { error };
      wake();
    };
    const unwatch = await this.#news.watch(stream_id, { wake, fail });
    stop.addEventListener("abort", wake);
    try {
      let version = 0;
      let limit = batch;
      while (!stop.aborted) {
        if (failure) throw failure.error;
        const events = await readStream(version, limit);
        const last = events.at(-1);
        if (last) {
          version = last.version;
          // The database measures every requested event: if few match, few more are requested.
          limit = Math.min(batch, 4 * events.length);
          yield events;
        } else {
          await arrived.promise;
          arrived = Promise.withResolvers();
        }
      }
    } finally {
      stop.removeEventListener("abort", wake);
      unwatch();
    }
  }

  /** As their account may read them. */
  async *#opened(source: AsyncGenerator<readonly StoredEvent[]>): AsyncGenerator<readonly StoredEvent[]> {
    for await (const events of source) yield await openEvents(this.#options.vault, events);
  }

  async *#filtered(
    source: AsyncGenerator<readonly StoredEvent[]>,
    { after = 0, job_id, system = false, types, workflow, reach }: ReachedEvents,
  ): AsyncGenerator<readonly StoredEvent[]> {
    const names = types && new Set(types);
    const isWanted = (job: ReachableJob) =>
      (job_id !== undefined || (job.account === SYSTEM) === system) &&
      (workflow === undefined || job.workflow === workflow) &&
      reaches(reach, job);
    const all = job_id !== undefined && workflow === undefined;
    for await (const batch of source) {
      const ofJobs = batch.filter((event) => event.position > after && jobStream.matches(event.stream_id));
      const ofTypes = names ? ofJobs.filter((event) => names.has(event.type)) : ofJobs;
      // Last: whose a job is, and what it runs, may have to be looked up. A job that the caller names was found to be
      // within reach.
      const events = all ? ofTypes : await this.#options.submissions.select(ofTypes, isWanted);
      if (events.length > 0) yield events;
    }
  }
}
