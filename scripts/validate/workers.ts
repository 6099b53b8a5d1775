/** External workers. */
import { type Checks, expectProblem, expectStatus } from "./checks.ts";
import type { Ask, Client } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkWorkers(client: Client, { check }: Checks): Promise<void> {
  const call = (action: string, body: object, ask: Ask = {}) => client.post(`/api/v1/workers/${action}`, body, ask);
  const workflow = `validate-${crypto.randomUUID()}`;
  const claim = { worker: "validate", workflows: [workflow], wait_seconds: 5 };
  const submit = async (): Promise<string> =>
    (await client.post("/api/v1/intake", { workflow, payload: { n: 1 } })).body.job_id;

  await check("an external worker claims a job, renews its lease and completes it", async () => {
    const job_id = await submit();
    const { jobs } = (await call("claim", claim)).body;
    expect(jobs.length === 1 && jobs[0].job_id === job_id, "the job", jobs);
    expect(jobs[0].attempt === 1 && jobs[0].payload.n === 1, "its first attempt, and its payload", jobs[0]);
    const held = await call("heartbeat", { job_id, attempt: 1, lease_seconds: 60 });
    expectStatus(held, 200);
    expect(held.body.lease_expires_at > jobs[0].lease_expires_at, "a longer lease", held.body);
    const done = { job_id, attempt: 1, result: { by: "worker" } };
    expectStatus(await call("complete", done), 200);
    const again = await call("complete", done);
    expect(again.headers.get("idempotency-replayed") === "true", "Idempotency-Replayed: true");
    const { status, result } = (await client.ask(`/api/v1/status/${job_id}`)).body;
    expect(status === "succeeded" && result.by === "worker", "the job to have succeeded", [status, result]);
  });
  await check("a late report of an external worker is 409, and says who has claimed the job now", async () => {
    const job_id = await submit();
    await call("claim", claim);
    expectStatus(await call("release", { job_id, attempt: 1 }), 200);
    await call("claim", { ...claim, worker: "validate-2" });
    const late = await call("complete", { job_id, attempt: 1 });
    expectProblem(late, 409, "attempt_superseded");
    expect(late.body.holder?.worker === "validate-2", "the holder validate-2", late.body);
    const error = { code: "given_up", message: "Only a test.", retryable: false };
    const failed = await call("fail", { job_id, attempt: 2, error });
    expect(failed.body.status === "failed", "the job to have failed", failed.body);
  });
  await check("a claim that finds nothing returns none; built-in workflows cannot be claimed", async () => {
    const none = await call("claim", { ...claim, wait_seconds: 0 });
    expectStatus(none, 200);
    expect(none.body.jobs.length === 0, "no job", none.body);
    expectProblem(await call("claim", { ...claim, workflows: ["http"] }), 422, "workflow_built_in");
    expectProblem(await call("claim", { worker: "validate", workflows: [] }), 422, "validation_failed");
  });
}
