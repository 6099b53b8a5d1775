/** `POST /api/v1/intake`: the hot path. One parse, one check, one append of the request's own text. */
import { Elysia } from "elysia";
import { jobStream } from "../jobs/commands.ts";
import { AppendInDoubtError } from "../log/errors.ts";
import type { AppendResult } from "../log/mod.ts";
import type { Auth } from "./auth.ts";
import { readJson } from "./body.ts";
import { derivedId, idempotencyKey } from "./idempotency.ts";
import { RUN_AT_MAX_DAYS } from "./limits.ts";
import { describe } from "./openapi.ts";
import type { ApiOptions } from "./options.ts";
import { Problem } from "./problems.ts";
import type { QueueDepth } from "./queue_depth.ts";
import { requestIds } from "./request_id.ts";
import { IntakeRequest } from "./schemas.ts";
import { checkSubmission } from "./submission.ts";
import { invalid, validator } from "./validation.ts";

const ROUTE = "/api/v1/intake";

const checkIntake = validator(IntakeRequest);

export function intakeRoutes({ log, queue }: Pick<ApiOptions, "log"> & { queue: QueueDepth }, auth: Auth) {
  return new Elysia({ name: "levqor/intake" }).use(requestIds()).post(
    ROUTE,
    async ({ request, set, request_id }) => {
      const caller = auth.require(request);
      const key = idempotencyKey(request);
      const body = await readJson(request);
      const submission = checkIntake(body.value);
      checkSubmission(submission, body);
      if (submission.run_at !== undefined) checkRunAt(submission.run_at);

      const job_id = key === null ? Bun.randomUUIDv7() : derivedId(caller, ROUTE, key);
      const stream_id = jobStream(job_id);
      // A repetition takes no place in the queue: it is answered as before.
      if (queue.full && (key === null || !(await isKnown(stream_id)))) throw queue.problem();
      let result: AppendResult;
      try {
        result = await queue.enter(() =>
          log.append({
            stream_id,
            expected_version: 0,
            events: [{ type: "job.submitted", data_json: body.text }],
            meta: { actor: caller.actor, correlation_id: job_id, request_id },
          }),
        );
      } catch (error) {
        throw error instanceof AppendInDoubtError ? outcomeUnknown(error, job_id) : error;
      }

      let position: number;
      if (result.ok) {
        position = result.position;
      } else {
        if (key === null) throw new Error(`Cannot submit job ${job_id}: the id is taken`);
        position = await replay(stream_id, submission);
        set.headers["idempotency-replayed"] = "true";
      }
      set.status = 202;
      set.headers["content-type"] = "application/json";
      set.headers["levqor-position"] = String(position);
      return `{"job_id":"${job_id}","status":"queued"}`;
    },
    {
      parse: "none",
      detail: describe({
        id: "submitJob",
        tag: "Jobs",
        summary: "Submit a job",
        description:
          "Records the job and answers once it is durable. The job waits in the queue until a worker takes it. Send an Idempotency-Key to be able to repeat the request safely.",
        key: true,
        headers: ["Idempotency-Key"],
        body: "IntakeRequest",
        answers: {
          202: {
            description: "The job is on record.",
            schema: "IntakeAccepted",
            example: { job_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", status: "queued" },
            headers: ["Levqor-Position", "Idempotency-Replayed"],
          },
        },
        errors: [
          "invalid_idempotency_key",
          "payload_too_large",
          "idempotency_key_reused",
          "queue_full",
          "unavailable",
          "outcome_unknown",
        ],
      }),
    },
  );

  async function isKnown(stream_id: string): Promise<boolean> {
    return (await log.readStream(stream_id, { limit: 1 })).length > 0;
  }

  /** The position of the first intake with the same key, which must have had the same body. */
  async function replay(stream_id: string, submission: IntakeRequest): Promise<number> {
    const [first] = await log.readStream(stream_id, { limit: 1 });
    if (!first) throw new Error(`Cannot replay the intake of ${stream_id}: its stream is empty`);
    if (!Bun.deepEquals(JSON.parse(first.data_json), submission, true)) {
      throw new Problem("idempotency_key_reused", "The Idempotency-Key was used before with another body.");
    }
    return first.position;
  }
}

function checkRunAt(run_at: string): void {
  const ahead = Date.parse(run_at.toUpperCase()) - Date.now();
  if (ahead <= RUN_AT_MAX_DAYS * 86_400_000) return;
  throw invalid([{ pointer: "/run_at", message: `must not be more than ${RUN_AT_MAX_DAYS} days ahead` }]);
}

/** Tells the caller under which id the job can be looked for. */
function outcomeUnknown(cause: AppendInDoubtError, job_id: string): Problem {
  return new Problem(
    "outcome_unknown",
    `The connection to the event log broke while job ${job_id} was being recorded. Repeat the request with the same Idempotency-Key, or read the job's status first.`,
    { cause, headers: { "retry-after": "1" }, members: { job_id } },
  );
}
