/** Issued API keys as their list shows them: what they may do, never the keys themselves. */
import { accountOf, chargedTo } from "../events/account.ts";
import type { Environment } from "../events/key.ts";
import { entityId } from "../events/mod.ts";
import { secondsAfter } from "../events/time.ts";
import { defineProjection } from "./projection.ts";

/** One key. Times are RFC 3339, UTC. */
export type KeyRow = {
  key_id: string;
  name: string;
  environment: Environment;
  /** How its newest secret begins. */
  prefix: string;
  scopes: string[];
  /** `null`: all. */
  workflows: string[] | null;
  tier: string;
  /** Who created it. */
  created_by: string;
  created_at: string;
  expires_at: string | null;
  rotated_at: string | null;
  /** Until when at most secrets from before the last rotation are valid; `null`: none is. */
  overlap_ends_at: string | null;
  revoked_at: string | null;
  /** The position of `key.created`. */
  position: number;
  /** The account that it belongs to. */
  account: string;
  /** Whose share it uses; `null`: nobody's, as for what the operator stores. */
  charged_to: string | null;
};

export const keys = defineProjection({
  name: "keys",
  version: 4,
  reads: ["key.created", "key.rotated", "key.revoked"],
  columns: {
    key_id: { type: "uuid" },
    name: { type: "text" },
    environment: { type: "text" },
    prefix: { type: "text" },
    scopes: { type: "json" },
    workflows: { type: "json", nullable: true },
    tier: { type: "text" },
    created_by: { type: "text" },
    created_at: { type: "timestamptz" },
    expires_at: { type: "timestamptz", nullable: true },
    rotated_at: { type: "timestamptz", nullable: true },
    overlap_ends_at: { type: "timestamptz", nullable: true },
    revoked_at: { type: "timestamptz", nullable: true },
    position: { type: "bigint" },
    account: { type: "text" },
    charged_to: { type: "text", nullable: true },
  },
  key: "key_id",
  indexes: [
    "(account, position)",
    // How many are valid.
    "(expires_at) where revoked_at is null",
  ],

  evolve(row: KeyRow | null, event): KeyRow | null {
    if (event.type === "key.created") {
      if (row) throw new Error(`Cannot create key ${row.key_id}: it exists since position ${row.position}`);
      const { hash: _, ...created } = event.data;
      return {
        ...created,
        key_id: entityId(event.stream_id),
        created_by: event.meta.actor,
        created_at: event.recorded_at,
        rotated_at: null,
        overlap_ends_at: null,
        revoked_at: null,
        position: event.position,
        account: accountOf(event.meta),
        charged_to: chargedTo(event.meta),
      };
    }
    if (!row) throw new Error(`Cannot apply ${event.type} to ${event.stream_id}: it was not created`);
    switch (event.type) {
      case "key.rotated": {
        const { prefix, overlap_seconds, expires_at = row.expires_at } = event.data;
        return {
          ...row,
          prefix,
          expires_at,
          rotated_at: event.recorded_at,
          overlap_ends_at: overlap_seconds === 0 ? null : secondsAfter(event.recorded_at, overlap_seconds),
        };
      }
      case "key.revoked":
        return { ...row, revoked_at: event.recorded_at };
    }
  },
});
