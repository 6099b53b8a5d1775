import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { personal, personalPointers, Sealed } from "../../events/personal.ts";
import { decodeJson, JsonText, writeJson } from "../../src/json/mod.ts";
import type { KeyIdentity, WrappedKey } from "../../src/vault/master_keys.ts";
import { MasterKeys, SealedValueError, type Vault, VaultKeyError } from "../../src/vault/mod.ts";
import { masterKey, partsOf, vaultBench } from "./support.ts";

const bench = vaultBench();

const Person = Type.Object({
  plan: Type.String(),
  email: personal(Type.String()),
  ip: Type.Optional(personal(Type.String(), "trace")),
  members: Type.Array(Type.Object({ name: personal(Type.String()) })),
  notes: Type.Record(Type.String(), personal(Type.Unknown())),
});
const ALL = personalPointers(Person);
const PROFILE = personalPointers(Person, { kept_as: "profile" });
const TRACE = personalPointers(Person, { kept_as: "trace" });

const event = { stream_id: "user-42", version: 1 };
const ada = {
  plan: "free",
  email: "ada@example.com",
  members: [{ name: "Bo Ek" }, { name: "Cy Oz" }],
  notes: { "a/b": "c" },
};

/** As it is read from the log. */
const recorded = (data: unknown): unknown => decodeJson(writeJson(data));

/** One value at one pointer, sealed as a profile. */
async function sealed(vault: Vault, value: unknown, subject = bench.subject()): Promise<{ value: unknown }> {
  const { data } = await vault.sealData({ value }, { event, pointers: ["/value"], subject, class: "profile" });
  return recorded(data) as { value: unknown };
}

describe("sealing", () => {
  test("replaces the personal parts, and opening brings them back", async () => {
    const [vault, other] = [bench.open(), bench.open()];
    const { data, erased, key_id } = await vault.sealData(ada, {
      event,
      pointers: PROFILE,
      subject: bench.subject(),
      class: "profile",
    });
    expect(erased).toBe(false);
    const text = writeJson(data);
    for (const secret of ["ada@example.com", "Bo Ek", "Cy Oz", "of hers"]) expect(text).not.toContain(secret);
    expect(recorded(data)).toMatchObject({ plan: "free", members: [{}, {}] });
    expect(partsOf((recorded(data) as typeof ada).email).key_id).toBe(key_id as string);
    expect(await vault.openData(recorded(data), { event, pointers: ALL })).toEqual({ data: ada, erased: [] });
    expect(await other.openData(recorded(data), { event, pointers: ALL })).toEqual({ data: ada, erased: [] });
    // As a process's own consumers get it, before it is written.
    expect(await vault.openData(data, { event, pointers: ALL })).toEqual({ data: ada, erased: [] });
    expect(ada.email).toBe("ada@example.com");
  });

  test("of each class uses another key, and of each subject", async () => {
    const vault = bench.open();
    const [one, other] = [bench.subject(), bench.subject()];
    const traced = { ...ada, ip: "192.0.2.1" };
    const first = await vault.sealData(traced, { event, pointers: PROFILE, subject: one, class: "profile" });
    const both = await vault.sealData(first.data, { event, pointers: TRACE, subject: one, class: "trace" });
    const others = await vault.sealData(traced, { event, pointers: PROFILE, subject: other, class: "profile" });
    expect(new Set([first.key_id, both.key_id, others.key_id]).size).toBe(3);
    expect(await vault.openData(recorded(both.data), { event, pointers: ALL })).toEqual({ data: traced, erased: [] });
  });

  test("leaves what is sealed already as it is", async () => {
    const vault = bench.open();
    const options = { event, pointers: PROFILE, subject: bench.subject(), class: "profile" } as const;
    const { data } = await vault.sealData(ada, options);
    expect((await vault.sealData(data, options)).data).toBe(data);
  });

  test("makes no key for data without such parts", async () => {
    const subject = bench.subject();
    const data = { plan: "free", members: [], notes: {} };
    const vault = bench.open();
    expect(await vault.sealData(data, { event, pointers: ALL, subject, class: "profile" })).toEqual({
      data,
      erased: false,
    });
    expect(await bench.sql`select from levqor_vault.keys where subject = ${subject}`).toHaveLength(0);
    expect(await vault.confirm({ erased: false })).toBe(true);
  });

  test.each([
    ["null", null],
    ["an empty text", ""],
    ["text beyond ASCII", "Ünïcödé 😀 \u0000 \ud800"],
    ["integers beyond 2^53", { id: 2n ** 64n - 1n, negative: -(2n ** 63n) }],
    ["numbers as they are", [0, -1.5, 1e-300, Number.MAX_SAFE_INTEGER]],
    ["any key", decodeJson('{"__proto__":{"a":1},"constructor":null,"":[]}')],
    ["what looks sealed", { $sealed: "1.AAAAAAAAAAAAAAAAAAAAAA.AAAA" }],
    ["a whole payload", { nested: [{ deep: [true, false, null] }] }],
  ])("keeps %s exactly", async (_, value) => {
    const vault = bench.open();
    const { data } = await vault.openData(await sealed(vault, value), { event, pointers: ["/value"] });
    expect(writeJson(data)).toBe(writeJson({ value }));
  });

  test("refuses what JSON cannot hold, rather than change it", async () => {
    const vault = bench.open();
    const nested = (levels: number) => Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 1);
    const { data } = await vault.openData(await sealed(vault, nested(200)), { event, pointers: ["/value"] });
    expect(data).toEqual({ value: nested(200) });
    const deep = new TypeError("Cannot seal a value: it nests deeper than 200 levels");
    await expect(sealed(vault, nested(201))).rejects.toThrow(deep);
    const cycle: unknown[] = [];
    cycle.push(cycle);
    await expect(sealed(vault, cycle)).rejects.toThrow(deep);
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY, 2n ** 64n]) {
      await expect(sealed(vault, { number })).rejects.toThrow("Cannot seal a value: a number in it would change");
    }
  });

  test("takes a value that is kept as text as it is", async () => {
    const vault = bench.open();
    const text = `{"id":18446744073709551615,"list":[${"1,".repeat(100)}1]}`;
    const opened = await vault.openData(await sealed(vault, new JsonText(text)), { event, pointers: ["/value"] });
    expect(writeJson(opened.data)).toBe(`{"value":${text}}`);
  });

  test("gives equal values different texts, of about a third more than theirs", async () => {
    const vault = bench.open();
    const subject = bench.subject();
    const value = "a".repeat(3_000);
    const texts = await Promise.all(
      Array.from({ length: 50 }, async () => partsOf((await sealed(vault, value, subject)).value)),
    );
    expect(new Set(texts.map(({ ciphertext }) => ciphertext.subarray(0, 12).toString("hex"))).size).toBe(50);
    expect(new Set(texts.map(({ key_id }) => key_id)).size).toBe(1);
    // Quotes, nonce and tag in base64, the version and the key's id.
    for (const { text } of texts) expect(text).toHaveLength(Math.ceil(((3_002 + 12 + 16) * 4) / 3) + 25);
  });

  test("does not open what was opened: a sealed text in a value stays a value", async () => {
    const vault = bench.open();
    const inner = await sealed(vault, "inner");
    const outer = await sealed(vault, inner.value);
    expect((await vault.openData(outer, { event, pointers: ["/value"] })).data).toEqual(inner);
  });
});

describe("a sealed value does not open", () => {
  const open = (vault: Vault, data: unknown, place = event) =>
    vault.openData(data, { event: place, pointers: ["/value", "/other", "/list/*"] });
  const refusal = async (opening: Promise<unknown>) => {
    const error = await opening.then(
      () => undefined,
      (reason) => reason as Error,
    );
    expect(error).toBeInstanceOf(SealedValueError);
    return (error as Error).message.replace(/ [\w-]{22}:/, " KEY:").replace(/[\w-]{22} /, "KEY ");
  };
  const elsewhere = "it was changed, or belongs elsewhere";

  test("in another event or another part", async () => {
    const vault = bench.open();
    const { value } = await sealed(vault, "secret");
    expect((await open(vault, { value })).data).toEqual({ value: "secret" });
    const at = (place: string) => `Cannot open the sealed value at ${place}: ${elsewhere}`;
    expect(await refusal(open(vault, { value }, { ...event, version: 2 }))).toBe(at("user-42@2#/value"));
    expect(await refusal(open(vault, { value }, { ...event, stream_id: "user-43" }))).toBe(at("user-43@1#/value"));
    expect(await refusal(open(vault, { other: value }))).toBe(at("user-42@1#/other"));
    expect(await refusal(open(vault, { list: [value] }))).toBe(at("user-42@1#/list/*"));
  });

  test("if any bit of nonce, ciphertext or tag was changed", async () => {
    const vault = bench.open();
    const { key_id, ciphertext } = partsOf((await sealed(vault, "x")).value);
    expect(ciphertext).toHaveLength(12 + 3 + 16);
    for (let bit = 0; bit < 8 * ciphertext.length; bit++) {
      const changed = Buffer.from(ciphertext);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      const value = { $sealed: `1.${key_id}.${changed.toString("base64url")}` };
      expect(await refusal(open(vault, { value }))).toEndWith(elsewhere);
    }
  });

  test("if it was cut or extended", async () => {
    const vault = bench.open();
    const { key_id, ciphertext } = partsOf((await sealed(vault, "x")).value);
    for (let length = 0; length < ciphertext.length; length++) {
      const value = { $sealed: `1.${key_id}.${ciphertext.subarray(0, length).toString("base64url")}` };
      expect(await refusal(open(vault, { value }))).toEndWith(elsewhere);
    }
    const longer = Buffer.concat([ciphertext, Buffer.alloc(1)]).toString("base64url");
    expect(await refusal(open(vault, { value: { $sealed: `1.${key_id}.${longer}` } }))).toEndWith(elsewhere);
  });

  test("under the key of another", async () => {
    const vault = bench.open();
    const [mine, yours] = [partsOf((await sealed(vault, "x")).value), partsOf((await sealed(vault, "y")).value)];
    const value = { $sealed: `1.${yours.key_id}.${mine.ciphertext.toString("base64url")}` };
    expect(await refusal(open(vault, { value }))).toEndWith(elsewhere);
  });

  test("under a key that never existed, which is not one that was destroyed", async () => {
    const vault = bench.open();
    const { ciphertext } = partsOf((await sealed(vault, "x")).value);
    const value = { $sealed: `1.${"A".repeat(22)}.${ciphertext.toString("base64url")}` };
    expect(await refusal(open(vault, { value }))).toBe(
      "Cannot open the sealed value at user-42@1#/value: Cannot use the key KEY: the vault does not have it",
    );
  });

  test.each([
    ["another version", (text: string) => text.replace("1.", "2.")],
    ["no version", (text: string) => text.slice(2)],
    ["another part", (text: string) => `${text}.`],
    ["a short key id", (text: string) => text.replace(/\.[\w-]/, ".")],
    ["other characters", (text: string) => `${text}=`],
    ["spare bits", (text: string) => `${text.slice(0, -1)}${text.endsWith("B") ? "C" : "B"}`],
    ["nothing", () => ""],
  ])("with %s", async (_, change) => {
    const vault = bench.open();
    // Of 31 bytes, so that the last character has bits to spare.
    const { text, ciphertext } = partsOf((await sealed(vault, "x")).value);
    expect(ciphertext.length % 3).toBe(1);
    expect(await refusal(open(vault, { value: { $sealed: change(text) } }))).toBe(
      "Cannot open the sealed value at user-42@1#/value: it does not have the form of a sealed value of this version",
    );
  });

  test("without the master key of its key, nor is anything sealed then", async () => {
    const vault = bench.open();
    const subject = bench.subject();
    const data = await sealed(vault, "x", subject);
    const stranger = bench.open({ master_keys: [masterKey()] });
    expect(await refusal(open(stranger, data))).toMatch(
      /Cannot use the key KEY: it is wrapped with the master key [0-9a-f]{16}, which VAULT_KEY does not have$/,
    );
    const sealing = sealed(stranger, "y", subject);
    await expect(sealing).rejects.toThrow(VaultKeyError);
    await expect(sealing).rejects.toThrow("which VAULT_KEY does not have");
    expect((await open(bench.open({ master_keys: [masterKey(), bench.master_key] }), data)).data).toEqual({
      value: "x",
    });
  });

  test.each([
    ["its subject", "subject = 'user:other'"],
    ["its class", "class = 'fiscal'"],
    ["its id", "key_id = 'BBBBBBBBBBBBBBBBBBBBBB'"],
    ["its ciphertext", "wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1)"],
    ["its nonce", "wrapped = set_byte(wrapped, 0, get_byte(wrapped, 0) # 1)"],
    ["its tag", "wrapped = set_byte(wrapped, 59, get_byte(wrapped, 59) # 1)"],
    ["its length", "wrapped = substring(wrapped for 59)"],
    ["everything", "wrapped = ''"],
  ])("if of its wrapped key %s was changed", async (_, change) => {
    const subject = bench.subject();
    const data = await sealed(bench.open(), "x", subject);
    await bench.admin.unsafe(`update levqor_vault.keys set ${change} where subject = $1`, [subject]);
    const { text, key_id } = partsOf(data.value);
    const value = { $sealed: change.startsWith("key_id") ? text.replace(key_id, "B".repeat(22)) : text };
    expect(await refusal(open(bench.open(), { value }))).toEndWith("it was changed, or belongs to another subject");
  });

  test("and says so without the value, its key, or a key of a record, which may be personal", async () => {
    const vault = bench.open();
    const notes = { "ada@example.com": "secret" };
    const options = { event, pointers: ["/notes/*"] };
    const { data } = await vault.sealData({ notes }, { ...options, subject: bench.subject(), class: "profile" });
    const opening = vault.openData(recorded(data), { ...options, event: { ...event, version: 9 } });
    expect(await refusal(opening)).toBe(`Cannot open the sealed value at user-42@9#/notes/*: ${elsewhere}`);
  });
});

describe("a subject", () => {
  const name = (length: number) => `user:${"a".repeat(length)}`;

  test.each([name(1), name(300), "subject:a~!", `${"k".repeat(32)}:1`])("may be %s", async (subject) => {
    const vault = bench.open();
    expect((await vault.openData(await sealed(vault, 1, subject), { event, pointers: ["/value"] })).data).toEqual({
      value: 1,
    });
  });

  test.each([name(0), name(301), "user", ":a", "User:a", "user:ä", "user:a b", `${"k".repeat(33)}:1`, ""])(
    "may not be %p, which is not repeated",
    async (subject) => {
      const vault = bench.open();
      const reason = "Cannot use a subject: it must be a kind, a colon and 1 to 300 visible ASCII characters";
      await expect(sealed(vault, 1, subject)).rejects.toThrow(new TypeError(reason));
      await expect(vault.destroy(subject, ["profile"])).rejects.toThrow(reason);
      await expect(vault.claim({ kind: "email", value: "a" }, subject)).rejects.toThrow(reason);
    },
  );
});

test("the vault's values are of its own making: a plain value in their form is none to the log", () => {
  expect(new Sealed("a")).toBeInstanceOf(Sealed);
  expect(recorded(new Sealed("a"))).not.toBeInstanceOf(Sealed);
});

test("nothing of a value and no key is in the database", async () => {
  const vault = bench.open();
  const subject = bench.subject();
  const planted = `pl4nted-${crypto.randomUUID()}`;
  const { value } = await sealed(vault, { [planted]: [planted] }, subject);
  await vault.claim({ kind: "email", value: planted }, subject);
  const rows = await bench.admin<(KeyIdentity & WrappedKey)[]>`
    select key_id, subject, class, wrapped, master_key from levqor_vault.keys where subject = ${subject}`;
  const keys = rows.map((row) => new MasterKeys([bench.master_key]).unwrap(row, row));
  expect(keys).toHaveLength(1);
  const stored = await bench.admin<{ text: string }[]>`
    select k::text as text from levqor_vault.keys k union all select i::text from levqor_vault.blind_index i`;
  const text = [...stored.map((row) => row.text), JSON.stringify(value)].join("\n");
  expect(text).toContain(subject);
  const secrets = [...keys, Buffer.from(bench.master_key, "base64"), Buffer.from(planted)].map((bytes) =>
    Buffer.from(bytes),
  );
  for (const secret of secrets) {
    for (const coding of ["hex", "base64", "base64url", "latin1"] as const) {
      expect(text).not.toContain(secret.toString(coding).replace(/=+$/, ""));
    }
  }
});

test("many values of many subjects are sealed and opened at once", async () => {
  const [vault, other] = [bench.open(), bench.open()];
  const subjects = Array.from({ length: 40 }, bench.subject);
  const all = await Promise.all(
    Array.from({ length: 400 }, (_, i) => sealed(i % 2 ? vault : other, i, subjects[i % 40])),
  );
  const opened = await Promise.all(all.map((data) => other.openData(data, { event, pointers: ["/value"] })));
  expect(opened.map(({ data }) => data)).toEqual(Array.from({ length: 400 }, (_, i) => ({ value: i })));
  const [keys] = await bench.sql<[{ count: number }]>`
    select count(*) as count from levqor_vault.keys where subject = any(${subjects})`;
  expect(keys.count).toBe(40);
});
