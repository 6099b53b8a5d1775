/** Subjects: persons whose data jobs have. */
import { type Checks, expectProblem, expectStatus } from "./checks.ts";
import type { Client } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkSubjects(client: Client, { check }: Checks): Promise<void> {
  await check("a subject's data is exported, and gone after they are erased", async () => {
    const subject = `validate ${crypto.randomUUID()}`;
    const path = `/api/v1/subjects/${encodeURIComponent(subject)}`;
    const submission = { workflow: "validate-subjects", payload: { name: "Ada" }, subject };
    const submitted = await client.post("/api/v1/intake", submission);
    expectStatus(submitted, 202);
    const headers = { "levqor-min-position": submitted.headers.get("levqor-position") ?? "0" };
    const { body } = await client.ask(path, { headers });
    expect(body.data[0]?.job_id === submitted.body.job_id && body.erased_at === null, "the job", body);
    const { text } = await client.ask(`${path}/export`, { method: "POST" });
    expect(text.includes('"name":"Ada"'), "the payload in the export", text);
    const erased = await client.ask(path, { method: "DELETE" });
    expectStatus(erased, 200);
    expect(erased.body.jobs === 1, "one job", erased.body);
    const { data } = (await client.ask(`/api/v1/jobs/${submitted.body.job_id}/events`)).body;
    expect(data[0]?.data.payload === null && data[0].erased.length > 0, "an erased payload", data[0]);
    expectProblem(await client.post("/api/v1/intake", submission), 409, "subject_erased");
  });
}
