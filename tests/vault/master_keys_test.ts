import { expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DataDirUnusableError } from "../../src/db/mod.ts";
import { MasterKeys, openMasterKeys, VaultKeyError } from "../../src/vault/mod.ts";
import { testFolder } from "../support/postgres.ts";
import { masterKey } from "./support.ts";

test("a master key is generated once, if none is configured, and readable by its owner alone", () => {
  const data_dir = testFolder();
  const { ids } = openMasterKeys({ vault_key: [], data_dir });
  expect(ids).toHaveLength(1);
  expect(openMasterKeys({ vault_key: [], data_dir }).ids).toEqual(ids);
  const path = join(data_dir, "vault-key");
  expect(readFileSync(path, "utf8")).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(openMasterKeys({ vault_key: [readFileSync(path, "utf8").trim()], data_dir: "/nowhere" }).ids).toEqual(ids);
});

test("a stored master key that is none is refused without being shown", () => {
  const data_dir = testFolder();
  const path = join(data_dir, "vault-key");
  for (const text of ["", "secret", Buffer.alloc(31).toString("base64"), Buffer.alloc(33).toString("base64")]) {
    writeFileSync(path, text);
    expect(() => openMasterKeys({ vault_key: [], data_dir })).toThrow(
      new DataDirUnusableError(
        `Cannot open the vault: ${path} does not contain its key, which is the base64 of 32 bytes. ` +
          "Restore the file from a backup, or delete it if nothing was ever sealed: what was cannot be opened with another key.",
      ),
    );
  }
});

test("the first master key wraps, and all unwrap; their ids say nothing of them", () => {
  const [first, second] = [masterKey(), masterKey()];
  const identity = { key_id: "key", subject: "user:1", class: "profile" };
  const old = new MasterKeys([second]);
  const both = new MasterKeys([first, second]);
  const wrapped = old.create(identity);
  expect(wrapped.master_key).toBe(old.first);
  expect(both.ids).toEqual([both.first, old.first]);
  expect(both.first).toMatch(/^[0-9a-f]{16}$/);
  const rewrapped = both.rewrap(wrapped, identity);
  expect(rewrapped.master_key).toBe(both.first);
  expect(new MasterKeys([first]).unwrap(rewrapped, identity)).toEqual(old.unwrap(wrapped, identity));
  for (const other of [{ key_id: "other" }, { subject: "user:2" }, { class: "fiscal" }]) {
    expect(() => old.unwrap(wrapped, { ...identity, ...other })).toThrow(VaultKeyError);
  }
});

test("there is at least one, of 32 bytes", () => {
  const refusal = "Cannot open the vault: it needs master keys of 32 bytes each";
  for (const keys of [[], [Buffer.alloc(31).toString("base64")], [masterKey(), ""]]) {
    expect(() => new MasterKeys(keys)).toThrow(new VaultKeyError(refusal));
  }
});
