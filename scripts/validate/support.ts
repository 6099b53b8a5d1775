/** Support. No thread is opened: operators would get a mail. */
import { type Checks, expectProblem, expectStatus, NO_JOB } from "./checks.ts";
import type { Client } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkSupport(client: Client, { check }: Checks): Promise<void> {
  const support = "/api/v1/support";

  await check("support threads are listed and counted", async () => {
    const listed = await client.ask(`${support}?status=open&limit=1`);
    expectStatus(listed, 200);
    expect(Array.isArray(listed.body.data), "a list", listed.body);
    const health = await client.ask(`${support}/health`);
    expectStatus(health, 200);
    expect(health.body.open >= listed.body.data.length, "open threads", health.body);
  });
  await check("a support thread without an e-mail address and an unknown one are rejected", async () => {
    expectProblem(await client.post(support, { message: "x" }, { key: false }), 422, "validation_failed");
    const one = `${support}/${NO_JOB}`;
    expectProblem(await client.ask(one), 404, "thread_not_found");
    expectProblem(await client.post(`${one}/messages`, { message: "x" }), 404, "thread_not_found");
    expectProblem(await client.ask(`${one}/close`, { method: "POST" }), 404, "thread_not_found");
    expectProblem(await client.ask(one, { method: "DELETE" }), 404, "thread_not_found");
    expectProblem(await client.ask(`${one}/reopen`, { method: "POST" }), 404, "thread_not_found");
  });
}
