/** What the service does in jobs of its own: connectors that features create, with names that nobody else may use. */
import type { Static, TSchema } from "@sinclair/typebox";
import type { Connector } from "../../connectors/connector.ts";
import { SYSTEM_WORKFLOW_PREFIX } from "../../events/workflow.ts";

/**
 * Defines a workflow that only jobs of the account `system` run: a connector that its feature creates over what it
 * needs of the foundation. Its input refers to things by their ids; personal data is read when it runs, and neither its
 * result nor its errors repeat it, because a job's events cannot be erased. Throws if the name is invalid.
 */
export function defineSystemWorkflow<const Input extends TSchema, const Output extends TSchema>(
  workflow: Connector<Input, Output>,
): Connector {
  const { name } = workflow;
  if (
    !name.startsWith(SYSTEM_WORKFLOW_PREFIX) ||
    !/^[a-z][a-z0-9_]{0,62}$/.test(name.slice(SYSTEM_WORKFLOW_PREFIX.length))
  ) {
    throw new Error(
      `Cannot define the system workflow "${name}": its name must be "${SYSTEM_WORKFLOW_PREFIX}" and up to 63 characters in snake_case`,
    );
  }
  // The runner checks an input against the schema before it runs.
  return { ...workflow, run: (input, context) => workflow.run(input as Static<Input>, context) };
}
