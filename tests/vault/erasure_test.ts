// Slow: erasing waits a second each time, until every process must know of it.
import { describe, expect, test } from "bun:test";
import { connect } from "../../src/db/mod.ts";
import { decodeJson, writeJson } from "../../src/json/mod.ts";
import type { Append } from "../../src/log/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { SealedValueError, type Vault, VaultUnavailableError } from "../../src/vault/mod.ts";
import { startProxy } from "../support/proxy.ts";
import { partsOf, vaultBench } from "./support.ts";

const bench = vaultBench();
const event = { stream_id: "user-42", version: 1 };
const pointers = ["/value"];

function seal(vault: Vault, { subject, as = "profile" }: { subject: string; as?: "profile" | "trace" | "evidence" }) {
  return vault.sealData({ value: "secret" }, { event, pointers, subject, class: as });
}

const open = (vault: Vault, data: unknown) => vault.openData(data, { event, pointers });
const ERASED = { data: { value: null }, erased: ["/value"] };
const OPEN = { data: { value: "secret" }, erased: [] };

describe("erasing", () => {
  test("destroys a subject's keys in some classes: what was sealed with them reads as erased, in every process", async () => {
    const [vault, other] = [bench.open(), bench.open()];
    const [subject, neighbour] = [bench.subject(), bench.subject()];
    const profile = await seal(vault, { subject });
    const evidence = await seal(vault, { subject, as: "evidence" });
    const theirs = await seal(vault, { subject: neighbour });
    for (const each of [vault, other]) expect(await open(each, profile.data)).toEqual(OPEN);

    expect(await vault.destroy(subject, ["profile", "trace"])).toEqual([
      { key_id: profile.key_id as string, subject, class: "profile" },
    ]);
    for (const each of [vault, other, bench.open()]) {
      expect(await open(each, profile.data)).toEqual(ERASED);
      expect(await open(each, evidence.data)).toEqual(OPEN);
      expect(await open(each, theirs.data)).toEqual(OPEN);
    }
  });

  test("leaves the rows without their keys, and says in which classes and when", async () => {
    const vault = bench.open();
    const subject = bench.subject();
    const { key_id } = await seal(vault, { subject });
    expect(await vault.destroyed(subject)).toEqual([]);
    await vault.destroy(subject, ["trace", "profile"]);
    const rows = await bench.sql`
      select key_id, class, wrapped, master_key, destroyed_by, destroyed_at is not null as is_over
      from levqor_vault.keys where subject = ${subject} order by class`;
    const over = { wrapped: null, master_key: null, destroyed_by: "erasure", is_over: true };
    expect([...rows]).toEqual([
      { key_id, class: "profile", ...over },
      { key_id: expect.stringMatching(/^[\w-]{22}$/), class: "trace", ...over },
    ]);
    expect((await vault.destroyed(subject)).map((each) => each.class)).toEqual(["profile", "trace"]);
  });

  test("may be repeated, and finds nothing then", async () => {
    const vault = bench.open();
    const subject = bench.subject();
    await seal(vault, { subject });
    expect(await vault.destroy(subject, ["profile"])).toHaveLength(1);
    const before = await vault.destroyed(subject);
    expect(await vault.destroy(subject, ["profile"])).toEqual([]);
    expect(await vault.destroyed(subject)).toEqual(before);
  });

  test("is for ever: what is sealed for the subject afterwards is not kept, and reads as erased", async () => {
    const [vault, other] = [bench.open(), bench.open()];
    const subject = bench.subject();
    await seal(other, { subject });
    await vault.destroy(subject, ["profile", "trace"]);
    for (const each of [vault, other]) {
      for (const as of ["profile", "trace"] as const) {
        const { data, erased, key_id } = await seal(each, { subject, as });
        expect([erased, key_id]).toEqual([true, undefined]);
        expect(partsOf((data as { value: unknown }).value).ciphertext).toHaveLength(0);
        expect(await open(each, decodeJson(writeJson(data)))).toEqual(ERASED);
      }
      expect((await seal(each, { subject, as: "evidence" })).erased).toBe(false);
    }
  });

  test("of many subjects is one wait, in several transactions", async () => {
    const vault = bench.open();
    const subjects = Array.from({ length: 501 }, bench.subject);
    await seal(vault, { subject: subjects[0] as string });
    await seal(vault, { subject: subjects[500] as string });
    const destroyed = await vault.destroy(subjects, ["profile"]);
    expect(new Set(destroyed.map(({ subject }) => subject))).toEqual(
      new Set([subjects[0] as string, subjects[500] as string]),
    );
    const [{ count }] = await bench.sql<[{ count: number }]>`
      select count(*) as count from levqor_vault.keys where subject = any(${subjects}) and destroyed_by = 'erasure'`;
    expect(count).toBe(501);
  });

  test("again after an older vault was restored destroys what came back", async () => {
    const subject = bench.subject();
    const { data, key_id } = await seal(bench.open(), { subject });
    await bench.admin`create table public.backup as select * from levqor_vault.keys where subject = ${subject}`;
    const vault = bench.open();
    await vault.destroy(subject, ["profile"]);
    await bench.admin`delete from levqor_vault.keys where subject = ${subject}`;
    await bench.admin`insert into levqor_vault.keys select * from public.backup`;
    const restarted = bench.open();
    expect(await open(restarted, data)).toEqual(OPEN);
    expect((await restarted.destroy(subject, ["profile"])).map((key) => key.key_id)).toEqual([key_id as string]);
    expect(await open(restarted, data)).toEqual(ERASED);
  });

  test("a value that was not kept is not mistaken for one that was, should its subject's key come back", async () => {
    const vault = bench.open();
    const subject = bench.subject();
    const { key_id } = await seal(vault, { subject });
    const [kept] =
      await bench.admin`select wrapped, master_key from levqor_vault.keys where key_id = ${key_id as string}`;
    await vault.destroy(subject, ["profile"]);
    const { data } = await seal(vault, { subject });
    await bench.admin`
      update levqor_vault.keys set wrapped = ${kept?.wrapped}, master_key = ${kept?.master_key}, destroyed_at = null,
        destroyed_by = null, destruction = null where key_id = ${key_id as string}`;
    await expect(open(bench.open(), data)).rejects.toThrow(SealedValueError);
  });
});

describe("erasing against sealing", () => {
  test("a value sealed before and recorded after is not confirmed, and reads as erased", async () => {
    const [vault, other] = [bench.open(), bench.open()];
    const subject = bench.subject();
    const sealed = await seal(vault, { subject });
    expect(await vault.confirm(sealed)).toBe(true);
    await other.destroy(subject, ["profile"]);
    expect(await vault.confirm(sealed)).toBe(false);
    expect(await vault.confirm(await seal(vault, { subject }))).toBe(false);
    expect(await open(vault, sealed.data)).toEqual(ERASED);
  });

  test("no key is created while the subject is being erased", async () => {
    const vault = bench.open();
    const subject = bench.subject();
    const held = Promise.withResolvers<void>();
    const erased = Promise.withResolvers<void>();
    // An erasure that has found no key yet, and is not committed.
    const erasing = bench.sql.begin(async (sql) => {
      await sql.unsafe("select levqor_vault.destroy(array[$1], array['profile'])", [subject]);
      erased.resolve();
      await held.promise;
    });
    await erased.promise;
    const sealing = seal(vault, { subject });
    const claiming = vault.claim({ kind: "email", value: subject }, subject);
    // Both wait for its lock.
    while (true) {
      const [waiting] = await bench.admin<[{ count: number }]>`
        select count(*) as count from pg_locks where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`;
      if (waiting.count === 2) break;
    }
    held.resolve();
    await erasing;
    expect((await sealing).erased).toBe(true);
    expect(await claiming).toEqual({ ok: false, reason: "erased" });
  });

  test("writers in two processes: nothing is confirmed after the end, and nothing is readable after it", async () => {
    const vaults = [bench.open(), bench.open()];
    const logs = [openLog({ url: bench.url }), openLog({ url: bench.url })];
    const subjects = Array.from({ length: 6 }, bench.subject);
    /** By subject, once its erasure is over. */
    const over = new Set<string>();
    const written: { place: { stream_id: string; version: number }; subject: string }[] = [];
    const [enough, stop] = [Promise.withResolvers<void>(), new AbortController()];

    const write = async (vault: Vault, log: ReturnType<typeof openLog>, subject: string) => {
      const thread = crypto.randomUUID();
      const place = { stream_id: `support-${thread}`, version: 1 };
      const data = { from: "sender", message: "secret" };
      const wasOver = over.has(subject);
      const sealed = await vault.sealData(data, { event: place, pointers: ["/message"], subject, class: "profile" });
      if (wasOver) expect(sealed.erased).toBe(true);
      const append: Append = {
        stream_id: place.stream_id,
        expected_version: 0,
        events: [{ type: "support.message_added", data: sealed.data as never }],
        meta: { actor: "anonymous", correlation_id: thread },
      };
      expect((await log.append(append)).ok).toBe(true);
      const wasOverBeforeAsking = over.has(subject);
      const confirmed = await vault.confirm(sealed);
      if (wasOverBeforeAsking || sealed.erased) expect(confirmed).toBe(false);
      written.push({ place, subject });
      if (written.length >= 60) enough.resolve();
    };
    const writers = subjects.flatMap((subject) =>
      vaults.map(async (vault, index) => {
        let after = 0;
        // Some more once it is over.
        while (!stop.signal.aborted && after < 3) {
          if (over.has(subject)) after++;
          await write(vault, logs[index] as (typeof logs)[0], subject);
        }
      }),
    );
    await enough.promise;
    await Promise.all(
      subjects.map(async (subject, index) => {
        await (vaults[index % 2] as Vault).destroy(subject, ["profile"]);
        over.add(subject);
      }),
    );
    await Promise.all(writers);
    stop.abort();

    const stored = await bench.sql<{ stream_id: string; data: string }[]>`
      select stream_id, data from levqor_log.events where stream_id = any(${written.map(({ place }) => place.stream_id)})`;
    expect(stored).toHaveLength(written.length);
    for (const vault of [...vaults, bench.open()]) {
      for (const { stream_id, data } of stored) {
        const opened = await vault.openData(decodeJson(data), {
          event: { stream_id, version: 1 },
          pointers: ["/message"],
        });
        expect(opened).toEqual({ data: { from: "sender", message: null }, erased: ["/message"] });
      }
    }
    await Promise.all(logs.map((log) => log.close()));
  });

  test("a process that cannot reach the vault uses no key any more", async () => {
    const proxy = await startProxy(bench.url);
    const pool = connect(proxy.url, { answer_timeout_ms: 200, connect_timeout_ms: 200, max: 1 });
    const vault = bench.open({ sql: pool });
    const subject = bench.subject();
    const sealed = await seal(vault, { subject });
    proxy.refusing = true;
    proxy.cut();
    await bench.open().destroy(subject, ["profile"]);
    await expect(open(vault, sealed.data)).rejects.toThrow();
    await expect(seal(vault, { subject })).rejects.toThrow();
    proxy.refusing = false;
    let opened: unknown;
    while (opened === undefined) opened = await open(vault, sealed.data).catch(() => undefined);
    expect(opened).toEqual(ERASED);
    expect((await seal(vault, { subject })).erased).toBe(true);
    await pool.end({ timeout: 1 });
    await proxy.close();
  });
});

test("nothing is sealed or opened if the database answers too late to be certain of a key", async () => {
  const { data } = await seal(bench.open(), { subject: bench.subject() });
  const pool = bench.sql;
  const late = async (...statement: Parameters<typeof pool>) => {
    await Bun.sleep(950);
    return await pool(...statement);
  };
  const sql = Object.assign(late, { unsafe: pool.unsafe, begin: pool.begin, end: pool.end }) as unknown as typeof pool;
  const vault = bench.open({ sql });
  const uses = await Promise.allSettled([open(vault, data), seal(vault, { subject: bench.subject() })]);
  const refusal = new VaultUnavailableError("Cannot use the vault: its database takes over 900 ms to answer");
  expect(uses.map((use) => use.status === "rejected" && use.reason)).toEqual([refusal, refusal]);
});

test("a process has a key in memory while it uses it, and for a second longer", async () => {
  const counted = counting();
  const vault = bench.open({ sql: counted.sql });
  const { data } = await seal(vault, { subject: bench.subject() });
  const before = counted.count;
  for (let i = 0; i < 100; i++) await open(vault, data);
  expect(counted.count - before).toBeLessThan(100);
  const { loads } = counted;
  await Bun.sleep(1_050);
  expect(await open(vault, data)).toEqual(OPEN);
  expect(counted.loads).toBe(loads + 1);
});

/** A pool that counts its statements, and those that load keys by id. */
function counting() {
  const pool = bench.sql;
  const counted = { count: 0, loads: 0, sql: pool };
  const count = (...statement: Parameters<typeof pool>) => {
    counted.count++;
    if (statement[0].join("").includes("where key_id = any")) counted.loads++;
    return pool(...statement);
  };
  counted.sql = Object.assign(count, { unsafe: pool.unsafe, begin: pool.begin, end: pool.end }) as typeof pool;
  return counted;
}
