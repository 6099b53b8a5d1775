/** A vault with the same master key in every process of a benchmark. */
import type { Sql } from "../../src/db/mod.ts";
import { MasterKeys, Vault } from "../../src/vault/mod.ts";

export function benchVault(sql: Sql): Vault {
  const master_keys = new MasterKeys([Buffer.alloc(32, "levqor").toString("base64")]);
  return new Vault({ sql, master_keys, periods: { trace_days: 90, evidence_years: 3, fiscal_years: 10 } });
}
