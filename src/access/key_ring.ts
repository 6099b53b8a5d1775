/**
 * All keys, as the log has them: by the SHA-256 of their secrets, in memory.
 *
 * Filled from the log at the start, it follows the log from there on, so that a key that was revoked anywhere is refused
 * here within a second. Whoever asks for a secret that is not on the ring may wait until the ring has come to the log's
 * head: what is then not on it does not exist.
 */
import { timingSafeEqual } from "node:crypto";
import type { Logger } from "pino";
import type { StoredEvent } from "../../events/envelope.ts";
import { keyStream } from "../../events/key.ts";
import { decode, entityId } from "../../events/mod.ts";
import { alarm, Backoff, pause, unlessAborted } from "../async/mod.ts";
import { type Bus, follow, type News } from "../bus/mod.ts";
import { endOf, type KeySecret, type KeyState, keyDecider } from "../domain/key.ts";
import type { EventLog } from "../log/mod.ts";
import type { Caller, Identity } from "./caller.ts";
import type { Scope } from "./scopes.ts";

/** Between two looks at the log's head: should the bus bring no news, a revocation acts within this and a read. */
const LOOK_MS = 400;
/** How long coming to the log's head may take. */
const CATCH_UP_MS = 5_000;

export interface KeyRingOptions {
  readonly log: Pick<EventLog, "head" | "readCategory" | "readRange">;
  readonly bus: Pick<Bus, "listen">;
  readonly logger: Pick<Logger, "warn" | "error">;
}

/** A secret on the ring. */
interface Entry {
  readonly digest: Buffer;
  readonly key_id: string;
  /** From then on it is not taken, in milliseconds since 1970. */
  readonly until: number;
  readonly known: Identity;
  /** What is said of it from then on. */
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
  /** By actor, the keys of which they were shown a secret. */
  readonly #held = new Map<string, Set<string>>();
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(news: News) => void>();
  readonly #arrivals = new Set<() => void>();
  readonly #running: Promise<unknown>;
  #position = -1;
  #callOff: (() => void) | undefined;
  #catching: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  /** `on_use` is told of each use of an issued key, with the time. */
  constructor(options: KeyRingOptions, on_use: (keyId: string, now: number) => void) {
    this.#options = options;
    this.#onUse = on_use;
    this.#running = Promise.all([this.#follow(), this.#look()]);
  }

  /** What is said of the secret with this digest; `undefined`: it is not on the ring. */
  find(digest: Buffer): Identity | undefined {
    const entry = this.#entries.get(digestPrefix(digest));
    if (!entry || !timingSafeEqual(entry.digest, digest)) return undefined;
    const now = Date.now();
    if (now >= entry.until) return entry.refused;
    this.#onUse(entry.key_id, now);
    return entry.known;
  }

  /** Resolves when the ring holds all that the log held at the call. Throws where it cannot come to that. */
  caughtUp(): Promise<void> {
    // Those that come while others wait share the next look: there is one at a time.
    this.#waiting ??= this.#catching.then(() => {
      this.#waiting = undefined;
      const catching = this.#catchUp();
      this.#catching = catching.catch(() => {});
      return catching;
    });
    return this.#waiting;
  }

  /** All who act for the same one as an actor does. */
  partyOf(actor: string): Set<string> {
    const party = new Set([actor]);
    // Goes on to what is added on the way.
    for (const one of party) {
      const key = this.#keys.get(keyIdOf(one));
      // An operator belongs to the party of a key that they issued or rotated, but joins it with no other.
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
    const head = await this.#options.log.head();
    for (const deadline = performance.now() + CATCH_UP_MS; this.#position < head; ) {
      this.#tell(head);
      const arrived = Promise.withResolvers<void>();
      this.#arrivals.add(arrived.resolve);
      const left = Math.max(0, deadline - performance.now());
      const timer = setTimeout(arrived.resolve, left);
      await arrived.promise;
      clearTimeout(timer);
      this.#arrivals.delete(arrived.resolve);
      if (this.#stop.signal.aborted) throw new Error("Cannot check the key: the service is stopping");
      if (left === 0) throw new Error(`Cannot check the key: its ring did not come to position ${head} in time`);
    }
  }

  async #follow(): Promise<void> {
    const { log, bus, logger } = this.#options;
    const { signal } = this.#stop;
    const backoff = new Backoff(50, 2_000);
    const on_fault = (error: unknown) => logger.warn({ err: error }, "Cannot read the log for keys; trying again");
    // Beside the bus, what this ring finds out itself.
    const listen = (listener: (news: News) => void) => {
      const stop = bus.listen(listener);
      this.#listeners.add(listener);
      return () => {
        this.#listeners.delete(listener);
        stop();
      };
    };
    while (!signal.aborted) {
      try {
        if (this.#position < 0) await this.#load();
        for await (const events of follow({ log, bus: { listen }, after: this.#position, signal, on_fault })) {
          const ours = events.filter((event) => keyStream.matches(event.stream_id));
          for (const event of ours) this.#take(event);
          if (ours.length > 0) this.#end();
          this.#arrive(events.at(-1)?.position ?? this.#position);
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.error({ err: error, position: this.#position }, "Cannot follow the log for keys; trying again");
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

  /** Looks at the log's head now and then, for the bus may lose news, or be late with it. */
  async #look(): Promise<void> {
    const { signal } = this.#stop;
    while (await pause(LOOK_MS, signal)) {
      // A fault of the database is told by the reading; the next look tries again.
      const head = await unlessAborted(this.#options.log.head(), signal).catch(() => undefined);
      if (head !== undefined && head > this.#position) this.#tell(head);
    }
  }

  #tell(last: number): void {
    for (const listener of this.#listeners) listener({ last });
  }

  #take(event: StoredEvent): void {
    const id = entityId(event.stream_id);
    const before = this.#keys.get(id);
    if (before && before.version >= event.version) return;
    let state: KeyState;
    try {
      state = keyDecider.evolve(before?.state ?? keyDecider.initial, decode(event));
    } catch (error) {
      // One key that cannot be read must not keep the others from being revoked.
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

  /** Ends what lasts for secrets that are taken no more, and comes back when the next one ends. */
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

/** Under which a digest is found. Who could tell slots apart by time would learn of digests, from which no secret follows. */
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

/** What has ended by the database's clock has ended, whatever this machine's says. */
function untilWhen(secret: KeySecret, state: KeyState, { recorded_at }: StoredEvent): number {
  const until = endOf(secret, state);
  return until <= Date.parse(recorded_at) ? 0 : until;
}

function whyEnded({ status, expires_at }: KeyState, until: number | null): string {
  if (status === "revoked") return "The key is revoked.";
  if (until !== null && until < (expires_at ?? Number.POSITIVE_INFINITY)) return "The key was replaced by a newer one.";
  return "The key has expired.";
}
