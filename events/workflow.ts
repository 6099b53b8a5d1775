/** The limits set for workflows. Streams are named `workflow-<32 hex digits>`, derived from the workflow's name. */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";

/** What the names of the service's own workflows begin with: only jobs of the account `system` run them. */
export const SYSTEM_WORKFLOW_PREFIX = "levqor.";

/** Whether a workflow is the service's own, or would be: nobody else may use the name. */
export function isSystemWorkflow(workflow: string): boolean {
  return workflow.startsWith(SYSTEM_WORKFLOW_PREFIX);
}

/** Letters of other scripts, digits and dots that a reader takes for those of the prefix, in lower case: the obvious ones. */
const LOOK_ALIKES = /^[l1i|ǀıιʟӏאا][eеҽєε3][vνѵ∨][qԛգ][o0øοσоօ][rгᴦ][.․·‧∙・。｡٠۔]/u;

/**
 * Whether a name looks like one of the service's own, in whatever case, width or script: nobody may use it. This spares readers a
 * mix-up, and misses rare look-alikes. That nobody else runs the service's workflows does not depend on it: the runner gives those to
 * jobs of the account `system` alone, by their exact names.
 */
export function looksLikeSystemWorkflow(workflow: string): boolean {
  const seen = workflow.normalize("NFKD").replace(/[\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800\s]/gu, "");
  return LOOK_ALIKES.test(seen.toLowerCase());
}

/** The stream of a workflow, by a digest of its name. */
export const workflowStream = streamName("workflow");

/** How many may run at once under one limit: its newest event lists them all, in about 45 bytes each. */
export const MAX_CONCURRENCY = 1_000;

export const RatePerKey = Type.Object(
  {
    /** Starts in each `per_seconds`, evenly spaced. */
    limit: Type.Integer({ minimum: 1, maximum: 1_000 }),
    per_seconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
    /** How many of them may come at once after a quiet period; default: 1. */
    burst: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  },
  { additionalProperties: false },
);

/** Somebody set how many of a workflow's jobs may run; a field that is absent is not limited, except for keys. */
export const WorkflowLimitsSet = Type.Object({
  workflow: Type.String({ maxLength: 128 }),
  /** How many jobs of the workflow may run at once. */
  concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_CONCURRENCY })),
  /** How many jobs with the same concurrency key may run at once; default: 1. */
  concurrency_per_key: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_CONCURRENCY })),
  /** How many jobs with the same concurrency key may start per period. */
  rate_per_key: Type.Optional(RatePerKey),
});
export type WorkflowLimitsSet = Static<typeof WorkflowLimitsSet>;

/** Every event type of the category; a stream begins with the first. */
export const workflowEvents = {
  "workflow.limits_set": eventType(WorkflowLimitsSet, "somebody set how many jobs of a workflow may run"),
} as const satisfies Record<string, EventSchema>;
