/** Invitations to organisations, over the API: with the job that mails them, and the page that the mail leads to. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Connector, ConnectorContext } from "../../../connectors/connector.ts";
import { decode } from "../../../events/mod.ts";
import { invitationSubject, orgStream } from "../../../events/org.ts";
import { userAccount } from "../../../events/user.ts";
import { upsertUser } from "../../../src/access/users.ts";
import { INVITATION_MS } from "../../../src/domain/org.ts";
import { endExpired } from "../../../src/features/orgs/expiry.ts";
import { ADDRESS_DAY, ADDRESS_INTERVAL, INVITER_DAY, ORG_DAY } from "../../../src/features/orgs/invitations.ts";
import { invitationWorkflows } from "../../../src/features/orgs/mail.ts";
import {
  FORGET_INVITATION,
  forgetInvitation,
  MAIL_INVITATION,
  mailInvitation,
} from "../../../src/features/orgs/reactions.ts";
import { addressName, invitationToken } from "../../../src/features/orgs/secrets.ts";
import type { EventLog } from "../../../src/log/mod.ts";
import { createMailer, Outbox } from "../../../src/mail/mod.ts";
import { admitRarely } from "../../../src/rate/mod.ts";
import { submit } from "../../../src/reactor/mod.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";
import { reactionSpec } from "../../spec.ts";
import { keepSecret } from "../../support/secrets.ts";
import { signedIn } from "../../support/sessions.ts";

const FROM = { support: "s@levqor.ai", billing: "b@levqor.ai", "no-reply": "n@levqor.ai", security: "x@levqor.ai" };
const operator = { headers: { "x-api-key": "the-key-of-the-operator" } };

let api: Harness;
let log: EventLog;
let outbox: Outbox;
let workflows: readonly Connector[];

interface User {
  readonly id: string;
  readonly email: string;
  readonly headers: Record<string, string>;
}
let ada: User;

beforeAll(async () => {
  api = await startApi({ api_keys: ["the-key-of-the-operator"], timing: { read_model_wait_ms: 10_000 } });
  log = api.personal_log;
  outbox = new Outbox(() => {});
  const mailer = createMailer({ delivery: outbox, from: FROM as never, log, vault: api.vault });
  workflows = invitationWorkflows({ mailer, log, vault: api.vault, public_url: "http://api" });
  ada = await user();
});
afterAll(() => api.stop());

const address = () => `zoe-${crypto.randomUUID()}@example.com`;

/** A user with a session. */
async function user(email = address()): Promise<User> {
  const upserted = await upsertUser({ log, vault: api.vault }, { profile: { email }, meta: { actor: "key:1" } });
  if ("refusal" in upserted) throw new Error(upserted.refusal.message);
  const id = userAccount(upserted.user_id);
  return { id, email, headers: (await signedIn(log, { user: id })).headers };
}

const send = (method: string, path: string, body: object | undefined, { headers }: Pick<User, "headers">) =>
  api.ask(path, { ...(body === undefined ? { headers } : post(body, headers)), method });
const errorOf = ({ status, body }: Answer) => [status, body.error];

/** An organisation of Ada's, with the other members. */
async function team(...members: [User, string][]): Promise<{ org_id: string; path: string }> {
  const { body } = await send("POST", "/api/v1/orgs", { name: "Acme", owner: ada.id }, operator);
  const path = `/api/v1/orgs/${body.org_id}`;
  for (const [{ id }, role] of members) await send("POST", `${path}/members`, { member: id, role }, operator);
  return { org_id: body.org_id, path };
}

async function invite(org_id: string, email: string, { role = "member", by = ada as Pick<User, "headers"> } = {}) {
  const answer = await send("POST", `/api/v1/orgs/${org_id}/invitations`, { email, role }, by);
  if (answer.status !== 201) throw new Error(`The invitation was answered ${answer.status}: ${answer.text}`);
  const { invitation_id } = answer.body;
  const token = await invitationToken(api.vault, { org_id, invitation_id });
  keepSecret(token);
  return { invitation_id, token };
}
const accept = (token: string, who: Pick<User, "headers">) =>
  send("POST", "/api/v1/invitations/accept", { token }, who);
const preview = (token: string, who: Pick<User, "headers">) =>
  send("POST", "/api/v1/invitations/preview", { token }, who);
const eventsOf = async (org_id: string) => (await api.log.readStream(orgStream(org_id))).map(decode);
const typesOf = async (org_id: string): Promise<string[]> => (await eventsOf(org_id)).map(({ type }) => type);

/** Runs a system workflow. */
async function run(name: string, input: object): Promise<unknown> {
  const workflow = workflows.find((one) => one.name === name);
  return await workflow?.run(input, { signal: new AbortController().signal } as ConnectorContext);
}

describe("an invitation", () => {
  test("is mailed to its address, sealed in the log, and makes whoever has the address a member", async () => {
    const zoe = await user();
    const { org_id, path } = await team();
    const written = { email: ` ${zoe.email.toUpperCase()} `, role: "viewer" };
    const { status, body, headers } = await send("POST", `${path}/invitations`, written, ada);
    expect([status, body]).toEqual([
      201,
      {
        invitation_id: expect.any(String),
        email: zoe.email,
        role: "viewer",
        invited_by: ada.id,
        invited_at: expect.any(String),
        expires_at: expect.any(String),
      },
    ]);
    expect(Date.parse(body.expires_at) - Date.parse(body.invited_at)).toBe(INVITATION_MS);
    const [, event] = await eventsOf(org_id);
    expect(event).toMatchObject({ type: "org.member_invited", meta: { actor: ada.id, account: `org:${org_id}` } });
    expect(JSON.stringify(event)).not.toContain(zoe.email);

    const position = { "levqor-min-position": headers.get("levqor-position") as string };
    const listed = await send("GET", `${path}/invitations`, undefined, { headers: { ...ada.headers, ...position } });
    expect(listed.body).toEqual({ data: [body], has_more: false, next_cursor: null });

    const { invitation_id } = body;
    expect(await run(MAIL_INVITATION, { org_id, invitation_id })).toEqual({ mail_id: expect.any(String) });
    const [mail] = outbox.mails();
    expect(mail?.to).toBe(zoe.email);
    expect(mail?.text).toContain("Acme");
    const token = /http:\/\/api\/invitation#(lvi_[\w-]{86})/.exec(mail?.text ?? "")?.[1] as string;
    keepSecret(token);
    expect(JSON.stringify(await eventsOf(org_id))).not.toContain(token.slice(4));

    const offer = { org_id, name: "Acme", role: "viewer", expires_at: body.expires_at };
    expect((await preview(token, zoe)).body).toEqual(offer);
    expect(await typesOf(org_id)).toHaveLength(2);
    const accepted = await accept(token, zoe);
    expect([accepted.status, accepted.body]).toMatchObject([
      200,
      { org_id, name: "Acme", role: "viewer", members: [{ member: ada.id }, { member: zoe.id, role: "viewer" }] },
    ]);
    expect((await eventsOf(org_id)).slice(2)).toMatchObject([
      { type: "org.invitation_accepted", data: { invitation_id, member: zoe.id }, meta: { actor: zoe.id } },
      { type: "org.member_joined", data: { member: zoe.id, role: "viewer" }, meta: { account: `org:${org_id}` } },
    ]);
    expect(errorOf(await accept(token, zoe))).toEqual([410, "invitation_used"]);
    const none = { "levqor-min-position": accepted.headers.get("levqor-position") as string };
    const after = await send("GET", `${path}/invitations`, undefined, { headers: { ...ada.headers, ...none } });
    expect(after.body.data).toEqual([]);
  });

  test("leads nowhere but here, whatever the organisation is called", async () => {
    const { org_id, path } = await team();
    const name = "Locked: log in at https://evil.example/x, www.evil.example or help@evil.example \u202eelpmaxe";
    await send("PATCH", path, { name }, operator);
    const { invitation_id } = await invite(org_id, `${crypto.randomUUID()}@example.com`);
    await run(MAIL_INVITATION, { org_id, invitation_id });
    const [mail] = outbox.mails();
    for (const text of [mail?.text, mail?.html]) {
      expect(text).toContain("evil.\u2060example");
      expect(text).not.toMatch(/:\/\/(?!api\/)|www\.e|evil\.e|@e|\u202e/);
    }
  });

  test("says the same of an address that is a user's and of one that is nobody's", async () => {
    const { path } = await team();
    const known = (await user()).email;
    const shapes = await Promise.all(
      [known, address()].map(async (email) => {
        const { status, headers, body } = await send("POST", `${path}/invitations`, { email, role: "member" }, ada);
        const forms = Object.entries<string>(body).map(([name, value]) => [
          name,
          // A time is shorter if it ends in zeros.
          name.endsWith("_at") ? Number.isFinite(Date.parse(value)) : value.length,
        ]);
        return { status, headers: [...headers.keys()].sort(), forms };
      }),
    );
    expect(shapes[0]).toEqual(shapes[1] as never);
  });

  test("is not accepted by opening the page that it leads to", async () => {
    const zoe = await user();
    const { org_id } = await team();
    const { token } = await invite(org_id, zoe.email);
    for (const method of ["GET", "HEAD"]) {
      const page = await send(method, "/invitation", undefined, zoe);
      expect(page.status).toBe(200);
      expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
    }
    expect(await typesOf(org_id)).toHaveLength(2);
    expect((await accept(token, zoe)).status).toBe(200);
  });

  test("is rejected with a reason", async () => {
    const [bob, eve, zoe] = [await user(), await user(), await user()];
    const { org_id, path } = await team([bob, "admin"], [eve, "member"]);
    const to = (email: string, role: string, who: Pick<User, "headers">) =>
      send("POST", `${path}/invitations`, { email, role }, who);
    const invalid = await to("nobody", "member", ada);
    expect([...errorOf(invalid), invalid.body.errors[0].pointer]).toEqual([422, "invalid_email", "/email"]);
    expect(errorOf(await to(zoe.email, "owner", bob))).toEqual([403, "role_exceeded"]);
    expect(errorOf(await to(zoe.email, "viewer", eve))).toEqual([403, "role_exceeded"]);
    expect(errorOf(await to(zoe.email, "viewer", zoe))).toEqual([404, "org_not_found"]);
    expect(errorOf(await to(eve.email, "viewer", ada))).toEqual([409, "already_member"]);
    expect(errorOf(await send("GET", `${path}/invitations`, undefined, eve))).toEqual([403, "role_exceeded"]);
    expect(errorOf(await send("GET", `${path}/invitations`, undefined, zoe))).toEqual([404, "org_not_found"]);
    const { invitation_id, token } = await invite(org_id, zoe.email, { role: "owner" });
    const revoke = (who: Pick<User, "headers">, id = invitation_id) =>
      send("DELETE", `${path}/invitations/${id}`, undefined, who);
    expect(errorOf(await revoke(bob))).toEqual([403, "role_exceeded"]);
    expect(errorOf(await revoke(zoe))).toEqual([404, "org_not_found"]);
    expect(errorOf(await revoke(ada, crypto.randomUUID()))).toEqual([404, "invitation_not_found"]);
    expect(errorOf(await accept(token, operator))).toEqual([403, "session_required"]);
    // Nothing of it was recorded, and none of the refusals counted as a mail to the address.
    expect((await typesOf(org_id)).slice(3)).toEqual(["org.member_invited"]);
  });

  test("is for whoever has its address, and names it to nobody else", async () => {
    const [zoe, eve] = [await user(), await user()];
    const { org_id } = await team();
    const { token } = await invite(org_id, zoe.email);
    for (const answer of [await preview(token, eve), await accept(token, eve)]) {
      expect(errorOf(answer)).toEqual([403, "wrong_invitee"]);
      expect(answer.text).not.toContain("zoe");
      expect(answer.text).not.toContain("Acme");
    }
    expect((await accept(token, zoe)).status).toBe(200);
  });

  test("is nothing that a changed, replaced or revoked link shows", async () => {
    const zoe = await user();
    const { org_id, path } = await team();
    const first = await invite(org_id, zoe.email);
    const changed = first.token.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    const another = `lvi_${"A".repeat(86)}`;
    await forgetLimits(zoe.email);
    const second = await invite(org_id, zoe.email, { role: "admin" });
    expect(await typesOf(org_id)).toEqual([
      "org.created",
      ...["org.member_invited", "org.member_invited", "org.invitation_ended"],
    ]);
    const revoked = await send("DELETE", `${path}/invitations/${second.invitation_id}`, undefined, ada);
    expect(revoked.body).toEqual({ invitation_id: second.invitation_id, status: "revoked" });
    for (const token of [changed, another, first.token, second.token]) {
      for (const answer of [await preview(token, zoe), await accept(token, zoe)]) {
        expect(errorOf(answer)).toEqual([410, "invitation_expired"]);
      }
    }
    expect(await run(MAIL_INVITATION, { org_id, invitation_id: first.invitation_id })).toEqual({
      skipped: "invitation_over",
    });
  });

  test("is not accepted while its inviter is suspended", async () => {
    const [bob, zoe] = [await user(), await user()];
    const { org_id } = await team([bob, "admin"]);
    const { token } = await invite(org_id, zoe.email, { by: bob });
    const stand = (verb: string) => send("POST", `/api/v1/users/${bob.id.slice(5)}/${verb}`, undefined, operator);
    expect((await stand("suspend")).status).toBe(200);
    expect(errorOf(await accept(token, zoe))).toEqual([410, "invitation_expired"]);
    expect((await stand("resume")).status).toBe(200);
    expect((await accept(token, zoe)).status).toBe(200);
  });

  test("is sent by the operator, who also accepts it for a user whose account they act for", async () => {
    const zoe = await user();
    const { org_id } = await team();
    const { token } = await invite(org_id, zoe.email, { role: "owner", by: operator });
    const acting = { headers: { ...operator.headers, "levqor-account": zoe.id } };
    expect((await accept(token, acting)).body.members).toContainEqual({ member: zoe.id, role: "owner" });
  });
});

describe("of those who act at once", () => {
  test("one of 16 who accept becomes the member, and nobody with another address", async () => {
    const [zoe, eve] = [await user(), await user()];
    const { org_id } = await team();
    const { token } = await invite(org_id, zoe.email);
    const answers = await Promise.all(Array.from({ length: 16 }, (_, n) => accept(token, n % 4 === 3 ? eve : zoe)));
    const zoes = answers.filter((_, n) => n % 4 !== 3).map(({ status }) => status);
    expect(zoes.sort()).toEqual([200, ...Array(11).fill(410)]);
    for (const { status } of answers.filter((_, n) => n % 4 === 3)) expect([403, 410]).toContain(status);
    expect((await typesOf(org_id)).filter((type) => type === "org.member_joined")).toHaveLength(1);
    expect(JSON.stringify(await eventsOf(org_id))).not.toContain(eve.id);
  });

  test("one of a revocation and an acceptance succeeds", async () => {
    for (let i = 0; i < 6; i++) {
      const zoe = await user();
      const { org_id, path } = await team();
      const { token, invitation_id } = await invite(org_id, zoe.email);
      const acts = [
        () => accept(token, zoe),
        () => send("DELETE", `${path}/invitations/${invitation_id}`, undefined, ada),
      ];
      const answers = await Promise.all((i % 2 ? acts : acts.toReversed()).map((act) => act()));
      const [accepted, revoked] = i % 2 ? answers : answers.toReversed();
      expect([[200, 404].join(), [410, 200].join()]).toContain([accepted?.status, revoked?.status].join());
    }
  });

  test("whoever is invited by somebody who loses the right joins before that, or not", async () => {
    for (let i = 0; i < 6; i++) {
      const [bob, zoe] = [await user(), await user()];
      const { org_id, path } = await team([bob, "admin"]);
      const { token } = await invite(org_id, zoe.email, { by: bob });
      const acts = [
        () => accept(token, zoe),
        () => send("PATCH", `${path}/members/${bob.id}`, { role: "viewer" }, ada),
      ];
      const answers = await Promise.all((i % 2 ? acts : acts.toReversed()).map((act) => act()));
      const [accepted, demoted] = i % 2 ? answers : answers.toReversed();
      expect(demoted?.status).toBe(200);
      const types = (await typesOf(org_id)).slice(3);
      const [joined, changed] = [types.indexOf("org.member_joined"), types.indexOf("org.role_changed")];
      if (accepted?.status === 200) expect(joined).toBeWithin(0, changed);
      else
        expect([...errorOf(accepted as Answer), types.at(-1)]).toEqual([
          410,
          "invitation_expired",
          "org.invitation_ended",
        ]);
    }
  });
});

/** As if the mails to an address were long ago. */
async function forgetLimits(email: string): Promise<void> {
  await api.sql`delete from levqor_ops.rate_rare where scope = ${await addressName(api.vault, email)}`;
}

describe("nobody is flooded", () => {
  const to = (path: string, email: string, who: Pick<User, "headers"> = ada) =>
    send("POST", `${path}/invitations`, { email, role: "member" }, who);
  /** Counts as many as one less than a limit. */
  async function nearly(limit: { policy: string; quota: number; period_s: number }, scope: string): Promise<void> {
    for (let n = 1; n < limit.quota; n++) expect(await admitRarely(api.sql, [{ ...limit, scope }])).toBe(0);
  }

  test("an address gets one mail in a quarter of an hour, whoever invites", async () => {
    const [bob, email] = [await user(), address()];
    const { path } = await team();
    const { body } = await send("POST", "/api/v1/orgs", { name: "Another" }, bob);
    expect((await to(path, email)).status).toBe(201);
    const refused = await to(`/api/v1/orgs/${body.org_id}`, email, bob);
    expect(errorOf(refused)).toEqual([429, "invited_too_often"]);
    expect(Number(refused.headers.get("retry-after"))).toBeWithin(1, ADDRESS_INTERVAL.period_s + 1);
    expect((await to(`/api/v1/orgs/${body.org_id}`, address(), bob)).status).toBe(201);
  });

  test("and three in a day", async () => {
    const email = address();
    const { path } = await team();
    await nearly(ADDRESS_DAY, await addressName(api.vault, email));
    expect((await to(path, email)).status).toBe(201);
    await api.sql`
      delete from levqor_ops.rate_rare
      where policy = ${ADDRESS_INTERVAL.policy} and scope = ${await addressName(api.vault, email)}`;
    expect(errorOf(await to(path, email))).toEqual([429, "invited_too_often"]);
  });

  test("an organisation sends 100 in a day, and a user 200; what is refused does not count", async () => {
    const bob = await user();
    const { org_id, path } = await team([bob, "admin"]);
    await nearly(ORG_DAY, org_id);
    const email = address();
    expect((await to(path, email, bob)).status).toBe(201);
    const other = address();
    expect(errorOf(await to(path, other, bob))).toEqual([429, "invited_too_often"]);
    const own = (await send("POST", "/api/v1/orgs", { name: "Bob's" }, bob)).body.org_id;
    await nearly({ ...INVITER_DAY, quota: INVITER_DAY.quota - 1 }, bob.id);
    expect((await to(`/api/v1/orgs/${own}`, other, bob)).status).toBe(201);
    expect(errorOf(await to(`/api/v1/orgs/${own}`, address(), bob))).toEqual([429, "invited_too_often"]);
  });
});

describe("nothing stays of an invitation that is over", () => {
  test("reactions mail it, and forget it", () => {
    const ids = { invitation_id: crypto.randomUUID() };
    const org_id = crypto.randomUUID();
    const data = { ...ids, email: "zoe@example.com", address: "0".repeat(64), role: "member", by: null };
    const invited = { type: "org.member_invited", data };
    const mails = reactionSpec(mailInvitation({ mail: { delivery: {} } }), orgStream(org_id));
    mails(invited).then(submit({ workflow: MAIL_INVITATION, payload: { org_id, ...ids } }));
    reactionSpec(mailInvitation({ mail: { delivery: undefined } }), orgStream(org_id))(invited).then();
    const forgets = reactionSpec(forgetInvitation, orgStream(org_id));
    const forgotten = submit({ workflow: FORGET_INVITATION, payload: ids });
    forgets({ type: "org.invitation_ended", data: { ...ids, reason: "revoked" } }).then(forgotten);
    forgets({ type: "org.invitation_accepted", data: { ...ids, member: "user:zoe" } }).then(forgotten);
  });

  test("its address is destroyed, with the record of its mail", async () => {
    const zoe = await user();
    const { org_id } = await team();
    const { invitation_id, token } = await invite(org_id, zoe.email);
    await run(MAIL_INVITATION, { org_id, invitation_id });
    expect((await accept(token, zoe)).status).toBe(200);
    expect(await run(FORGET_INVITATION, { invitation_id })).toEqual({ forgotten: 2 });
    const [, event] = await log.readStream(orgStream(org_id));
    expect(decode(event as never)).toMatchObject({ data: { email: null }, erased: ["/email"] });
    expect((await api.vault.destroyed(invitationSubject(invitation_id))).map((one) => one.class)).toEqual([
      ...["profile", "trace"],
    ] as never);
  });

  test("one that has expired is ended, once", async () => {
    const { org_id } = await team();
    const { invitation_id } = await invite(org_id, address());
    const later = Date.now() + INVITATION_MS;
    const parts = { log, sql: api.sql, projector: api.projector };
    expect(await endExpired(parts, Date.now())).toBe(0);
    expect(await endExpired(parts, later)).toBeGreaterThan(0);
    expect((await eventsOf(org_id)).at(-1)).toMatchObject({
      type: "org.invitation_ended",
      data: { invitation_id, reason: "expired" },
      meta: { actor: "system:invitations" },
    });
    expect(await endExpired(parts, later)).toBe(0);
  });
});
