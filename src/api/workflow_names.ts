/** Which workflow an event's job is of: only a job's first event says it. */
import { decode, type StoredEvent } from "../../events/mod.ts";
import type { EventLog } from "../log/types.ts";

/** Jobs whose workflow is remembered: about 2 MB. */
const MAX_REMEMBERED = 10_000;

export class WorkflowNames {
  readonly #log: Pick<EventLog, "readStream">;
  /** By stream, the one asked for longest ago first. */
  readonly #names = new Map<string, string>();

  constructor(log: Pick<EventLog, "readStream">) {
    this.#log = log;
  }

  /** The events whose jobs are of `workflow`. */
  async select(events: readonly StoredEvent[], workflow: string): Promise<readonly StoredEvent[]> {
    const names = new Map<string, string | undefined>();
    for (const event of events) if (event.version === 1) names.set(event.stream_id, this.#learn(event));
    const asked = new Set(events.map((event) => event.stream_id)).difference(names);
    await Promise.all([...asked].map(async (stream_id) => names.set(stream_id, await this.#find(stream_id))));
    return events.filter((event) => names.get(event.stream_id) === workflow);
  }

  async #find(stream_id: string): Promise<string | undefined> {
    const known = this.#names.get(stream_id);
    if (known !== undefined) return this.#remember(stream_id, known);
    const [first] = await this.#log.readStream(stream_id, { limit: 1 });
    return first && this.#learn(first);
  }

  #learn(first: StoredEvent): string | undefined {
    const event = decode(first);
    return event.type === "job.submitted" ? this.#remember(first.stream_id, event.data.workflow) : undefined;
  }

  #remember(stream_id: string, workflow: string): string {
    this.#names.delete(stream_id);
    this.#names.set(stream_id, workflow);
    if (this.#names.size > MAX_REMEMBERED) this.#names.delete(this.#names.keys().next().value as string);
    return workflow;
  }
}
