/** What the service does in jobs of its own: connectors that features make, of names that nobody else may use. */
import type { Static, TSchema } from "@sinclair/typebox";
import type { Connector } from "../../connectors/connector.ts";
import { SYSTEM_WORKFLOW_PREFIX } from "../../events/workflow.ts";

/**
 * Defines a workflow that jobs of the account `system` alone run: a connector that its feature makes over what it needs of
 * the foundation. Its input names things by their ids; what they say of a person is read when it runs, and neither its
 * result nor its errors repeat that, for a job's events cannot be forgotten. Throws where the name is none.
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
