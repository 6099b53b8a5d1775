/**
 * Which users are locked out, in memory: those whom the operator has suspended. Like the key ring, it follows the log, so that
 * a user suspended anywhere is rejected here within a second: with whatever credential, the auth server's included.
 */

import { entityId, type StoredEvent } from "../../events/envelope.ts";
import type { EventType } from "../../events/mod.ts";
import { userOf } from "../../events/user.ts";
import type { Caller, Identity } from "./caller.ts";
import { Category, type CategoryOptions } from "./category.ts";

/** Whether a user is locked out after an event of theirs; of the other types, nothing depends on them. */
const LOCKED_OUT: Readonly<Partial<Record<EventType, boolean>>> = {
  "user.suspended": true,
  "user.resumed": false,
};

interface Known {
  readonly version: number;
  readonly locked_out: boolean;
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
      types: Object.keys(LOCKED_OUT),
      what: "suspensions of users",
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
    if (this.#users.get(userId)?.locked_out) return { kind: "locked_out", caller };
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
        if (this.#users.get(userId)?.locked_out) end();
        return () => {
          ends.delete(end);
          if (ends.size === 0 && this.#lasting.get(userId) === ends) this.#lasting.delete(userId);
        };
      },
    };
  }

  #take({ stream_id, version, type }: StoredEvent): void {
    const locked_out = LOCKED_OUT[type as EventType];
    if (locked_out === undefined) return;
    const userId = entityId(stream_id);
    if ((this.#users.get(userId)?.version ?? 0) >= version) return;
    this.#users.set(userId, { version, locked_out });
    if (locked_out) for (const end of [...(this.#lasting.get(userId) ?? [])]) end();
  }
}
