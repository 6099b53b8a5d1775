/** Erasing a user: what ends, what is destroyed, what stays, and that nothing brings it back. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { decode } from "../../../events/mod.ts";
import { userStream } from "../../../events/user.ts";
import { connect } from "../../../src/db/mod.ts";
import { repeatErasures } from "../../../src/features/erasures/mod.ts";
import { type ErasureParts, erasureWorkflow } from "../../../src/features/users/erasure.ts";
import { ERASE_USER, eraseUser } from "../../../src/features/users/reactions.ts";
import type { EventLog } from "../../../src/log/mod.ts";
import { submit } from "../../../src/reactor/mod.ts";
import { type Harness, post } from "../../http/harness.ts";
import { openSse } from "../../http/sse_client.ts";
import { reactionSpec } from "../../spec.ts";
import { type Headers, operator, type Session, sender, session, startUsers } from "./support.ts";

/** In everything that is personal. */
const PLANTED = "planted-5e0f";

let api: Harness;
let send: ReturnType<typeof sender>;
beforeAll(async () => {
  api = await startUsers();
  send = sender(api);
});
afterAll(() => api.stop());

const parts = () => ({ log: api.personal_log, sql: api.sql, projector: api.projector, vault: api.vault });
const create = async (path: string, body: object, headers: Headers) => {
  const answer = await api.ask(`/api/v1/${path}`, post(body, headers));
  if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
  return answer.body;
};
const erase = (user_id: string, with_parts: ErasureParts = parts()) =>
  erasureWorkflow(with_parts).run({ user_id }, {
    signal: new AbortController().signal,
    idempotency_key: "test",
  } as Parameters<ReturnType<typeof erasureWorkflow>["run"]>[1]);
const certificateOf = async (erasure_id: string) => (await api.ask(`/api/v1/erasures/${erasure_id}`)).body;

interface Life extends Session {
  readonly email: string;
  readonly streams: readonly string[];
  readonly key: Headers;
}

/** A user with everything that one can have. */
async function life(): Promise<Life> {
  const email = `${PLANTED}-${crypto.randomUUID()}@example.com`;
  const one = await session({ email, email_verified: true });
  const { headers, user_id, account } = one;
  await send("PATCH", "/me", { name: PLANTED, meta: { note: PLANTED } }, headers);
  const expires_at = new Date(Date.now() + 300_000).toISOString();
  const { key, key_id } = await create("keys", { name: "K", scopes: ["jobs:read"], expires_at }, headers);
  const job = { workflow: "nobody", payload: { note: PLANTED } };
  const { schedule_id } = await create("schedules", { name: "S", cron: "0 0 1 1 *", job: { ...job } }, headers);
  const { job_id } = await api.submit(job, headers);
  const { org_id } = await create("orgs", { name: "Acme", owner: `user:${crypto.randomUUID()}` }, operator);
  await create(`orgs/${org_id}/members`, { member: account, role: "admin" }, operator);
  const streams = [userStream(user_id), `key-${key_id}`, `schedule-${schedule_id}`, `job-${job_id}`, `org-${org_id}`];
  return { ...one, email, streams, key: { "x-api-key": key } };
}

const recorded = async ({ streams }: Life) => (await Promise.all(streams.map((id) => api.log.readStream(id)))).flat();
const opened = async ({ streams }: Life) =>
  (await Promise.all(streams.map((id) => api.personal_log.readStream(id)))).flat();
const textOf = (events: readonly { data_json: string }[]) => events.map(({ data_json }) => data_json).join("\n");

test("a request leads to the job that erases, whatever becomes of the process", () => {
  const when = reactionSpec(eraseUser, "user-42");
  when({ type: "user.erasure_requested", data: { erasure_id: crypto.randomUUID() } }).then(
    submit({ workflow: ERASE_USER, payload: { user_id: "42" } }),
  );
});

test("a user who is erased is gone everywhere, however often that is interrupted, and an older vault revives nobody", async () => {
  const ada = await life();
  const before = await recorded(ada);
  expect(textOf(before)).not.toContain(PLANTED);
  expect(textOf(await opened(ada))).toContain(PLANTED);
  const backup = await vaultOf(ada.account);
  const stream = await openSse(`${api.url}/api/v1/jobs/stream`, ada.headers);

  const requested = await send("POST", "/me/erasure", undefined, ada.headers);
  const { erasure_id } = requested.body;
  expect(requested.status).toBe(202);
  expect(requested.body).toMatchObject({ user_id: ada.user_id, status: "erasing", erased_at: null, destroyed: [] });
  expect(await certificateOf(erasure_id)).toEqual(requested.body);

  // Sessions and keys have ended.
  await stream.rest();
  expect(stream.closed()?.reason).toBe("unauthorized");
  for (const headers of [ada.headers, ada.key]) {
    const answer = await api.ask("/api/v1/jobs", { headers });
    expect([answer.status, answer.body.error]).toEqual([403, "user_erased"]);
  }
  const acting = { ...operator, "levqor-account": ada.account };
  expect((await send("POST", "/me/erasure", undefined, acting)).body).toEqual(requested.body);
  expect((await send("POST", "/upsert", { email: ada.email })).body.error).toBe("user_erased");

  // Interrupted before its keys are destroyed, and before that is recorded.
  const interrupted = () => Promise.reject(new Error("interrupted"));
  const vault = { pseudonym: api.vault.pseudonym.bind(api.vault), destroy: interrupted };
  await expect(erase(ada.user_id, { ...parts(), vault })).rejects.toThrow("interrupted");
  const append: EventLog["append"] = (one) =>
    one.events.some(({ type }) => type === "user.erased") ? interrupted() : api.personal_log.append(one);
  await expect(erase(ada.user_id, { ...parts(), log: { ...api.personal_log, append } })).rejects.toThrow("interrupted");
  expect((await certificateOf(erasure_id)).status).toBe("erasing");
  expect(await erase(ada.user_id)).toEqual({ erased: true });
  expect(await erase(ada.user_id)).toEqual({ erased: false });

  const certificate = await certificateOf(erasure_id);
  expect(certificate).toMatchObject({ status: "erased", erased_at: expect.any(String) });
  expect(certificate.destroyed).toHaveLength(2);
  expect(certificate.kept).toHaveLength(3);
  expect(JSON.stringify(certificate)).not.toContain(PLANTED);
  expect(textOf(await opened(ada))).not.toContain(PLANTED);

  // What was recorded is as it was, and says what has ended.
  const after = await recorded(ada);
  expect(
    after.filter(
      ({ position }) =>
        position <=
        (before
          .map((one) => one.position)
          .sort((a, b) => a - b)
          .at(-1) ?? 0),
    ),
  ).toEqual(before);
  const added = after.filter((one) => !before.some(({ position }) => position === one.position));
  expect(added.map(({ type }) => type)).toEqual([
    "user.erasure_requested",
    "user.erased",
    "key.revoked",
    "schedule.deleted",
    "job.cancelled",
    "org.member_left",
  ]);
  expect(added.map((event) => decode(event).meta.account)).toContain(ada.account);
  const shown = (await send("GET", `/${ada.user_id}`)).body;
  expect(shown).toMatchObject({ status: "erased", email: null, name: null, meta: {} });

  // The address is free; whoever has it is somebody else.
  const again = await send("POST", "/upsert", { email: ada.email });
  expect([again.status, again.body.user.user_id === ada.user_id]).toEqual([201, false]);

  await restore(ada.account, backup);
  expect(textOf(await opened(ada))).toContain(PLANTED);
  expect(await repeatErasures(parts())).toBe(1);
  expect(textOf(await opened(ada))).not.toContain(PLANTED);
  expect(await repeatErasures(parts())).toBe(0);
  expect((await send("GET", `?email=${encodeURIComponent(ada.email)}`)).body.user_id).toBe(again.body.user.user_id);
});

test("open invitations of a user who is erased, and those by them, end and are forgotten", async () => {
  const [ada, bob] = [
    await session({ email: `${PLANTED}-${crypto.randomUUID()}@example.com`, email_verified: true }),
    await session({ email: `${crypto.randomUUID()}@example.com`, email_verified: true }),
  ];
  const email = (await send("GET", "/me", undefined, ada.headers)).body.email;
  const own = await create("orgs", { name: "Ada's" }, ada.headers);
  const other = await create("orgs", { name: "Bob's" }, bob.headers);
  const by = await create(
    `orgs/${own.org_id}/invitations`,
    { email: `${PLANTED}-${crypto.randomUUID()}@example.com`, role: "member" },
    ada.headers,
  );
  const to = await create(`orgs/${other.org_id}/invitations`, { email, role: "member" }, bob.headers);
  const kept = await create(
    `orgs/${other.org_id}/invitations`,
    { email: `${crypto.randomUUID()}@example.com`, role: "member" },
    bob.headers,
  );
  const history = async ({ org_id }: { org_id: string }) => await api.personal_log.readStream(`org-${org_id}`);
  expect(textOf([...(await history(own)), ...(await history(other))])).toContain(PLANTED);
  const backup = await vaultOf(`invitation:${to.invitation_id}`);

  expect((await send("POST", "/me/erasure", undefined, ada.headers)).status).toBe(202);
  expect(await erase(ada.user_id)).toEqual({ erased: true });
  const forgotten = async () => textOf([...(await history(own)), ...(await history(other))]);
  expect(await forgotten()).not.toContain(PLANTED);
  const ends = [own, other].map(async (org) => (await history(org)).map(decode).at(-1));
  expect((await Promise.all(ends)).map((event) => [event?.type, event?.data])).toEqual(
    [by, to].map(({ invitation_id }) => ["org.invitation_ended", { invitation_id, reason: "erased" }]),
  );
  const { data } = (await api.ask(`/api/v1/orgs/${other.org_id}/invitations`, { headers: bob.headers })).body;
  expect(data).toEqual([kept]);

  await restore(`invitation:${to.invitation_id}`, backup);
  expect(await forgotten()).toContain(PLANTED);
  expect(await repeatErasures(parts())).toBe(1);
  expect(await forgotten()).not.toContain(PLANTED);
});

describe("an erasure", () => {
  test("waits for another owner of an organisation that has other members", async () => {
    const { headers, account } = await session();
    const { org_id } = await create("orgs", { name: "Acme" }, headers);
    const other = `user:${crypto.randomUUID()}`;
    await create(`orgs/${org_id}/members`, { member: other, role: "member" }, operator);
    const refused = await send("POST", "/me/erasure", undefined, headers);
    expect([refused.status, refused.body.error]).toEqual([409, "owns_organisations"]);
    await create(`orgs/${org_id}/hand-over`, { from: account, to: other }, operator);
    expect((await send("POST", "/me/erasure", undefined, headers)).status).toBe(202);
  });

  test("needs a recent sign-in", async () => {
    const { headers } = await session({ iat: Math.floor(Date.now() / 1000) - 3_600 });
    const answer = await send("POST", "/me/erasure", undefined, headers);
    expect([answer.status, answer.body.error]).toEqual([403, "step_up_required"]);
  });

  test("is not requested with a key, or outside of a user's account", async () => {
    const { headers } = await session();
    const expires_at = new Date(Date.now() + 300_000).toISOString();
    const { key } = await create("keys", { name: "K", scopes: ["users:write"], expires_at }, headers);
    for (const caller of [{ "x-api-key": key }, operator]) {
      const answer = await send("POST", "/me/erasure", undefined, caller);
      expect([answer.status, answer.body.error]).toEqual([403, "user_required"]);
    }
  });

  test("that nobody requested is none", async () => {
    const { user_id, headers } = await session();
    await send("GET", "/me", undefined, headers);
    expect(await erase(user_id)).toEqual({ erased: false });
    const { status, body } = await api.ask(`/api/v1/erasures/${crypto.randomUUID()}`);
    expect([status, body.error]).toEqual([404, "erasure_not_found"]);
  });
});

/** What the vault has of a user, as a backup has it. */
async function vaultOf(subject: string): Promise<string> {
  const [row] = await api.sql<{ keys: string }[]>`
    select json_agg(k)::text as keys from levqor_vault.keys as k where subject = ${subject}`;
  return row?.keys ?? "[]";
}

async function restore(subject: string, keys: string): Promise<void> {
  const admin = connect(api.admin_url, { max: 1 });
  try {
    await admin`delete from levqor_vault.keys where subject = ${subject}`;
    await admin`
      insert into levqor_vault.keys
      select * from json_populate_recordset(null::levqor_vault.keys, ${keys}::text::json)`;
  } finally {
    await admin.end();
  }
  // As after a start: nothing is known of the keys.
  api.vault.close();
}
