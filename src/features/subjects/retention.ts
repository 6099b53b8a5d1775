/** Ends keys of personal data whose time is over, on record, and replaces master keys. */

import type { Logger } from "pino";
import { vaultStream } from "../../../events/vault.ts";
import type { Repeating } from "../../async/mod.ts";
import type { Sql } from "../../db/mod.ts";
import { create, type EventLog } from "../../log/mod.ts";
import { type DestroyedKey, keepVault, type MasterKeys, type VaultPeriods } from "../../vault/mod.ts";

export interface RetentionOptions {
  readonly log: Pick<EventLog, "append">;
  readonly sql: Sql;
  readonly master_keys: MasterKeys;
  readonly periods: VaultPeriods;
  readonly instance: string;
  readonly logger: Pick<Logger, "error" | "warn" | "info" | "debug">;
  readonly every_ms?: number;
}

/** In one process at a time, until it is stopped. */
export function startRetention({ log, instance, ...options }: RetentionOptions): Repeating {
  const record = ({ key_id, class: kind }: DestroyedKey) =>
    create(log, {
      stream_id: vaultStream(key_id),
      events: [{ type: "vault.key_retired", data: { class: kind } }],
      meta: { actor: "system:vault", correlation_id: vaultStream(key_id) },
    });
  return keepVault({
    ...options,
    holder: instance,
    on_retired: (keys) => Promise.all(keys.map(record)),
  });
}
