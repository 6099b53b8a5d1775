import type { Harness } from "../../http/harness.ts";

/** In one commit. */
const TOGETHER = 20;

/** Records jobs with payloads of 150 kB, for clients that read slowly. They do not come through the API, which costs more than what is tested. */
export async function recordLarge({ log }: Harness, count: number): Promise<void> {
  const data = { workflow: "http", payload: { filler: "x".repeat(150_000) } };
  for (let recorded = 0; recorded < count; recorded += TOGETHER) {
    const jobs = Array.from({ length: Math.min(TOGETHER, count - recorded) }, () => Bun.randomUUIDv7());
    const result = await log.appendAll(
      jobs.map((job_id) => ({
        stream_id: `job-${job_id}`,
        expected_version: 0,
        events: [{ type: "job.submitted", data }],
        meta: { actor: "anonymous", correlation_id: job_id },
      })),
    );
    if (!result.ok) throw new Error("New streams cannot conflict");
  }
}
