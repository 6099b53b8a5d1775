/** `POST /api/v1/intake`: the hot path. One parse, one check, one append of the request's own text. */

import { DAY_MS, instantOf } from "../../../events/time.ts";
import { metaOf } from "../../access/mod.ts";
import type { ApiParts } from "../../http/api.ts";
import { checkPermitted } from "../../http/auth.ts";
import { callback } from "../../http/document/openapi.ts";
import { tags } from "../../http/document/tags.ts";
import { jsonResponse } from "../../http/door/security_headers.ts";
import { RUN_AT_MAX_DAYS } from "../../http/limits.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { checkSubmission, submitOrThrow } from "../../http/request/submission.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { IntakeRequest } from "../../http/schema.ts";
import { subjectOf } from "../../vault/mod.ts";
import { IntakeAccepted, JobEnded } from "./schemas.ts";

const ROUTE = "/api/v1/intake";

const PAYLOAD = { method: "GET", url: "https://example.com/" };
const EXAMPLES = {
  http: { summary: "Call a URL", value: { workflow: "http", payload: PAYLOAD } },
  callback: {
    summary: "Get a callback when it finishes; make three attempts, within ten minutes at most",
    value: {
      workflow: "http",
      payload: PAYLOAD,
      callback_url: "https://example.com/hooks/levqor",
      max_attempts: 3,
      backoff: { initial_seconds: 5, factor: 3 },
      timeout_seconds: 600,
    },
  },
  steps: {
    summary: "Several steps, one of which waits for approval",
    value: {
      workflow: "price-change",
      payload: { product: "4711" },
      steps: [
        { id: "fetch", uses: "http", with: { url: "https://example.com/products/{{ url_encode(payload.product) }}" } },
        { id: "approve", wait_for_approval: { message: "Change the price of {{ payload.product }}?" } },
        {
          id: "change",
          uses: "http",
          with: { method: "POST", url: "https://example.com/prices", body: { product: "{{ payload.product }}" } },
        },
      ],
    },
  },
  external: {
    summary: "For an external worker, urgently, and one at a time per customer",
    value: {
      workflow: "translate",
      payload: { text: "Guten Tag" },
      priority: "high",
      concurrency_key: "customer-42",
      attempt_timeout_seconds: 120,
    },
  },
} as const;

export function intakeRoutes({
  log,
  queue,
  workflows,
  refusedAddress,
  vault,
}: Pick<ApiParts, "log" | "queue" | "workflows" | "refusedAddress" | "vault">) {
  return [
    route(
      {
        method: "POST",
        path: ROUTE,
        id: "submitJob",
        tag: tags.jobs,
        summary: "Submit a job",
        description:
          "Records the job and responds once it is durable. The job waits in the queue until a worker claims it. Send an Idempotency-Key to be able to retry the request safely.",
        scope: "jobs:write",
        idempotent: true,
        body: IntakeRequest,
        examples: EXAMPLES,
        callbacks: {
          jobEnded: callback({
            id: "jobEnded",
            tag: tags.jobs,
            summary: "Notify that a job has finished",
            description:
              "A signed POST to the job's callback_url, of at most 15 seconds, when the job has finished; retried until it is delivered or given up, as the list of callback attempts shows. It may arrive more than once, with the same webhook-id. Verify the signature with a library for Standard Webhooks.",
            to: "{$request.body#/callback_url}",
            body: JobEnded,
          }),
        },
        responses: {
          202: {
            description: "The job is recorded.",
            schema: IntakeAccepted,
            example: { job_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", status: "queued" },
          },
        },
        errors: [
          problems.workflow_not_allowed,
          problems.payload_too_large,
          problems.queue_full,
          problems.subject_erased,
        ],
      },
      async (call) => {
        const { caller, body, sent } = call;
        const submission = checkPermitted(caller, body);
        checkSubmission(submission, { ...sent, connectors: workflows, refusedAddress });
        if (submission.run_at !== undefined) checkRunAt(submission.run_at);

        const job_id = call.newId();
        const meta = metaOf(caller);
        // Nothing new belongs to a user who was erased, whoever acts for them and whose data it is.
        if (meta.subject !== undefined && (await vault.isErased(meta.subject, "profile"))) throw erased("The user");
        if (body.subject !== undefined) {
          meta.subject = await subjectOf(vault, { account: caller.account, name: body.subject });
          if (await vault.isErased(meta.subject, "profile")) throw erased("The subject");
        }
        const recorded = await submitOrThrow(
          { log, queue: await queue.of(caller) },
          {
            job_id,
            runs: submission,
            submission: { data: body, data_json: sent.text },
            meta: { ...meta, correlation_id: job_id, ...call.cause },
            has_key: call.idempotency_key !== null,
          },
        );
        const answer = jsonResponse(`{"job_id":"${job_id}","status":"queued"}`, 202);
        call.once(recorded, answer);
        return answer;
      },
    ),
  ];
}

function erased(who: string): Problem {
  return new Problem(problems.subject_erased, `${who} was erased: nothing about them can be kept any more.`);
}

function checkRunAt(run_at: string): void {
  const ahead = instantOf(run_at).epochMilliseconds - Date.now();
  if (ahead <= RUN_AT_MAX_DAYS * DAY_MS) return;
  throw invalid([{ pointer: "/run_at", message: `must not be more than ${RUN_AT_MAX_DAYS} days ahead` }]);
}
