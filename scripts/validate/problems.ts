/** Rejections, and what every response has. */
import { type Checks, expectProblem, expectStatus, NO_JOB } from "./checks.ts";
import type { Client } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkProblems(client: Client, { check }: Checks): Promise<void> {
  await check("an unknown path is 404, as a problem document whose type links to its description", async () => {
    const answer = await client.ask("/api/v1/nowhere");
    expectProblem(answer, 404, "not_found");
    const description = await client.ask(answer.body.type);
    expectStatus(description, 200);
    expect(description.body.error === "not_found", "the description of not_found", description.body);
  });
  await check("a wrong method is 405 with Allow", async () => {
    const answer = await client.ask("/api/v1/intake");
    expectProblem(answer, 405, "method_not_allowed");
    expect(answer.headers.get("allow") === "OPTIONS, POST", "Allow: OPTIONS, POST", answer.headers.get("allow"));
  });
  await check("every response has the security headers, including errors and pages", async () => {
    for (const path of ["/health", "/api/v1/nowhere", "/docs", "/docs/swagger-ui.css"]) {
      const { headers } = await client.ask(path);
      const expected = {
        "strict-transport-security": /^max-age=31536000; includeSubDomains; preload$/,
        "content-security-policy": /^default-src 'none'; /,
        "cross-origin-opener-policy": /^same-origin$/,
        "cross-origin-embedder-policy": /^require-corp$/,
        "x-content-type-options": /^nosniff$/,
        "x-frame-options": /^DENY$/,
        "referrer-policy": /^strict-origin-when-cross-origin$/,
        "permissions-policy": /^geolocation=\(\), microphone=\(\)$/,
      };
      for (const [name, pattern] of Object.entries(expected)) {
        expect(pattern.test(headers.get(name) ?? ""), `${name} of ${path} as ${pattern}`, headers.get(name));
      }
    }
  });
  await check("OPTIONS lists the methods; a preflight allows https://levqor.ai, and no other origin", async () => {
    const options = await client.ask("/api/v1/intake", { method: "OPTIONS" });
    expectStatus(options, 204);
    expect(options.headers.get("allow") === "OPTIONS, POST", "Allow: OPTIONS, POST", options.headers.get("allow"));
    const preflight = async (origin: string) => {
      const headers = { origin, "access-control-request-method": "POST" };
      const answer = await client.ask("/api/v1/intake", { method: "OPTIONS", key: false, headers });
      expectStatus(answer, 204);
      return answer.headers.get("access-control-allow-origin");
    };
    const [own, other] = [await preflight("https://levqor.ai"), await preflight("https://levqor.invalid")];
    expect(own === "https://levqor.ai" && other === null, "permission for the web app alone", [own, other]);
  });
  await check("a URL that is too long is 414, headers that are too large 431", async () => {
    expectProblem(await client.ask(`/${"a".repeat(8_192)}`), 414, "uri_too_long");
    expectProblem(
      await client.ask("/health", { headers: { "x-large": "a".repeat(16_384) } }),
      431,
      "headers_too_large",
    );
  });
  await check("an unknown job is 404, an invalid id 400", async () => {
    expectProblem(await client.ask(`/api/v1/status/${NO_JOB}`), 404, "job_not_found");
    expectProblem(await client.ask(`/api/v1/jobs/${NO_JOB}/events`), 404, "job_not_found");
    expectProblem(await client.ask(`/api/v1/jobs/${NO_JOB}/stream`), 404, "job_not_found");
    expectProblem(await client.ask(`/api/v1/jobs/${NO_JOB}/callbacks`), 404, "job_not_found");
    for (const call of ["callbacks/redeliver", "cancel", "replay"]) {
      const path = `/api/v1/jobs/${NO_JOB}/${call}`;
      expectProblem(await client.ask(path, { method: "POST" }), 404, "job_not_found");
    }
    expectProblem(await client.ask("/api/v1/status/42"), 400, "invalid_job_id");
  });
}
