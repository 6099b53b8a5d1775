/** Keys: what is rejected without one, and issued ones. */
import { type Checks, expectProblem, expectStatus, NO_JOB } from "./checks.ts";
import { type Client, JOB_TIMEOUT_MS, type Json } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkKeys(client: Client, { check }: Checks): Promise<void> {
  const open = await client.ask("/api/v1/ops/health", { key: false });
  if (open.status !== 401) {
    await check("no key is configured (development mode): calls are accepted without one", async () => {
      expect(open.status === 200 || open.status === 503, "status 200 or 503", open.status);
    });
    return;
  }
  await check("the key in API_KEY is accepted", async () => {
    const { status } = await client.ask("/api/v1/ops/health");
    expect(status !== 401, "a key of the service in the variable API_KEY: API_KEY=… bun run validate", status);
  });
  await check("calls that need a key are rejected without one, and with a wrong one", async () => {
    const job = JSON.stringify({ workflow: "http", payload: {} });
    expectProblem(await client.post("/api/v1/intake", job, { key: false }), 401, "unauthorized");
    for (const call of ["callbacks/redeliver", "cancel", "replay"]) {
      const path = `/api/v1/jobs/${NO_JOB}/${call}`;
      expectProblem(await client.ask(path, { method: "POST", key: false }), 401, "unauthorized");
    }
    for (const call of ["cancel", "replay"]) {
      expectProblem(await client.post(`/api/v1/jobs/${call}`, { filter: {} }, { key: false }), 401, "unauthorized");
    }
    expectProblem(await client.ask(`/api/v1/status/${NO_JOB}`, { key: false }), 401, "unauthorized");
    const claim = { worker: "validate", workflows: ["validate"], wait_seconds: 0 };
    expectProblem(await client.post("/api/v1/workers/claim", claim, { key: false }), 401, "unauthorized");
    for (const path of [
      "/api/v1/jobs",
      "/api/v1/jobs/stream",
      `/api/v1/jobs/${NO_JOB}/events`,
      `/api/v1/jobs/${NO_JOB}/callbacks`,
      "/api/v1/schedules",
      "/api/v1/workflows/limits",
      "/api/v1/ops/health",
      "/metrics",
    ]) {
      expectProblem(await client.ask(path, { key: false }), 401, "unauthorized");
      expectProblem(await client.ask(path, { headers: { "x-api-key": "wrong" } }), 401, "unauthorized");
    }
  });
}

export async function checkIssuedKeys(client: Client, { check }: Checks): Promise<void> {
  const withKey = (key: string) => ({ key: false, headers: { "x-api-key": key } });
  const job = { workflow: "http", payload: {} };
  await check("POST /api/v1/keys issues a key that may do what its scopes allow, until it is revoked", async () => {
    const made = await client.post("/api/v1/keys", { name: "levqor-validate", scopes: ["jobs:read"] });
    expectStatus(made, 201);
    const { key, key_id } = made.body;
    expect(/^lvq_(?:live|test)_[0-9A-Za-z]{38}$/.test(key), "a key");
    expectStatus(await client.ask("/api/v1/jobs?limit=1", withKey(key)), 200);
    expectProblem(await client.post("/api/v1/intake", job, withKey(key)), 403, "insufficient_scope");
    const found = await client.ask(`/api/v1/keys/${key_id}`);
    expectStatus(found, 200);
    expect(found.body.status === "active" && !("key" in found.body), "what it may do, without the key");
    const headers = { "levqor-min-position": made.headers.get("levqor-position") ?? "0" };
    const list = await client.ask("/api/v1/keys", { headers });
    expect(
      list.body.data.some((each: Json) => each.key_id === key_id),
      "the key in the list",
    );
    const rotated = await client.post(`/api/v1/keys/${key_id}/rotate`, { overlap_seconds: 60 });
    expectStatus(rotated, 200);
    for (const secret of [key, rotated.body.key]) {
      expectStatus(await client.ask("/api/v1/jobs?limit=1", withKey(secret)), 200);
    }
    expectStatus(await client.post(`/api/v1/keys/${key_id}/revoke`, { reason: "Issued for a check." }), 200);
    const revoked = performance.now();
    for (let taken = true; taken; ) {
      taken = (await client.ask("/api/v1/jobs?limit=1", withKey(rotated.body.key))).status !== 401;
      expect(performance.now() - revoked < JOB_TIMEOUT_MS, "the revoked key to be rejected");
    }
  });
  await check("an invalid key is 422, an unknown one 404, an invalid id 400", async () => {
    expectProblem(await client.post("/api/v1/keys", { name: "x", scopes: ["all"] }), 422, "validation_failed");
    expectProblem(await client.ask(`/api/v1/keys/${NO_JOB}`), 404, "key_not_found");
    for (const call of ["rotate", "revoke"]) {
      expectProblem(await client.post(`/api/v1/keys/${NO_JOB}/${call}`, {}), 404, "key_not_found");
    }
    expectProblem(await client.ask("/api/v1/keys/42"), 400, "invalid_key_id");
  });
}
