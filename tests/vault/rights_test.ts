import { describe, expect, test } from "bun:test";
import { vaultBench } from "./support.ts";

const bench = vaultBench();

describe("the service's role", () => {
  test.each([
    "insert into levqor_vault.keys (key_id) values ('a')",
    "update levqor_vault.keys set wrapped = null",
    "update levqor_vault.keys set destroyed_at = null",
    "delete from levqor_vault.keys",
    "truncate levqor_vault.keys",
    "insert into levqor_vault.blind_index values ('email', 'a', 'user:1')",
    "update levqor_vault.blind_index set subject = 'user:1'",
    "delete from levqor_vault.blind_index",
    "create table levqor_vault.mine ()",
  ])("may not %s", async (statement) => {
    await expect(bench.sql.unsafe(statement)).rejects.toThrow(/permission denied|must be owner/);
  });

  test("may destroy no key of the blind index, and retire none without an end", async () => {
    const subject = "vault:blind-index";
    await expect(bench.sql.unsafe("select levqor_vault.destroy(array[$1], array['index'])", [subject])).rejects.toThrow(
      "cannot be destroyed",
    );
    for (const kind of ["profile", "index"]) {
      await expect(bench.sql.unsafe("select levqor_vault.retire($1, '0', 1)", [kind])).rejects.toThrow("have no end");
    }
  });
});

test("a key that was destroyed cannot be given back, and a class must be one", async () => {
  const [vault, subject] = [bench.open(), bench.subject()];
  const { key_id = "" } = await vault.sealData(
    { value: 1 },
    { event: { stream_id: "user-1", version: 1 }, pointers: ["/value"], subject, class: "profile" },
  );
  const [row] = await bench.sql`select wrapped, master_key from levqor_vault.keys where key_id = ${key_id}`;
  await vault.destroy(subject, ["profile"]);
  for (const master_key of [row?.master_key, ""]) {
    const [result] = await bench.sql`
      select levqor_vault.rewrap(${key_id}, ${master_key}, ${row?.wrapped}, ${row?.master_key}) as done`;
    expect(result?.done).toBe(false);
  }
  const [taken] = await bench.sql`
    select * from levqor_vault.take_key(${subject}, 'profile', 'new', ${row?.wrapped}, ${row?.master_key}, null)`;
  expect(taken).toMatchObject({ key_id, wrapped: null });
  await expect(
    bench.sql`select * from levqor_vault.take_key(${subject}, 'other', 'new', ${row?.wrapped}, ${row?.master_key}, null)`,
  ).rejects.toThrow("keys_class_check");
});
