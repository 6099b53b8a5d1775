/** Reported errors. */
import { type Checks, expectProblem, expectStatus } from "./checks.ts";
import type { Client, Json } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkErrors(client: Client, { check }: Checks): Promise<void> {
  const errors = "/api/v1/errors";
  const source = "levqor-validate";

  await check("an error is reported without a key, listed, shown and resolved", async () => {
    const report = { source, type: "Error", message: "reported by validate" };
    const reported = await client.post(errors, report, { key: false });
    expectStatus(reported, 202);
    const { error_id } = reported.body;
    const shown = await client.ask(`${errors}/${error_id}`);
    expectStatus(shown, 200);
    expect(shown.body.message === report.message && shown.body.reports >= 1, "the report", shown.body);
    const listed = await client.ask(`${errors}?source=${source}`);
    expectStatus(listed, 200);
    const isListed = listed.body.data.some((row: Json) => row.error_id === error_id);
    expect(isListed, "it in the list", listed.body);
    expectStatus(await client.ask(`${errors}/${error_id}/resolve`, { method: "POST" }), 200);
    const resolved = await client.ask(`${errors}/${error_id}`);
    expect(resolved.body.status === "resolved", "it to be resolved", resolved.body);
  });
  await check("a report without a source and an unknown error are rejected", async () => {
    expectProblem(await client.post(errors, { message: "x" }, { key: false }), 422, "validation_failed");
    expectProblem(await client.ask(`${errors}/${"0".repeat(32)}`), 404, "error_not_found");
  });
  await check("GET /api/v1/errors/health reports that errors become visible", async () => {
    const answer = await client.ask(`${errors}/health`);
    expectStatus(answer, 200);
    expect(answer.body.ok === true && answer.body.resolved >= 1, "ok, and a resolved error", answer.body);
  });
}
