import { describe, expect, test } from "bun:test";
import type { PersonalClass } from "../../events/personal.ts";
import {
  type DestroyedKey,
  keepVault,
  MasterKeys,
  retireKeys,
  rewrapKeys,
  type Vault,
  wrappingProgress,
} from "../../src/vault/mod.ts";
import { masterKey, PERIODS, vaultBench } from "./support.ts";

const bench = vaultBench();
const event = { stream_id: "user-42", version: 1 };
const pointers = ["/value"];

const seal = (vault: Vault, subject: string, as: PersonalClass) =>
  vault.sealData({ value: "secret" }, { event, pointers, subject, class: as });
const open = async (vault: Vault, data: unknown) => (await vault.openData(data, { event, pointers })).data;

/** Makes a key older, and its last use. */
async function age(key_id: string | undefined, interval: string): Promise<void> {
  await bench.admin.unsafe(
    `update levqor_vault.keys set created_at = created_at - $1::interval, last_used_at = last_used_at - $1::interval
    where key_id = $2`,
    [interval, key_id as string],
  );
}

/** A pass that resolves to the keys of some subjects that it reported. */
async function retired(periods = PERIODS): Promise<string[]> {
  const keys: string[] = [];
  await retireKeys({
    sql: bench.sql,
    periods,
    on_retired: async (some) => keys.push(...some.map((key) => key.key_id)),
  });
  return keys;
}

describe("retention", () => {
  test.each([
    ["trace", "89 days 23:59", "1 minute"],
    ["evidence", "3 years 23:59", "1 minute"],
    ["fiscal", "132 months -1 minute", "1 minute"],
  ] as const)("destroys a %s key when its time is over, and no sooner", async (as, nearly, rest) => {
    const vault = bench.open();
    const subject = bench.subject();
    const { key_id, data } = await seal(vault, subject, as);
    await age(key_id, nearly);
    expect(await retired()).not.toContain(key_id as string);
    expect(await open(bench.open(), data)).toEqual({ value: "secret" });
    await age(key_id, rest);
    expect(await retired()).toContain(key_id as string);
    expect(await open(bench.open(), data)).toEqual({ value: null });
    expect(await retired()).toEqual([]);
    // Its time was over; nobody was erased.
    expect(await vault.destroyed(subject)).toEqual([]);
  });

  test("never ends a profile, or the blind index", async () => {
    const vault = bench.open();
    const { key_id, data } = await seal(vault, bench.subject(), "profile");
    const name = await vault.pseudonym({ kind: "email", value: "a" });
    await bench.admin`update levqor_vault.keys set created_at = created_at - interval '900 years'`;
    expect(await retired()).not.toContain(key_id as string);
    expect(await open(bench.open(), data)).toEqual({ value: "secret" });
    expect(await bench.open().pseudonym({ kind: "email", value: "a" })).toBe(name);
  });

  test("has the periods that are configured", async () => {
    const { key_id } = await seal(bench.open(), bench.subject(), "trace");
    await age(key_id, "1 day");
    expect(await retired({ ...PERIODS, trace_days: 2 })).not.toContain(key_id as string);
    expect(await retired({ ...PERIODS, trace_days: 1 })).toContain(key_id as string);
  });

  test.each([
    ["trace", "9 days", "-1 minute"],
    ["fiscal", "1 year", "-1 minute"],
  ] as const)("a %s key seals for a tenth of its time; then another does, and both open", async (as, sealing, less) => {
    const subject = bench.subject();
    const first = await seal(bench.open(), subject, as);
    await age(first.key_id, sealing);
    await age(first.key_id, less);
    expect((await seal(bench.open(), subject, as)).key_id).toBe(first.key_id as string);
    await age(first.key_id, "1 minute");
    const vault = bench.open();
    const seconds = await Promise.all([
      seal(vault, subject, as),
      seal(bench.open(), subject, as),
      seal(vault, subject, as),
    ]);
    expect(new Set(seconds.map(({ key_id }) => key_id)).size).toBe(1);
    expect(seconds[0]?.key_id).not.toBe(first.key_id as string);
    for (const { data } of [first, ...seconds]) expect(await open(vault, data)).toEqual({ value: "secret" });
  });

  test("a key that stops sealing while it is cached is used no longer", async () => {
    const subject = bench.subject();
    const vault = bench.open();
    const first = await seal(vault, subject, "trace");
    vault.close();
    // It seals for 300 ms more.
    await age(first.key_id, "9 days -00:00:00.3");
    await seal(vault, subject, "trace");
    const end = performance.now() + 300;
    let last = first;
    while (performance.now() <= end) last = await seal(vault, subject, "trace");
    last = await seal(vault, subject, "trace");
    expect(last.key_id).not.toBe(first.key_id as string);
  });

  test("of evidence begins again with each use: sealing, or being relied on", async () => {
    const subject = bench.subject();
    const { key_id } = await seal(bench.open(), subject, "evidence");
    const day = "3 years 23:00";
    await age(key_id, day);
    await bench.open().noteUse(subject, "evidence");
    await age(key_id, day);
    await seal(bench.open(), subject, "evidence");
    await age(key_id, day);
    expect(await retired()).not.toContain(key_id as string);
    await age(key_id, "1 hour");
    expect(await retired()).toContain(key_id as string);
    expect((await seal(bench.open(), subject, "evidence")).key_id).not.toBe(key_id as string);
  });

  test("does not note a use more than once a day", async () => {
    const subject = bench.subject();
    const { key_id } = await seal(bench.open(), subject, "evidence");
    const used = async () =>
      (await bench.sql`select last_used_at from levqor_vault.keys where key_id = ${key_id as string}`)[0]?.last_used_at;
    await age(key_id, "23:59");
    const before = await used();
    await bench.open().noteUse(subject, "evidence");
    expect(await used()).toBe(before);
    await age(key_id, "1 minute");
    await bench.open().noteUse(subject, "evidence");
    expect(await used()).not.toBe(before);
  });

  test("reports keys again until the report succeeds", async () => {
    const { key_id } = await seal(bench.open(), bench.subject(), "trace");
    await age(key_id, "90 days");
    const failing = retireKeys({
      sql: bench.sql,
      periods: PERIODS,
      on_retired: () => Promise.reject(new Error("no log")),
    });
    await expect(failing).rejects.toThrow("no log");
    expect(await retired()).toEqual([key_id as string]);
    expect(await retired()).toEqual([]);
  });

  test("ends more keys than fit into a batch, each once, by passes of two processes at once", async () => {
    const vault = bench.open();
    const subjects = Array.from({ length: 501 }, bench.subject);
    const keys = await Promise.all(
      subjects.map(async (subject) => (await seal(vault, subject, "trace")).key_id as string),
    );
    await bench.admin.unsafe(
      "update levqor_vault.keys set created_at = created_at - interval '90 days' where key_id = any($1::text[])",
      [keys],
    );
    const reported: DestroyedKey[] = [];
    const pass = () =>
      retireKeys({ sql: bench.sql, periods: PERIODS, on_retired: async (some) => reported.push(...some) });
    await Promise.all([pass(), pass()]);
    expect(new Set(reported.map(({ key_id }) => key_id))).toEqual(new Set(keys));
    const [left] = await bench.sql<[{ count: number }]>`
      select count(*) as count from levqor_vault.keys where key_id = any(${keys}) and (wrapped is not null or not reported)`;
    expect(left.count).toBe(0);
  });

  test("leaves an erased subject erased", async () => {
    const vault = bench.open();
    const subject = bench.subject();
    const { key_id } = await seal(vault, subject, "trace");
    await vault.destroy(subject, ["trace"]);
    await age(key_id, "90 days");
    expect(await retired()).toEqual([]);
    expect((await seal(bench.open(), subject, "trace")).erased).toBe(true);
  });

  test("an erasure also holds for a subject whose keys had come to their end before", async () => {
    const vault = bench.open();
    const subject = bench.subject();
    const { key_id } = await seal(vault, subject, "trace");
    await age(key_id, "90 days");
    await retired();
    expect(await vault.destroy(subject, ["trace"])).toEqual([]);
    expect((await seal(bench.open(), subject, "trace")).erased).toBe(true);
  });
});

describe("replacing master keys", () => {
  const logger = () => {
    const errors: object[] = [];
    return { errors, warn() {}, info() {}, error: (fields: object) => errors.push(fields) };
  };

  test("wraps every key with the first one, while all are used; the old one is then not needed", async () => {
    const [old, next] = [masterKey(), masterKey()];
    const before = bench.open({ master_keys: [old] });
    const sealed = await Promise.all(Array.from({ length: 401 }, () => seal(before, bench.subject(), "profile")));
    const master_keys = new MasterKeys([next, old]);
    const progress = () => wrappingProgress(bench.sql, master_keys);
    const { unknown } = await progress();
    expect(await progress()).toEqual({ current: 0, old: 401, unknown });
    const both = bench.open({ master_keys: [next, old] });
    expect(await open(both, sealed[0]?.data)).toEqual({ value: "secret" });

    const passes = [rewrapKeys({ sql: bench.sql, master_keys }), rewrapKeys({ sql: bench.sql, master_keys })];
    const [one = 0, other = 0] = await Promise.all(passes);
    expect(one + other).toBe(401);
    expect(await progress()).toEqual({ current: 401, old: 0, unknown });
    expect(await rewrapKeys({ sql: bench.sql, master_keys })).toBe(0);

    const after = bench.open({ master_keys: [next] });
    for (const { data } of sealed) expect(await open(after, data)).toEqual({ value: "secret" });
    await expect(open(bench.open({ master_keys: [old] }), sealed[0]?.data)).rejects.toThrow("VAULT_KEY does not have");
  });

  test("does not bring back a key that is destroyed meanwhile", async () => {
    const [old, next] = [masterKey(), masterKey()];
    const subject = bench.subject();
    const { key_id, data } = await seal(bench.open({ master_keys: [old] }), subject, "profile");
    const [row] = await bench.sql`select * from levqor_vault.keys where key_id = ${key_id as string}`;
    const master_keys = new MasterKeys([next, old]);
    const rewrapped = master_keys.rewrap(row as never, row as never);
    await bench.open().destroy(subject, ["profile"]);
    const [result] = await bench.sql`
      select levqor_vault.rewrap(${key_id as string}, ${row?.master_key}, ${rewrapped.wrapped}, ${rewrapped.master_key}) as done`;
    expect(result?.done).toBe(false);
    expect(await open(bench.open({ master_keys: [next] }), data)).toEqual({ value: null });
  });

  test("names keys that no master key unwraps, and continues with the others", async () => {
    const [old, next, lost] = [masterKey(), masterKey(), masterKey()];
    const broken = await seal(bench.open({ master_keys: [old] }), bench.subject(), "profile");
    const sound = await seal(bench.open({ master_keys: [old] }), bench.subject(), "profile");
    const gone = await seal(bench.open({ master_keys: [lost] }), bench.subject(), "profile");
    await bench.admin`update levqor_vault.keys set wrapped = '' where key_id = ${broken.key_id as string}`;
    const log = logger();
    const master_keys = new MasterKeys([next, old]);
    expect(await rewrapKeys({ sql: bench.sql, master_keys, logger: log })).toBe(1);
    expect(log.errors).toHaveLength(1);
    expect(String((log.errors[0] as { err: Error }).err)).toContain(`Cannot use the key ${broken.key_id}`);
    expect(await open(bench.open({ master_keys: [next] }), sound.data)).toEqual({ value: "secret" });
    const { unknown, ...known } = await wrappingProgress(bench.sql, master_keys);
    expect(known).toEqual({ current: 1, old: 1 });
    expect(unknown[new MasterKeys([lost]).first]).toBe(1);
    await expect(open(bench.open({ master_keys: [next] }), gone.data)).rejects.toThrow("VAULT_KEY does not have");
  });
});

test("one process at a time keeps the vault: it retires and wraps keys until it is stopped", async () => {
  const [old, next] = [masterKey(), masterKey()];
  const vault = bench.open({ master_keys: [old] });
  const trace = await seal(vault, bench.subject(), "trace");
  const profile = await seal(vault, bench.subject(), "profile");
  await age(trace.key_id, "90 days");
  const reported = Promise.withResolvers<readonly DestroyedKey[]>();
  const master_keys = new MasterKeys([next, old]);
  const keeping = keepVault({
    sql: bench.sql,
    periods: PERIODS,
    master_keys,
    holder: "test",
    logger: { warn() {}, info() {}, error() {} },
    on_retired: async (keys) => reported.resolve(keys),
    every_ms: 5,
  });
  expect((await reported.promise).map(({ key_id }) => key_id)).toEqual([trace.key_id as string]);
  while (true) {
    const [row] = await bench.sql`select master_key from levqor_vault.keys where key_id = ${profile.key_id as string}`;
    if (row?.master_key === master_keys.first) break;
  }
  await keeping.stop();
});
