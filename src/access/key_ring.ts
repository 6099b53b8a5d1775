/**
 * All keys in the log: by the SHA-256 of their secrets, in memory.
 *
 * Filled from the log at startup, it follows the log from there on, so that a key revoked anywhere is rejected here
 * within a second. A check for a secret that is not on the ring may wait until the ring has reached the log's head: a
 * secret that is then still missing does not exist.
 */
import { timingSafeEqual } from "node:crypto";
import { OPERATOR } from "../../events/account.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import { decode, entityId } from "../../events/mod.ts";
import { alarm } from "../async/mod.ts";
import { endOf, type KeySecret, type KeyState, keyDecider } from "../domain/key.ts";
import type { Caller, Identity } from "./caller.ts";
import { Category, type CategoryOptions } from "./category.ts";
import type { Scope } from "./scopes.ts";

export type KeyRingOptions = CategoryOptions;

/** A secret on the ring. */
interface Entry {
  readonly digest: Buffer;
  readonly key_id: string;
  /** From then on it is rejected, in milliseconds since 1970. */
  readonly until: number;
  readonly known: Identity;
  /** The reason given from then on. */
  readonly refused: Identity;
  readonly ended: AbortController;
}

interface Key {
  readonly version: number;
  readonly state: KeyState;
}

export class KeyRing {
  readonly #onUse: (keyId: string, now: number) => void;
  readonly #log: Category;
  readonly #keys = new Map<string, Key>();
  /** By actor, the keys whose secrets they were shown. */
  readonly #held = new Map<string, Set<string>>();
  readonly #entries = new Map<string, Entry>();
  #callOff: (() => void) | undefined;

  /** `on_use` is called with each use of an issued key, and the time. */
  constructor(options: KeyRingOptions, on_use: (keyId: string, now: number) => void) {
    this.#onUse = on_use;
    this.#log = new Category(options, {
      category: "key",
      what: "keys",
      take: (event) => this.#take(event),
      settle: () => this.#end(),
    });
  }

  /** What is known about the secret with this digest; `undefined`: it is not on the ring. */
  find(digest: Buffer): Identity | undefined {
    const entry = this.#entries.get(digestPrefix(digest));
    if (!entry || !timingSafeEqual(entry.digest, digest)) return undefined;
    const now = Date.now();
    if (now >= entry.until) return entry.refused;
    this.#onUse(entry.key_id, now);
    return entry.known;
  }

  /** Resolves when the ring includes everything that was in the log at the call. Throws if it cannot get there. */
  caughtUp(): Promise<void> {
    return this.#log.caughtUp();
  }

  /** All actors that count as one party with an actor. */
  partyOf(actor: string): Set<string> {
    const party = new Set([actor]);
    // Continues with whatever is added along the way.
    for (const one of party) {
      const key = this.#keys.get(keyIdOf(one));
      // An operator belongs to the party of a key that they issued or rotated, but does not connect it with others.
      if (!key && !one.startsWith("user:")) continue;
      for (const holder of key?.state.holders ?? []) party.add(holder);
      for (const held of this.#held.get(one) ?? []) party.add(held);
    }
    return party;
  }

  async stop(): Promise<void> {
    this.#callOff?.();
    await this.#log.stop();
  }

  #take(event: StoredEvent): void {
    const id = entityId(event.stream_id);
    const before = this.#keys.get(id);
    if (before && before.version >= event.version) return;
    const state = keyDecider.evolve(before?.state ?? keyDecider.initial, decode(event));
    this.#keys.set(id, { version: event.version, state });
    for (const holder of state.holders) {
      const held = this.#held.get(holder) ?? new Set();
      this.#held.set(holder, held.add(actorOf(id)));
    }
    for (const secret of state.secrets) {
      const digest = Buffer.from(secret.hash, "hex");
      const ended = this.#entries.get(digestPrefix(digest))?.ended ?? new AbortController();
      const caller = toCaller(id, state, ended.signal);
      this.#entries.set(digestPrefix(digest), {
        digest,
        key_id: id,
        until: untilWhen(secret, state, event),
        known: { kind: "known", caller },
        refused: { kind: "refused", reason: whyEnded(state, secret.until) },
        ended,
      });
    }
  }

  /** Ends what lasts for secrets that are no longer valid, and schedules itself for the next expiry. */
  #end(): void {
    this.#callOff?.();
    const now = Date.now();
    let next = Number.POSITIVE_INFINITY;
    for (const { until, ended } of this.#entries.values()) {
      if (until > now) next = Math.min(next, until);
      else if (!ended.signal.aborted) ended.abort();
    }
    if (next === Number.POSITIVE_INFINITY || this.#log.stopped.aborted) return;
    this.#callOff = alarm(next - now, () => this.#end());
  }
}

/**
 * The map key of a digest. An attacker who could tell map slots apart by timing would learn about digests, from which
 * no secret follows.
 */
export function digestPrefix(digest: Buffer): string {
  return digest.toString("latin1", 0, 8);
}

/** How events name a key. */
function actorOf(keyId: string): string {
  return `key:${keyId}`;
}

function keyIdOf(actor: string): string {
  return actor.slice("key:".length);
}

function toCaller(keyId: string, { created, account, expires_at }: KeyState, ended: AbortSignal): Caller {
  const name = actorOf(keyId);
  return {
    actor: name,
    identity: name,
    account,
    counted_as: account === OPERATOR ? name : account,
    scopes: new Set(created?.scopes as Scope[]),
    workflows: created?.workflows ? new Set(created.workflows) : "all",
    tier: created?.tier ?? null,
    operator: false,
    expires_at,
    ended: [ended],
  };
}

/** What has expired by the database's clock has expired, whatever this machine's clock says. */
function untilWhen(secret: KeySecret, state: KeyState, { recorded_at }: StoredEvent): number {
  const until = endOf(secret, state);
  return until <= Date.parse(recorded_at) ? 0 : until;
}

function whyEnded({ status, expires_at }: KeyState, until: number | null): string {
  if (status === "revoked") return "The key is revoked.";
  if (until !== null && until < (expires_at ?? Number.POSITIVE_INFINITY)) return "The key was replaced by a newer one.";
  return "The key has expired.";
}
