/** What the tests of the vault share: a database for a file, and as many processes' vaults on it as a test needs. */
import { afterAll, beforeAll } from "bun:test";
import { connect, type Sql } from "../../src/db/mod.ts";
import { MasterKeys, Vault, type VaultPeriods } from "../../src/vault/mod.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { masterKey, PERIODS } from "../support/vault.ts";

export { masterKey, PERIODS };

export interface VaultBench {
  readonly url: string;
  /** Of the service's role. */
  readonly sql: Sql;
  /** Of the owner. */
  readonly admin: Sql;
  /** The master key of vaults that are opened without any. */
  readonly master_key: string;
  /** A vault as a process of its own opens it, with its own pool. */
  open(options?: { sql?: Sql; master_keys?: readonly string[]; periods?: VaultPeriods }): Vault;
  /** A subject of its own for a test. */
  subject(): string;
}

/** Its getters are for tests, not for the file's top level. */
export function vaultBench(): VaultBench {
  let database: TestDatabase;
  let admin: Sql;
  let sql: Sql;
  const master_key = masterKey();
  const pools: Sql[] = [];
  const vaults: Vault[] = [];
  const pool = (url: string) => {
    const opened = connect(url, { max: 4 });
    pools.push(opened);
    return opened;
  };
  beforeAll(async () => {
    database = await testDatabase();
    sql = pool(database.url);
    admin = pool(database.admin_url);
  }, 30_000);
  afterAll(async () => {
    for (const vault of vaults) vault.close();
    await Promise.all(pools.map((each) => each.end()));
    await database.drop();
  });
  return {
    get url() {
      return database.url;
    },
    get sql() {
      return sql;
    },
    get admin() {
      return admin;
    },
    master_key,
    open({ sql: on = pool(database.url), master_keys = [master_key], periods = PERIODS } = {}) {
      const vault = new Vault({ sql: on, master_keys: new MasterKeys(master_keys), periods });
      vaults.push(vault);
      return vault;
    },
    subject: () => `user:${crypto.randomUUID()}`,
  };
}

/** What a sealed value's text consists of. */
export function partsOf(data: unknown): { text: string; version: string; key_id: string; ciphertext: Buffer } {
  const { $sealed: text } = data as { $sealed: string };
  const [version = "", key_id = "", ciphertext = ""] = text.split(".");
  return { text, version, key_id, ciphertext: Buffer.from(ciphertext, "base64url") };
}
