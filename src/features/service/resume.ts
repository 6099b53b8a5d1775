/** Resumes what an event stopped: a read model, or a reaction. */
import { projectionStream } from "../../../events/projection.ts";
import { reactionStream } from "../../../events/reaction.ts";
import type { Caller } from "../../access/mod.ts";
import type { Call } from "../../http/call.ts";
import type { AnyDeclaration } from "../../http/declaration.ts";
import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { Problem } from "../../http/problem.ts";
import { nameParam } from "../../http/request/params.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import type { ResumeOptions, ResumptionOutcome } from "../../log/mod.ts";
import { serviceProblems } from "./problems.ts";
import {
  ProjectionName,
  ProjectionResume,
  ProjectionResumed,
  ReactionName,
  ReactionResume,
  ReactionResumed,
} from "./schemas.ts";

/** What both calls have in common. */
const RESUMING = {
  method: "POST",
  tag: tags.operations,
  scope: "ops:write",
  body_optional: true,
} as const satisfies Partial<AnyDeclaration>;

export function resumeRoutes({ projector, reactor }: Pick<ApiOptions, "projector" | "reactor">) {
  return [
    route(
      {
        ...RESUMING,
        path: "/api/v1/ops/projections/:name/resume",
        id: "resumeProjection",
        summary: "Resume a stopped read model",
        description:
          "A read model whose fold rejects an event stops there, alone, and GET /api/v1/ops/health says so. Once the fold is fixed, this call retries the event, in whichever process runs the read model. With `skip`, the position of that event, the read model continues after it: rebuilds skip it, too. Either is recorded, with who decided so and why. If the event stops the read model again, health says so again. A read model that no event stops is left as it is: `stopped_at` is null.",
        params: { name: nameParam(ProjectionName, serviceProblems.projection_not_found) },
        body: ProjectionResume,
        examples: {
          again: { summary: "Retry the event that stopped it", value: {} },
          past: { summary: "Skip that event for good", value: { skip: 1042, reason: "Its time is invalid." } },
        },
        responses: {
          200: {
            description: "The read model continues.",
            schema: ProjectionResumed,
            example: { name: "jobs", version: 4, stopped_at: 1042, skipped: false },
          },
        },
        errors: [serviceProblems.projection_not_stopped],
      },
      async (call) => {
        const { name } = call.params;
        const { found, answer } = await resume(call, {
          what: "read model",
          stream_id: projectionStream(name),
          missing: serviceProblems.projection_not_found,
          not_stopped: serviceProblems.projection_not_stopped,
          resume: (resuming) => projector.resume(name, resuming),
        });
        return { ...answer, version: found.version };
      },
    ),
    route(
      {
        ...RESUMING,
        path: "/api/v1/ops/reactions/:name/resume",
        id: "resumeReaction",
        summary: "Resume a reaction that an event stopped",
        description:
          "A reaction does something automatically after an event, such as sending a mail. One that cannot handle an event stops there, alone, and GET /api/v1/ops/health says so. Once the fault is fixed, this call retries the event, in whichever process runs the reaction. With `skip`, the position of that event, the reaction continues after it: what would have followed from the event is never done. Either is recorded, with who decided so and why. If the event stops the reaction again, health says so again. A reaction that no event stops is left as it is: `stopped_at` is null.",
        params: { name: nameParam(ReactionName, serviceProblems.reaction_not_found) },
        body: ReactionResume,
        examples: {
          again: { summary: "Retry the event that stopped it", value: {} },
          past: { summary: "Skip that event", value: { skip: 1042, reason: "The address does not exist." } },
        },
        responses: {
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
        const { answer } = await resume(call, {
          what: "reaction",
          stream_id: reactionStream(name),
          missing: serviceProblems.reaction_not_found,
          not_stopped: serviceProblems.reaction_not_stopped,
          resume: (resuming) => reactor.resume(name, resuming),
        });
        return answer;
      },
    ),
  ];
}

type ResumeCall = Call<
  { readonly name: string },
  unknown,
  { readonly skip?: number; readonly reason?: string },
  Caller
>;

interface Resumable<Found extends ResumptionOutcome> {
  readonly what: "read model" | "reaction";
  /** Where decisions about it are recorded. */
  readonly stream_id: string;
  readonly missing: (typeof serviceProblems)["projection_not_found" | "reaction_not_found"];
  readonly not_stopped: (typeof serviceProblems)["projection_not_stopped" | "reaction_not_stopped"];
  /** `undefined`: there is none of this name. */
  readonly resume: (resuming: ResumeOptions) => Promise<Found | undefined>;
}

/** Resumes what a call names. Throws the problems of the declarations, and `validation_failed`. */
async function resume<Found extends ResumptionOutcome>(
  call: ResumeCall,
  { what, stream_id, missing, not_stopped, resume }: Resumable<Found>,
) {
  const { name } = call.params;
  const { skip, reason } = call.body;
  if (skip !== undefined && reason === undefined) {
    throw invalid([{ pointer: "/reason", message: "must say why the event is skipped: it is recorded" }]);
  }
  const meta = { actor: call.caller.actor, correlation_id: stream_id, ...call.cause };
  const found = await resume({ skip, reason, meta });
  if (!found) throw new Problem(missing, `There is no ${what} ${JSON.stringify(name)}.`);
  if (found.ok) {
    call.recorded(found.recorded_at_position);
    return { found, answer: { name, stopped_at: found.position, skipped: skip !== undefined } };
  }
  if (skip === undefined) return { found, answer: { name, stopped_at: null, skipped: false } };
  const { stopped_at } = found;
  const by = stopped_at === undefined ? "no event" : `the event at position ${stopped_at}`;
  const detail = `Cannot skip position ${skip}: ${by} stops the ${what} "${name}".`;
  throw new Problem(not_stopped, detail, { members: { stopped_at: stopped_at ?? null } });
}
