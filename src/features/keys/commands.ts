/** Reads issued keys from the log, and runs commands on them. */

import type { EventMeta } from "../../../events/envelope.ts";
import { type Environment, type KeyCreated, keyStream } from "../../../events/key.ts";
import { decode } from "../../../events/mod.ts";
import { toTime, toTimeOrNull } from "../../../events/time.ts";
import { newKey } from "../../access/mod.ts";
import { firstDecision } from "../../domain/decider.ts";
import { endOf, type KeyRejection, type KeyState, keyDecider } from "../../domain/key.ts";
import {
  createOnce,
  type EventLog,
  type Handled,
  type HandledOnce,
  handle,
  handleOnce,
  type Once,
} from "../../log/mod.ts";

/** A key as the API shows it. Times are RFC 3339, UTC. */
export interface KeyView extends Omit<KeyCreated, "hash"> {
  readonly key_id: string;
  readonly status: "active" | "expired" | "revoked";
  readonly created_by: string;
  readonly created_at: string;
  readonly rotated_at: string | null;
  readonly overlap_ends_at: string | null;
  readonly revoked_at: string | null;
}

/** A new secret: it is valid unless it was replayed, or nothing was recorded. */
interface Made {
  readonly secret: string;
}

/** What of an event is new each time: it is not compared with what a repeated request asks for. */
const SECRET = ["hash", "prefix"];

/** A key as it is in the log now, or was at a position; `undefined` if it was not created. */
export async function readKey(
  log: Pick<EventLog, "readStream">,
  keyId: string,
  { until = Number.POSITIVE_INFINITY }: { until?: number | undefined } = {},
): Promise<KeyState | undefined> {
  const events = (await log.readStream(keyStream(keyId))).filter(({ position }) => position <= until);
  return events.length === 0 ? undefined : events.map(decode).reduce(keyDecider.evolve, keyDecider.initial);
}

/** Creates a key with its own secret, once for each Idempotency-Key, from which its id is derived. Throws what `log.append` throws. */
export async function createKey(
  log: EventLog,
  { key_id, meta, ...granted }: { key_id: string; meta: EventMeta } & Omit<KeyCreated, "hash" | "prefix">,
): Promise<Once & Made> {
  const { text, ...made } = newKey(granted.environment);
  const created = await createOnce(log, {
    stream_id: keyStream(key_id),
    events: firstDecision(keyDecider, { type: "create", ...granted, ...made }),
    meta,
    apart_from: SECRET,
  });
  return { ...created, secret: text };
}

/**
 * Gives a key another secret, once for each Idempotency-Key, from which `causation_id` is derived. `check` throws if the key must
 * not be rotated; a repetition is not checked. Throws what `check` and `log.append` throw.
 */
export async function rotateKey(
  log: EventLog,
  {
    key_id,
    meta,
    environment,
    check,
    ...wanted
  }: {
    key_id: string;
    meta: EventMeta;
    environment: Environment;
    check: (state: KeyState) => void;
    overlap_seconds: number;
    expires_at?: string | null;
  },
): Promise<HandledOnce<KeyRejection> & Made> {
  const { text, ...made } = newKey(environment);
  const rotated = await handleOnce(log, {
    stream_id: keyStream(key_id),
    decider: keyDecider,
    command: (state) => {
      check(state);
      return { type: "rotate", now: Date.now(), ...wanted, ...made } as const;
    },
    meta,
    asked: wanted,
    apart_from: SECRET,
  });
  return { ...rotated, secret: text };
}

/** Revokes a key. Throws what `log.append` throws. */
export function revokeKey(
  log: EventLog,
  { key_id, meta, reason }: { key_id: string; meta: EventMeta; reason?: string },
): Promise<Handled<KeyState, KeyRejection>> {
  return handle(log, {
    stream_id: keyStream(key_id),
    decider: keyDecider,
    command: { type: "revoke", ...(reason !== undefined && { reason }) },
    meta,
  });
}

/** What is shown of a key. Throws if there is none. */
export function keyView(keyId: string, state: KeyState, now: number): KeyView {
  const { created, secrets, created_at } = state;
  const [newest, ...older] = secrets;
  if (!created || !newest || created_at === null) throw new Error(`Cannot show key ${keyId}: it was not created`);
  const { hash: _, ...granted } = created;
  const overlaps = older.map((secret) => endOf(secret, state)).filter((end) => end > now);
  return {
    ...granted,
    key_id: keyId,
    prefix: newest.prefix,
    status: keyStatus({ revoked: state.status === "revoked", expires_at: state.expires_at, now }),
    expires_at: toTimeOrNull(state.expires_at),
    created_by: state.created_by,
    created_at: toTime(created_at),
    rotated_at: toTimeOrNull(state.rotated_at),
    overlap_ends_at: overlaps.length === 0 ? null : toTime(Math.max(...overlaps)),
    revoked_at: toTimeOrNull(state.revoked_at),
  };
}

/** Times are milliseconds since 1970. */
export function keyStatus({
  revoked,
  expires_at,
  now,
}: {
  revoked: boolean;
  expires_at: number | null;
  now: number;
}): KeyView["status"] {
  if (revoked) return "revoked";
  return expires_at !== null && expires_at <= now ? "expired" : "active";
}
