/** The streams of workflows' limits, and of what they let run. */
import { hash } from "node:crypto";
import { limitStream as streamOfLimit } from "../../../events/limit.ts";
import { workflowStream as streamOfWorkflow } from "../../../events/workflow.ts";
import type { Limit } from "../../domain/limit.ts";

/** The stream with a workflow's limits. */
export function workflowStream(workflow: string): string {
  return streamOfWorkflow(digest(workflow));
}

export function limitStream(limit: LimitId): string {
  return streamOfLimit(digest(limitName(limit)));
}

/** What distinguishes a limit from every other. */
export type LimitId = Pick<Limit, "workflow" | "concurrency_key" | "key_owner">;

/** A unique name for a limit: neither a workflow's name nor an owner contains a line break. */
export function limitName({ workflow, concurrency_key, key_owner }: LimitId): string {
  return concurrency_key === null ? workflow : `${workflow}\n${key_owner}\n${concurrency_key}`;
}

/** Names have characters and lengths that stream ids do not allow. */
function digest(name: string): string {
  return hash("sha256", name, "hex").slice(0, 32);
}
