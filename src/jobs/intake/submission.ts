/** How a new job is recorded, wherever it comes from. */
import type { EventMeta, StoredEvent } from "../../../events/envelope.ts";
import { jobStream } from "../../../events/job.ts";
import { inSlices } from "../../async/mod.ts";
import type { Runs, Within } from "../../domain/reach.ts";
import { decodeJson, isSameJson } from "../../json/mod.ts";
import type { EventLog, WrittenEvent } from "../../log/mod.ts";
import type { Depth, Queue } from "./queue_depth.ts";

export interface Submission {
  readonly job_id: string;
  /** What it runs, which whoever submits it may. */
  readonly runs: Within<Runs>;
  /** The first events of its stream: as they would be again at a repetition of the request. */
  readonly events: readonly WrittenEvent[];
  readonly meta: EventMeta;
  /** Whether the id comes from an Idempotency-Key, so that the request may be a repetition. */
  readonly has_key: boolean;
}

/** What came of it: the job is on record, perhaps by an earlier request with the same key; or why nothing was recorded. */
export type Submitted =
  | { readonly ok: true; readonly position: number; readonly replayed: boolean }
  | { readonly ok: false; readonly reason: "queue_full"; readonly depth: Depth }
  /** Of a request with another body. */
  | { readonly ok: false; readonly reason: "key_reused" };

/** Records a new job, unless it is known already: then by a request with the same key. Throws what `log.append` throws. */
export async function submit(
  { log, queue }: { log: EventLog; queue: Queue },
  { job_id, events, meta, has_key }: Submission,
): Promise<Submitted> {
  const stream_id = jobStream(job_id);
  // A repetition takes no place in the queue: it is answered as before.
  if (queue.full && !(has_key && (await isKnown(log, stream_id)))) {
    return { ok: false, reason: "queue_full", depth: queue.depth() };
  }
  const result = await queue.enter(() => log.append({ stream_id, expected_version: 0, events, meta }));
  if (result.ok) return { ok: true, position: result.position, replayed: false };
  if (!has_key) throw new Error(`Cannot submit job ${job_id}: the id is taken`);
  const position = await positionOfSame(log, stream_id, events);
  return position === undefined ? { ok: false, reason: "key_reused" } : { ok: true, position, replayed: true };
}

async function isKnown(log: EventLog, stream_id: string): Promise<boolean> {
  return (await log.readStream(stream_id, { limit: 1 })).length > 0;
}

/** Where the first request with the same key was recorded; `undefined` where that had another body. */
async function positionOfSame(
  log: EventLog,
  stream_id: string,
  events: Submission["events"],
): Promise<number | undefined> {
  const recorded = await log.readStream(stream_id, { limit: events.length });
  const [first] = recorded;
  if (!first) throw new Error(`Cannot repeat the submission of ${stream_id}: its stream is empty`);
  let isSame = true;
  await inSlices(events.entries(), ([i, event]) => {
    isSame &&= isSameEvent(recorded[i], event);
  });
  return isSame ? first.position : undefined;
}

function isSameEvent(before: StoredEvent | undefined, { type, data_json }: WrittenEvent): boolean {
  if (before?.type !== type) return false;
  return before.data_json === data_json || isSameJson(decodeJson(before.data_json), decodeJson(data_json));
}
