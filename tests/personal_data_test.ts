// Slow: a service is started twice, with a database and a bus of its own, and all that they stored is searched.
/**
 * What identifies a person is nowhere in the clear: not in the database, on the bus, in files or in logs. And it is gone once
 * the person is erased, even if an older vault is restored.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { SignJWT } from "jose";
import { connect, type Sql } from "../src/db/mod.ts";
import { startNameServer } from "./support/dns.ts";
import { type NatsServer, startNats } from "./support/nats.ts";
import { type TestDatabase, testDatabase, testFolder } from "./support/postgres.ts";
import { CLIENT, type RealProvider, startProvider } from "./support/provider.ts";
import { type ResendStandIn, startResend } from "./support/resend.ts";
import { eventually, type ServiceProcess, startServiceProcess } from "./support/service.ts";
import { masterKey } from "./support/vault.ts";

const OPERATOR = "the-operators-own-key-for-this";
const JWT_SECRET = "a secret of no less than 32 bytes";
const VAULT_KEY = masterKey();

/** Each is searched for in what services log, too: see `secrets.ts`. */
const values: string[] = [];
function personal(what: string): string {
  const value = `pl4nted-${what}-${crypto.randomUUID().slice(0, 8)}`;
  values.push(value);
  return value;
}
const address = (what: string) => `${personal(what)}@example.com`;

let database: TestDatabase;
let admin: Sql;
let nats: NatsServer;
let resend: ResendStandIn;
let receiver: Bun.Server<undefined>;
let provider: RealProvider;
const dns = startNameServer();
let service: ServiceProcess;
const folders = { data: testFolder(), bus: testFolder() };

const start = () =>
  startServiceProcess({
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    NATS_URL: nats.url,
    LEVQOR_DATA_DIR: folders.data,
    VAULT_KEY,
    API_KEYS: OPERATOR,
    JWT_SECRET,
    JWT_ISSUER: "https://auth.example.com",
    OUTBOUND_ALLOW: "127.0.0.0/8",
    LOG_LEVEL: "trace",
    RESEND_API_KEY: resend.key,
    RESEND_BASE_URL: resend.url.replace(/\/$/, ""),
    MAIL_DOMAIN: "example.com",
    PUBLIC_URL: "https://levqor.example.com",
    DNS_RESOLVER: dns.address,
  });

beforeAll(async () => {
  database = await testDatabase();
  admin = connect(database.admin_url, { max: 1 });
  nats = await startNats({ args: ["--store_dir", folders.bus] });
  resend = startResend();
  // Gives back what it is sent; refuses what asks for it.
  receiver = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) =>
      new Response(await request.text(), { status: new URL(request.url).pathname === "/refuse" ? 400 : 200 }),
  });
  service = await start();
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await receiver?.stop(true);
  provider?.stop();
  dns.stop();
  await resend?.stop();
  await nats?.stop();
  await admin?.end();
  await database?.drop();
});

type Headers = Record<string, string>;
const operator = { "x-api-key": OPERATOR };

async function ask(path: string, init: { method?: string; body?: object; headers?: Headers } = {}) {
  const { method = init.body ? "POST" : "GET", body, headers = operator } = init;
  const response = await fetch(service.url + path, {
    method,
    headers: { "content-type": "application/json", "user-agent": agent, ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (response.status >= 300) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  const position = response.headers.get("levqor-position");
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return { text, position, body: isJson ? JSON.parse(text) : text };
}
/** A log of requests has it, and the address: nothing else does. */
const agent = `agent-${crypto.randomUUID()}`;

async function finished(job_id: string, headers: Headers): Promise<{ status: string }> {
  return await eventually(async () => {
    const { body } = await ask(`/api/v1/status/${job_id}`, { headers });
    return ["succeeded", "failed", "cancelled"].includes(body.status) && body;
  });
}

/** A user with a session. */
async function signedUp(): Promise<{ user_id: string; session: Headers }> {
  const profile = { email: address("email"), name: personal("name"), meta: { [personal("key")]: personal("meta") } };
  const { user_id } = (await ask("/api/v1/users/upsert", { body: profile })).body.user;
  const token = await new SignJWT({ iss: "https://auth.example.com", aud: "authenticated", sub: user_id })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuedAt()
    .setExpirationTime("10 min")
    .sign(new TextEncoder().encode(JWT_SECRET));
  const session = { authorization: `Bearer ${token}` };
  const { terms_version } = (await ask("/api/v1/terms", { headers: session })).body;
  await ask("/api/v1/terms", { body: { terms_version }, headers: session });
  return { user_id, session };
}

/** Everything that a job can say about somebody. Resolves to the jobs. */
async function jobsAbout(headers: Headers, subject?: string): Promise<string[]> {
  const about = subject === undefined ? {} : { subject };
  const call = (path: string, what: string) => ({
    method: "POST",
    url: new URL(path, receiver.url).href,
    body: personal(what),
  });
  const submit = async (body: object) =>
    (await ask("/api/v1/intake", { body: { payload: {}, ...body, ...about }, headers })).body.job_id as string;
  const plain = await submit({ workflow: "http", payload: call("/", "payload") });
  const refused = await submit({ workflow: "http", payload: call("/refuse", "refused") });
  const asking = await submit({
    workflow: "steps",
    payload: { to: personal("to") },
    steps: [
      { id: "call", uses: "http", with: call("/", "with") },
      { id: "ask", wait_for_approval: { message: "Write to {{ payload.to }}?" } },
    ],
  });
  const waiting = await submit({ workflow: "nobody-runs-this", payload: { it: personal("waiting") } });
  await ask(`/api/v1/jobs/${waiting}/cancel`, { body: { reason: personal("reason") }, headers });
  await eventually(
    async () => (await ask(`/api/v1/status/${asking}`, { headers })).body.waiting_for?.reason === "approval",
  );
  const decision = { step: "ask", approved: true, comment: personal("comment") };
  await ask(`/api/v1/jobs/${asking}/approve`, { body: decision, headers });
  const jobs = [plain, refused, asking, waiting];
  for (const id of jobs) await finished(id, headers);
  return jobs;
}

/** Signs somebody in at an organisation's provider. */
async function signedInThere(): Promise<void> {
  const { org_id } = (await ask("/api/v1/orgs", { body: { name: "Acme", owner: "user:of-acme" } })).body;
  provider = await startProvider([`https://levqor.example.com/auth/sso/${org_id}/callback`]);
  const connection = { issuer: provider.issuer, ...CLIENT, domain: "acme.example" };
  const { record } = (await ask(`/api/v1/orgs/${org_id}/sso`, { body: connection })).body;
  dns.records.set(`TXT ${record.name}`, [record.value]);
  await ask(`/api/v1/orgs/${org_id}/sso/verify`, { method: "POST" });
  const sub = personal("sub");
  provider.people.set(sub, { email: `${personal("member")}@acme.example`, email_verified: true });
  const visit = (path: string, cookie = "") =>
    fetch(service.url + path, { redirect: "manual", headers: { cookie, "user-agent": agent } });
  const begun = await visit(`/auth/sso/${org_id}`);
  const cookie = begun.headers.get("set-cookie")?.split(";")[0];
  const { pathname, search } = new URL(await provider.signIn(begun.headers.get("location") as string, sub));
  const { status, headers } = await visit(pathname + search, cookie);
  expect([status, headers.get("location")]).toEqual([303, "/"]);
}

let user: { user_id: string; session: Headers };
let subject: string;
let theirs: string[];
let customers: string[];
/** Somebody who stays. */
let other: typeof user;
let others: string[];
/** A visitor's. */
let thread: string;
/** Of their organisation: to the user, to somebody who is nobody's user, and one that is going to be revoked. */
let invitations: { org_id: string; revoked: string };

test("nothing personal is stored or logged in the clear", async () => {
  user = await signedUp();
  // One's own client is forgotten with oneself.
  theirs = [...(await jobsAbout(user.session)), ...(await jobsAbout(user.session, personal("client")))];
  subject = personal("subject");
  customers = await jobsAbout(operator, subject);
  other = await signedUp();
  others = await jobsAbout(other.session);
  const cron = { name: "Yearly", cron: "0 0 1 1 *" };
  const job = { workflow: "http", payload: { url: "https://example.com/", body: personal("schedule") } };
  await ask("/api/v1/schedules", { body: { ...cron, job }, headers: user.session });
  const steps = [{ id: "one", uses: "http", with: { url: `https://example.com/${personal("pipeline")}` } }];
  await ask("/api/v1/pipelines", { body: { name: "own", format: 1, steps }, headers: user.session });
  const asked = { email: address("sender"), message: personal("message") };
  thread = `/api/v1/support/${(await ask("/api/v1/support", { body: asked, headers: {} })).body.thread_id}`;
  await ask(`${thread}/messages`, { body: { message: personal("answer") } });
  await ask("/api/v1/marketing/opt-in", { body: { email: address("reader") }, headers: {} });
  const link = { email: address("signing-in"), next: `/public/docs?${personal("next")}` };
  await ask("/auth/sign-in", { body: link, headers: {} });
  const { org_id } = (await ask("/api/v1/orgs", { body: { name: "Acme" }, headers: other.session })).body;
  const invite = (email: string) =>
    ask(`/api/v1/orgs/${org_id}/invitations`, { body: { email, role: "viewer" }, headers: other.session });
  await invite(address("invitee"));
  const { email } = (await ask("/api/v1/users/me", { headers: user.session })).body;
  await invite(email);
  invitations = { org_id, revoked: (await invite(address("revoked"))).body.invitation_id };
  await resend.accepted(6);
  const mail = resend.mails.find(({ body }) => JSON.stringify(body.to).includes(link.email));
  const token = /lvl_[\w-]{65}/.exec(String(mail?.body.text))?.[0];
  const redeemed = await ask("/auth/redeem", { body: { token, deliver: "token" }, headers: {} });
  expect(redeemed.body.next).toBe(link.next);
  await signedInThere();
  expect(values.length).toBeGreaterThanOrEqual(40);

  // It is there, for those who may see it.
  const { text } = await ask(`/api/v1/jobs/${theirs[0]}/events`, { headers: user.session });
  expect(text).toContain("pl4nted-payload");
  expect(await stored()).toEqual([]);
}, 60_000);

test("who is erased is gone everywhere, no record changes, and an older vault brings nobody back", async () => {
  const { last } = (await admin<[{ last: number }]>`select max(position)::int as last from levqor_log.events`)[0];
  const hash = async () => {
    const rows = await admin<{ hash: string }[]>`
      select md5(string_agg(concat_ws('|', position, stream_id, version, data, meta), '|' order by position)) as hash
      from levqor_log.events where position <= ${last}`;
    return rows[0]?.hash;
  };
  const before = await hash();
  await admin.unsafe(COPY_VAULT);

  const { erasure_id } = (await ask("/api/v1/users/me/erasure", { method: "POST", headers: user.session })).body;
  await ask(`/api/v1/subjects/${subject}`, { method: "DELETE" });
  expect((await ask(thread)).text).toContain("pl4nted-answer");
  await ask(thread, { method: "DELETE" });
  await eventually(async () => (await ask(`/api/v1/erasures/${erasure_id}`, { headers: {} })).body.status === "erased");
  const support = { ...operator, "levqor-account": `user:${user.user_id}` };
  await erased(theirs, support);
  await erased(customers, operator);
  const invitationsPath = `/api/v1/orgs/${invitations.org_id}/invitations`;
  await ask(`${invitationsPath}/${invitations.revoked}`, { method: "DELETE", headers: other.session });
  const open = async () => (await ask(invitationsPath, { headers: other.session })).body.data;
  await eventually(async () => (await open()).length === 1);
  expect((await open())[0].email).toContain("pl4nted-invitee");
  await eventually(
    async () =>
      (
        await admin`
        select from levqor_vault.keys
        where subject = ${`invitation:${invitations.revoked}`} and destroyed_by = 'erasure'`
      ).length > 0,
  );
  expect((await ask(`/api/v1/users/${user.user_id}`)).text).not.toContain("pl4nted");
  expect((await ask(`/api/v1/subjects/${subject}/export`, { method: "POST" })).text).not.toContain("pl4nted");
  expect(await hash()).toBe(before);
  const verify = Bun.spawn([process.execPath, REPLAY, "--verify"], {
    env: { PATH: process.env.PATH, DATABASE_URL: database.url, DATABASE_ADMIN_URL: database.admin_url },
    stdout: "pipe",
    stderr: "pipe",
  });
  expect([await verify.exited, await new Response(verify.stderr).text()]).toEqual([0, ""]);

  await service.stop();
  await admin.unsafe(RESTORE_VAULT);
  service = await start();
  await erased(theirs, support);
  await erased(customers, operator);
  const senders = `support:${thread.split("/").at(-1)}`;
  await eventually(async () => {
    const left = await admin`select from levqor_vault.keys where subject = ${senders} and wrapped is not null`;
    return left.length === 0;
  });
  expect((await ask(thread)).text).not.toContain("pl4nted");
  const { text } = await ask(`/api/v1/jobs/${others[0]}/events`, { headers: other.session });
  expect(text).toContain("pl4nted-payload");
}, 60_000);

const REPLAY = Bun.fileURLToPath(import.meta.resolve("../scripts/replay.ts"));
const COPY_VAULT = `
do $$ declare t name; begin
  create schema older_vault;
  for t in select tablename from pg_tables where schemaname = 'levqor_vault' loop
    execute format('create table older_vault.%I as table levqor_vault.%I', t, t);
  end loop;
end $$`;
/** As from a backup. */
const RESTORE_VAULT = `
do $$ declare t name; begin
  set local session_replication_role = replica;
  for t in select tablename from pg_tables where schemaname = 'older_vault' loop
    execute format('delete from levqor_vault.%I', t);
    execute format('insert into levqor_vault.%I table older_vault.%I', t, t);
  end loop;
end $$`;

/** Waits until the histories of jobs say nothing personal, and that it was erased. */
async function erased(jobs: readonly string[], headers: Headers): Promise<void> {
  await eventually(async () => {
    const texts = await Promise.all(jobs.map(async (id) => (await ask(`/api/v1/jobs/${id}/events`, { headers })).text));
    return texts.every((text) => !text.includes("pl4nted") && text.includes('"erased":["/payload"'));
  });
}

/** Where something personal is in the clear. */
async function stored(): Promise<string[]> {
  const found: string[] = [];
  const tables = await admin<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname like 'levqor%'`;
  for (const { name } of tables) {
    const rows = await admin.unsafe(`select t::text as text from ${name} t where t::text ~ 'pl4nted|${agent}'`);
    found.push(...rows.map(({ text }) => `${name}: ${text}`));
  }
  for (const folder of Object.values(folders)) {
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const path = join(folder, file);
      if (statSync(path).isFile() && [agent, "pl4nted"].some((text) => readFileSync(path).includes(text))) {
        found.push(path);
      }
    }
  }
  return found;
}
