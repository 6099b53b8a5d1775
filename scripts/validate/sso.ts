/** Single sign-on of organisations. */
import { type Checks, expectProblem, expectStatus, NO_JOB } from "./checks.ts";
import type { Client } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkSso(client: Client, { check }: Checks): Promise<void> {
  await check("an organisation without a provider for single sign-on has no page to sign in", async () => {
    const owner = `user:${crypto.randomUUID()}`;
    const { body } = await client.post("/api/v1/orgs", { name: "levqor-validate", owner });
    const path = `/api/v1/orgs/${body.org_id}/sso`;
    expectProblem(await client.ask(path), 404, "sso_not_configured");
    expectProblem(await client.ask(`${path}/verify`, { method: "POST" }), 404, "sso_not_configured");
    expectProblem(await client.ask(path, { method: "DELETE" }), 404, "sso_not_configured");
    const provider = { client_id: "levqor", client_secret: "none", domain: "example.com" };
    expectProblem(await client.post(path, { ...provider, issuer: "https://10.0.0.1" }), 422, "validation_failed");
    expectProblem(await client.post(path, { ...provider, issuer: "http://example.com" }), 422, "validation_failed");
    const [there, nowhere] = [await client.ask(`/auth/sso/${body.org_id}`), await client.ask(`/auth/sso/${NO_JOB}`)];
    for (const page of [there, nowhere]) expectStatus(page, 404);
    expect(there.text === nowhere.text, "the same page as for an organisation that does not exist", there.text);
  });
}
