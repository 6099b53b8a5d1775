/**
 * Submits a job and waits for its end, with types generated from the API document: a mismatch does not compile.
 *
 *     bun examples/typed_client.ts https://example.com/
 *
 * Needs the package `openapi-fetch`. It runs without `client/api.ts`, which has only types, and is not in git: here
 * `bun scripts/openapi.ts` writes it, elsewhere `npx openapi-typescript $LEVQOR_URL/docs/json -o client/api.ts`.
 */
import process from "node:process";
import createClient from "openapi-fetch";
import type { paths } from "./client/api.ts";

const levqor = createClient<paths>({
  baseUrl: process.env.LEVQOR_URL ?? "http://127.0.0.1:5000",
  headers: process.env.LEVQOR_KEY ? { "X-Api-Key": process.env.LEVQOR_KEY } : {},
});
const url = process.argv[2] ?? "https://example.com/";

const submitted = await levqor.POST("/api/v1/intake", {
  // Sent again after a fault, the request creates no second job.
  params: { header: { "Idempotency-Key": crypto.randomUUID() } },
  body: { workflow: "http", payload: { method: "GET", url }, max_attempts: 2 },
});
if (submitted.error) throw new Error(`${submitted.error.error}: ${submitted.error.detail}`);
const { job_id } = submitted.data;
console.log(`${job_id} is recorded`);

for (let status: string | undefined; status !== "succeeded"; ) {
  const { data: job, error } = await levqor.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id } } });
  if (error) throw new Error(`${error.error}: ${error.detail}`);
  if (job.status !== status) console.log(job.status, job.waiting_for?.detail ?? "");
  status = job.status;
  if (status === "succeeded") console.log(JSON.stringify(job.result));
  if (status === "failed" || status === "cancelled") throw new Error(job.error?.message ?? job.cancel_reason);
  await new Promise((resolve) => setTimeout(resolve, 200));
}
