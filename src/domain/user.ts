/**
 * A user.
 *
 * ```text
 *   (none) ──create──▶ active ──suspend──▶ suspended
 *                        ▲                     │
 *                        └───────resume────────┘
 *   active, suspended ──request_erasure──▶ erasing ──complete_erasure──▶ erased: final
 * ```
 *
 * An address that a user asks for takes effect when they use the link that is mailed there, within an hour.
 *
 * Somebody can be recorded because their address was typed into a form. If nobody ever signed in as them, and nobody else
 * recorded anything of them, they are forgotten after a month.
 *
 * An upsert creates or updates, whichever is due. A user of the auth server can be suspended before anything was recorded
 * of them: they may be calling already.
 */
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { PersonalClass } from "../../events/personal.ts";
import type { UserProfile } from "../../events/user.ts";
import { isSameJson } from "../json/mod.ts";
import type { Decider, Rejection } from "./decider.ts";

/** For how long the link to confirm a new address is valid. */
export const EMAIL_CHANGE_MS = 3_600_000;

/** The actor that records whoever asks for a link to sign in. */
export const SIGN_IN_ACTOR = "system:sign_in";
/** After how long those are forgotten of whom nothing followed. */
export const UNCLAIMED_MS = 30 * 86_400_000;

/**
 * What shows that an address is the user's: they used what was mailed at that time, in milliseconds since 1970; or somebody
 * trustworthy says so of this one.
 */
export type EmailProof = { readonly mailed_at: number } | { readonly email: string };

/** An address that the user asked for. */
interface EmailChange {
  readonly change_id: string;
  readonly email: string;
  /** Milliseconds since 1970. */
  readonly requested_at: number;
}

export interface UserState {
  readonly status: "none" | "active" | "suspended" | "erasing" | "erased";
  /** Of the erasure that was requested. */
  readonly erasure_id: string | null;
  readonly profile: UserProfile;
  /** Since when the address is the user's, in milliseconds since 1970. */
  readonly email_since: number;
  /** When the user proved that it is theirs, RFC 3339; `null`: not yet. */
  readonly email_verified_at: string | null;
  readonly email_change: EmailChange | null;
  /** Only a request to sign in has recorded anything of them. */
  readonly is_unclaimed: boolean;
  /** Addresses that the user had before. */
  readonly former_emails: readonly string[];
  /** RFC 3339. */
  readonly created_at: string | null;
  readonly updated_at: string | null;
}

export type UserCommand =
  /** Nothing to do if there is one. `verified`: an auth server says that the address is theirs. */
  | { readonly type: "create"; readonly profile: Partial<UserProfile>; readonly verified: boolean }
  /** The index says that the address is the user's. `claims`: somebody relies on them from now on. */
  | {
      readonly type: "upsert";
      readonly profile: Partial<UserProfile> & { readonly email: string };
      readonly claims: boolean;
    }
  | { readonly type: "update"; readonly profile: Partial<UserProfile> }
  /** Somebody else has shown that the address is theirs. Nothing to do unless the user is unclaimed. */
  | { readonly type: "yield_address"; readonly email: string }
  | { readonly type: "request_email_change"; readonly change_id: string; readonly email: string }
  /** The user used the link. The index says that the address is theirs. */
  | { readonly type: "confirm_email_change"; readonly change_id: string; readonly now: number }
  | { readonly type: "verify_email"; readonly proof: EmailProof }
  | { readonly type: "suspend"; readonly reason?: string }
  | { readonly type: "resume" }
  | { readonly type: "export" }
  /** Nothing to do unless they are unclaimed. */
  | { readonly type: "forget"; readonly erasure_id: string }
  /** Nothing to do if one was requested before. */
  | { readonly type: "request_erasure"; readonly erasure_id: string }
  /** What the user had has ended, and these keys are destroyed. */
  | { readonly type: "complete_erasure"; readonly destroyed: readonly PersonalClass[] };

export interface UserRejection extends Rejection {
  readonly code: "user_not_found" | "user_erased" | "address_given_up" | "change_expired";
}

const NOTHING_KNOWN: UserProfile = { email: null, name: null, locale: null, currency: null, meta: {} };

export const userDecider: Decider<UserState, UserCommand, UserRejection> = {
  initial: {
    status: "none",
    erasure_id: null,
    profile: NOTHING_KNOWN,
    email_since: 0,
    email_verified_at: null,
    email_change: null,
    is_unclaimed: false,
    former_emails: [],
    created_at: null,
    updated_at: null,
  },
  evolve,
  decide,
};

function evolve(before: UserState, event: KnownEvent): UserState {
  const { recorded_at } = event;
  const is_unclaimed = event.meta.actor === SIGN_IN_ACTOR && (before.is_unclaimed || before.status === "none");
  const state = { ...before, is_unclaimed };
  switch (event.type) {
    case "user.created": {
      const profile = { ...NOTHING_KNOWN, ...event.data };
      const email_since = Date.parse(recorded_at);
      return { ...state, status: "active", profile, email_since, created_at: recorded_at, updated_at: recorded_at };
    }
    case "user.updated":
      return { ...state, ...updatedBy(event.data, state, recorded_at), updated_at: recorded_at };
    case "user.email_change_requested":
      return { ...state, email_change: { ...event.data, requested_at: Date.parse(recorded_at) } };
    case "user.email_verified":
      return { ...state, email_verified_at: recorded_at, email_change: pending(state) };
    case "user.suspended":
      return { ...state, status: "suspended" };
    case "user.resumed":
      return { ...state, status: "active" };
    case "user.erasure_requested":
      return { ...state, status: "erasing", erasure_id: event.data.erasure_id };
    case "user.erased":
      return { ...state, status: "erased", profile: NOTHING_KNOWN, former_emails: [] };
    default:
      return state;
  }
}

/** The change of address that the link to the user's present one does not confirm. */
function pending({ email_change, profile: { email } }: UserState): EmailChange | null {
  return email_change?.email === email ? null : email_change;
}

/** What changes with an update: nothing that was known of the former address holds of another. */
function updatedBy(data: Partial<UserProfile>, { profile: known, former_emails }: UserState, recorded_at: string) {
  const profile = { ...known, ...data };
  if (profile.email === known.email) return { profile };
  return {
    profile,
    email_since: Date.parse(recorded_at),
    email_verified_at: null,
    email_change: null,
    former_emails: known.email === null ? former_emails : [...former_emails, known.email],
  };
}

function decide(command: UserCommand, state: UserState): readonly KnownNewEvent[] | UserRejection {
  const { status } = state;
  if (command.type === "create") {
    const { profile, verified } = command;
    return status === "none" ? [created(profile), ...(verified ? [VERIFIED] : [])] : [];
  }
  if (command.type === "forget") {
    const { erasure_id } = command;
    return state.is_unclaimed ? erase({ type: "request_erasure", erasure_id }, state) : [];
  }
  if (command.type === "request_erasure" || command.type === "complete_erasure") return erase(command, state);
  if (status === "erasing" || status === "erased") {
    return refuse("user_erased", "The user is erased, or about to be: nothing can be recorded of them.");
  }
  return change(command, state);
}

function erase(
  command: UserCommand & { type: "request_erasure" | "complete_erasure" },
  { status, erasure_id }: UserState,
): readonly KnownNewEvent[] | UserRejection {
  if (status === "erased") return [];
  if (command.type === "request_erasure") {
    if (status === "none") return notFound();
    return status === "erasing" ? [] : [{ type: "user.erasure_requested", data: { erasure_id: command.erasure_id } }];
  }
  // Nobody asked for it.
  if (erasure_id === null) return notFound();
  return [{ type: "user.erased", data: { erasure_id, destroyed: [...command.destroyed] } }];
}

function change(
  command: Exclude<UserCommand, { type: "create" | "forget" | "request_erasure" | "complete_erasure" }>,
  state: UserState,
): readonly KnownNewEvent[] | UserRejection {
  const { status } = state;
  const isNew = status === "none";
  switch (command.type) {
    case "upsert":
      return isNew ? [created(command.profile)] : upserted(command, state);
    case "update":
      return isNew ? notFound() : updated(command.profile, state);
    case "yield_address":
      return yielded(command, state);
    case "request_email_change": {
      const { change_id, email } = command;
      return isNew ? notFound() : [{ type: "user.email_change_requested", data: { change_id, email } }];
    }
    case "confirm_email_change":
      return confirmed(command, state);
    case "verify_email":
      return verified(command, state);
    case "suspend": {
      if (status === "suspended") return [];
      const { reason } = command;
      const suspended = { type: "user.suspended", data: reason === undefined ? {} : { reason } } as const;
      return isNew ? [created({}), suspended] : [suspended];
    }
    case "export":
      return isNew ? notFound() : [{ type: "user.exported", data: {} }];
    case "resume":
      if (isNew) return notFound();
      return status === "suspended" ? [{ type: "user.resumed", data: {} }] : [];
  }
}

const VERIFIED: KnownNewEvent = { type: "user.email_verified", data: {} };

/** The address that a link confirms; `undefined`: the link is not valid any more, or never was. */
export function confirmedBy(
  { change_id, now }: { readonly change_id: string; readonly now: number },
  { email_change }: Pick<UserState, "email_change">,
): string | undefined {
  if (email_change?.change_id !== change_id || now >= email_change.requested_at + EMAIL_CHANGE_MS) return undefined;
  return email_change.email;
}

function verified(
  { proof }: UserCommand & { type: "verify_email" },
  { profile: { email }, email_since, email_verified_at }: UserState,
): readonly KnownNewEvent[] {
  if (email === null || email_verified_at !== null) return [];
  const isProof = "email" in proof ? proof.email === email : proof.mailed_at >= email_since;
  return isProof ? [VERIFIED] : [];
}

function confirmed(
  command: UserCommand & { type: "confirm_email_change" },
  state: UserState,
): readonly KnownNewEvent[] | UserRejection {
  const email = confirmedBy(command, state);
  if (email === undefined) {
    return refuse("change_expired", "The link is older than an hour, was used, or a newer one was asked for since.");
  }
  return [...updated({ email }, state), VERIFIED];
}

/**
 * The index may say of an address that it is the user's while the user has another: a change of address was interrupted.
 * If it is a new one, the change is completed. If it is a former one, the user has given it up, and it is free.
 */
function upserted(
  { profile, claims }: UserCommand & { type: "upsert" },
  state: UserState,
): readonly KnownNewEvent[] | UserRejection {
  if (hasGivenUp(profile.email, state)) return givenUp();
  const events = updated(profile, state);
  return events.length === 0 && claims && state.is_unclaimed ? [{ type: "user.updated", data: {} }] : events;
}

function yielded(
  { email }: UserCommand & { type: "yield_address" },
  state: UserState,
): readonly KnownNewEvent[] | UserRejection {
  if (hasGivenUp(email, state)) return givenUp();
  return state.is_unclaimed && state.profile.email === email ? [{ type: "user.updated", data: { email: null } }] : [];
}

function hasGivenUp(email: string, { profile, former_emails }: UserState): boolean {
  return profile.email !== email && former_emails.includes(email);
}

function givenUp(): UserRejection {
  return refuse("address_given_up", "The address is a former one of the user's.");
}

function created(data: Partial<UserProfile>): KnownNewEvent {
  return { type: "user.created", data };
}

/** Only what differs is recorded. */
function updated(wanted: Partial<UserProfile>, { profile }: UserState): readonly KnownNewEvent[] {
  const known: Readonly<Record<string, unknown>> = profile;
  const changes = Object.entries(wanted).filter(([name, value]) => !isSameJson(known[name], value));
  return changes.length === 0 ? [] : [{ type: "user.updated", data: Object.fromEntries(changes) }];
}

function notFound(): UserRejection {
  return refuse("user_not_found", "There is no such user.");
}

function refuse(code: UserRejection["code"], message: string): UserRejection {
  return { rejected: true, code, message };
}
