/** A vault for tests that do not test it: with a master key of its own. */
import { randomBytes } from "node:crypto";
import type { Sql } from "../../src/db/mod.ts";
import { MasterKeys, Vault, type VaultPeriods } from "../../src/vault/mod.ts";

export const PERIODS: VaultPeriods = { trace_days: 90, evidence_years: 3, fiscal_years: 10 };

export const masterKey = (): string => randomBytes(32).toString("base64");

export function testVault(sql: Sql): Vault {
  return new Vault({ sql, master_keys: new MasterKeys([masterKey()]), periods: PERIODS });
}
