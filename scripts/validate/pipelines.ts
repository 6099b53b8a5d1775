/** Pipelines and their steps. */
import { type Checks, expectProblem, expectStatus, NO_JOB } from "./checks.ts";
import { type Client, JOB_TIMEOUT_MS, type Json } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkSteps(client: Client, { check }: Checks): Promise<void> {
  const name = "levqor-validate";
  const definition = {
    format: 1,
    description: "Stored by validate.",
    steps: [
      { id: "ask", wait_for_approval: { message: "Is {{ payload.n }} right?" } },
      { id: "nap", if: "{{ steps.ask.output.approved }}", sleep: { seconds: 0 } },
    ],
  };
  let job_id = NO_JOB;
  const reaches = async (id: string, wanted: (status: Json) => boolean, what: string) => {
    for (const deadline = Date.now() + JOB_TIMEOUT_MS; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const { body } = await client.ask(`/api/v1/status/${id}`);
      if (wanted(body)) return;
      expect(Date.now() < deadline, what, body);
    }
  };
  const put = (body: object, headers: Record<string, string>) =>
    client.ask(`/api/v1/pipelines/${name}`, {
      method: "PUT",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  await check("a pipeline is stored once, read with its version, and changed only from that version", async () => {
    const stored = await client.post("/api/v1/pipelines", { name, ...definition });
    if (stored.status !== 201) expectProblem(stored, 409, "pipeline_exists");
    const read = await client.ask(`/api/v1/pipelines/${name}`);
    expectStatus(read, 200);
    expect(read.headers.get("etag") === `"${read.body.version}"`, "the version as ETag", read.headers.get("etag"));
    expectStatus(await client.ask(`/api/v1/pipelines/${name}/versions/1`), 200);
    expectProblem(await put(definition, {}), 428, "precondition_required");
    expectProblem(await put(definition, { "if-match": '"999999999"' }), 412, "version_mismatch");
    expectStatus(await client.ask("/api/v1/pipelines?limit=1"), 200);
    expectProblem(await client.ask("/api/v1/pipelines/none-of-this-name"), 404, "pipeline_not_found");
  });
  await check("invalid steps are 422, with a pointer to each error", async () => {
    const steps = [{ id: "a", if: "{{ steps.b.output }}", sleep: {} }, { id: "b" }];
    const answer = await client.post("/api/v1/intake", { workflow: "validate", payload: {}, steps });
    expectProblem(answer, 422, "validation_failed");
    const pointers = answer.body.errors.map((error: Json) => error.pointer).sort();
    expect(pointers.join() === "/steps/0/if,/steps/0/sleep,/steps/1", "errors at each of them", pointers);
  });
  await check("a job of several steps waits for approval, and continues when it is given", async () => {
    const { steps } = definition;
    const answer = await client.post("/api/v1/intake", { workflow: "validate", payload: { n: 7 }, steps });
    expectStatus(answer, 202);
    job_id = answer.body.job_id;
    await reaches(job_id, ({ waiting_for }) => waiting_for?.reason === "approval", "the job to wait for approval");
    const before = await client.ask(`/api/v1/jobs/${job_id}/steps`);
    expect(before.body.data[0].message === "Is 7 right?", "the message with its value", before.body);
    const decision = { step: "ask", approved: true };
    expectStatus(await client.post(`/api/v1/jobs/${job_id}/approve`, decision), 200);
    await reaches(job_id, ({ status }) => status === "succeeded", "the job to succeed");
    expectProblem(
      await client.post(`/api/v1/jobs/${job_id}/approve`, { ...decision, approved: false }),
      409,
      "already_decided",
    );
  });
  await check("it can be rerun from a step, reusing the recorded outputs of those before it", async () => {
    const answer = await client.post(`/api/v1/jobs/${job_id}/replay`, { from_step: "nap" });
    expectStatus(answer, 202);
    await reaches(answer.body.job_id, ({ status }) => status === "succeeded", "the job to succeed");
    const { body } = await client.ask(`/api/v1/jobs/${answer.body.job_id}/steps`);
    expect(body.data[0].output.approved === true, "the approval that was reused", body.data[0]);
    const nowhere = await client.post(`/api/v1/jobs/${job_id}/replay`, { from_step: "nowhere" });
    expectProblem(nowhere, 422, "validation_failed");
  });
}
