/** The API document and the pages that show it. */
import { type Checks, expectStatus } from "./checks.ts";
import type { Client } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkDocs(client: Client, { check }: Checks): Promise<void> {
  await check("GET /docs/json describes every call", async () => {
    const answer = await client.ask("/docs/json", { key: false });
    expectStatus(answer, 200);
    expect(String(answer.body.openapi).startsWith("3."), "OpenAPI 3", answer.body.openapi);
    const calls = {
      get: [
        "/",
        "/health",
        "/public/metrics",
        "/api/v1/status/{job_id}",
        "/api/v1/jobs",
        "/api/v1/jobs/{job_id}/callbacks",
        "/api/v1/jobs/{job_id}/events",
        "/api/v1/jobs/{job_id}/stream",
        "/api/v1/jobs/stream",
        "/api/v1/keys",
        "/api/v1/keys/{key_id}",
        "/api/v1/ops/health",
        "/api/v1/schedules",
        "/api/v1/schedules/{schedule_id}",
        "/api/v1/schedules/{schedule_id}/events",
        "/api/v1/schedules/{schedule_id}/next",
      ],
      delete: ["/api/v1/schedules/{schedule_id}"],
      post: [
        "/api/v1/intake",
        "/api/v1/jobs/{job_id}/callbacks/redeliver",
        "/api/v1/keys",
        "/api/v1/keys/{key_id}/rotate",
        "/api/v1/keys/{key_id}/revoke",
        "/api/v1/schedules",
        "/api/v1/workers/claim",
        "/api/v1/workers/heartbeat",
        "/api/v1/workers/complete",
        "/api/v1/workers/fail",
        "/api/v1/workers/release",
      ],
    };
    for (const [method, paths] of Object.entries(calls)) {
      for (const path of paths) {
        const call = answer.body.paths[path]?.[method];
        expect(call?.summary && call.responses, `${method.toUpperCase()} ${path} to be described`);
      }
    }
  });
  await check("GET /docs loads everything from the service itself", async () => {
    const page = await client.ask("/docs", { key: false });
    expectStatus(page, 200);
    const addresses = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1] as string);
    expect(
      addresses.some((address) => address.endsWith(".js")),
      "a script",
      addresses,
    );
    for (const address of addresses) {
      const url = new URL(address, `${client.base_url}/docs`);
      expect(url.origin === new URL(client.base_url).origin, "only URLs of the service itself", address);
      expectStatus(await client.ask(url.pathname, { key: false }), 200);
    }
  });
}
