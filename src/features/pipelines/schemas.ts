/** The shapes of the feature's requests and responses. */
import { Type } from "@sinclair/typebox";
import { PipelineDefinition, PipelineName } from "../../../events/pipeline.ts";
import { component } from "../../http/document/components.ts";
import { EXAMPLE_TIME, list, Timestamp } from "../../http/schema.ts";

/** A definition that shows what steps can do. */
const EXAMPLE_PIPELINE = {
  format: 1,
  description: "Welcomes new users, once somebody has agreed.",
  steps: [
    { id: "fetch", uses: "http", with: { url: "https://example.com/users?since={{ payload.since }}" } },
    {
      id: "approve",
      if: "{{ size(steps.fetch.output.body.users) > 100 }}",
      wait_for_approval: { message: "Write to {{ size(steps.fetch.output.body.users) }} users?" },
    },
    {
      id: "welcome",
      for_each: { items: "{{ steps.fetch.output.body.users }}", max_parallel: 4 },
      uses: "http",
      with: { method: "POST", url: "https://example.com/mails", body: { to: "{{ item.email }}" } },
      retry: { max_attempts: 3 },
    },
  ],
};

export const PipelineCreate = component(
  "PipelineCreate",
  Type.Object(
    { name: PipelineName, ...PipelineDefinition.properties },
    { additionalProperties: false, examples: [{ name: "welcome-users", ...EXAMPLE_PIPELINE }] },
  ),
);

export const PipelineUpdate = component(
  "PipelineUpdate",
  Type.Object(
    {
      name: Type.Optional(
        Type.Unsafe<string>({
          ...PipelineName,
          description: "Must be the name in the path, if given: pipelines cannot be renamed.",
        }),
      ),
      ...PipelineDefinition.properties,
    },
    { additionalProperties: false, examples: [EXAMPLE_PIPELINE] },
  ),
);

const PipelineVersion = Type.Integer({ minimum: 1, description: "1, 2, 3 …", examples: [1] });

export const Pipeline = component(
  "Pipeline",
  Type.Object(
    {
      name: PipelineName,
      version: PipelineVersion,
      ...PipelineDefinition.properties,
      created_at: Timestamp,
      updated_at: Type.Unsafe<string>({ ...Timestamp, description: "When this version was recorded." }),
    },
    {
      additionalProperties: false,
      examples: [
        { name: "welcome-users", version: 1, ...EXAMPLE_PIPELINE, created_at: EXAMPLE_TIME, updated_at: EXAMPLE_TIME },
      ],
    },
  ),
);

const PipelineSummary = component(
  "PipelineSummary",
  Type.Object(
    {
      name: PipelineName,
      version: Type.Unsafe<number>({ ...PipelineVersion, description: "The newest version." }),
      description: Type.Union([Type.String(), Type.Null()]),
      steps: Type.Integer({ minimum: 1, description: "The number of steps in the newest version." }),
      created_at: Timestamp,
      updated_at: Timestamp,
    },
    { additionalProperties: false },
  ),
);

export const PipelineList = component("PipelineList", list(PipelineSummary));
