/** Users' sessions. */
import { type Checks, expectProblem, expectStatus, NO_JOB } from "./checks.ts";
import type { Client } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkSessions(client: Client, { check }: Checks): Promise<void> {
  await check("the operator's account has no sessions, and none can be ended", async () => {
    const listed = await client.ask("/auth/sessions");
    expect(listed.body.data.length === 0, "no session", listed.body);
    expectProblem(await client.ask(`/auth/sessions/${NO_JOB}`, { method: "DELETE" }), 404, "session_not_found");
    const ended = await client.ask("/auth/sessions", { method: "DELETE" });
    expectStatus(ended, 200);
    expect(ended.body.ended === 0, "no session", ended.body);
  });
  await check("a link to sign in is requested with an address, and one that was never mailed is none", async () => {
    expectProblem(await client.post("/auth/sign-in", { email: "nobody" }), 422, "invalid_email");
    const next = "//evil.example";
    expectProblem(await client.post("/auth/sign-in", { email: "a@example.com", next }), 422, "validation_failed");
    const token = `lvl_${"A".repeat(65)}`;
    expectProblem(await client.post("/auth/redeem", { token, deliver: "token" }), 410, "link_expired");
    expectProblem(await client.post("/auth/redeem", { token }), 403, "origin_refused");
  });
  await check("signing out without a session does nothing", async () => {
    const left = await client.ask("/auth/sign-out", { method: "POST" });
    expectStatus(left, 200);
    expect(left.body.status === "signed_out", "that there is no session", left.body);
  });
}
