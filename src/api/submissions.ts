/** What an event's job runs, and who submitted it: only a job's first event says it. */
import type { StoredEvent } from "../../events/mod.ts";
import { usesOf } from "../../events/pipeline.ts";
import type { reaches } from "../domain/reach.ts";
import { submissionOf } from "../jobs/commands.ts";
import type { EventLog } from "../log/types.ts";

/** Jobs that are remembered: about 4 MB. */
const MAX_REMEMBERED = 10_000;

/** Without its payload. */
type Submission = Parameters<typeof reaches>[1];

export class Submissions {
  readonly #log: Pick<EventLog, "readStream">;
  /** By stream, the one asked for longest ago first. */
  readonly #known = new Map<string, Submission>();

  constructor(log: Pick<EventLog, "readStream">) {
    this.#log = log;
  }

  /** The events of jobs whose submissions are wanted. */
  async select(
    events: readonly StoredEvent[],
    isWanted: (submission: Submission) => boolean,
  ): Promise<readonly StoredEvent[]> {
    const found = new Map<string, Submission | undefined>();
    for (const event of events) if (event.version === 1) found.set(event.stream_id, this.#learn(event));
    const asked = new Set(events.map((event) => event.stream_id)).difference(found);
    await Promise.all([...asked].map(async (stream_id) => found.set(stream_id, await this.#find(stream_id))));
    return events.filter((event) => {
      const submission = found.get(event.stream_id);
      return submission !== undefined && isWanted(submission);
    });
  }

  async #find(stream_id: string): Promise<Submission | undefined> {
    const known = this.#known.get(stream_id);
    if (known !== undefined) return this.#remember(stream_id, known);
    const [first] = await this.#log.readStream(stream_id, { limit: 1 });
    return first && this.#learn(first);
  }

  #learn(first: StoredEvent): Submission | undefined {
    if (first.type !== "job.submitted") return undefined;
    const { workflow, steps, submitted_by } = submissionOf(first);
    const uses = usesOf(steps).map((name) => ({ uses: name }));
    return this.#remember(first.stream_id, { workflow, steps: uses, submitted_by });
  }

  #remember(stream_id: string, submission: Submission): Submission {
    this.#known.delete(stream_id);
    this.#known.set(stream_id, submission);
    if (this.#known.size > MAX_REMEMBERED) this.#known.delete(this.#known.keys().next().value as string);
    return submission;
  }
}
