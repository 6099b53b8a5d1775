/** System workflows: connectors that features create for the service's own jobs, under reserved names. */
import type { Static, TSchema } from "@sinclair/typebox";
import type { Connector } from "../../connectors/connector.ts";
import { SYSTEM_WORKFLOW_PREFIX } from "../../events/workflow.ts";

/**
 * Defines a workflow that only jobs of the account `system` run: a connector that a feature creates from the parts of the
 * foundation that it needs. Its input refers to things by id, because a job's events cannot be erased: personal data is read
 * when it runs, and is neither in its result nor in its errors. Throws if the name is invalid.
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
      `Cannot define the system workflow "${name}": its name must be "${SYSTEM_WORKFLOW_PREFIX}" followed by 1 to 63 characters in snake_case`,
    );
  }
  // The runner checks the input against the schema before it calls this.
  return { ...workflow, run: (input, context) => workflow.run(input as Static<Input>, context) };
}
