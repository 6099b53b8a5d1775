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
 * An upsert creates or updates, whichever is due. A user of the auth server can be suspended before anything was recorded
 * of them: they may be calling already.
 */
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { PersonalClass } from "../../events/personal.ts";
import type { UserProfile } from "../../events/user.ts";
import { isSameJson } from "../json/mod.ts";
import type { Decider, Rejection } from "./decider.ts";

export interface UserState {
  readonly status: "none" | "active" | "suspended" | "erasing" | "erased";
  /** Of the erasure that was requested. */
  readonly erasure_id: string | null;
  readonly profile: UserProfile;
  /** Addresses that the user had before. */
  readonly former_emails: readonly string[];
  /** RFC 3339. */
  readonly created_at: string | null;
  readonly updated_at: string | null;
}

export type UserCommand =
  /** Nothing to do if there is one. */
  | { readonly type: "create"; readonly profile: Partial<UserProfile> }
  /** The index says that the address is the user's. */
  | { readonly type: "upsert"; readonly profile: Partial<UserProfile> & { readonly email: string } }
  | { readonly type: "update"; readonly profile: Partial<UserProfile> }
  | { readonly type: "suspend"; readonly reason?: string }
  | { readonly type: "resume" }
  | { readonly type: "export" }
  /** Nothing to do if one was requested before. */
  | { readonly type: "request_erasure"; readonly erasure_id: string }
  /** What the user had has ended, and these keys are destroyed. */
  | { readonly type: "complete_erasure"; readonly destroyed: readonly PersonalClass[] };

export interface UserRejection extends Rejection {
  readonly code: "user_not_found" | "user_erased" | "address_given_up";
}

const NOTHING_KNOWN: UserProfile = { email: null, name: null, locale: null, currency: null, meta: {} };

export const userDecider: Decider<UserState, UserCommand, UserRejection> = {
  initial: {
    status: "none",
    erasure_id: null,
    profile: NOTHING_KNOWN,
    former_emails: [],
    created_at: null,
    updated_at: null,
  },
  evolve,
  decide,
};

function evolve(state: UserState, event: KnownEvent): UserState {
  const { recorded_at } = event;
  switch (event.type) {
    case "user.created": {
      const profile = { ...NOTHING_KNOWN, ...event.data };
      return { ...state, status: "active", profile, created_at: recorded_at, updated_at: recorded_at };
    }
    case "user.updated": {
      const profile = { ...state.profile, ...event.data };
      const { email } = state.profile;
      const former_emails =
        email === null || email === profile.email ? state.former_emails : [...state.former_emails, email];
      return { ...state, profile, former_emails, updated_at: recorded_at };
    }
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

function decide(command: UserCommand, state: UserState): readonly KnownNewEvent[] | UserRejection {
  const { status } = state;
  if (command.type === "create") return status === "none" ? [created(command.profile)] : [];
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
  command: UserCommand & { type: "upsert" | "update" | "suspend" | "resume" | "export" },
  state: UserState,
): readonly KnownNewEvent[] | UserRejection {
  const { status } = state;
  const isNew = status === "none";
  switch (command.type) {
    case "upsert":
      return isNew ? [created(command.profile)] : upserted(command, state);
    case "update":
      return isNew ? notFound() : updated(command.profile, state);
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

/**
 * The index may say of an address that it is the user's while the user has another: a change of address was interrupted.
 * If it is a new one, the change is completed. If it is a former one, the user has given it up, and it is free.
 */
function upserted(
  { profile }: UserCommand & { type: "upsert" },
  state: UserState,
): readonly KnownNewEvent[] | UserRejection {
  const { email } = profile;
  if (state.profile.email !== email && state.former_emails.includes(email)) {
    return refuse("address_given_up", "The address is a former one of the user's.");
  }
  return updated(profile, state);
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
