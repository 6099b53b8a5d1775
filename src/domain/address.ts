/** What is known of an address, and whether mail may be sent to it. Reports may come in any order, and more than once. */
import type { AddressBounced, AddressComplained, AddressReleased } from "../../events/address.ts";
import type { MailClass } from "../../events/mail.ts";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { Decider } from "./decider.ts";

/** For how long a soft bounce stops marketing to the address. */
const SOFT_BOUNCE_DAYS = 7;

const DAY_MS = 86_400_000;

/** Times are RFC 3339, UTC. */
export interface AddressState {
  /** The first. */
  readonly hard_bounced_at: string | null;
  /** The last. */
  readonly soft_bounced_at: string | null;
  /** The first. */
  readonly complained_at: string | null;
  /** The last time that mail was allowed again: what is above is later. */
  readonly released_at: string | null;
}

export type AddressCommand =
  | ({ readonly type: "bounce" } & AddressBounced)
  | ({ readonly type: "complain" } & AddressComplained)
  | ({ readonly type: "release" } & AddressReleased);

export const addressDecider: Decider<AddressState, AddressCommand> = {
  initial: { hard_bounced_at: null, soft_bounced_at: null, complained_at: null, released_at: null },
  evolve,
  decide({ type, ...data }, state) {
    const { hard_bounced_at, soft_bounced_at, complained_at } = state;
    if (type === "release" && !hard_bounced_at && !soft_bounced_at && !complained_at) return [];
    const event = { type: EVENTS[type], data } as KnownNewEvent;
    return evolve(state, event as KnownEvent) === state ? [] : [event];
  },
};

const EVENTS = { bounce: "address.bounced", complain: "address.complained", release: "address.released" } as const;

function evolve(state: AddressState, event: KnownEvent): AddressState {
  const { released_at } = state;
  switch (event.type) {
    case "address.bounced": {
      const { kind, at } = event.data;
      if (released_at !== null && at <= released_at) return state;
      if (kind === "soft") return isLater(at, state.soft_bounced_at) ? { ...state, soft_bounced_at: at } : state;
      return isEarlier(at, state.hard_bounced_at) ? { ...state, hard_bounced_at: at } : state;
    }
    case "address.complained":
      if (released_at !== null && event.data.at <= released_at) return state;
      return isEarlier(event.data.at, state.complained_at) ? { ...state, complained_at: event.data.at } : state;
    case "address.released": {
      const { at } = event.data;
      if (!isLater(at, released_at)) return state;
      const since = (time: string | null) => (time !== null && time > at ? time : null);
      return {
        hard_bounced_at: since(state.hard_bounced_at),
        soft_bounced_at: since(state.soft_bounced_at),
        complained_at: since(state.complained_at),
        released_at: at,
      };
    }
    default:
      return state;
  }
}

/** Why mail to an address is stopped. */
export type Suppression = "hard_bounce" | "soft_bounce" | "complaint";

/** Why a mail of a class is not sent to an address; `undefined`: it may be. `now`: in ms since 1970. */
export function suppressionOf(
  { hard_bounced_at, soft_bounced_at, complained_at }: AddressState,
  { kind, now }: { kind: MailClass; now: number },
): Suppression | undefined {
  if (hard_bounced_at) return "hard_bounce";
  if (kind === "transactional") return undefined;
  if (complained_at) return "complaint";
  if (soft_bounced_at && now < Date.parse(soft_bounced_at) + SOFT_BOUNCE_DAYS * DAY_MS) return "soft_bounce";
  return undefined;
}

function isEarlier(at: string, before: string | null): boolean {
  return before === null || at < before;
}

function isLater(at: string, before: string | null): boolean {
  return before === null || at > before;
}
