/** `POST /api/v1/_dev/complete/:job_id`: completes a job manually. Does not exist in production. */

import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { problems } from "../../http/problems.ts";
import { jobIdParam } from "../../http/request/job_id.ts";
import { route } from "../../http/route.ts";
import { recordCommand } from "./job_refusal.ts";
import { Completed, CompleteRequest } from "./schemas.ts";

export function devRoutes({ log }: Pick<ApiOptions, "log">) {
  return [
    route(
      {
        method: "POST",
        path: "/api/v1/_dev/complete/:job_id",
        id: "completeJob",
        tag: tags.development,
        summary: "Complete a job manually",
        description: "Completes a queued or running job with the given result. Responds with 404 in production.",
        scope: "jobs:write",
        params: { job_id: jobIdParam },
        body: CompleteRequest,
        responses: {
          200: {
            description: "The job has succeeded.",
            schema: Completed,
            example: { ok: true },
          },
        },
        errors: [problems.conflict],
      },
      async (call) => {
        await recordCommand(log, call, { type: "complete", attempt: "any", result: call.body.result });
        return { ok: true };
      },
    ),
  ];
}
