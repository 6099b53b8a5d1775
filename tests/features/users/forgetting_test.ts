/** Those who are on record only because their address was typed into a form are forgotten. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { decode } from "../../../events/mod.ts";
import { userAccount, userStream } from "../../../events/user.ts";
import { upsertUser } from "../../../src/access/users.ts";
import { SIGN_IN_ACTOR, UNCLAIMED_MS } from "../../../src/domain/user.ts";
import { erasureWorkflow } from "../../../src/features/users/erasure.ts";
import { forgettingWorkflow } from "../../../src/features/users/forgetting.ts";
import { FORGET_UNCLAIMED, forgetUnclaimed } from "../../../src/features/users/reactions.ts";
import { submit } from "../../../src/reactor/mod.ts";
import { type Harness, post } from "../../http/harness.ts";
import { reactionSpec } from "../../spec.ts";
import { operator, sender, startUsers } from "./support.ts";

let api: Harness;
beforeAll(async () => {
  api = await startUsers();
});
afterAll(() => api.stop());

/** Somebody whose address was typed into a form. */
async function typed(): Promise<{ user_id: string; email: string }> {
  const email = `ada-${crypto.randomUUID()}@example.com`;
  const upserted = await upsertUser(
    { log: api.personal_log, vault: api.vault },
    { profile: { email }, meta: { actor: SIGN_IN_ACTOR } },
  );
  if ("refusal" in upserted) throw new Error(upserted.refusal.message);
  return { user_id: upserted.user_id, email };
}

const forget = (user_id: string) =>
  forgettingWorkflow({ log: api.personal_log, sql: api.sql, projector: api.projector }).run({ user_id }, {
    idempotency_key: "test",
  } as never) as Promise<unknown>;

test("a month after they were recorded, unless somebody else recorded them", () => {
  const user_id = crypto.randomUUID();
  const when = reactionSpec(forgetUnclaimed, userStream(user_id));
  const created = { type: "user.created", data: { email: "ada@example.com" }, recorded_at: "2026-01-01T00:00:00Z" };
  const meta = { actor: SIGN_IN_ACTOR, correlation_id: user_id };
  const run_at = new Date(Date.parse("2026-01-01T00:00:00Z") + UNCLAIMED_MS).toISOString();
  when({ ...created, meta }).then(submit({ workflow: FORGET_UNCLAIMED, payload: { user_id }, run_at }));
  when({ ...created, meta: { ...meta, actor: "key:1" } }).then();
});

test("their erasure is on record, and goes on by itself", async () => {
  const { user_id } = await typed();
  expect(await forget(user_id)).toEqual({ forgotten: true });
  expect(decode((await api.log.readStream(userStream(user_id))).at(-1) as never).type).toBe("user.erasure_requested");
  expect(await forget(user_id)).toEqual({ forgotten: false });
});

test("whom an operator recorded since, who belongs to an organisation, or of whom more is recorded, stays", async () => {
  const [upserted, member, submitting] = [await typed(), await typed(), await typed()];
  const again = await sender(api)("POST", "/upsert", { email: upserted.email });
  expect([again.status, again.body.user.user_id]).toEqual([200, upserted.user_id]);
  const { org_id } = (
    await api.ask("/api/v1/orgs", post({ name: "Acme", owner: userAccount(member.user_id) }, operator))
  ).body;
  expect(org_id).toBeString();
  await api.submit({ workflow: "nobody" }, { ...operator, "levqor-account": userAccount(submitting.user_id) });
  for (const { user_id } of [upserted, member, submitting]) expect(await forget(user_id)).toEqual({ forgotten: false });
  expect(await forget(crypto.randomUUID())).toEqual({ forgotten: false });
});

test("leaves an open invitation for their address: whoever has it never asked to be erased", async () => {
  const { user_id, email } = await typed();
  const owner = userAccount(crypto.randomUUID());
  const { org_id } = (await api.ask("/api/v1/orgs", post({ name: "Acme", owner }, operator))).body;
  const invitations = `/api/v1/orgs/${org_id}/invitations`;
  expect((await api.ask(invitations, post({ email, role: "viewer" }, operator))).status).toBe(201);
  expect(await forget(user_id)).toEqual({ forgotten: true });
  const { personal_log: log, sql, projector, vault } = api;
  const context = { idempotency_key: "test", signal: new AbortController().signal } as never;
  expect(await erasureWorkflow({ log, sql, projector, vault }).run({ user_id }, context)).toEqual({ erased: true });
  expect((await api.ask(invitations, { headers: operator })).body.data).toMatchObject([{ email }]);
});
