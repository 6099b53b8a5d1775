/**
 * What became of a mail, from its events in whatever order they come: the decider and the read model fold them alike. Reports of one
 * kind are merged by a rule that does not depend on their order, so that reports that are shuffled, or come twice, amount to the same.
 */
import type { BounceKind, MailBounced, MailDecider, MailQueued } from "./mail.ts";
import type { KnownEvent } from "./mod.ts";

interface Ended {
  readonly reason: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

export interface MailState {
  readonly queued: MailQueued | null;
  readonly queued_at: string | null;
  readonly sent: { readonly provider_id: string; readonly at: string } | null;
  /** The earliest report of each. */
  readonly delivered_at: string | null;
  readonly complained_at: string | null;
  /** A hard one rather than a soft one, the earliest of a kind. */
  readonly bounced: MailBounced | null;
  /** By whom: the service did not hand it over, or the provider did not deliver it. */
  readonly suppressed: { readonly [By in MailDecider]: Ended | null };
  readonly failed: { readonly [By in MailDecider]: Ended | null };
}

const nobody = { service: null, provider: null };

export const unknownMail: MailState = {
  queued: null,
  queued_at: null,
  sent: null,
  delivered_at: null,
  complained_at: null,
  bounced: null,
  suppressed: nobody,
  failed: nobody,
};

/** Returns the same state if the event says nothing new. */
export function withMailEvent(state: MailState, event: KnownEvent): MailState {
  const { recorded_at } = event;
  switch (event.type) {
    case "mail.queued":
      return { ...state, queued: event.data, queued_at: recorded_at };
    case "mail.sent": {
      if (state.sent) return state;
      const { provider_id, at = recorded_at } = event.data;
      return { ...state, sent: { provider_id, at } };
    }
    case "mail.delivered":
      return isEarlier(event.data.at, state.delivered_at) ? { ...state, delivered_at: event.data.at } : state;
    case "mail.complained":
      return isEarlier(event.data.at, state.complained_at) ? { ...state, complained_at: event.data.at } : state;
    case "mail.bounced":
      return isWorse(event.data, state.bounced) ? { ...state, bounced: event.data } : state;
    case "mail.suppressed":
    case "mail.failed": {
      const which = event.type === "mail.failed" ? "failed" : "suppressed";
      const { by, reason, at = recorded_at } = event.data;
      const before = state[which][by];
      if (before && !isEarlier(orderOf({ reason, at }), orderOf(before))) return state;
      return { ...state, [which]: { ...state[which], [by]: { reason, at } } };
    }
    default:
      return state;
  }
}

/** Where a mail stands. What the service itself did not hand over may be sent after all, by a later attempt. */
export const mailStatuses = ["queued", "sent", "delivered", "bounced", "complained", "suppressed", "failed"] as const;
export type MailStatus = (typeof mailStatuses)[number];

/** A mail's status, with the reason if it did not arrive. */
export function mailStatus({ sent, delivered_at, complained_at, bounced, suppressed, failed }: MailState): {
  readonly status: MailStatus;
  readonly bounce: BounceKind | null;
  readonly reason: string | null;
} {
  const bounce = bounced?.kind ?? null;
  const ended = (status: MailStatus, reason: string | null = null) => ({ status, bounce, reason });
  if (complained_at) return ended("complained");
  if (bounced?.kind === "hard") return ended("bounced", bounced.reason);
  if (failed.provider) return ended("failed", failed.provider.reason);
  if (suppressed.provider) return ended("suppressed", suppressed.provider.reason);
  if (delivered_at) return ended("delivered");
  if (bounced) return ended("bounced", bounced.reason);
  if (sent) return ended("sent");
  if (failed.service) return ended("failed", failed.service.reason);
  if (suppressed.service) return ended("suppressed", suppressed.service.reason);
  return ended("queued");
}

/** In the order of their texts, which for reports of one provider is that of time. */
function isEarlier(at: string, before: string | null): boolean {
  return before === null || at < before;
}

function isWorse(bounce: MailBounced, before: MailBounced | null): boolean {
  if (!before) return true;
  if (bounce.kind !== before.kind) return bounce.kind === "hard";
  return isEarlier(orderOf(bounce), orderOf(before));
}

function orderOf({ at, reason }: Ended): string {
  return `${at} ${reason}`;
}
