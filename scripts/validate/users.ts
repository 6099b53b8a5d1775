/** Users. */
import { type Checks, expectProblem, expectStatus, NO_JOB } from "./checks.ts";
import type { Client } from "./client.ts";
import { expect } from "./expect.ts";

const ROUTE = "/api/v1/users";
/** Always the same one, so that a check leaves one user behind at most. */
const EMAIL = "levqor-validate@example.com";

export async function checkUsers(client: Client, { check }: Checks): Promise<void> {
  await check("a user is recorded once, found by any spelling of the address, and changed", async () => {
    const first = await client.post(`${ROUTE}/upsert`, { email: EMAIL, name: "levqor-validate", locale: "en-gb" });
    expect([200, 201].includes(first.status), "status 200 or 201", first.status);
    const { user } = first.body;
    expect(user.locale === "en-GB", "a locale in its canonical form", user.locale);
    const again = await client.post(`${ROUTE}/upsert`, { email: ` ${EMAIL.toUpperCase()}` });
    expectStatus(again, 200);
    expect(again.body.user.user_id === user.user_id, "the same user", again.body);
    const found = await client.ask(`${ROUTE}?email=${encodeURIComponent(EMAIL.toUpperCase())}`);
    expect(found.body.user_id === user.user_id, "the user, found by address", found.body);
    const path = `${ROUTE}/${user.user_id}`;
    expectStatus(await client.ask(path, patch({ meta: { checked: true } })), 200);
    const { body } = await client.ask(path);
    expect(body.meta.checked === true, "what was changed", body);
    const headers = { "levqor-account": user.account };
    expect(
      (await client.ask(`${ROUTE}/me`, { headers })).body.user_id === user.user_id,
      "the account's own user",
      body,
    );
    const named = await client.ask(`${ROUTE}/me`, patch({ name: "levqor-validate (renamed)" }, headers));
    expectStatus(named, 200);
  });
  await check("a user is suspended, and let in again", async () => {
    const { body } = await client.post(`${ROUTE}/upsert`, { email: EMAIL });
    const path = `${ROUTE}/${body.user.user_id}`;
    const suspended = await client.post(`${path}/suspend`, { reason: "levqor-validate" });
    expect(suspended.body.user.status === "suspended", "a suspended user", suspended.body);
    const resumed = await client.ask(`${path}/resume`, { method: "POST" });
    expect(resumed.body.user.status === "active", "an active user", resumed.body);
  });
  await check("a user gets everything held about them, is erased, and the certificate says so", async () => {
    const email = `levqor-validate-${crypto.randomUUID()}@example.com`;
    const { user } = (await client.post(`${ROUTE}/upsert`, { email })).body;
    const headers = { "levqor-account": user.account };
    const exported = await client.ask(`${ROUTE}/me/exports`, { method: "POST", headers });
    expect(exported.text.startsWith("PK"), "a zip file", exported.status);
    const requested = await client.ask(`${ROUTE}/me/erasure`, { method: "POST", headers });
    expectStatus(requested, 202);
    const certificate = await client.ask(`/api/v1/erasures/${requested.body.erasure_id}`, { key: false });
    expectStatus(certificate, 200);
    expect(certificate.body.user_id === user.user_id, "the certificate of the user", certificate.body);
  });
  await check("another address is asked for, and not confirmed by a token that was not mailed", async () => {
    const { user } = (await client.post(`${ROUTE}/upsert`, { email: EMAIL })).body;
    const headers = { "levqor-account": user.account };
    // Nobody gets a mail: it is not asked for.
    expectProblem(
      await client.post(`${ROUTE}/me/email`, { email: "levqor-validate" }, { headers }),
      422,
      "invalid_email",
    );
    const token = `lve_${"A".repeat(65)}`;
    const confirmed = await client.post(`${ROUTE}/me/email/confirm`, { token }, { headers });
    expectProblem(confirmed, 410, "email_link_expired");
  });
  await check("what is wrong with a user is told without quoting it", async () => {
    for (const [wrong, error] of [
      [{ email: "levqor-validate" }, "invalid_email"],
      [{ email: EMAIL, locale: "xx-YY" }, "unknown_locale"],
      [{ email: EMAIL, currency: "ZZZ" }, "unknown_currency"],
    ] as const) {
      expectProblem(await client.post(`${ROUTE}/upsert`, wrong), 422, error);
    }
    expectProblem(await client.ask(`${ROUTE}/${NO_JOB}`), 404, "user_not_found");
  });
}

function patch(body: object, headers: Record<string, string> = {}) {
  const json = { "content-type": "application/json", ...headers };
  return { method: "PATCH", headers: json, body: JSON.stringify(body) };
}
