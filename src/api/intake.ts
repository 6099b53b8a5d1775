/** `POST /api/v1/intake`: the hot path. One parse, one check, one append of the request's own text. */
import { Elysia } from "elysia";
import type { Auth } from "./auth.ts";
import { readJson } from "./body.ts";
import { derivedId, idempotencyKey } from "./idempotency.ts";
import { RUN_AT_MAX_DAYS } from "./limits.ts";
import { describe } from "./openapi.ts";
import type { ApiOptions } from "./options.ts";
import type { QueueDepth } from "./queue_depth.ts";
import { requestIds } from "./request_id.ts";
import { IntakeRequest } from "./schemas.ts";
import { checkSubmission, submit } from "./submission.ts";
import { invalid, validator } from "./validation.ts";

const ROUTE = "/api/v1/intake";

const checkIntake = validator(IntakeRequest);

export function intakeRoutes(
  {
    log,
    queue,
    workflows,
    refusedAddress,
  }: Pick<ApiOptions, "log" | "workflows" | "refusedAddress"> & {
    queue: QueueDepth;
  },
  auth: Auth,
) {
  return new Elysia({ name: "levqor/intake" }).use(requestIds()).post(
    ROUTE,
    async ({ request, set, request_id }) => {
      const caller = auth.require(request, "jobs:write");
      const key = idempotencyKey(request);
      const body = await readJson(request);
      const submission = checkIntake(body.value);
      checkSubmission(submission, { ...body, connectors: workflows, refusedAddress });
      if (submission.run_at !== undefined) checkRunAt(submission.run_at);

      const job_id = key === null ? Bun.randomUUIDv7() : derivedId(caller, ROUTE, key);
      const { position, replayed } = await submit(
        { log, queue },
        {
          job_id,
          events: [{ type: "job.submitted", data_json: body.text, data: body.value }],
          meta: { actor: caller.actor, correlation_id: job_id, request_id },
          has_key: key !== null,
        },
      );
      if (replayed) set.headers["idempotency-replayed"] = "true";
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
        scope: "jobs:write",
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
}

function checkRunAt(run_at: string): void {
  const ahead = Date.parse(run_at.toUpperCase()) - Date.now();
  if (ahead <= RUN_AT_MAX_DAYS * 86_400_000) return;
  throw invalid([{ pointer: "/run_at", message: `must not be more than ${RUN_AT_MAX_DAYS} days ahead` }]);
}
