import { afterAll, beforeAll, expect, test } from "bun:test";
import { decode } from "../../../events/mod.ts";
import { connect } from "../../../src/db/mod.ts";
import { startRetention } from "../../../src/features/subjects/retention.ts";
import { MasterKeys, Vault } from "../../../src/vault/mod.ts";
import { silent, until } from "../../jobs/support.ts";
import { openStore, type Store } from "../../support/store.ts";
import { masterKey, PERIODS } from "../../support/vault.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

test("a key whose time is over is destroyed on record, once, and no other", async () => {
  const master_keys = new MasterKeys([masterKey()]);
  const { sql, log } = store;
  const vault = new Vault({ sql, master_keys, periods: PERIODS });
  const event = { stream_id: "user-1", version: 1 };
  const seal = (subject: string) =>
    vault.sealData({ ip: "192.0.2.1" }, { event, pointers: ["/ip"], subject, class: "trace" });
  const [old, young] = [await seal("user:1"), await seal("user:2")];
  const admin = connect(store.admin_url(), { max: 1 });
  await admin`update levqor_vault.keys set created_at = now() - interval '91 days' where key_id = ${old.key_id ?? ""}`;
  await admin.end();
  const retention = startRetention({
    log,
    sql,
    master_keys,
    periods: PERIODS,
    instance: "one",
    logger: silent,
    every_ms: 10,
  });
  const stream = () => log.readStream(`vault-${old.key_id}`);
  await until(async () => (await stream()).length > 0, { what: "the record" });
  await until(async () => (await vault.confirm(old)) === false, { what: "the end of the key" });
  await retention.stop();
  expect((await stream()).map(decode)).toMatchObject([
    { type: "vault.key_retired", data: { class: "trace" }, meta: { actor: "system:vault" } },
  ]);
  expect(await vault.confirm(young)).toBe(true);
  expect(await log.readStream(`vault-${young.key_id}`)).toEqual([]);
  vault.close();
});
