/** Commands on jobs as calls give them: recorded, or answered with what stands against them. */
import type { Caller } from "../../access/mod.ts";
import { decisionOf, type JobCommand } from "../../domain/job.ts";
import { Problem } from "../../http/problem.ts";
import { jobNotFound } from "../../http/request/job_id.ts";
import type { Cause } from "../../http/request/request_id.ts";
import { commandJob, jobMeta, type NamedJob } from "../../jobs/commands.ts";
import type { EventLog, Handled } from "../../log/mod.ts";

export interface Commanding extends NamedJob {
  readonly caller: Caller;
  readonly cause: Cause;
  readonly command: JobCommand;
}

/**
 * Records what a caller commands. Throws the problems `job_not_found`, `conflict`, `already_decided` and
 * `self_approval_refused`, and what `log.append` throws.
 */
export async function command(
  log: EventLog,
  { caller, cause, ...commanded }: Commanding,
): Promise<Handled<unknown, never> & { ok: true }> {
  const { job_id, command } = commanded;
  const meta = { ...jobMeta(job_id, { actor: caller.actor }), ...cause };
  const handled = await commandJob(log, { ...commanded, meta });
  if (handled.ok) return handled;
  const { code, message } = handled.refusal;
  switch (code) {
    case "job_not_found":
      throw jobNotFound(job_id);
    case "self_approval_refused":
      throw new Problem(code, message);
    case "already_decided": {
      const decision = command.type === "approve" && decisionOf(handled.state, command.step);
      throw new Problem(code, message, { members: { decision } });
    }
    default:
      throw new Problem("conflict", message);
  }
}
