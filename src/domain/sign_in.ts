/**
 * Signing in by mail.
 *
 * ```text
 *   requested ──issue──▶ issued ──redeem──▶ redeemed
 *                          │ ▲
 *                          └─┘ reject_code (5 times)
 * ```
 *
 * A link and its code are valid for ten minutes, and until the user is sent another, or has another address.
 */
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { SignInRequested } from "../../events/sign_in.ts";
import type { Decider, Rejection } from "./decider.ts";

/** For how long a link and its code are valid. */
export const LINK_MS = 600_000;
/** Wrong codes after which none is accepted any more. */
export const CODE_TRIES = 5;

export interface SignInState {
  readonly status: "none" | "requested" | "issued" | "redeemed";
  /** The data of `sign_in.requested`; what is personal of it is `null` once it is forgotten. */
  readonly requested: SignInRequested | null;
  /** Where to go afterwards. */
  readonly next: string | null;
  /** `user:<id>`. */
  readonly user: string | null;
  /** Milliseconds since 1970. */
  readonly issued_at: number;
  readonly rejected_codes: number;
}

export type SignInCommand =
  | ({ readonly type: "request" } & SignInRequested)
  | { readonly type: "issue"; readonly user: string }
  | ({ readonly type: "redeem"; readonly session_id: string } & Redeeming)
  | ({ readonly type: "reject_code" } & Redeeming);

interface Redeeming {
  readonly with: "link" | "code";
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether the user was sent no other link since, and still has the address that it was mailed to. */
  readonly is_current: boolean;
}

export interface SignInRejection extends Rejection {
  readonly code: "sign_in_exists" | "link_used" | "link_expired";
}

export const signInDecider: Decider<SignInState, SignInCommand, SignInRejection> = {
  initial: { status: "none", requested: null, next: null, user: null, issued_at: 0, rejected_codes: 0 },
  evolve,
  decide,
};

function evolve(state: SignInState, event: KnownEvent): SignInState {
  switch (event.type) {
    case "sign_in.requested":
      return { ...state, status: "requested", requested: event.data, next: event.data.next };
    case "sign_in.link_issued":
      return { ...state, status: "issued", ...event.data, issued_at: Date.parse(event.recorded_at) };
    case "sign_in.code_rejected":
      return { ...state, rejected_codes: state.rejected_codes + 1 };
    case "sign_in.redeemed":
      return { ...state, status: "redeemed" };
    default:
      return state;
  }
}

function decide(command: SignInCommand, state: SignInState): readonly KnownNewEvent[] | SignInRejection {
  switch (command.type) {
    case "request": {
      const { type: _, ...data } = command;
      if (state.status !== "none") return refuse("sign_in_exists", "The request's id is in use.");
      return [{ type: "sign_in.requested", data }];
    }
    case "issue":
      return state.status === "requested"
        ? [{ type: "sign_in.link_issued", data: { user: command.user, next: state.next } }]
        : [];
    case "redeem":
      return invalid(command, state) ?? [{ type: "sign_in.redeemed", data: { session_id: command.session_id } }];
    case "reject_code":
      return invalid(command, state) ?? [{ type: "sign_in.code_rejected", data: {} }];
  }
}

/** Why a link or code is not valid; `undefined`: it is. */
function invalid(
  { with: kind, now, is_current }: Redeeming,
  { status, issued_at, rejected_codes }: SignInState,
): SignInRejection | undefined {
  if (status === "redeemed") return refuse("link_used", "The link or its code was used already.");
  if (status !== "issued" || now >= issued_at + LINK_MS) return refuse("link_expired", "The link or code has expired.");
  if (!is_current) {
    return refuse("link_expired", "A newer link was sent since, or the address is not the user's any more.");
  }
  if (kind === "code" && rejected_codes >= CODE_TRIES) {
    return refuse(
      "link_expired",
      `The code was wrong ${CODE_TRIES} times and is no longer accepted; the link still is.`,
    );
  }
  return undefined;
}

function refuse(code: SignInRejection["code"], message: string): SignInRejection {
  return { rejected: true, code, message };
}
