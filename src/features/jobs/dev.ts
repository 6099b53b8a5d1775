/** `POST /api/v1/_dev/complete/:job_id`: ends a job by hand. Not there in production. */

import { Elysia } from "elysia";
import type { Auth } from "../../http/auth.ts";
import { describe } from "../../http/document/openapi.ts";
import type { ApiOptions } from "../../http/options.ts";
import { readJson } from "../../http/request/body.ts";
import { requestIds } from "../../http/request/request_id.ts";
import { validator } from "../../http/request/validation.ts";
import { JobId } from "../../http/schema.ts";
import { command } from "./job_refusal.ts";
import { Completed, CompleteRequest } from "./schemas.ts";

const checkComplete = validator(CompleteRequest);

export function devRoutes({ log }: Pick<ApiOptions, "log">, auth: Auth) {
  return new Elysia({ name: "levqor/dev" }).use(requestIds()).post(
    "/api/v1/_dev/complete/:job_id",
    async ({ request, params, set, cause }) => {
      const job = await auth.requireJob(request, "jobs:write", params.job_id);
      const { result } = checkComplete((await readJson(request)).value);
      const handled = await command(log, { ...job, cause, command: { type: "complete", attempt: "any", result } });
      set.headers["levqor-position"] = String(handled.position);
      return { ok: true };
    },
    {
      parse: "none",
      detail: describe({
        id: "completeJob",
        tag: "Development",
        summary: "End a job by hand",
        description: "Lets a queued or running job succeed with the given result. Answers 404 in production.",
        scope: "jobs:write",
        params: { job_id: JobId },
        body: CompleteRequest,
        answers: {
          200: {
            description: "The job has succeeded.",
            schema: Completed,
            example: { ok: true },
            headers: ["Levqor-Position"],
          },
        },
        errors: ["invalid_job_id", "job_not_found", "conflict", "unavailable", "outcome_unknown"],
      }),
    },
  );
}
