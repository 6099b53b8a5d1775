/** Every read model. */
import { consents } from "./consents.ts";
import { erasures } from "./erasures.ts";
import { errors } from "./errors.ts";
import { incidents } from "./incidents.ts";
import { jobs } from "./jobs.ts";
import { keys } from "./keys.ts";
import { mails } from "./mails.ts";
import { metrics } from "./metrics.ts";
import { orgInvitations } from "./org_invitations.ts";
import { orgMembers } from "./org_members.ts";
import { orgs } from "./orgs.ts";
import { pipelines } from "./pipelines.ts";
import type { Projection } from "./projection.ts";
import { schedules } from "./schedules.ts";
import { supportThreads } from "./support_threads.ts";
import { userStreams } from "./user_streams.ts";
import { workflowLimits } from "./workflow_limits.ts";

export type { ErasureRow } from "./erasures.ts";
export { jobs } from "./jobs.ts";
export type { KeyRow } from "./keys.ts";
export { type MetricsRow, metrics, publicMetrics } from "./metrics.ts";
export type { OrgInvitationRow } from "./org_invitations.ts";
export { pipelines } from "./pipelines.ts";
export type { Projection } from "./projection.ts";
export { type ScheduleRow, schedules } from "./schedules.ts";
export type { WorkflowLimitsRow } from "./workflow_limits.ts";

export const projections: readonly Projection[] = [
  jobs,
  metrics,
  pipelines,
  schedules,
  workflowLimits,
  erasures,
  errors,
  incidents,
  keys,
  orgs,
  orgMembers,
  orgInvitations,
  supportThreads,
  consents,
  userStreams,
  mails,
];
