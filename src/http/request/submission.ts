/** Submissions of jobs in requests: what is checked besides their schema, and what callers are told. */

import { urlFault } from "../../../connectors/called_url.ts";
import type { Steps } from "../../../events/pipeline.ts";
import { stepFaults } from "../../domain/pipeline/pipeline_check.ts";
import type { Depth } from "../../jobs/intake/queue_depth.ts";
import { type Submission, submit } from "../../jobs/intake/submission.ts";
import { AppendInDoubtError, type Once } from "../../log/mod.ts";
import { PAYLOAD_LIMIT_BYTES } from "../limits.ts";
import type { ApiOptions } from "../options.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";
import type { IntakeRequest } from "../schema.ts";
import { invalid } from "./validation.ts";

/** When to retry, in seconds: a full queue takes a while to become half empty. */
const RETRY_AFTER_S = 5;

/** Submits a job. Throws the problems `queue_full` and `outcome_unknown`. */
export async function submitOrThrow(to: Parameters<typeof submit>[0], submission: Submission): Promise<Once> {
  const result = await submit(to, submission).catch((error) => {
    throw error instanceof AppendInDoubtError ? outcomeUnknown(error, submission.job_id) : error;
  });
  if (!result.ok && result.reason === "queue_full") throw queueFull(result.depth);
  return result;
}

export function queueFull({ whose, waiting, max }: Depth): Problem {
  const detail =
    whose === "all"
      ? `${waiting} jobs are waiting; the maximum is ${max}.`
      : `${waiting} of your jobs are waiting; the maximum for one caller is ${max}.`;
  return new Problem(problems.queue_full, detail, { retry_after_s: RETRY_AFTER_S });
}

/** Tells the caller under which id to look for the job. */
function outcomeUnknown(cause: AppendInDoubtError, job_id: string): Problem {
  return new Problem(
    problems.outcome_unknown,
    `The connection to the event log broke while job ${job_id} was being recorded. Repeat the request with the same Idempotency-Key, or read the job's status first.`,
    { cause, retry_after_s: 1, members: { job_id } },
  );
}

export interface CheckSubmissionOptions {
  /** Of the body that contains the submission. */
  readonly byte_length: number;
  /** The connectors that steps may use. */
  readonly connectors: ReadonlySet<string>;
  readonly refusedAddress: ApiOptions["refusedAddress"];
  /** The place of the submission in the body, as a JSON pointer; the body itself by default. */
  readonly pointer?: string;
}

/** Throws the problems `validation_failed` and `payload_too_large`. */
export function checkSubmission(
  { payload, steps, callback_url }: Pick<IntakeRequest, "payload" | "steps" | "callback_url">,
  { byte_length, connectors, refusedAddress, pointer = "" }: CheckSubmissionOptions,
): void {
  const otherwise = callback_url === undefined ? undefined : urlFault(callback_url);
  if (otherwise !== undefined) throw invalid([{ pointer: `${pointer}/callback_url`, message: otherwise }]);
  const refused = callback_url === undefined ? undefined : refusedAddress?.(callback_url);
  if (refused !== undefined) {
    const message = `must be a public address: ${refused} is not, and OUTBOUND_ALLOW does not list it`;
    throw invalid([{ pointer: `${pointer}/callback_url`, message }]);
  }
  if (steps !== undefined) checkSteps(steps, { connectors, pointer: `${pointer}/steps` });
  // Serialised again, JSON grows at most 4.4 times (1e20 becomes 21 digits): small bodies need no second check.
  if (byte_length <= PAYLOAD_LIMIT_BYTES / 5) return;
  const size = Buffer.byteLength(JSON.stringify(payload));
  if (size <= PAYLOAD_LIMIT_BYTES) return;
  throw new Problem(
    problems.payload_too_large,
    `The payload is ${size} bytes of JSON; at most ${PAYLOAD_LIMIT_BYTES} are accepted.`,
    {
      errors: [{ pointer: `${pointer}/payload`, message: `must have at most ${PAYLOAD_LIMIT_BYTES} bytes of JSON` }],
    },
  );
}

/** Throws the problem `validation_failed` for steps that match their schema but cannot run. */
export function checkSteps(
  steps: Steps,
  { connectors, pointer }: { connectors: ReadonlySet<string>; pointer: string },
): void {
  const faults = stepFaults(steps, connectors);
  if (faults.length > 0) throw invalid(faults.map((fault) => ({ ...fault, pointer: pointer + fault.pointer })));
}
