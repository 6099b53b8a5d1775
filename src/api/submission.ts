/** What a job's submission must fulfil beside its schema, wherever it comes from. */
import { PAYLOAD_LIMIT_BYTES } from "./limits.ts";
import { Problem } from "./problems.ts";
import type { IntakeRequest } from "./schemas.ts";

export interface CheckSubmissionOptions {
  /** Of the body that holds the submission. */
  readonly byte_length: number;
  /** Where in the body the submission is, as a JSON pointer; the body itself by default. */
  readonly pointer?: string;
}

/** Throws the problem `payload_too_large`. */
export function checkSubmission(
  { payload }: Pick<IntakeRequest, "payload">,
  { byte_length, pointer = "" }: CheckSubmissionOptions,
): void {
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
