/** Limits: jobs of one concurrency key run one at a time. */
import type { Check } from "../evidence.ts";

/** What ends a claim. */
const FREES: ReadonlySet<string> = new Set([
  "job.released",
  "job.retry_scheduled",
  "job.suspended",
  "job.succeeded",
  "job.failed",
  "job.cancelled",
]);

export const oneOfAKey: Check = {
  name: "no two jobs with the same concurrency key run at once",
  run: ({ events, histories }) => {
    const faults: string[] = [];
    const running = new Map<string, string>();
    let starts = 0;
    for (const { stream_id, version, type } of events) {
      const jobId = stream_id.replace(/^job-/, "");
      const key = histories.get(jobId)?.[0]?.data.concurrency_key;
      if (key === undefined) continue;
      if (type === "job.started") {
        starts++;
        const other = running.get(key);
        if (other !== undefined)
          faults.push(`${stream_id}@${version} starts while job ${other} of the key "${key}" runs`);
        running.set(key, jobId);
      } else if (FREES.has(type) && running.get(key) === jobId) running.delete(key);
    }
    return { looked_at: `${starts} attempts`, faults };
  },
};
