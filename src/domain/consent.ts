/**
 * What somebody agreed to: a user, or an e-mail address that is no user's.
 *
 * ```text
 *   terms       (none) ──accept──▶ version 1 ──accept──▶ version 2 …
 *   marketing   (none) ──confirm──▶ given ◀──confirm, withdraw──▶ withdrawn
 * ```
 *
 * There is no consent to marketing without its confirmation over a link that was mailed to the address. Each link confirms once:
 * one from before a withdrawal brings nothing back. Requests for such links are counted in the stream of the address.
 */
import type { MarketingConfirmed, MarketingRequested, TermsAccepted, WithdrawalWay } from "../../events/consent.ts";
import type { DocumentVersion } from "../../events/document.ts";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import { DAY_MS, MINUTE_MS } from "../../events/time.ts";
import type { Decider, Rejection } from "./decider.ts";

/** Mails that ask an address to confirm: the time between two, and how many are sent in 24 hours. */
const REQUEST_INTERVAL_MS = 15 * MINUTE_MS;
const REQUESTS_A_DAY = 3;
/** How long a link confirms. */
const CONFIRMATION_MS = 7 * DAY_MS;

interface Marketing {
  readonly status: "none" | "given" | "withdrawn";
  /** RFC 3339; `null`: there was neither a consent nor a withdrawal. */
  readonly since: string | null;
  /** What was agreed to last. */
  readonly notice: DocumentVersion | null;
  /** The requests that were confirmed. */
  readonly confirmed: readonly MarketingConfirmed["request"][];
}

export interface ConsentState {
  /** The version that was accepted last. */
  readonly terms: (DocumentVersion & { readonly accepted_at: string }) | null;
  readonly marketing: Marketing;
  /** The newest requests for a link, at most {@link REQUESTS_A_DAY}. */
  readonly requests: readonly { readonly version: number; readonly at: string }[];
}

export type ConsentCommand =
  /** `version`: the one that the user accepts. */
  | ({ readonly type: "accept_terms"; readonly version: number } & TermsAccepted)
  /** `now`: in milliseconds since 1970. */
  | ({ readonly type: "request_marketing"; readonly now: number } & MarketingRequested)
  /** `requested_at`: when the request was recorded. */
  | ({
      readonly type: "confirm_marketing";
      readonly requested_at: string;
      readonly now: number;
    } & MarketingConfirmed)
  | { readonly type: "withdraw_marketing"; readonly by: WithdrawalWay };

export interface ConsentRejection extends Rejection {
  readonly code: "terms_outdated" | "requested_too_often" | "confirmation_used" | "confirmation_expired";
}

export const consentDecider: Decider<ConsentState, ConsentCommand, ConsentRejection> = {
  initial: {
    terms: null,
    marketing: { status: "none", since: null, notice: null, confirmed: [] },
    requests: [],
  },
  evolve,
  decide,
};

/** What a user's own record shows of their consents. Times are RFC 3339. */
export interface UserConsents {
  readonly terms_accepted_at: string | null;
  readonly terms_version: number | null;
  readonly marketing_consent: boolean;
  /** Whether that consent was confirmed over a link, as every one is. */
  readonly marketing_double_opt_in: boolean;
}

/** The consents of a user whose stream (`consent-<user id>`) led to this state. */
export function userConsents({ terms, marketing }: ConsentState): UserConsents {
  const given = marketing.status === "given";
  return {
    terms_accepted_at: terms?.accepted_at ?? null,
    terms_version: terms?.version ?? null,
    marketing_consent: given,
    marketing_double_opt_in: given,
  };
}

function evolve(state: ConsentState, event: KnownEvent): ConsentState {
  const { recorded_at: at } = event;
  switch (event.type) {
    case "consent.terms_accepted":
      return { ...state, terms: { ...event.data.terms, accepted_at: at } };
    case "consent.marketing_requested":
      return { ...state, requests: [...state.requests, { version: event.version, at }].slice(-REQUESTS_A_DAY) };
    case "consent.marketing_confirmed": {
      const { notice, request } = event.data;
      const confirmed = [...state.marketing.confirmed, request];
      return { ...state, marketing: { status: "given", since: at, notice, confirmed } };
    }
    case "consent.marketing_withdrawn":
      return { ...state, marketing: { ...state.marketing, status: "withdrawn", since: at } };
    default:
      return state;
  }
}

function decide(command: ConsentCommand, state: ConsentState): readonly KnownNewEvent[] | ConsentRejection {
  switch (command.type) {
    case "accept_terms":
      return acceptTerms(command, state);
    case "request_marketing":
      return requestMarketing(command, state);
    case "confirm_marketing":
      return confirmMarketing(command, state);
    case "withdraw_marketing":
      // Also what was never given: an objection counts. An erasure alone is none.
      if (state.marketing.status === "withdrawn") return [];
      if (state.marketing.status === "none" && command.by === "erasure") return [];
      return [{ type: "consent.marketing_withdrawn", data: { by: command.by } }];
  }
}

function acceptTerms(
  { type: _, version, ...data }: ConsentCommand & { type: "accept_terms" },
  { terms }: ConsentState,
): readonly KnownNewEvent[] | ConsentRejection {
  const { version: current } = data.terms;
  if (version !== current) {
    const message = `Cannot accept version ${version} of the terms: version ${current} is the current one. Read that first.`;
    return refuse("terms_outdated", message);
  }
  return terms?.version === current ? [] : [{ type: "consent.terms_accepted", data }];
}

function requestMarketing(
  { type: _, now, ...data }: ConsentCommand & { type: "request_marketing" },
  { requests }: ConsentState,
): readonly KnownNewEvent[] | ConsentRejection {
  const times = requests.map(({ at }) => Date.parse(at));
  const isSoon = times.some((at) => now - at < REQUEST_INTERVAL_MS);
  if (isSoon || times.filter((at) => now - at < DAY_MS).length >= REQUESTS_A_DAY) {
    return refuse("requested_too_often", "The address was mailed a link a short time ago, or often enough today.");
  }
  return [{ type: "consent.marketing_requested", data }];
}

function confirmMarketing(
  { type: _, requested_at, now, ...data }: ConsentCommand & { type: "confirm_marketing" },
  { marketing }: ConsentState,
): readonly KnownNewEvent[] | ConsentRejection {
  const { stream_id, version } = data.request;
  const isUsed = marketing.confirmed.some((one) => one.stream_id === stream_id && one.version === version);
  if (isUsed && marketing.status === "given") return [];
  if (isUsed)
    return refuse("confirmation_used", "The link was used, and the consent withdrawn since. Ask for another.");
  if (now - Date.parse(requested_at) >= CONFIRMATION_MS) {
    return refuse("confirmation_expired", "The link was mailed more than 7 days ago. Ask for another.");
  }
  return [{ type: "consent.marketing_confirmed", data }];
}

function refuse(code: ConsentRejection["code"], message: string): ConsentRejection {
  return { rejected: true, code, message };
}
