/** Commands on jobs over the API: recorded, or rejected with the reason. */

import type { Caller } from "../../access/mod.ts";
import type { JobCommand } from "../../domain/job/job_command.ts";
import { decisionOf } from "../../domain/job/job_steps.ts";
import type { Call } from "../../http/call.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { jobNotFound } from "../../http/request/job_id.ts";
import { commandJob, jobMeta } from "../../jobs/commands.ts";
import type { EventLog } from "../../log/mod.ts";
import { jobProblems } from "./problems.ts";

/** A call that commands the job that it names. */
type Commanding = Call<unknown, unknown, unknown, Caller>;

/**
 * Records the call's command on the job that it names, and returns the position. Throws the problems `job_not_found`,
 * `conflict`, `already_decided` and `self_approval_refused`, and what `log.append` throws.
 */
export async function recordCommand(log: EventLog, call: Commanding, command: JobCommand): Promise<void> {
  const { caller, cause, job } = call;
  const { job_id } = job;
  const meta = { ...jobMeta(job_id, { actor: caller.actor }), ...cause };
  const handled = await commandJob(log, { ...job, command, meta });
  if (handled.ok) return call.recorded(handled.position);
  const { code, message } = handled.refusal;
  switch (code) {
    case "job_not_found":
      throw jobNotFound(job_id);
    case "self_approval_refused":
      throw new Problem(jobProblems[code], message);
    case "already_decided": {
      const decision = command.type === "approve" && decisionOf(handled.state, command.step);
      throw new Problem(jobProblems[code], message, { members: { decision } });
    }
    default:
      throw new Problem(problems.conflict, message);
  }
}
