/**
 * What sealing costs: recording users sealed beside recording them in the clear, and rebuilding a read model from sealed events
 * beside the same ones in the clear.
 */
import { upsertUser } from "../src/access/users.ts";
import { connect } from "../src/db/mod.ts";
import { type EventLog, openLog } from "../src/log/mod.ts";
import { personalLog, type Vault } from "../src/vault/mod.ts";
import type { Context } from "./support/context.ts";
import { Progress } from "./support/progress.ts";
import { atLeast, figure, type Section } from "./support/report.ts";
import type { Stage } from "./support/stage.ts";
import { median } from "./support/statistics.ts";
import { benchVault } from "./support/vault.ts";
import type { RebuildArgument, RebuildResult } from "./tasks/rebuild.ts";
import type { SeedArgument } from "./tasks/seed.ts";

const ROUNDS = 5;
const UPSERTS_AT_ONCE = 32;
const SUBJECTS = 1_000;

export async function people({ cluster, quick }: Context, stage: Stage): Promise<Section> {
  const [upserts, events] = quick ? [100, 3_000] : [3_000, 300_000];
  const progress = new Progress("people", 2);
  const { url } = await cluster.levqor("people");
  const sql = connect(url, { max: 8 });
  stage.defer(() => sql.end());
  const plain = openLog({ url });
  stage.defer(() => plain.close());
  const vault = benchVault(sql);
  stage.defer(async () => vault.close());
  const log = personalLog(plain, vault);

  const users = await upserting({ plain, log, vault, times: upserts });
  progress.step("users recorded");
  const rebuilt = await rebuilding({ cluster, quick } as Context, stage, events);
  progress.step("read models rebuilt");
  return {
    title: "People",
    method:
      `Recording ${upserts.toLocaleString("en-US")} new users, ` +
      `${UPSERTS_AT_ONCE} at once, through the log that seals and the one that does not; and rebuilding \`jobs\` from ` +
      `${events.toLocaleString("en-US")} events about ${SUBJECTS.toLocaleString("en-US")} subjects, and about nobody. ${ROUNDS} interleaved rounds, of the rebuild 3; medians.`,
    tables: [
      {
        columns: ["", "users/s", "events/s rebuilt"],
        rows: [
          ["in the clear", figure(users.plain), figure(rebuilt.plain)],
          ["**sealed**", figure(users.sealed), figure(rebuilt.sealed)],
        ],
      },
    ],
    bars: [
      atLeast("recording users sealed against in the clear", users.sealed / users.plain, 0.8),
      atLeast("rebuilding from sealed events against plain ones", rebuilt.sealed / rebuilt.plain, 0.9),
    ],
    notes: ["Both ways of recording users claim their addresses in the vault's index."],
  };
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
