import { describe, expect, test } from "bun:test";
import { checkWrapping, MasterKeys } from "../../src/vault/mod.ts";
import { masterKey, vaultBench } from "./support.ts";

const bench = vaultBench();

describe("a start", () => {
  const started = async (master_keys: readonly string[]) => {
    const logged: object[] = [];
    const note = (fields: object) => void logged.push(fields);
    const logger = { error: note, info: note };
    await checkWrapping({ sql: bench.sql, master_keys: new MasterKeys(master_keys), logger });
    return logged;
  };

  test("is refused if the vault belongs to a master key that is not configured, and names it", async () => {
    await bench.open().pseudonym({ kind: "email", value: "ada@example.com" });
    expect(await started([bench.master_key])).toEqual([]);
    // Until its keys are wrapped again, the old one is needed.
    expect(await started([masterKey(), bench.master_key])).toEqual([{ keys: 1 }]);
    const { first } = new MasterKeys([bench.master_key]);
    await expect(started([masterKey()])).rejects.toThrow(`the master key with the id ${first}`);
  });

  test("tells of keys that cannot be used any more", async () => {
    const lost = masterKey();
    const subject = bench.subject();
    const seal = { event: { stream_id: "user-1", version: 1 }, pointers: ["/a"], subject, class: "profile" } as const;
    await bench.open({ master_keys: [lost, bench.master_key] }).sealData({ a: 1 }, seal);
    expect(await started([bench.master_key])).toEqual([{ keys: { [new MasterKeys([lost]).first]: 1 } }]);
  });
});
