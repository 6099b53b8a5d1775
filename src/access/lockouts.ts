/**
 * Which users are locked out, in memory: those whom the operator has suspended, and those who are erased. Like the key ring, it follows the log, so that
 * a user suspended anywhere is rejected here within a second: with whatever credential, the auth server's included.
 */

import { entityId, type StoredEvent } from "../../events/envelope.ts";
import type { EventType } from "../../events/mod.ts";
import { userOf } from "../../events/user.ts";
import type { Caller, Identity, LockoutReason } from "./caller.ts";
import { Category, type CategoryOptions } from "./category.ts";

/** Why a user is locked out after an event of theirs; `null`: they are not. Nothing depends on the other types. */
const REASONS: Readonly<Partial<Record<EventType, LockoutReason | null>>> = {
  "user.suspended": "suspended",
  "user.resumed": null,
  "user.erasure_requested": "erased",
  "user.erased": "erased",
};

interface Known {
  readonly version: number;
  readonly reason: LockoutReason | null;
}

export class Lockouts {
  readonly #log: Category;
  /** By id: users who are, or were, locked out. */
  readonly #users = new Map<string, Known>();
  /** By id: what ends when the user is locked out. */
  readonly #lasting = new Map<string, Set<() => void>>();
  /** What was made of identities, so that it is made once of each. */
  readonly #admitted = new WeakMap<Identity, Identity>();

  constructor(options: CategoryOptions) {
    this.#log = new Category(options, {
      category: "user",
      types: Object.keys(REASONS),
      what: "users who are locked out",
      take: (event) => this.#take(event),
    });
  }

  /** Rejects those who call as a user who is locked out, or with a key of such a user's account. Never throws. */
  check(identity: Identity): Identity | Promise<Identity> {
    if (identity.kind !== "known") return identity;
    const { actor, account } = identity.caller;
    const userId = userOf(actor) ?? userOf(account);
    if (userId === undefined) return identity;
    if (this.#log.isRead) return this.#verdict(identity, userId);
    // Right after the start, nobody is known yet.
    return this.#log.caughtUp().then(
      () => this.#verdict(identity, userId),
      (cause: unknown) => ({ kind: "undecided", cause }),
    );
  }

  stop(): Promise<void> {
    return this.#log.stop();
  }

  #verdict(identity: Identity & { readonly kind: "known" }, userId: string): Identity {
    const { caller } = identity;
    const reason = this.#users.get(userId)?.reason;
    if (reason) return { kind: "locked_out", reason, caller };
    let admitted = this.#admitted.get(identity);
    if (!admitted) {
      admitted = { kind: "known", caller: this.#watched(caller, userId) };
      this.#admitted.set(identity, admitted);
    }
    return admitted;
  }

  #watched(caller: Caller, userId: string): Caller {
    return {
      ...caller,
      onLockout: (end) => {
        const ends = this.#lasting.get(userId) ?? new Set();
        this.#lasting.set(userId, ends.add(end));
        // It may have come between the check and this call.
        if (this.#users.get(userId)?.reason) end();
        return () => {
          ends.delete(end);
          if (ends.size === 0 && this.#lasting.get(userId) === ends) this.#lasting.delete(userId);
        };
      },
    };
  }

  #take({ stream_id, version, type }: StoredEvent): void {
    const reason = REASONS[type as EventType];
    if (reason === undefined) return;
    const userId = entityId(stream_id);
    if ((this.#users.get(userId)?.version ?? 0) >= version) return;
    this.#users.set(userId, { version, reason });
    if (reason) for (const end of [...(this.#lasting.get(userId) ?? [])]) end();
  }
}
