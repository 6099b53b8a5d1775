/** The streams of workflows' limits, and of what they let run. */
import { hash } from "node:crypto";
import { OPERATOR } from "../../../events/account.ts";
import { limitStream as streamOfLimit } from "../../../events/limit.ts";
import { workflowStream as streamOfWorkflow } from "../../../events/workflow.ts";
import type { Limit } from "../../domain/limit.ts";

/** The stream with the limits of an account's workflow. */
export function workflowStream(workflow: AccountsWorkflow): string {
  return streamOfWorkflow(digest(workflowName(workflow)));
}

export function limitStream(limit: LimitId): string {
  return streamOfLimit(digest(limitName(limit)));
}

/** What distinguishes a limit from every other. */
export type LimitId = Pick<Limit, "account" | "workflow" | "concurrency_key">;

/** A workflow by its name, which is its account's own. */
export type AccountsWorkflow = Pick<Limit, "account" | "workflow">;

/**
 * A unique name for a workflow: neither an account's name nor a workflow's contains a line break, or is empty. The
 * operator's names say nothing of an account, as those from before there were others.
 */
export function workflowName({ account, workflow }: AccountsWorkflow): string {
  return account === OPERATOR ? workflow : `${account}\n${workflow}`;
}

/** A unique name for a limit. */
export function limitName(limit: LimitId): string {
  const name = workflowName(limit);
  if (limit.concurrency_key === null) return name;
  return `${name}${limit.account === OPERATOR ? "\n\n" : "\n"}${limit.concurrency_key}`;
}

/** Names have characters and lengths that stream ids do not allow. */
function digest(name: string): string {
  return hash("sha256", name, "hex").slice(0, 32);
}
