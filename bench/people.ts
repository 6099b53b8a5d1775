/**
 * What people cost: a session's check beside an issued key's, recording users sealed beside recording them in the clear, and
 * rebuilding a read model from sealed events beside the same ones in the clear.
 */
import { keyStream } from "../events/key.ts";
import { sessionStream } from "../events/session.ts";
import { newKey, newSessionSecret, startAccess } from "../src/access/mod.ts";
import { upsertUser } from "../src/access/users.ts";
import { inProcessBus } from "../src/bus/mod.ts";
import { connect } from "../src/db/mod.ts";
import { type EventLog, openLog } from "../src/log/mod.ts";
import { personalLog, type Vault } from "../src/vault/mod.ts";
import type { Context } from "./support/context.ts";
import { Progress } from "./support/progress.ts";
import { atLeast, atMost, figure, type Section } from "./support/report.ts";
import { silent } from "./support/silent.ts";
import type { Stage } from "./support/stage.ts";
import { median } from "./support/statistics.ts";
import { benchVault } from "./support/vault.ts";
import type { RebuildArgument, RebuildResult } from "./tasks/rebuild.ts";
import type { SeedArgument } from "./tasks/seed.ts";

const ROUNDS = 5;
const UPSERTS_AT_ONCE = 32;
const SUBJECTS = 1_000;
const USER = "user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";

export async function people({ cluster, quick }: Context, stage: Stage): Promise<Section> {
  const [checks, upserts, events] = quick ? [2_000, 100, 3_000] : [200_000, 3_000, 300_000];
  const progress = new Progress("people", 3);
  const { url } = await cluster.levqor("people");
  const sql = connect(url, { max: 8 });
  stage.defer(() => sql.end());
  const plain = openLog({ url });
  stage.defer(() => plain.close());
  const vault = benchVault(sql);
  stage.defer(async () => vault.close());
  const log = personalLog(plain, vault);

  const check = await checking(log, { stage, sql, times: checks });
  progress.step("credentials checked");
  const users = await upserting({ plain, log, vault, times: upserts });
  progress.step("users recorded");
  const rebuilt = await rebuilding({ cluster, quick } as Context, stage, events);
  progress.step("read models rebuilt");
  return {
    title: "People",
    method:
      `Finding out who has a credential, ${checks.toLocaleString("en-US")} times each; recording ${upserts.toLocaleString("en-US")} new users, ` +
      `${UPSERTS_AT_ONCE} at once, through the log that seals and the one that does not; and rebuilding \`jobs\` from ` +
      `${events.toLocaleString("en-US")} events about ${SUBJECTS.toLocaleString("en-US")} subjects, and about nobody. ${ROUNDS} interleaved rounds, of the rebuild 3; medians.`,
    tables: [
      {
        columns: ["", "µs a check"],
        rows: [
          ["issued key", figure(check.key)],
          ["**session**", figure(check.session)],
        ],
      },
      {
        columns: ["", "users/s", "events/s rebuilt"],
        rows: [
          ["in the clear", figure(users.plain), figure(rebuilt.plain)],
          ["**sealed**", figure(users.sealed), figure(rebuilt.sealed)],
        ],
      },
    ],
    bars: [
      atMost("a session's check against an issued key's", check.session / check.key, 1.5),
      atLeast("recording users sealed against in the clear", users.sealed / users.plain, 0.8),
      atLeast("rebuilding from sealed events against plain ones", rebuilt.sealed / rebuilt.plain, 0.9),
    ],
    notes: ["Both ways of recording users claim their addresses in the vault's index."],
  };
}

async function checking(
  log: EventLog,
  { stage, sql, times }: { stage: Stage; sql: ReturnType<typeof connect>; times: number },
): Promise<{ key: number; session: number }> {
  const bus = inProcessBus({ log });
  stage.defer(() => bus.close());
  const [key, session] = [newKey("test"), newSessionSecret()];
  const [key_id, session_id] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()];
  const { text: _, ...secret } = key;
  const created = { name: "bench", environment: "test", scopes: ["jobs:read"], workflows: null, tier: "free" };
  await log.append({
    stream_id: keyStream(key_id),
    expected_version: 0,
    events: [{ type: "key.created", data: { ...created, ...secret, expires_at: null } }],
    meta: { actor: "bench", correlation_id: key_id },
  });
  const started = { user: USER, hash: session.hash, method: "email_link", ip: "192.0.2.1", user_agent: "bench" };
  await log.append({
    stream_id: sessionStream(session_id),
    expected_version: 0,
    events: [{ type: "session.started", data: started }],
    meta: { actor: USER, account: USER, subject: USER, correlation_id: session_id },
  });
  const access = startAccess({ log, bus, sql, keys: ["operator"], production: false, logger: silent });
  stage.defer(() => access.stop());
  for (const { text } of [key, session]) {
    const { kind } = await access.identify(text);
    if (kind !== "known") throw new Error(`A credential is ${kind}`);
  }
  const micros = (text: string) => {
    const start = performance.now();
    for (let n = 0; n < times; n++) void access.identify(text);
    return (1_000 * (performance.now() - start)) / times;
  };
  const taken = { key: [] as number[], session: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    taken.key.push(micros(key.text));
    taken.session.push(micros(session.text));
  }
  return { key: median(taken.key), session: median(taken.session) };
}

/** Users a second. */
async function upserting({
  plain,
  log,
  vault,
  times,
}: {
  plain: EventLog;
  log: EventLog;
  vault: Vault;
  times: number;
}): Promise<{ plain: number; sealed: number }> {
  const rate = async (through: EventLog) => {
    let left = times;
    const start = performance.now();
    const one = async () => {
      while (left-- > 0) {
        const profile = { email: `${crypto.randomUUID()}@example.com`, name: "Ada Lovelace", locale: "en-GB" };
        await upsertUser({ log: through, vault }, { profile, meta: { actor: "bench" } });
      }
    };
    await Promise.all(Array.from({ length: UPSERTS_AT_ONCE }, one));
    return (1_000 * times) / (performance.now() - start);
  };
  const rates = { plain: [] as number[], sealed: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    rates.plain.push(await rate(plain));
    rates.sealed.push(await rate(log));
  }
  return { plain: median(rates.plain), sealed: median(rates.sealed) };
}

/** Events a second. */
async function rebuilding(
  { cluster, quick }: Context,
  stage: Stage,
  events: number,
): Promise<{ plain: number; sealed: number }> {
  const seeded = async (name: string, more: Partial<SeedArgument>): Promise<RebuildArgument> => {
    const database = await cluster.levqor(name);
    const argument = { url: database.url, events, postgres_pid: cluster.pid, ...more };
    await stage.child("tasks/seed.ts", argument).next();
    await database.tidy();
    return argument;
  };
  const [plain, sealed] = [await seeded("people_plain", {}), await seeded("people_sealed", { subjects: SUBJECTS })];
  const rates = { plain: [] as number[], sealed: [] as number[] };
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    for (const [name, argument] of Object.entries({ plain, sealed })) {
      const { seconds } = await stage.child<RebuildResult>("tasks/rebuild.ts", argument).next();
      rates[name as keyof typeof rates].push(events / seconds);
    }
  }
  return { plain: median(rates.plain), sealed: median(rates.sealed) };
}
