/**
 * Events of single sign-on: an organisation's members sign in at its own OpenID Connect provider. Streams are named
 *
 * - `sso-<id of an organisation>`: its connection to the provider;
 * - `sso_domain-<domain>`: which organisation has proven a domain, one at a time;
 * - `sso_link-<id of a user>`: which of the provider's subjects a user is;
 * - `sso_sign_in-<UUIDv7>`: what became of a browser that came back from the provider. Until then nothing is recorded: what the
 *   browser has to bring back is in a cookie that only this service could have written.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { Member } from "./org.ts";
import { personal } from "./personal.ts";
import { Uuid } from "./uuid.ts";

export const ssoStream = streamName("sso");
export const ssoDomainStream = streamName("sso_domain");
export const ssoLinkStream = streamName("sso_link");
export const ssoSignInStream = streamName("sso_sign_in");

/** The vault's subject under which the client secret of a connection is sealed: it is nobody's data, but a secret. */
export function ssoSubject(connectionId: string): string {
  return `sso:${connectionId}`;
}

/** A provider, as it calls itself. */
const Issuer = Type.String({ minLength: 1, maxLength: 512 });
const Domain = Type.String({ minLength: 1, maxLength: 253 });

export const SsoConfigured = Type.Object({
  /** A new one each time: each has a key of its own for its secret. */
  connection_id: Uuid,
  issuer: Issuer,
  client_id: Type.String({ minLength: 1, maxLength: 255 }),
  client_secret: personal(Type.String({ minLength: 1, maxLength: 1_024 })),
  /** Whose addresses the provider may vouch for, once the domain is proven. */
  domain: Domain,
});
export type SsoConfigured = Static<typeof SsoConfigured>;

export const SsoDomainVerified = Type.Object({ domain: Domain });
export type SsoDomainVerified = Static<typeof SsoDomainVerified>;

export const SsoRemoved = Type.Object({});
export type SsoRemoved = Static<typeof SsoRemoved>;

export const SsoDomainClaimed = Type.Object({ org_id: Uuid });
export type SsoDomainClaimed = Static<typeof SsoDomainClaimed>;

export const SsoDomainReleased = Type.Object({ org_id: Uuid });
export type SsoDomainReleased = Static<typeof SsoDomainReleased>;

export const SsoLinked = Type.Object({
  org_id: Uuid,
  issuer: Issuer,
  /** Who they are at the provider. */
  sub: personal(Type.String({ minLength: 1, maxLength: 255 })),
});
export type SsoLinked = Static<typeof SsoLinked>;

export const SsoSignInReturned = Type.Object({ org_id: Uuid });
export type SsoSignInReturned = Static<typeof SsoSignInReturned>;

export const SsoSignInRefused = Type.Object({
  org_id: Uuid,
  /** A problem's. */
  code: Type.String({ pattern: "^[a-z][a-z0-9_]{0,63}$", examples: ["sso_email_unverified"] }),
});
export type SsoSignInRefused = Static<typeof SsoSignInRefused>;

export const SsoSignInSucceeded = Type.Object({ org_id: Uuid, user: Member, session_id: Uuid });
export type SsoSignInSucceeded = Static<typeof SsoSignInSucceeded>;

/** Every event type of these categories. */
export const ssoEvents = {
  "sso.configured": eventType(
    SsoConfigured,
    "an organisation set its OpenID Connect provider, or replaced it; the client secret is sealed",
  ),
  "sso.domain_verified": eventType(SsoDomainVerified, "the domain's TXT record showed that it is the organisation's"),
  "sso.removed": eventType(
    SsoRemoved,
    "an organisation no longer has a provider; the key of its secret is about to be destroyed",
  ),
  "sso_domain.claimed": eventType(SsoDomainClaimed, "the domain counts for an organisation, and for no other"),
  "sso_domain.released": eventType(SsoDomainReleased, "the domain counts for nobody"),
  "sso_link.linked": eventType(
    SsoLinked,
    "a user signed in as another subject of their organisation's provider than before, or for the first time",
  ),
  "sso_sign_in.returned": eventType(
    SsoSignInReturned,
    "a browser came back from the provider, as which nobody can come back again",
  ),
  "sso_sign_in.refused": eventType(SsoSignInRefused, "whoever came back from the provider was not signed in"),
  "sso_sign_in.succeeded": eventType(
    SsoSignInSucceeded,
    "a user signed in at their organisation's provider; recorded together with the session's start",
  ),
} as const satisfies Record<string, EventSchema>;
