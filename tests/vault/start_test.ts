import { describe, expect, test } from "bun:test";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DataDirUnusableError } from "../../src/db/mod.ts";
import { checkWrapping, MasterKeyMissingError, MasterKeys, openMasterKeys } from "../../src/vault/mod.ts";
import { testFolder } from "../support/postgres.ts";
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

describe("a master key of the service's own", () => {
  const opened = (data_dir: string, vault_key: readonly string[] = []) =>
    openMasterKeys({ sql: bench.sql, vault_key, data_dir });
  /** As in a new database. */
  const empty = () => bench.admin`delete from levqor_vault.keys`;

  test("is generated once for a new vault, and readable by its owner alone", async () => {
    await empty();
    const data_dir = testFolder();
    const { ids } = await opened(data_dir);
    expect(ids).toHaveLength(1);
    expect((await opened(data_dir)).ids).toEqual(ids);
    const path = join(data_dir, "vault-key");
    expect(readFileSync(path, "utf8")).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await opened("/nowhere", [readFileSync(path, "utf8").trim()])).ids).toEqual(ids);
  });

  test("that is lost is not replaced: another would open nothing", async () => {
    await empty();
    const data_dir = testFolder();
    const path = join(data_dir, "vault-key");
    await opened(data_dir);
    const key = readFileSync(path, "utf8");
    await bench.open({ master_keys: [key.trim()] }).pseudonym({ kind: "email", value: "ada@example.com" });
    rmSync(path);
    const refusal = await opened(data_dir).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(MasterKeyMissingError);
    expect((refusal as Error).message).toContain(`the file ${path}, is missing`);
    expect(() => statSync(path)).toThrow("ENOENT");
    writeFileSync(path, key);
    expect((await opened(data_dir)).ids).toEqual(new MasterKeys([key.trim()]).ids);
  });

  test("that is none is refused without being shown", async () => {
    const data_dir = testFolder();
    const path = join(data_dir, "vault-key");
    for (const text of ["", "secret", Buffer.alloc(31).toString("base64"), Buffer.alloc(33).toString("base64")]) {
      writeFileSync(path, text);
      await expect(opened(data_dir)).rejects.toThrow(
        new DataDirUnusableError(
          `Cannot open the vault: ${path} does not contain its key, which is the base64 of 32 bytes. ` +
            "Restore the file from a backup, or delete it if nothing was ever sealed: what was cannot be opened with another key.",
        ),
      );
    }
  });
});
