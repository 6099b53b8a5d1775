/** Who is calling: the credential of a request, and whether its holder may do what the call does. */

import type { EventMeta } from "../../events/envelope.ts";
import { type Access, type Caller, type Identity, mayDo, mayRun, type Scope } from "../access/mod.ts";
import { jobStream } from "../jobs/commands.ts";
import { decodeJson } from "../json/mod.ts";
import type { EventLog } from "../log/types.ts";
import { contextOf } from "./context.ts";
import { credentialOf } from "./credential.ts";
import { jobNotFound, jobId as parseJobId } from "./job_id.ts";
import { Problem } from "./problems.ts";

export interface Auth {
  /** False in development mode, where no key is configured and every call is taken. */
  readonly required: boolean;
  /** Who makes a request; the door asks once, and keeps the answer in the request's context. */
  identify(request: Request, mayVerify: () => boolean): Identity | Promise<Identity>;
  /**
   * The caller, who must have the scope. Whoever may see only their own jobs passes where the call is for those alone;
   * `everyones`: it is not. Throws the problems `unauthorized`, `insufficient_scope` and `unavailable`.
   */
  require(request: Request, scope: Scope, reach?: "own" | "everyones"): Caller;
  /** The job that a call is about, and the caller. Throws as `require`, `invalid_job_id`, and `job_not_found` where it is another's. */
  requireJob(request: Request, scope: Scope, jobId: string): Promise<{ caller: Caller; job_id: string }>;
}

/**
 * Throws the problem `workflow_not_allowed` unless the caller may run the workflow (`undefined`: whichever there is), and
 * all that its own steps run.
 */
export function requireWorkflow(
  caller: Caller,
  workflow: string | undefined,
  steps: readonly { readonly uses?: string }[] = [],
): void {
  if (caller.workflows === "all") return;
  for (const name of [workflow, ...steps.flatMap(({ uses = [] }) => uses)]) {
    if (name !== undefined && mayRun(caller, name)) continue;
    const which = name === undefined ? "every workflow; name one" : JSON.stringify(name);
    throw new Problem("workflow_not_allowed", `The key may not run ${which}.`);
  }
}

export function createAuth(access: Access, log: Pick<EventLog, "readFirst">): Auth {
  const auth: Auth = {
    required: access.required,
    identify: (request, mayVerify) => access.identify(credentialOf(contextOf(request).headers), mayVerify),
    require(request, scope, reach = "own") {
      const { identity } = contextOf(request);
      if (!identity) throw new Error("Cannot tell who is calling: the request did not come through the door");
      if (identity.kind === "none") throw unauthorized("The request has no key, neither in X-Api-Key nor as a Bearer.");
      if (identity.kind === "refused") throw unauthorized(identity.reason);
      if (identity.kind === "unchecked") throw undecided("Too many tokens come from one address");
      if (identity.kind === "undecided") throw undecided(identity.cause);
      const { caller } = identity;
      if (!mayDo(caller, scope) || (reach === "everyones" && caller.own_only)) throw insufficient(scope, caller);
      return caller;
    },
    async requireJob(request, scope, jobId) {
      const caller = auth.require(request, scope);
      const job_id = parseJobId(jobId);
      await checkOwner(log, { caller, job_id });
      return { caller, job_id };
    },
  };
  return auth;
}

/** Throws the problem `job_not_found` where the caller may see only their own jobs, and it is not theirs. */
export async function checkOwner(
  log: Pick<EventLog, "readFirst">,
  { caller, job_id }: { caller: Caller; job_id: string },
): Promise<void> {
  if (!caller.own_only) return;
  const stream_id = jobStream(job_id);
  const first = (await log.readFirst([stream_id])).get(stream_id);
  if (!first || decodeJson<EventMeta>(first.meta_json).actor !== caller.actor) throw jobNotFound(job_id);
}

function unauthorized(detail: string): Problem {
  const headers = { "www-authenticate": 'ApiKey realm="levqor", Bearer realm="levqor"' };
  return new Problem("unauthorized", detail, { headers });
}

function undecided(cause: unknown): Problem {
  return new Problem("unavailable", "Whether the key or token holds cannot be told at the moment.", {
    headers: { "retry-after": "5" },
    cause,
  });
}

function insufficient(scope: Scope, caller: Caller): Problem {
  const detail = mayDo(caller, scope)
    ? `The call concerns everybody's jobs; with this session, ${scope} is for its own jobs alone.`
    : `The call needs the scope ${scope}, which the caller does not have.`;
  return new Problem("insufficient_scope", detail, {
    headers: { "www-authenticate": `Bearer realm="levqor", error="insufficient_scope", scope="${scope}"` },
    members: { required_scope: scope },
  });
}
