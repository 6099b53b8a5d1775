/** Incidents and uptime. No incident is opened: everybody would see it. */
import { type Checks, expectProblem, expectStatus, NO_JOB } from "./checks.ts";
import type { Client } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkIncidents(client: Client, { check }: Checks): Promise<void> {
  const incidents = "/api/v1/incidents";

  await check("GET /ops/uptime and the list of incidents are open to everybody", async () => {
    const uptime = await client.ask("/ops/uptime", { key: false });
    expectStatus(uptime, 200);
    expect(uptime.body.days.length > 0, "days", uptime.body);
    const listed = await client.ask(`${incidents}?limit=1`, { key: false });
    expectStatus(listed, 200);
    expect(Array.isArray(listed.body.data), "a list", listed.body);
  });
  await check("an incident without a title and an unknown one are rejected", async () => {
    expectProblem(await client.post(incidents, { impact: "minor", message: "x" }), 422, "validation_failed");
    const one = `${incidents}/${NO_JOB}`;
    const update = { impact: "minor", message: "x" };
    expectProblem(await client.post(`${one}/updates`, update), 404, "incident_not_found");
    expectProblem(await client.post(`${one}/resolve`, { message: "x" }), 404, "incident_not_found");
  });
}
