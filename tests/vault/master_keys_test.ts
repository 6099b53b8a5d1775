import { expect, test } from "bun:test";
import { MasterKeys, VaultKeyError } from "../../src/vault/mod.ts";
import { masterKey } from "./support.ts";

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
