/** The shapes of the feature's requests and responses. */
import { Type } from "@sinclair/typebox";
import { component } from "../../http/document/components.ts";
import {
  EXAMPLE_JOB_ID,
  EXAMPLE_TIME,
  JobEvent,
  JobId,
  list,
  Status,
  SubjectName,
  Timestamp,
  Workflow,
} from "../../http/schema.ts";

const ErasedAt = Type.Union([Timestamp, Type.Null()], {
  description: "When the subject was erased; null: they were not.",
});

export const SubjectJob = component(
  "SubjectJob",
  Type.Object(
    { job_id: JobId, workflow: Workflow, status: Status, created_at: Timestamp },
    {
      additionalProperties: false,
      examples: [{ job_id: EXAMPLE_JOB_ID, workflow: "http", status: "succeeded", created_at: EXAMPLE_TIME }],
    },
  ),
);

export const Subject = component(
  "Subject",
  Type.Object(
    { subject: SubjectName, erased_at: ErasedAt, ...list(SubjectJob).properties },
    { additionalProperties: false },
  ),
);

export const SubjectErased = component(
  "SubjectErased",
  Type.Object(
    {
      subject: SubjectName,
      erased_at: Timestamp,
      jobs: Type.Integer({ minimum: 0, description: "How many jobs carried the subject." }),
    },
    {
      additionalProperties: false,
      examples: [{ subject: "customer-42", erased_at: EXAMPLE_TIME, jobs: 3 }],
    },
  ),
);

/** A line of an export. */
export const SubjectEvent = component(
  "SubjectEvent",
  Type.Object(
    { ...JobEvent.properties, job_id: JobId, stream_id: Type.String({ examples: [`job-${EXAMPLE_JOB_ID}`] }) },
    { additionalProperties: false },
  ),
);
