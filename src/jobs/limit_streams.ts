/** Where the log keeps what is settled about workflows, and what limits let run. */
import { hash } from "node:crypto";
import type { Limit } from "../domain/limit.ts";

/** The stream that holds what is settled about a workflow. */
export function workflowStream(workflow: string): string {
  return `workflow-${digest(workflow)}`;
}

/** The stream of a limit. */
export function limitStream({ workflow, concurrency_key }: Pick<Limit, "workflow" | "concurrency_key">): string {
  // No workflow's name has a line break: intake refuses control characters.
  return `limit-${digest(concurrency_key === null ? workflow : `${workflow}\n${concurrency_key}`)}`;
}

/** Names have characters and lengths that stream ids do not take. */
function digest(name: string): string {
  return hash("sha256", name, "hex").slice(0, 32);
}
