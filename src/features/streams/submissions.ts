/** What an event's job runs, and whose it is: only a job's first event contains it. */
import { LRUCache } from "lru-cache";
import type { StoredEvent } from "../../../events/mod.ts";
import { usesOf } from "../../../events/pipeline.ts";
import type { ReachableJob } from "../../domain/reach.ts";
import { submissionOf } from "../../jobs/commands.ts";
import type { EventLog } from "../../log/types.ts";

/** How many jobs are cached: about 20 MB. */
const MAX_REMEMBERED = 50_000;

/** Without its payload. */
type Submission = ReachableJob;

/** What many streams request is read once. */
export class Submissions {
  readonly #log: Pick<EventLog, "readFirst">;
  /** By stream; `false`: its first event does not submit a job. */
  readonly #known = new LRUCache<string, Submission | false>({ max: MAX_REMEMBERED });
  /** What is being read from the log. */
  readonly #coming = new Map<string, Promise<ReadonlyMap<string, Submission | false>>>();

  constructor(log: Pick<EventLog, "readFirst">) {
    this.#log = log;
  }

  /** The events of jobs whose submissions are needed. */
  async select(
    events: readonly StoredEvent[],
    isWanted: (submission: Submission) => boolean,
  ): Promise<readonly StoredEvent[]> {
    const found = new Map<string, Submission | false>();
    const missing = new Set<string>();
    for (const event of events) {
      const { stream_id } = event;
      if (found.has(stream_id) || missing.has(stream_id)) continue;
      const known = this.#known.get(stream_id);
      if (known !== undefined) found.set(stream_id, known);
      else if (event.version === 1) found.set(stream_id, this.#learn(event));
      else missing.add(stream_id);
    }
    if (missing.size > 0) for (const [stream_id, one] of await this.#read([...missing])) found.set(stream_id, one);
    return events.filter(({ stream_id }) => {
      const submission = found.get(stream_id);
      return submission ? isWanted(submission) : false;
    });
  }

  async #read(streamIds: readonly string[]): Promise<Iterable<[string, Submission | false]>> {
    const asked = streamIds.filter((stream_id) => !this.#coming.has(stream_id));
    if (asked.length > 0) {
      const reading = this.#log
        .readFirst(asked)
        .then((firsts) => new Map([...firsts].map(([stream_id, first]) => [stream_id, this.#learn(first)])));
      for (const stream_id of asked) this.#coming.set(stream_id, reading);
      const done = () => {
        for (const stream_id of asked) this.#coming.delete(stream_id);
      };
      reading.then(done, done);
    }
    const readings = await Promise.all(new Set(streamIds.map((stream_id) => this.#coming.get(stream_id))));
    return readings.flatMap((read) => [...(read ?? [])]);
  }

  #learn(first: StoredEvent): Submission | false {
    if (first.type !== "job.submitted") return this.#remember(first.stream_id, false);
    const { workflow, steps, account } = submissionOf(first);
    const uses = usesOf(steps).map((name) => ({ uses: name }));
    return this.#remember(first.stream_id, { workflow, steps: uses, account });
  }

  #remember(stream_id: string, submission: Submission | false): Submission | false {
    this.#known.set(stream_id, submission);
    return submission;
  }
}
