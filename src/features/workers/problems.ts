/** What can go wrong for external workers. */
import { defineProblems } from "../../http/problem.ts";

export const workerProblems = defineProblems({
  attempt_superseded: {
    status: 409,
    title: "Attempt superseded",
    help: "The attempt is not the caller's, or no longer: another claimed it, its lease lapsed, or it has ended. A claim belongs to the key or user that made it, whatever the worker calls itself. `job_status` and `holder` say where the job stands and who has it now, to whoever claimed that attempt or may read jobs. Stop working on it; nothing of this answer was recorded.",
  },
  attempt_timeout: {
    status: 409,
    title: "Attempt took too long",
    help: "The attempt has run for longer than the job's attempt_timeout_seconds, and was ended with this heartbeat; another may follow. Stop working on it.",
  },
  job_cancelled: {
    status: 409,
    title: "Job cancelled",
    help: "Somebody cancelled the job while the worker was at it. Stop working on it; nothing of this answer was recorded.",
  },
  job_finished: {
    status: 409,
    title: "Job finished",
    help: "The job has ended in another way, for example because its time was up. Stop working on it; nothing of this answer was recorded.",
  },
  workflow_built_in: {
    status: 422,
    title: "Workflow built in",
    help: "The service's own workers run this workflow, so external workers cannot claim its jobs. Give external ones another name.",
  },
  too_many_claimed: {
    status: 429,
    title: "Too many jobs claimed",
    help: "One caller holds at most 1,000 jobs claimed (a tenth of 10,000, CALLER_SHARE); the keys in API_KEYS hold any number. Answer for some first (complete, fail, release), or wait until leases lapse, and claim again after the time that Retry-After names.",
  },
  too_many_claims: {
    status: 503,
    title: "Too many claims wait",
    help: "One process lets 1,000 claims wait at a time, for up to 100 different sets of workflows; a tenth of both for one caller (CALLER_SHARE). Repeat the claim after the time that Retry-After names; it may well meet another process.",
  },
});
