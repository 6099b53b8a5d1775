/** Who belongs to which organisation, in memory. Like the key ring, it follows the log. */
import type { StoredEvent } from "../../events/envelope.ts";
import { decode, entityId } from "../../events/mod.ts";
import type { OrgRole } from "../../events/org.ts";
import { type OrgState, orgDecider } from "../domain/org.ts";
import { Category, type CategoryOptions } from "./category.ts";

export interface Membership {
  readonly role: OrgRole;
  /** Fires when the member has left, or has another role. */
  readonly ended: AbortSignal;
}

interface Org {
  readonly version: number;
  readonly state: OrgState;
  readonly memberships: Map<string, Membership & { readonly end: AbortController }>;
}

export class Memberships {
  readonly #log: Category;
  /** By id. */
  readonly #orgs = new Map<string, Org>();

  constructor(options: CategoryOptions) {
    this.#log = new Category(options, {
      category: "org",
      what: "memberships",
      take: (event) => this.#take(event),
    });
  }

  /** A user's membership; `undefined`: they have none, as far as it is known here. */
  find(orgId: string, member: string): Membership | undefined {
    return this.#orgs.get(orgId)?.memberships.get(member);
  }

  /** The owners of an organisation, those who joined first at the beginning, as far as they are known here. */
  owners(orgId: string): readonly string[] {
    const { memberships = new Map<string, Membership>() } = this.#orgs.get(orgId) ?? {};
    return [...memberships].filter(([, { role }]) => role === "owner").map(([member]) => member);
  }

  /** Resolves when everything that was in the log at the call is known. Throws if that cannot be reached. */
  caughtUp(): Promise<void> {
    return this.#log.caughtUp();
  }

  stop(): Promise<void> {
    return this.#log.stop();
  }

  #take(event: StoredEvent): void {
    const id = entityId(event.stream_id);
    const before = this.#orgs.get(id);
    if (before && before.version >= event.version) return;
    const state = orgDecider.evolve(before?.state ?? orgDecider.initial, decode(event));
    const memberships: Org["memberships"] = before?.memberships ?? new Map();
    this.#orgs.set(id, { version: event.version, state, memberships });
    for (const [member, { role, end }] of memberships) {
      if (state.members.get(member) === role) continue;
      memberships.delete(member);
      end.abort();
    }
    for (const [member, role] of state.members) {
      if (memberships.has(member)) continue;
      const end = new AbortController();
      memberships.set(member, { role, end, ended: end.signal });
    }
  }
}
