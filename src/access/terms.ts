/**
 * Which terms a caller must accept first. The current version follows the log, as keys do: a new one holds in every process
 * within a second. Who has accepted it is read from their own stream at their first call, and remembered until the next
 * version: so a start reads no consents, and an acceptance holds everywhere at once.
 */
import { LRUCache } from "lru-cache";
import { OPERATOR } from "../../events/account.ts";
import { consentStream } from "../../events/consent.ts";
import { documentStream } from "../../events/document.ts";
import { consentDecider } from "../domain/consent.ts";
import { foldStream } from "../log/fold.ts";
import type { EventLog } from "../log/mod.ts";
import type { Caller } from "./caller.ts";
import { Category, type CategoryOptions } from "./category.ts";
import type { Memberships } from "./memberships.ts";

/** Users who are remembered, about 200 bytes each. */
const MAX_REMEMBERED = 100_000;
/** Of an organisation, how many owners are looked at: those who have been its owners for longest. */
const MAX_OWNERS = 20;

export interface TermsOptions extends CategoryOptions {
  readonly log: CategoryOptions["log"] & Pick<EventLog, "readStream">;
}

export class Terms {
  readonly #log: TermsOptions["log"];
  readonly #documents: Category;
  readonly #memberships: Memberships;
  /** Users who have accepted the current version, as actors. */
  readonly #accepted = new LRUCache<string, true>({ max: MAX_REMEMBERED });
  /** The current version; 0: there are no terms. */
  #version = 0;
  #isLoaded = false;

  constructor(options: TermsOptions, memberships: Memberships) {
    this.#log = options.log;
    this.#memberships = memberships;
    this.#documents = new Category(options, {
      category: "document",
      what: "the terms",
      take: ({ stream_id, version }) => {
        if (stream_id !== documentStream("terms") || version <= this.#version) return;
        this.#version = version;
        this.#accepted.clear();
      },
    });
  }

  /**
   * The version that a caller must accept first; `undefined`: none. Users must have accepted it themselves; behind a key stands
   * the user whose account it belongs to, or any owner of the organisation. The operator's callers need no terms. A promise if
   * it must wait, which rejects if the log is unavailable.
   */
  required(caller: Caller): number | undefined | Promise<number | undefined> {
    const { actor, account, operator } = caller;
    if (operator || account === OPERATOR) return undefined;
    if (!this.#isLoaded) return this.#load().then(() => this.required(caller));
    if (this.#version === 0) return undefined;
    const user = actor.startsWith("user:") ? actor : account;
    if (user.startsWith("user:")) return this.#accepted.has(user) ? undefined : this.#readUsers([user]);
    const org = account.slice("org:".length);
    const owners = this.#ownersOf(org);
    return owners.some((owner) => this.#accepted.has(owner)) ? undefined : this.#readOwners(org);
  }

  stop(): Promise<void> {
    return this.#documents.stop();
  }

  async #load(): Promise<void> {
    await this.#documents.caughtUp();
    this.#isLoaded = true;
  }

  /** An organisation that another process has just created has owners, too. */
  async #readOwners(org: string): Promise<number | undefined> {
    await this.#memberships.caughtUp();
    return await this.#readUsers(this.#ownersOf(org));
  }

  /** Reads whether one of them has accepted the current version. */
  async #readUsers(users: readonly string[]): Promise<number | undefined> {
    const version = this.#version;
    for (const user of users) {
      const { state } = await foldStream(this.#log, {
        stream_id: consentStream(user.slice("user:".length)),
        evolve: consentDecider.evolve,
        known: { state: consentDecider.initial, version: 0 },
      });
      if ((state.terms?.version ?? 0) < version) continue;
      // Meanwhile there may be a newer version, to which this says nothing.
      if (version === this.#version) this.#accepted.set(user, true);
      return undefined;
    }
    return version;
  }

  #ownersOf(org: string): readonly string[] {
    return this.#memberships.owners(org).slice(0, MAX_OWNERS);
  }
}
