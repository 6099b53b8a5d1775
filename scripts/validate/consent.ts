/** Documents that are in force, and who agreed to them. */
import { hash, verify } from "node:crypto";
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
  await check("marketing mail is confirmed and ended with links that were mailed, and no others", async () => {
    // An address that exists would be mailed.
    expectProblem(await client.post("/api/v1/marketing/opt-in", { email: "levqor-validate" }), 422, "invalid_email");
    expectProblem(await client.post("/api/v1/marketing/confirm", { token: "x" }), 404, "confirmation_unknown");
    for (const page of ["/marketing/confirm/x", "/unsubscribe/x"]) {
      expectStatus(await client.ask(page, { method: "POST" }), 200);
    }
  });
  await check("a consent has a receipt that its key verifies", async () => {
    const user = `user:${crypto.randomUUID()}`;
    const withdrawn = await client.post("/api/v1/marketing/opt-out", { user });
    const headers = { "levqor-min-position": withdrawn.headers.get("levqor-position") ?? "0" };
    const list = await client.ask(`/api/v1/consents?user=${user}`, { headers });
    const { body } = await client.ask(`/api/v1/consents/${list.body.data[0]?.consent_id}/receipt`);
    const { public_key } = (await client.ask("/api/v1/consents/receipt-key")).body;
    const [signed, signature] = [body.signed, body.signature].map((text: string) => Buffer.from(text, "base64"));
    expect(verify(null, signed as Buffer, public_key, signature as Buffer), "a signature of the key", body);
  });
  await check("a visitor's choice of cookies is recorded, and what is not allowed is refused", async () => {
    const chosen = await client.post("/api/v1/cookie-consent", { categories: { functional: true } });
    expectStatus(chosen, 200);
    const { functional, analytics, marketing } = chosen.body.categories;
    expect(functional && !analytics && !marketing, "what was chosen", chosen.body);
  });
}
