/** Organisations and their members. */
import { type Checks, expectProblem, expectStatus, NO_JOB } from "./checks.ts";
import type { Client } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkOrgs(client: Client, { check }: Checks): Promise<void> {
  await check("an organisation has members with roles, and always an owner", async () => {
    const [owner, other] = [crypto.randomUUID(), crypto.randomUUID()].map((id) => `user:${id}`) as [string, string];
    expectProblem(await client.post("/api/v1/orgs", { name: "levqor-validate" }), 422, "validation_failed");
    const made = await client.post("/api/v1/orgs", { name: "levqor-validate", owner });
    expectStatus(made, 201);
    const path = `/api/v1/orgs/${made.body.org_id}`;
    expectStatus(await client.post(`${path}/members`, { member: other, role: "viewer" }), 201);
    expectStatus(await client.ask(`${path}/members/${other}`, patch({ role: "admin" })), 200);
    expectProblem(await client.ask(`${path}/members/${owner}`, { method: "DELETE" }), 409, "last_owner");
    expectStatus(await client.post(`${path}/hand-over`, { from: owner, to: other }), 200);
    expectStatus(await client.ask(`${path}/members/${owner}`, { method: "DELETE" }), 200);
    const renamed = await client.ask(path, patch({ name: "levqor-validate (renamed)" }));
    expectStatus(renamed, 200);
    const { body } = await client.ask(path);
    expect(JSON.stringify(body.members) === JSON.stringify([{ member: other, role: "owner" }]), "one owner", body);
    const headers = { "levqor-min-position": renamed.headers.get("levqor-position") ?? "0" };
    const list = await client.ask("/api/v1/orgs", { headers });
    expect(list.body.data[0]?.name === "levqor-validate (renamed)", "the organisation, first in the list", list.body);
  });
  await check(
    "an invitation is for one address, listed until it is revoked, and not mailed again at once",
    async () => {
      const owner = `user:${crypto.randomUUID()}`;
      const { body: org } = await client.post("/api/v1/orgs", { name: "levqor-validate", owner });
      const path = `/api/v1/orgs/${org.org_id}/invitations`;
      const email = `levqor-validate-${crypto.randomUUID()}@example.com`;
      expectProblem(await client.post(path, { email: "nobody", role: "member" }), 422, "invalid_email");
      const invited = await client.post(path, { email, role: "member" });
      expectStatus(invited, 201);
      expectProblem(await client.post(path, { email, role: "viewer" }), 429, "invited_too_often");
      const headers = { "levqor-min-position": invited.headers.get("levqor-position") ?? "0" };
      const list = await client.ask(path, { headers });
      expect(list.body.data[0]?.email === email, "the invitation", list.body);
      const one = `${path}/${invited.body.invitation_id}`;
      expectStatus(await client.ask(one, { method: "DELETE" }), 200);
      expectProblem(await client.ask(one, { method: "DELETE" }), 404, "invitation_not_found");
      const token = `lvi_${"A".repeat(86)}`;
      for (const verb of ["preview", "accept"]) {
        expectProblem(await client.post(`/api/v1/invitations/${verb}`, { token }), 403, "session_required");
      }
    },
  );
  await check("an organisation that was never created does not exist", async () => {
    expectProblem(await client.ask(`/api/v1/orgs/${NO_JOB}`), 404, "org_not_found");
  });
}

function patch(body: object) {
  return { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
