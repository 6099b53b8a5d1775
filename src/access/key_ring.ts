/**
 * All keys in the log: by the SHA-256 of their secrets, in memory.
 *
 * Filled from the log at startup, it follows the log from there on, so that a key revoked anywhere is rejected here
 * within a second. A check for a secret that is not on the ring may wait until the ring has reached the log's head: a
 * secret that is then still missing does not exist.
 */
import { timingSafeEqual } from "node:crypto";
import type { Logger } from "pino";
import type { StoredEvent } from "../../events/envelope.ts";
import { keyStream } from "../../events/key.ts";
import { decode, entityId } from "../../events/mod.ts";
import { alarm, Backoff, pause, unlessAborted } from "../async/mod.ts";
import { type Bus, follow } from "../bus/mod.ts";
import { endOf, type KeySecret, type KeyState, keyDecider } from "../domain/key.ts";
import type { EventLog } from "../log/mod.ts";
import type { Caller, Identity } from "./caller.ts";
import type { Scope } from "./scopes.ts";

/** How long reaching the log's head may take. */
const CATCH_UP_MS = 5_000;

export interface KeyRingOptions {
  readonly log: Pick<EventLog, "head" | "readCategory" | "readRange">;
  readonly bus: Pick<Bus, "tail">;
  readonly logger: Pick<Logger, "warn" | "error">;
}

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
  readonly #options: KeyRingOptions;
  readonly #onUse: (keyId: string, now: number) => void;
  readonly #stop = new AbortController();
  readonly #keys = new Map<string, Key>();
  /** By actor, the keys whose secrets they were shown. */
  readonly #held = new Map<string, Set<string>>();
  readonly #entries = new Map<string, Entry>();
  readonly #arrivals = new Set<() => void>();
  readonly #running: Promise<void>;
  #position = -1;
  #callOff: (() => void) | undefined;
  #catching: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  /** `on_use` is called with each use of an issued key, and the time. */
  constructor(options: KeyRingOptions, on_use: (keyId: string, now: number) => void) {
    this.#options = options;
    this.#onUse = on_use;
    this.#running = this.#follow();
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
    // Calls that come while others wait share the next look: there is one at a time.
    this.#waiting ??= this.#catching.then(() => {
      this.#waiting = undefined;
      const catching = this.#catchUp();
      this.#catching = catching.catch(() => {});
      return catching;
    });
    return this.#waiting;
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
    this.#stop.abort();
    this.#callOff?.();
    await this.#running;
  }

  async #catchUp(): Promise<void> {
    const { log, bus } = this.#options;
    const head = await log.head();
    for (const deadline = performance.now() + CATCH_UP_MS; this.#position < head; ) {
      bus.tail.hear({ last: head });
      const arrived = Promise.withResolvers<void>();
      this.#arrivals.add(arrived.resolve);
      const left = Math.max(0, deadline - performance.now());
      const timer = setTimeout(arrived.resolve, left);
      await arrived.promise;
      clearTimeout(timer);
      this.#arrivals.delete(arrived.resolve);
      if (this.#stop.signal.aborted) throw new Error("Cannot check the key: the service is stopping");
      if (left === 0) throw new Error(`Cannot check the key: the key ring did not reach position ${head} in time`);
    }
  }

  async #follow(): Promise<void> {
    const { log, bus, logger } = this.#options;
    const { signal } = this.#stop;
    const backoff = new Backoff(50, 2_000);
    const on_fault = (error: unknown) => logger.warn({ err: error }, "Cannot read the log for keys; retrying");
    while (!signal.aborted) {
      try {
        if (this.#position < 0) await this.#load();
        for await (const events of follow({ log, bus, after: this.#position, signal, on_fault })) {
          const ours = events.filter((event) => keyStream.matches(event.stream_id));
          for (const event of ours) this.#take(event);
          if (ours.length > 0) this.#end();
          this.#arrive(events.at(-1)?.position ?? this.#position);
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.error({ err: error, position: this.#position }, "Cannot follow the log for keys; retrying");
        await pause(backoff.next(), signal);
      }
    }
  }

  async #load(): Promise<void> {
    const { log } = this.#options;
    const { signal } = this.#stop;
    const head = await unlessAborted(log.head(), signal);
    const events = head === undefined ? undefined : await unlessAborted(log.readCategory("key"), signal);
    if (head === undefined || !events) return;
    for (const event of events) this.#take(event);
    this.#end();
    this.#arrive(head);
  }

  #arrive(position: number): void {
    this.#position = position;
    for (const arrived of this.#arrivals) arrived();
  }

  #take(event: StoredEvent): void {
    const id = entityId(event.stream_id);
    const before = this.#keys.get(id);
    if (before && before.version >= event.version) return;
    let state: KeyState;
    try {
      state = keyDecider.evolve(before?.state ?? keyDecider.initial, decode(event));
    } catch (error) {
      // One unreadable key must not keep the others from being revoked.
      this.#options.logger.error({ err: error, position: event.position }, "Cannot read an event of a key");
      return;
    }
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
    if (next === Number.POSITIVE_INFINITY || this.#stop.signal.aborted) return;
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

function toCaller(keyId: string, { created, expires_at }: KeyState, ended: AbortSignal): Caller {
  const name = actorOf(keyId);
  return {
    actor: name,
    identity: name,
    scopes: new Set(created?.scopes as Scope[]),
    workflows: created?.workflows ? new Set(created.workflows) : "all",
    tier: created?.tier ?? null,
    own_only: false,
    operator: false,
    expires_at,
    ended,
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
