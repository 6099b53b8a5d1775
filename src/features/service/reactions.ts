/** `POST /api/v1/ops/reactions/{name}/resume`: resumes a reaction stopped by an event. */

import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { Problem } from "../../http/problem.ts";
import { nameParam } from "../../http/request/params.ts";
import { route } from "../../http/route.ts";
import { serviceProblems } from "./problems.ts";
import { checkReason, notStopped } from "./resuming.ts";
import { ReactionName, ReactionResume, ReactionResumed } from "./schemas.ts";

export function reactionRoutes({ reactor }: Pick<ApiOptions, "reactor">) {
  return [
    route(
      {
        method: "POST",
        path: "/api/v1/ops/reactions/:name/resume",
        id: "resumeReaction",
        tag: tags.operations,
        summary: "Resume a reaction that an event stopped",
        description:
          "A reaction does something automatically after an event, such as sending a mail. One that cannot handle an event stops there, alone, and GET /api/v1/ops/health says so. Once the fault is fixed, this call retries the event, in whichever process runs the reaction. With `skip`, the position of that event, the reaction continues after it: what would have followed from the event is never done. Either is recorded, with who decided so and why. If the event stops the reaction again, health says so again. A reaction that no event stops is left as it is: `stopped_at` is null.",
        scope: "ops:write",
        params: { name: nameParam(ReactionName, serviceProblems.reaction_not_found) },
        body: ReactionResume,
        body_optional: true,
        examples: {
          again: { summary: "Retry the event that stopped it", value: {} },
          past: { summary: "Skip that event", value: { skip: 1042, reason: "The address does not exist." } },
        },
        answers: {
          200: {
            description: "The reaction continues.",
            schema: ReactionResumed,
            example: { name: "support_mail", stopped_at: 1042, skipped: false },
          },
        },
        errors: [serviceProblems.reaction_not_stopped],
      },
      async (call) => {
        const { name } = call.params;
        const { skip, reason } = call.body;
        checkReason({ skip, reason });
        const meta = { actor: call.caller.actor, correlation_id: `reaction-${name}`, ...call.cause };
        const resumed = await reactor.resume(name, { skip, reason, meta });
        if (!resumed) {
          throw new Problem(serviceProblems.reaction_not_found, `There is no reaction ${JSON.stringify(name)}.`);
        }
        if (!resumed.ok && skip !== undefined) {
          throw notStopped(serviceProblems.reaction_not_stopped, { what: `the reaction "${name}"`, ...resumed, skip });
        }
        if (!resumed.ok) return { name, stopped_at: null, skipped: false };
        call.recorded(resumed.recorded_at_position);
        return { name, stopped_at: resumed.position, skipped: skip !== undefined };
      },
    ),
  ];
}
