/** Records new jobs, wherever they come from. */
import type { EventMeta } from "../../../events/envelope.ts";
import { type JobSubmitted, jobStream } from "../../../events/job.ts";
import { inSlices } from "../../async/mod.ts";
import { firstEvents } from "../../domain/job/job.ts";
import type { Replays } from "../../domain/job/job_command.ts";
import type { Runs, Within } from "../../domain/reach.ts";
import { writeJson } from "../../json/mod.ts";
import { type Created, create, createOnce, type EventLog, type Once, type WrittenEvent } from "../../log/mod.ts";
import type { Depth, Queue } from "./queue_depth.ts";

export interface NewJob {
  readonly job_id: string;
  /** `data_json`: its own text, to be recorded byte for byte. */
  readonly submission: { readonly data: JobSubmitted; readonly data_json: string };
  readonly replays?: Replays;
  readonly meta: EventMeta;
}

export interface Submission extends NewJob {
  /** What it runs, which its submitter may run. */
  readonly runs: Within<Runs>;
  /** Whether the id comes from an Idempotency-Key, so that the request may be a repetition. */
  readonly has_key: boolean;
}

export type Submitted = Once | { readonly ok: false; readonly reason: "queue_full"; readonly depth: Depth };

type Place = { readonly log: EventLog; readonly queue: Pick<Queue, "enter"> };

/** Records a new job, unless an earlier request with the same key did. Throws what `log.append` throws. */
export async function submit(
  { log, queue }: { log: EventLog; queue: Queue },
  { has_key, ...job }: Submission,
): Promise<Submitted> {
  const stream_id = jobStream(job.job_id);
  const events = await written(job);
  // A repetition needs no place in the queue: it gets the first response.
  if (queue.full && !(has_key && (await isKnown(log, stream_id)))) {
    return { ok: false, reason: "queue_full", depth: queue.depth() };
  }
  return await queue.enter(() => createOnce(log, { stream_id, events, meta: job.meta }));
}

/** Records a new job under a derived id, unless it exists already. Throws what `log.append` throws. */
export async function createJob({ log, queue }: Place, job: NewJob): Promise<Created> {
  const creation = { stream_id: jobStream(job.job_id), events: await written(job), meta: job.meta };
  return await queue.enter(() => create(log, creation));
}

/** Its first events as text. What a job reuses can be megabytes: that is written in slices. */
async function written({ submission, replays }: NewJob): Promise<readonly WrittenEvent[]> {
  const [first, ...others] = firstEvents(submission.data, { replays });
  const events: WrittenEvent[] = [{ ...submission, type: first.type }];
  if (others.length === 0) return events;
  await inSlices(others, ({ type, data }) => {
    events.push({ type, data, data_json: writeJson(data) });
  });
  return events;
}

async function isKnown(log: EventLog, stream_id: string): Promise<boolean> {
  return (await log.readStream(stream_id, { limit: 1 })).length > 0;
}
