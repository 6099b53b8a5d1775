/** Sessions beside issued keys, and asking for a link to sign in with a known address beside an unknown one. */
import { randomBytes } from "node:crypto";
import { sessionStream } from "../events/session.ts";
import { userAccount } from "../events/user.ts";
import { type Access, newKey, newSessionSecret, startAccess } from "../src/access/mod.ts";
import { type UserParts, upsertUser } from "../src/access/users.ts";
import { inProcessBus } from "../src/bus/mod.ts";
import { connect } from "../src/db/mod.ts";
import { firstDecision } from "../src/domain/decider.ts";
import { keyDecider } from "../src/domain/key.ts";
import { sessionDecider } from "../src/domain/session.ts";
import { credentialOf } from "../src/http/request/credential.ts";
import { cookiesOf } from "../src/http/request/session_cookie.ts";
import { openLog } from "../src/log/mod.ts";
import { MasterKeys, personalLog, Vault } from "../src/vault/mod.ts";
import type { Context } from "./support/context.ts";
import { Progress } from "./support/progress.ts";
import { atMost, figure, type Section } from "./support/report.ts";
import { silent } from "./support/silent.ts";
import type { Stage } from "./support/stage.ts";
import { median } from "./support/statistics.ts";

const ROUNDS = 9;
const MAIN = new URL("../src/main.ts", import.meta.url).pathname;

type Headers = Record<string, string>;

export async function signIn({ cluster, quick }: Context, stage: Stage): Promise<Section> {
  const { url } = await cluster.levqor("sign_in");
  const sql = connect(url, { max: 4 });
  stage.defer(() => sql.end());
  const plain = openLog({ url });
  stage.defer(() => plain.close());
  const vault_key = randomBytes(32).toString("base64");
  const periods = { trace_days: 90, evidence_years: 3, fiscal_years: 10 };
  const vault = new Vault({ sql, master_keys: new MasterKeys([vault_key]), periods });
  stage.defer(async () => vault.close());
  const log = personalLog(plain, vault);
  const progress = new Progress("sign in", ROUNDS + 1);

  const bus = inProcessBus({ log: plain });
  stage.defer(() => bus.close());
  const access = startAccess({
    log,
    bus,
    sql,
    keys: [randomBytes(24).toString("hex")],
    production: true,
    logger: silent,
  });
  stage.defer(() => access.stop());
  const cookies = cookiesOf({ production: true });

  async function key(): Promise<string> {
    const { text, ...made } = newKey("live");
    const id = crypto.randomUUID();
    const granted = {
      name: "K",
      environment: "live",
      scopes: ["jobs:read"],
      workflows: null,
      tier: "free",
      expires_at: null,
    } as const;
    const user = userAccount(crypto.randomUUID());
    const events = firstDecision(keyDecider, { type: "create", ...granted, scopes: ["jobs:read"], ...made });
    await log.append({
      stream_id: `key-${id}`,
      expected_version: 0,
      events,
      meta: { actor: user, account: user, correlation_id: id },
    });
    return text;
  }
  async function session(): Promise<string> {
    const { text, hash } = newSessionSecret();
    const [id, user] = [Bun.randomUUIDv7(), userAccount(crypto.randomUUID())];
    const events = firstDecision(sessionDecider, {
      type: "start",
      user,
      hash,
      method: "sso",
      ip: null,
      user_agent: null,
    });
    const meta = { actor: user, account: user, subject: user, correlation_id: id };
    await log.append({ stream_id: sessionStream(id), expected_version: 0, events, meta });
    return text;
  }

  const many = quick ? 10 : 1_000;
  const [keys, sessions] = [
    await Promise.all(Array.from({ length: many }, key)),
    await Promise.all(Array.from({ length: many }, session)),
  ];
  const ways: Record<string, readonly Headers[]> = {
    "an issued key": keys.map((text) => ({ authorization: `Bearer ${text}` })),
    "a session's token": sessions.map((text) => ({ authorization: `Bearer ${text}` })),
    "a session's cookie": sessions.map((text) => ({ cookie: `theme=dark; __Host-levqor-session=${text}` })),
  };
  const check = (headers: Headers) => access.identify(credentialOf(headers) ?? cookies.session.read(headers));
  for (const all of Object.values(ways)) for (const headers of all) await known(check(headers));
  const taken = new Map(Object.keys(ways).map((way) => [way, [] as number[]]));
  const times = quick ? 1_000 : 200_000;
  for (let round = 0; round < ROUNDS; round++) {
    for (const [way, all] of Object.entries(ways)) {
      const start = performance.now();
      for (let i = 0; i < times; i++) void check(all[i % all.length] as Headers);
      taken.get(way)?.push(((performance.now() - start) * 1_000) / times);
    }
    progress.step(`round ${round + 1}`);
  }
  const checks = [...taken].map(([way, all]) => ({ way, us: median(all) }));
  const by_key = checks[0]?.us ?? Number.NaN;

  const asked = quick ? 20 : 2_000;
  const { waits, bodies } = await asking({
    log,
    vault,
    asked,
    service: await startService(stage, { DATABASE_URL: url, VAULT_KEY: vault_key }),
  });
  progress.step("sign-ins");
  const [of_known, of_unknown] = [median(waits.known), median(waits.unknown)];

  return {
    title: "Signing in",
    method:
      `Who makes a request, from its headers, ${times.toLocaleString("en-US")} times with each of ${many.toLocaleString("en-US")} keys and sessions in turn; ` +
      `${ROUNDS} interleaved rounds, medians. And \`POST /auth/sign-in\` to a service in a process of its own, ${asked.toLocaleString("en-US")} times each, ` +
      "alternately with the address of a user and with one that nobody has, one after another.",
    tables: [
      { columns: ["who is it?", "µs"], rows: checks.map(({ way, us }) => [way, figure(us)]) },
      {
        columns: ["asking for a link", "median µs"],
        rows: [
          ["a known address", figure(of_known)],
          ["an unknown address", figure(of_unknown)],
        ],
      },
    ],
    bars: [
      ...checks.slice(1).map(({ way, us }) => atMost(`${way} against an issued key`, us / by_key, 1.5)),
      atMost("the difference between known and unknown, of the median", Math.abs(of_known / of_unknown - 1), 0.02),
      atMost("different responses", bodies.size, 1),
    ],
    notes: ["The service mails in jobs, which nobody runs here: neither address has anything to do with the response."],
  };
}

/** Asks for links to sign in with the addresses of users and with others: microseconds each, and what was answered. */
async function asking({
  log,
  vault,
  asked,
  service,
}: UserParts & { readonly asked: number; readonly service: string }) {
  const addresses = { known: [] as string[], unknown: [] as string[] };
  for (let i = 0; i < asked; i++) {
    const email = (what: string) => `${what}-${String(i).padStart(5, "0")}@example.com`;
    addresses.known.push(email("aaaaa"));
    addresses.unknown.push(email("bbbbb"));
    await upsertUser({ log, vault }, { profile: { email: email("aaaaa") }, meta: { actor: "key:1" } });
  }
  const waits = { known: [] as number[], unknown: [] as number[] };
  const bodies = new Set<string>();
  const ask = async (what: "known" | "unknown", email: string, measured: boolean) => {
    const start = performance.now();
    const response = await fetch(`${service}/auth/sign-in`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email }),
    });
    bodies.add(`${response.status} ${await response.text()}`);
    if (measured) waits[what].push((performance.now() - start) * 1_000);
  };
  for (let i = 0; i < Math.min(200, asked); i++) await ask("unknown", `warm-${i}@example.com`, false);
  for (let i = 0; i < asked; i++) {
    const both = (["known", "unknown"] as const).map((what) => [what, addresses[what][i] as string] as const);
    // In either order, as often.
    for (const [what, email] of i % 2 ? both : both.reverse()) await ask(what, email, true);
  }
  return { waits, bodies };
}

async function known(identity: ReturnType<Access["identify"]>): Promise<void> {
  const { kind } = await identity;
  if (kind !== "known") throw new Error(`Cannot measure: the caller is ${kind}`);
}

/** Starts a service that serves the API alone, without rate limits, and returns its address. */
async function startService(stage: Stage, env: Record<string, string>): Promise<string> {
  const settings = {
    ...{ PATH: process.env.PATH, LEVQOR_ROLE: "api", PORT: "0", HOST: "127.0.0.1", LOG_FORMAT: "json" },
    ...{ API_KEYS: randomBytes(24).toString("hex"), WEBHOOK_SECRET: `whsec_${randomBytes(32).toString("base64")}` },
    ...{ RATE_BURST: "none", RATE_GLOBAL: "none", ...env },
  };
  const child = Bun.spawn([process.execPath, MAIN], { env: settings, stdout: "pipe", stderr: "inherit" });
  stage.defer(async () => {
    child.kill("SIGTERM");
    await child.exited;
  });
  let logged = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    logged += decoder.decode(chunk, { stream: true });
    const url = /"url":"([^"]+)".*"msg":"Levqor is ready"/.exec(logged)?.[1];
    if (url) return url.replace(/\/$/, "");
  }
  throw new Error(`Cannot start the service: ${logged}`);
}
