/**
 * The life of an issued API key.
 *
 * ```text
 *   active ──▶ active (rotated: another secret) ──revoke──▶ revoked
 * ```
 *
 * An expired key stays recorded as it is; a rotation can give it another expiry.
 */
import { accountOf } from "../../events/account.ts";
import type { KeyCreated, KeyRevoked, KeyRotated } from "../../events/key.ts";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import { fromTimeOrNull } from "../../events/time.ts";
import type { Decider, Rejection } from "./decider.ts";

/** Valid secrets of one key at a time. */
export const MAX_SECRETS = 5;

/** Times are milliseconds since 1970. */
export interface KeySecret {
  /** SHA-256, hex. */
  readonly hash: string;
  readonly prefix: string;
  /** From then on it is rejected, whatever the key's own expiry; `null`: it is the newest. */
  readonly until: number | null;
}

export interface KeyState {
  readonly status: "none" | "active" | "revoked";
  /** As it was created. */
  readonly created: KeyCreated | null;
  readonly created_by: string;
  /** The account that it belongs to, and acts for; empty before the creation. */
  readonly account: string;
  /** Who were shown a secret of it: its creator, and whoever rotated it. */
  readonly holders: ReadonlySet<string>;
  /** The newest first, including expired ones. */
  readonly secrets: readonly KeySecret[];
  readonly expires_at: number | null;
  readonly created_at: number | null;
  readonly rotated_at: number | null;
  readonly revoked_at: number | null;
}

export type KeyCommand =
  | ({ readonly type: "create" } & KeyCreated)
  | ({
      readonly type: "rotate";
      /** Milliseconds since 1970. */
      readonly now: number;
    } & KeyRotated)
  | ({ readonly type: "revoke" } & KeyRevoked);

export interface KeyRejection extends Rejection {
  readonly code: "key_exists" | "key_not_found" | "key_revoked" | "key_expired" | "too_many_secrets";
}

export const keyDecider: Decider<KeyState, KeyCommand, KeyRejection> = {
  initial: {
    status: "none",
    created: null,
    created_by: "",
    account: "",
    holders: new Set(),
    secrets: [],
    expires_at: null,
    created_at: null,
    rotated_at: null,
    revoked_at: null,
  },
  evolve,
  decide,
};

/** From when on a secret of a key is rejected; `Infinity`: never. */
export function endOf({ until }: KeySecret, { revoked_at, expires_at }: KeyState): number {
  return Math.min(until ?? Number.POSITIVE_INFINITY, revoked_at ?? Number.POSITIVE_INFINITY, endTime(expires_at));
}

function evolve(state: KeyState, event: KnownEvent): KeyState {
  const at = Date.parse(event.recorded_at);
  switch (event.type) {
    case "key.created": {
      const { hash, prefix, expires_at } = event.data;
      return {
        ...state,
        status: "active",
        created: event.data,
        created_by: event.meta.actor,
        account: accountOf(event.meta),
        holders: new Set([event.meta.actor]),
        secrets: [{ hash, prefix, until: null }],
        expires_at: fromTimeOrNull(expires_at),
        created_at: at,
      };
    }
    case "key.rotated": {
      const { hash, prefix, overlap_seconds, expires_at } = event.data;
      const { actor } = event.meta;
      // With the key's previous expiry: an expired secret does not come back with a later one.
      const older = state.secrets.map((secret) => ({
        ...secret,
        until: Math.min(endOf(secret, state), at + overlap_seconds * 1000),
      }));
      return {
        ...state,
        holders: new Set([...state.holders, actor]),
        secrets: [{ hash, prefix, until: null }, ...older],
        expires_at: expires_at === undefined ? state.expires_at : fromTimeOrNull(expires_at),
        rotated_at: at,
      };
    }
    case "key.revoked":
      return { ...state, status: "revoked", revoked_at: at };
    default:
      return state;
  }
}

function decide(command: KeyCommand, state: KeyState): readonly KnownNewEvent[] | KeyRejection {
  if (command.type === "create") {
    if (state.status !== "none") return refuse("key_exists", "Cannot create the key: its id is in use.");
    const { type: _, ...created } = command;
    return [{ type: "key.created", data: created }];
  }
  if (state.status === "none") return refuse("key_not_found", `Cannot ${command.type} the key: it does not exist.`);
  if (command.type === "revoke") {
    if (state.status === "revoked") return [];
    return [{ type: "key.revoked", data: command.reason === undefined ? {} : { reason: command.reason } }];
  }
  return rotate(command, state);
}

function rotate(
  { type: _, now, ...rotated }: KeyCommand & { type: "rotate" },
  state: KeyState,
): readonly KnownNewEvent[] | KeyRejection {
  if (state.status === "revoked") return refuse("key_revoked", "Cannot rotate the key: it is revoked.");
  const expires_at = rotated.expires_at === undefined ? state.expires_at : fromTimeOrNull(rotated.expires_at);
  if (endTime(expires_at) <= now) {
    return refuse("key_expired", "Cannot rotate the key: it has expired; give it an expires_at in the future.");
  }
  const taken = state.secrets.filter((secret) => endOf(secret, state) > now).length;
  if (rotated.overlap_seconds > 0 && taken >= MAX_SECRETS) {
    return refuse(
      "too_many_secrets",
      `Cannot rotate the key: ${taken} of its secrets are valid at this time, the maximum. Wait until one of them expires, or rotate with an overlap_seconds of 0.`,
    );
  }
  return [{ type: "key.rotated", data: rotated }];
}

function endTime(time: number | null): number {
  return time ?? Number.POSITIVE_INFINITY;
}

function refuse(code: KeyRejection["code"], message: string): KeyRejection {
  return { rejected: true, code, message };
}
