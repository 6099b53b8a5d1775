/** Taking a job in: what it must fulfil beside its schema, and how it is recorded, wherever it comes from. */
import { writtenOtherwise } from "../../connectors/called_url.ts";
import type { EventMeta, StoredEvent } from "../../events/envelope.ts";
import type { Steps } from "../../events/pipeline.ts";
import { inSlices } from "../async/mod.ts";
import { stepFaults } from "../domain/pipeline_check.ts";
import type { Runs, Within } from "../domain/reach.ts";
import { jobStream } from "../jobs/commands.ts";
import { decodeJson, isSameJson } from "../json/mod.ts";
import { AppendInDoubtError } from "../log/errors.ts";
import type { AppendResult, EventLog, WrittenEvent } from "../log/mod.ts";
import { PAYLOAD_LIMIT_BYTES } from "./limits.ts";
import type { ApiOptions } from "./options.ts";
import { Problem } from "./problems.ts";
import type { Queue } from "./queue_depth.ts";
import type { IntakeRequest } from "./schemas.ts";
import { invalid } from "./validation.ts";

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

/**
 * Records a new job, unless it is known already: then by a request with the same key, which must have had the same
 * body. Throws the problems `queue_full`, `idempotency_key_reused` and `outcome_unknown`.
 */
export async function submit(
  { log, queue }: { log: EventLog; queue: Queue },
  { job_id, events, meta, has_key }: Submission,
): Promise<{ position: number; replayed: boolean }> {
  const stream_id = jobStream(job_id);
  // A repetition takes no place in the queue: it is answered as before.
  if (queue.full && !(has_key && (await isKnown(log, stream_id)))) throw queue.problem();
  let result: AppendResult;
  try {
    result = await queue.enter(() => log.append({ stream_id, expected_version: 0, events, meta }));
  } catch (error) {
    throw error instanceof AppendInDoubtError ? outcomeUnknown(error, job_id) : error;
  }
  if (result.ok) return { position: result.position, replayed: false };
  if (!has_key) throw new Error(`Cannot submit job ${job_id}: the id is taken`);
  return { position: await positionOfSame(log, stream_id, events), replayed: true };
}

export interface CheckSubmissionOptions {
  /** Of the body that holds the submission. */
  readonly byte_length: number;
  /** The names that steps may use. */
  readonly connectors: ReadonlySet<string>;
  readonly refusedAddress: ApiOptions["refusedAddress"];
  /** Where in the body the submission is, as a JSON pointer; the body itself by default. */
  readonly pointer?: string;
}

/** Throws the problems `validation_failed` and `payload_too_large`. */
export function checkSubmission(
  { payload, steps, callback_url }: Pick<IntakeRequest, "payload" | "steps" | "callback_url">,
  { byte_length, connectors, refusedAddress, pointer = "" }: CheckSubmissionOptions,
): void {
  const otherwise = callback_url === undefined ? undefined : writtenOtherwise(callback_url);
  if (otherwise !== undefined) throw invalid([{ pointer: `${pointer}/callback_url`, message: otherwise }]);
  const refused = callback_url === undefined ? undefined : refusedAddress?.(callback_url);
  if (refused !== undefined) {
    const message = `must lead to a public address: ${refused} is none, and OUTBOUND_ALLOW does not name it`;
    throw invalid([{ pointer: `${pointer}/callback_url`, message }]);
  }
  if (steps !== undefined) checkSteps(steps, { connectors, pointer: `${pointer}/steps` });
  // Written anew, JSON grows at most 4.4 times (1e20 becomes 21 digits): small bodies need no second look.
  if (byte_length <= PAYLOAD_LIMIT_BYTES / 5) return;
  const size = Buffer.byteLength(JSON.stringify(payload));
  if (size <= PAYLOAD_LIMIT_BYTES) return;
  throw new Problem(
    "payload_too_large",
    `The payload is ${size} bytes of JSON; at most ${PAYLOAD_LIMIT_BYTES} are taken.`,
    {
      errors: [{ pointer: `${pointer}/payload`, message: `must have at most ${PAYLOAD_LIMIT_BYTES} bytes of JSON` }],
    },
  );
}

/** Throws the problem `validation_failed`, where steps that fit their schema cannot be run all the same. */
export function checkSteps(
  steps: Steps,
  { connectors, pointer }: { connectors: ReadonlySet<string>; pointer: string },
): void {
  const faults = stepFaults(steps, connectors);
  if (faults.length > 0) throw invalid(faults.map((fault) => ({ ...fault, pointer: pointer + fault.pointer })));
}

async function isKnown(log: EventLog, stream_id: string): Promise<boolean> {
  return (await log.readStream(stream_id, { limit: 1 })).length > 0;
}

/** Where the first request with the same key was recorded. */
async function positionOfSame(log: EventLog, stream_id: string, events: Submission["events"]): Promise<number> {
  const recorded = await log.readStream(stream_id, { limit: events.length });
  const [first] = recorded;
  if (!first) throw new Error(`Cannot repeat the submission of ${stream_id}: its stream is empty`);
  let isSame = true;
  await inSlices(events.entries(), ([i, event]) => {
    isSame &&= isSameEvent(recorded[i], event);
  });
  if (isSame) return first.position;
  throw new Problem("idempotency_key_reused", "The Idempotency-Key was used before with another body.");
}

function isSameEvent(before: StoredEvent | undefined, { type, data_json }: WrittenEvent): boolean {
  if (before?.type !== type) return false;
  return before.data_json === data_json || isSameJson(decodeJson(before.data_json), decodeJson(data_json));
}

/** Tells the caller under which id the job can be looked for. */
function outcomeUnknown(cause: AppendInDoubtError, job_id: string): Problem {
  return new Problem(
    "outcome_unknown",
    `The connection to the event log broke while job ${job_id} was being recorded. Repeat the request with the same Idempotency-Key, or read the job's status first.`,
    { cause, headers: { "retry-after": "1" }, members: { job_id } },
  );
}
