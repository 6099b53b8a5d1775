/** What can go wrong for external workers. */
import { defineProblems } from "../../http/problem.ts";

export const workerProblems = defineProblems({
  attempt_superseded: {
    status: 409,
    title: "Attempt superseded",
    help: "The caller does not hold this attempt, or no longer does: somebody else claimed it, its lease expired, or it has ended. A claim belongs to the key or user that made it, whatever name the worker uses. `job_status` and `holder` say where the job stands and who holds it now; they are shown to callers that claimed the attempt or may read jobs. Stop working on it; nothing from this request was recorded.",
  },
  attempt_timeout: {
    status: 409,
    title: "Attempt timed out",
    help: "The attempt ran longer than the job's attempt_timeout_seconds, and this heartbeat ended it; another attempt may follow. Stop working on it.",
  },
  job_cancelled: {
    status: 409,
    title: "Job cancelled",
    help: "The job was cancelled while the worker was running it. Stop working on it; nothing from this request was recorded.",
  },
  job_finished: {
    status: 409,
    title: "Job finished",
    help: "The job has already ended in another way, for example because it ran out of time. Stop working on it; nothing from this request was recorded.",
  },
  workflow_built_in: {
    status: 422,
    title: "Workflow built in",
    help: "The service's own workers run this workflow, so external workers cannot claim its jobs. Use another workflow name for external workers.",
  },
  too_many_claimed: {
    status: 429,
    title: "Too many jobs claimed",
    help: "One caller can hold at most 1,000 claimed jobs (a tenth of 10,000, CALLER_SHARE); keys in API_KEYS have no such limit. Complete, fail or release some first, or wait for leases to expire, and claim again after the time in Retry-After.",
  },
  too_many_claims: {
    status: 503,
    title: "Too many waiting claims",
    help: "One process lets 1,000 claims wait at a time, for up to 100 different sets of workflows, with a tenth of both per caller (CALLER_SHARE). Claim again after the time in Retry-After; another process may have room.",
  },
});
