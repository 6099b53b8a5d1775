/** The shapes of the feature's requests and responses. */
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
        Type.Integer({ ...Concurrency, description: "How many jobs of the workflow may run at once.", examples: [20] }),
      ),
      concurrency_per_key: Type.Optional(
        Type.Integer({
          ...Concurrency,
          description: "How many jobs with the same concurrency_key may run at once; default: 1.",
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
                description: "How many may start at once after a quiet period; default: 1.",
                examples: [1],
              }),
            ),
          },
          {
            additionalProperties: false,
            description:
              "How many attempts at jobs with the same concurrency_key may start per period, evenly spaced (GCRA): in any per_seconds there are never more than limit, or limit + burst - 1.",
          },
        ),
      ),
    },
    {
      additionalProperties: false,
      description: "How many jobs of a workflow may run. A field that is left out is not limited, or has its default.",
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
        description: "How many jobs of the workflow may run at once; null: as many as there are workers.",
      }),
      concurrency_per_key: Type.Integer({
        ...Concurrency,
        description: "How many jobs with the same concurrency_key may run at once.",
      }),
      rate_per_key: Type.Union([Type.Required(RatePerKey), Type.Null()], {
        description: "How many attempts at jobs with the same concurrency_key may start per period; null: any number.",
      }),
      updated_at: Type.Union([Timestamp, Type.Null()], { description: "null: it was never set." }),
    },
    { additionalProperties: false },
  ),
);
export type WorkflowLimits = Static<typeof WorkflowLimits>;

export const WorkflowLimitsList = component("WorkflowLimitsList", list(WorkflowLimits));
