/** Jobs: each has an expected outcome, and the API agrees. */
import type { Check } from "../evidence.ts";
import { standingOf } from "../standing.ts";

/** `isRun`: whether anybody runs a workflow. */
export function allSettled(isRun: (workflow: string) => boolean): Check {
  return {
    name: "every job has finished, or rightly waits; and no callback is outstanding",
    run: ({ histories }) => {
      const faults: string[] = [];
      for (const [jobId, history] of histories) {
        const { open, status } = standingOf(history, isRun);
        const [submitted] = history;
        if (open) faults.push(`job ${jobId} (${submitted?.data.workflow}) is ${status}, open: ${open}`);
      }
      return { looked_at: `${histories.size} jobs`, faults };
    },
  };
}

export const endAsExpected: Check = {
  name: "every acknowledged job has an expected outcome",
  run: ({ acknowledged, histories }) => {
    const faults: string[] = [];
    for (const { wanted, job_id } of acknowledged) {
      const history = histories.get(job_id) ?? [];
      const { status } = standingOf(history, () => true);
      const error = history.find(({ type }) => type === "job.failed")?.data.error;
      const end = status === "failed" && error?.code === "worker_lost" ? "lost" : status;
      if (wanted.expected.includes(end)) continue;
      const why = error ? ` (${error.code}: ${error.message})` : "";
      faults.push(`job ${job_id} (${wanted.kind}) is ${end}, must be ${wanted.expected.join(" or ")}${why}`);
    }
    return { looked_at: `${acknowledged.length} jobs`, faults };
  },
};

export const statusTrue: Check = {
  name: "the API shows each job as it is in the log",
  run: ({ acknowledged, histories, statuses }) => {
    const faults: string[] = [];
    for (const { job_id } of acknowledged) {
      const answer = statuses.get(job_id);
      const history = histories.get(job_id) ?? [];
      const { status } = standingOf(history, () => true);
      if (answer?.status !== 200 || answer.body.status !== status) {
        faults.push(`job ${job_id} is ${status}; the response: ${answer?.status} ${JSON.stringify(answer?.body)}`);
      } else if (status === "queued" && typeof answer.body.waiting_for?.reason !== "string") {
        faults.push(`job ${job_id} waits, and does not say for what`);
      }
    }
    return { looked_at: `${statuses.size} answers`, faults };
  },
};
