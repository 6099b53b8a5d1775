/** The shapes of the feature's requests and answers. */
import { type Static, Type } from "@sinclair/typebox";
import { MAX_CONCURRENCY, RatePerKey } from "../../../events/workflow.ts";
import { component } from "../../http/document/components.ts";
import { list, Timestamp, Workflow } from "../../http/schema.ts";

const Concurrency = Type.Integer({ minimum: 1, maximum: MAX_CONCURRENCY });

export const WorkflowLimitsRequest = component(
  "WorkflowLimitsRequest",
  Type.Object(
    {
      concurrency: Type.Optional(
        Type.Integer({ ...Concurrency, description: "Jobs of the workflow that may run at once.", examples: [20] }),
      ),
      concurrency_per_key: Type.Optional(
        Type.Integer({
          ...Concurrency,
          description: "Jobs with the same concurrency_key that may run at once; 1 where absent.",
          examples: [1],
        }),
      ),
      rate_per_key: Type.Optional(
        Type.Object(
          {
            limit: Type.Integer({ ...RatePerKey.properties.limit, examples: [10] }),
            per_seconds: Type.Integer({ ...RatePerKey.properties.per_seconds, examples: [60] }),
            burst: Type.Optional(
              Type.Integer({
                ...RatePerKey.properties.burst,
                description: "How many may start at once after a pause; 1 where absent.",
                examples: [1],
              }),
            ),
          },
          {
            additionalProperties: false,
            description:
              "Attempts at jobs with the same concurrency_key that may start in a time, evenly spaced (GCRA): in any per_seconds there are never more than limit, or limit + burst - 1.",
          },
        ),
      ),
    },
    {
      additionalProperties: false,
      description: "How many jobs of a workflow may run. What is left out is not limited, or as it is by default.",
      examples: [{ concurrency: 20, concurrency_per_key: 1, rate_per_key: { limit: 10, per_seconds: 60 } }],
    },
  ),
);

export const WorkflowLimits = component(
  "WorkflowLimits",
  Type.Object(
    {
      workflow: Workflow,
      concurrency: Type.Union([Concurrency, Type.Null()], {
        description: "Jobs of the workflow that may run at once; null: as many as workers take.",
      }),
      concurrency_per_key: Type.Integer({
        ...Concurrency,
        description: "Jobs with the same concurrency_key that may run at once.",
      }),
      rate_per_key: Type.Union([Type.Required(RatePerKey), Type.Null()], {
        description: "Attempts at jobs with the same concurrency_key that may start in a time; null: any number.",
      }),
      updated_at: Type.Union([Timestamp, Type.Null()], { description: "null: nothing was ever settled." }),
    },
    { additionalProperties: false },
  ),
);
export type WorkflowLimits = Static<typeof WorkflowLimits>;

export const WorkflowLimitsList = component("WorkflowLimitsList", list(WorkflowLimits));
