import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import type { Claim } from "../../src/vault/mod.ts";
import { masterKey, vaultBench } from "./support.ts";

const bench = vaultBench();
const address = () => ({ kind: "email", value: `${crypto.randomUUID()}@example.com` });

describe("the blind index", () => {
  test("finds a subject by a claimed value, in every process", async () => {
    const [vault, other] = [bench.open(), bench.open()];
    const [email, subject] = [address(), bench.subject()];
    expect(await vault.find(email)).toBeUndefined();
    expect(await vault.claim(email, subject)).toEqual({ ok: true });
    expect(await other.find(email)).toBe(subject);
    expect(await vault.find({ ...email, kind: "name" })).toBeUndefined();
    expect(await vault.find({ ...email, value: email.value.toUpperCase() })).toBeUndefined();
  });

  test("of 64 who claim one value at once, in two processes, has one winner, whom the others are told", async () => {
    const vaults = [bench.open(), bench.open()];
    const email = address();
    const subjects = Array.from({ length: 64 }, bench.subject);
    const claims = await Promise.all(
      subjects.map((subject, i) => (vaults[i % 2] as (typeof vaults)[0]).claim(email, subject)),
    );
    const winners = subjects.filter((_, i) => claims[i]?.ok);
    expect(winners).toHaveLength(1);
    expect(claims.filter(({ ok }) => !ok)).toEqual(
      Array.from({ length: 63 }, () => ({ ok: false, reason: "taken", subject: winners[0] as string })),
    );
    expect(await vaults[0]?.find(email)).toBe(winners[0]);
  });

  test("lets its owner claim a value again, and release it for another", async () => {
    const vault = bench.open();
    const [email, one, other] = [address(), bench.subject(), bench.subject()];
    await vault.claim(email, one);
    expect(await vault.claim(email, one)).toEqual({ ok: true });
    expect(await vault.release(email, other)).toBe(false);
    expect(await vault.claim(email, other)).toEqual({ ok: false, reason: "taken", subject: one });
    expect(await vault.release(email, one)).toBe(true);
    expect(await vault.release(email, one)).toBe(false);
    expect(await vault.claim(email, other)).toEqual({ ok: true });
  });

  test("whoever claims while the owner releases has it, or is told whose it is", async () => {
    const [vault, other] = [bench.open(), bench.open()];
    for (let round = 0; round < 20; round++) {
      const [email, one, next] = [address(), bench.subject(), bench.subject()];
      await vault.claim(email, one);
      const [claim, released] = await Promise.all([other.claim(email, next), vault.release(email, one)]);
      expect(released).toBe(true);
      const taken = { ok: false, reason: "taken", subject: one } as const;
      expect<Claim[]>([{ ok: true }, taken]).toContainEqual(claim);
      expect(await vault.find(email)).toBe(claim.ok ? next : undefined);
    }
  });

  test("forgets an erased subject's values, and takes no more of them", async () => {
    const vault = bench.open();
    const [email, second, subject] = [address(), address(), bench.subject()];
    await vault.claim(email, subject);
    await vault.claim(second, subject);
    await vault.destroy(subject, ["trace"]);
    expect(await vault.find(email)).toBe(subject);
    await vault.destroy(subject, ["profile"]);
    expect(await vault.find(email)).toBeUndefined();
    expect(await vault.find(second)).toBeUndefined();
    expect(await vault.claim(email, subject)).toEqual({ ok: false, reason: "erased" });
    expect(await vault.claim(email, bench.subject())).toEqual({ ok: true });
  });

  test("has no value in it, and no hash that can be made without its key", async () => {
    const vault = bench.open();
    const [email, subject] = [address(), bench.subject()];
    await vault.claim(email, subject);
    const [row] = await bench.sql<{ hmac: Buffer }[]>`
      select hmac from levqor_vault.blind_index where subject = ${subject}`;
    expect(row?.hmac).toHaveLength(32);
    expect(row?.hmac.toString("hex")).toBe(await vault.pseudonym(email));
    const plain = [email.value, `${email.kind}\0${email.value}`].map((text) =>
      createHash("sha256").update(text).digest("hex"),
    );
    expect(plain).not.toContain(row?.hmac.toString("hex") as string);
  });

  test("keeps its hashes when master keys are replaced, and is closed without them", async () => {
    const email = address();
    const name = await bench.open().pseudonym(email);
    expect(name).toMatch(/^[0-9a-f]{64}$/);
    expect(await bench.open({ master_keys: [masterKey(), bench.master_key] }).pseudonym(email)).toBe(name);
    await expect(bench.open({ master_keys: [masterKey()] }).pseudonym(email)).rejects.toThrow(
      "VAULT_KEY does not have",
    );
  });

  test("takes kinds and values of a limited length, and repeats none that is too long", async () => {
    const vault = bench.open();
    for (const kind of ["k", "k".repeat(32)]) await vault.find({ kind, value: "a".repeat(4_096) });
    for (const kind of ["", "K", "k".repeat(33), "a-b"]) {
      await expect(vault.find({ kind, value: "a" })).rejects.toThrow(`Cannot index ${JSON.stringify(kind)}`);
    }
    await expect(vault.find({ kind: "email", value: "" })).rejects.toThrow("1 to 4096 are possible");
    await expect(vault.find({ kind: "email", value: "a".repeat(4_097) })).rejects.toThrow(
      new TypeError("Cannot index a value of 4097 characters: 1 to 4096 are possible"),
    );
  });
});
