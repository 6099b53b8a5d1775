/** Limits of workflows. */
import { type Checks, expectProblem, expectStatus } from "./checks.ts";
import type { Client, Json } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkLimits(client: Client, { check }: Checks): Promise<void> {
  const put = (workflow: string, body: object) =>
    client.ask(`/api/v1/workflows/${workflow}/limits`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  await check("PUT, GET and the list of workflows' limits agree; invalid ones are rejected", async () => {
    const limits = { concurrency: 7, concurrency_per_key: 2, rate_per_key: { limit: 5, per_seconds: 60, burst: 1 } };
    const settled = await put("levqor-validate", limits);
    expectStatus(settled, 200);
    const { updated_at, ...shown } = settled.body;
    expect(Bun.deepEquals(shown, { workflow: "levqor-validate", ...limits }), "the limits that were set", shown);
    expect(typeof updated_at === "string", "the time at which they were set", updated_at);
    const read = await client.ask("/api/v1/workflows/levqor-validate/limits");
    expect(Bun.deepEquals(read.body, settled.body), "the same again", read.body);
    // If nothing changed, nothing was recorded that could be waited for.
    const position = settled.headers.get("levqor-position");
    const headers: Record<string, string> = position === null ? {} : { "levqor-min-position": position };
    const list = await client.ask("/api/v1/workflows/limits?limit=100", { headers });
    expectStatus(list, 200);
    expect(list.body.has_more || list.body.data.some((row: Json) => row.workflow === "levqor-validate"), "it listed");
    expectStatus(await put("levqor-validate", {}), 200);
    expectProblem(await put("levqor-validate", { concurrency: 0 }), 422, "validation_failed");
  });

  await check("of two jobs with a concurrency key one runs, and the other says what it waits for", async () => {
    const workflow = `validate-${crypto.randomUUID()}`;
    const submit = async () =>
      (await client.post("/api/v1/intake", { workflow, payload: {}, concurrency_key: "one" })).body.job_id;
    const claim = async (wait_seconds: number) => {
      const wish = { worker: "validate", workflows: [workflow], max_jobs: 2, wait_seconds };
      return (await client.post("/api/v1/workers/claim", wish)).body.jobs;
    };
    const ids = [await submit(), await submit()];
    const jobs = await claim(9);
    expect(jobs.length === 1 && jobs[0].job_id === ids[0], "only the first job", jobs);
    const { body } = await client.ask(`/api/v1/status/${ids[1]}`);
    const { reason, detail } = body.waiting_for;
    expect(reason === "concurrency_key" && detail.includes(ids[0]), "that it waits for the first", body.waiting_for);
    for (const [index, job] of [jobs[0], undefined].entries()) {
      const { job_id, attempt } = job ?? (await claim(9))[0];
      expect(job_id === ids[index], "the jobs in turn", job_id);
      expectStatus(await client.post("/api/v1/workers/complete", { job_id, attempt }), 200);
    }
  });
}
