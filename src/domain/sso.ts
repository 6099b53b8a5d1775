/**
 * An organisation's single sign-on, and whose a domain is.
 *
 * ```text
 *   (none) ──configure──▶ configured ──verify──▶ verified ──remove──▶ (none)
 *                             ▲                     │
 *                             └─configure: another domain
 * ```
 *
 * It works while it is verified. A domain is one organisation's at a time: the first that proves it, until it removes its
 * connection or sets another domain.
 */
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { SsoConfigured, SsoLinked } from "../../events/sso.ts";
import type { Decider, Rejection } from "./decider.ts";

/** How long a browser may take to come back from the provider. */
export const SSO_MS = 600_000;

export interface SsoState {
  /** `null`: there is none. Its `client_secret` is `null` if its key was destroyed. */
  readonly connection: SsoConfigured | null;
  /** RFC 3339. */
  readonly configured_at: string | null;
  readonly verified_at: string | null;
  /** The ids of connections that are over, the keys of whose secrets are to be destroyed. */
  readonly former: readonly string[];
}

export type SsoCommand =
  | ({ readonly type: "configure" } & SsoConfigured)
  | { readonly type: "verify"; readonly domain: string }
  | { readonly type: "remove" };

export interface SsoRejection extends Rejection {
  readonly code: "sso_not_configured";
}

export const ssoDecider: Decider<SsoState, SsoCommand, SsoRejection> = {
  initial: { connection: null, configured_at: null, verified_at: null, former: [] },
  evolve: evolveSso,
  decide: decideSso,
};

/** The domain that counts for the organisation. */
export function provenDomain({ connection, verified_at }: SsoState): string | null {
  return verified_at === null ? null : (connection?.domain ?? null);
}

/** The domain that is going to count once a command is recorded. */
export function provenAfter(command: SsoCommand, state: SsoState): string | null {
  const proven = provenDomain(state);
  switch (command.type) {
    case "configure":
      return command.domain === proven ? proven : null;
    case "verify":
      return command.domain;
    case "remove":
      return null;
  }
}

function evolveSso(state: SsoState, event: KnownEvent): SsoState {
  const { connection, former } = state;
  const over = connection ? [...former, connection.connection_id] : former;
  switch (event.type) {
    case "sso.configured": {
      const verified_at = event.data.domain === provenDomain(state) ? state.verified_at : null;
      return { connection: event.data, configured_at: event.recorded_at, verified_at, former: over };
    }
    case "sso.domain_verified":
      return { ...state, verified_at: event.recorded_at };
    case "sso.removed":
      return { ...ssoDecider.initial, former: over };
    default:
      return state;
  }
}

function decideSso(
  command: SsoCommand,
  { connection, verified_at, former }: SsoState,
): readonly KnownNewEvent[] | SsoRejection {
  if (command.type === "configure") {
    const { type: _, ...data } = command;
    return [{ type: "sso.configured", data }];
  }
  // Removed before: the keys may not have been destroyed.
  if (connection === null && command.type === "remove" && former.length > 0) return [];
  if (connection === null || (command.type === "verify" && command.domain !== connection.domain)) {
    const message = "The organisation has no provider for single sign-on, or it was changed meanwhile.";
    return { rejected: true, code: "sso_not_configured", message };
  }
  if (command.type === "remove") return [{ type: "sso.removed", data: {} }];
  return verified_at === null ? [{ type: "sso.domain_verified", data: { domain: command.domain } }] : [];
}

/** Whose a domain is. */
export interface SsoDomainState {
  readonly org_id: string | null;
}

export type SsoDomainCommand = { readonly type: "claim" | "release"; readonly org_id: string };

export interface SsoDomainRejection extends Rejection {
  readonly code: "sso_domain_taken";
}

export const ssoDomainDecider: Decider<SsoDomainState, SsoDomainCommand, SsoDomainRejection> = {
  initial: { org_id: null },
  evolve(state, event) {
    if (event.type === "sso_domain.claimed") return { org_id: event.data.org_id };
    return event.type === "sso_domain.released" ? { org_id: null } : state;
  },
  decide({ type, org_id }, state) {
    if (type === "release") return state.org_id === org_id ? [{ type: "sso_domain.released", data: { org_id } }] : [];
    if (state.org_id === org_id) return [];
    if (state.org_id === null) return [{ type: "sso_domain.claimed", data: { org_id } }];
    const message = "Another organisation has proven the domain first, and has it until it gives it up.";
    return { rejected: true, code: "sso_domain_taken", message };
  },
};

/** Which subjects a user is, by organisation; `sub` is `null` if the user was erased. */
export type SsoLinks = ReadonlyMap<string, Pick<SsoLinked, "issuer" | "sub">>;

export function evolveLinks(links: SsoLinks, event: KnownEvent): SsoLinks {
  if (event.type !== "sso_link.linked") return links;
  const { org_id, issuer, sub } = event.data;
  return new Map(links).set(org_id, { issuer, sub });
}
