/** The pages on which people sign in and accept invitations, in a real browser: what they do works under their own policy. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import { orgStream } from "../../../events/org.ts";
import { signInStream } from "../../../events/sign_in.ts";
import { commandUser, upsertUser } from "../../../src/access/users.ts";
import { publishDocuments } from "../../../src/features/consent/documents.ts";
import { createOrg } from "../../../src/features/orgs/commands.ts";
import { invite } from "../../../src/features/orgs/invitations.ts";
import { invitationToken } from "../../../src/features/orgs/secrets.ts";
import { issueLink, requestSignIn } from "../../../src/features/sign_in/commands.ts";
import { linkToken, newBrowserSecret } from "../../../src/features/sign_in/secrets.ts";
import { emailChangeToken } from "../../../src/features/users/email_change.ts";
import { personalLog } from "../../../src/vault/mod.ts";
import { type Harness, startApi } from "../../http/harness.ts";
import { chromiumAvailable, launchChromium } from "../../support/chromium.ts";
import { keepSecret } from "../../support/secrets.ts";
import { signedIn } from "../../support/sessions.ts";

describe.skipIf(!chromiumAvailable)("in a browser", () => {
  let api: Harness;
  let browser: Browser;
  beforeAll(async () => {
    api = await startApi({ api_keys: ["the-key-of-the-operator"] });
    browser = await launchChromium();
  }, 180_000);
  afterAll(async () => {
    await browser.close();
    await api.stop();
  });

  /** The token of a link that a user was mailed. */
  async function mailed(user: string): Promise<{ sign_in_id: string; token: string }> {
    const log = personalLog(api.log, api.vault);
    const sign_in_id = Bun.randomUUIDv7();
    const meta = { actor: "visitor" };
    const { hash } = newBrowserSecret(sign_in_id);
    await requestSignIn(log, { sign_in_id, email: "ada@example.com", next: "/public/docs", browser: hash, meta });
    await issueLink(log, { sign_in_id, user, meta });
    const token = await linkToken(api.vault, sign_in_id);
    keepSecret(token);
    return { sign_in_id, token };
  }

  test("a link signs in when its button is pressed, and not before", async () => {
    const { sign_in_id, token } = await mailed(`user:${crypto.randomUUID()}`);
    const page = await browser.newPage();
    const refused: string[] = [];
    page.on("console", (message) => message.type() === "error" && refused.push(message.text()));
    await page.goto(`${api.url}/auth/link#${token}`);
    expect(await api.log.readStream(signInStream(sign_in_id))).toHaveLength(2);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(`${api.url}/public/docs`);
    const sessions = await (await page.goto(`${api.url}/auth/sessions`))?.json();
    expect(sessions.data).toMatchObject([{ method: "email_link", current: true }]);
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ name: "levqor-session-dev", httpOnly: true, sameSite: "Lax" });
    await page.goto(`${api.url}/auth/link#${token}`);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The link or its code was used already.").waitFor();
    // Browsers say there what failed with 410, and what a policy forbade.
    expect(refused.filter((text) => !text.includes("410"))).toEqual([]);
    await page.close();
  }, 180_000);

  test("a new address is confirmed by whoever is signed in, and nobody else", async () => {
    const log = personalLog(api.log, api.vault);
    const user_id = crypto.randomUUID();
    const [change_id, email] = [Bun.randomUUIDv7(), "ada@example.org"];
    const commands = [
      { type: "create", profile: {}, verified: false },
      { type: "request_email_change", change_id, email },
    ] as const;
    for (const command of commands) await commandUser(log, { user_id, command, meta: { actor: `user:${user_id}` } });
    const token = await emailChangeToken(api.vault, change_id);
    keepSecret(token);
    const context = await browser.newContext();
    const [page, other] = [await context.newPage(), await context.newPage()];
    await page.goto(`${api.url}/auth/email#${token}`);
    await page.getByRole("button", { name: "Confirm the address" }).click();
    await page.getByText("Sign in with your present address first.").waitFor();
    await other.goto(`${api.url}/auth/link#${(await mailed(`user:${user_id}`)).token}`);
    await other.getByRole("button", { name: "Sign in" }).click();
    await other.waitForURL(`${api.url}/public/docs`);
    await page.getByRole("button", { name: "Confirm the address" }).click();
    await page.getByText(`From now on, you sign in with ${email}.`).waitFor();
    await context.close();
  }, 180_000);

  test("an address gets a mail, and the form for its code appears", async () => {
    const page = await browser.newPage();
    await page.goto(`${api.url}/auth/sign-in`);
    await page.getByLabel("Your e-mail address").fill("ada@example.com");
    await page.getByRole("button", { name: "Mail me a link" }).click();
    await page.getByLabel("Code").fill("0000-0000");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The link or code has expired.").waitFor();
    await page.close();
  }, 180_000);

  test("an invitation is shown to whoever signs in, and accepted with its button once they accept the terms", async () => {
    const log = personalLog(api.log, api.vault);
    await publishDocuments(log, { actor: "system:test" });
    const email = `${crypto.randomUUID()}@example.com`;
    const meta = { actor: "key:1" };
    const upserted = await upsertUser({ log, vault: api.vault }, { profile: { email }, meta });
    if ("refusal" in upserted) throw new Error(upserted.refusal.message);
    const user = `user:${upserted.user_id}`;
    const [org_id, invitation_id] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()];
    await createOrg(log, { org_id, name: "Acme", owner: "user:ada", meta });
    const asked = { org_id, invitation_id, email, role: "viewer", by: null, meta, causation_id: undefined } as const;
    expect(await invite({ log, vault: api.vault, sql: api.sql }, asked)).toMatchObject({ ok: true });
    const token = await invitationToken(api.vault, { org_id, invitation_id });
    keepSecret(token);

    const page = await browser.newPage();
    const refused: string[] = [];
    page.on("console", (message) => message.type() === "error" && refused.push(message.text()));
    await page.goto(`${api.url}/invitation#${token}`);
    const link = page.getByRole("link", { name: "Sign in", exact: true });
    expect(await link.getAttribute("href")).toBe("/auth/sign-in?next=/invitation");
    const session = await signedIn(log, { user });
    await page.context().addCookies([{ name: "levqor-session-dev", value: session.token, url: api.url }]);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("Acme invites you to join it. Your role will be: viewer.").waitFor();
    expect(await api.log.readStream(orgStream(org_id))).toHaveLength(2);
    await page.getByRole("button", { name: "Join" }).click();
    await page.getByRole("button", { name: "Accept the terms and join" }).click();
    await page.getByText("You are a member of Acme now.").waitFor();
    expect(refused.filter((text) => !/40[13]/.test(text))).toEqual([]);
    await page.close();
  }, 180_000);
});
