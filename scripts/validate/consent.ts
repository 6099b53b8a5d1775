/** Documents that are in force, and who agreed to them. */
import { hash } from "node:crypto";
import { type Checks, expectProblem, expectStatus } from "./checks.ts";
import type { Client } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkConsent(client: Client, { check }: Checks): Promise<void> {
  await check("each document's text is the one whose hash is published", async () => {
    const terms = await client.ask("/api/v1/terms");
    expectStatus(terms, 200);
    for (const { text, sha256 } of terms.body.documents) {
      const found = hash("sha256", (await client.ask(text)).text);
      expect(found === sha256, `the SHA-256 of ${text}`, found);
    }
  });
  await check("a user accepts the terms that are in force, and no others", async () => {
    const user = `user:${crypto.randomUUID()}`;
    const { terms_version } = (await client.ask("/api/v1/terms")).body;
    expectProblem(await client.post("/api/v1/terms", { terms_version }), 422, "validation_failed");
    expectProblem(
      await client.post("/api/v1/terms", { terms_version: terms_version + 1, user }),
      409,
      "terms_outdated",
    );
    const accepted = await client.post("/api/v1/terms", { terms_version, user });
    expectStatus(accepted, 200);
    expect(accepted.body.terms_version === terms_version, "the version", accepted.body);
  });
  await check("marketing mail is asked for, confirmed and ended by those alone who have the mail", async () => {
    const asked = await client.post("/api/v1/marketing/opt-in", { email: "levqor-validate@example.com" });
    expectStatus(asked, 202);
    expectProblem(
      await client.post("/api/v1/marketing/opt-in", { email: "levqor-validate" }),
      422,
      "validation_failed",
    );
    expectProblem(await client.post("/api/v1/marketing/confirm", { token: "x" }), 404, "confirmation_unknown");
    expectStatus(await client.ask("/unsubscribe/x", { method: "POST" }), 200);
  });
}
