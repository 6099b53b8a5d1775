/** Users' sessions: JWTs from an auth server such as Supabase's. Unlike keys, they are issued by somebody else. */

import { hash } from "node:crypto";
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";
import { LRUCache } from "lru-cache";
import { OPERATOR } from "../../events/account.ts";
import { normalisedEmail } from "../domain/email_address.ts";
import { type Caller, type Identity, USER_TIER } from "./caller.ts";
import { type Scope, scopes } from "./scopes.ts";

export interface TokenOptions {
  /** A secret shared with the auth server (HS256), or where it publishes its public keys (ES256, RS256, EdDSA). */
  readonly verify_with: { readonly secret: string } | { readonly jwks_url: string };
  /** The required `iss`. */
  readonly issuer: string;
  /** The required entry of `aud`. */
  readonly audience: string;
  /** How public keys are fetched; the runtime's `fetch` by default. */
  readonly fetch?: (url: string, init?: RequestInit) => Promise<Response>;
}

/** Finds out whose token it is. Never throws. `mayVerify` is called before one that was not seen before is verified. */
export type IdentifyToken = (token: string, mayVerify?: () => boolean) => Identity | Promise<Identity>;

/**
 * The algorithm is ours to choose, never the token's: otherwise a public key could be passed off as a shared secret.
 */
const SECRET_ALGORITHMS = ["HS256"];
const PUBLIC_KEY_ALGORITHMS = ["ES256", "RS256", "EdDSA"];

/** Clocks may differ by this many seconds. */
const CLOCK_TOLERANCE_S = 5;
/**
 * How long public keys are kept, the minimum interval of fetches for unknown key ids, and how long a fetch may take.
 */
const JWKS_MAX_AGE_MS = 600_000;
const JWKS_COOLDOWN_MS = 30_000;
const JWKS_TIMEOUT_MS = 5_000;
/** A key is about 1 KB. */
const MAX_JWKS_BYTES = 256 * 1024;

/** Valid tokens that are remembered, about half a kilobyte each. */
const MAX_REMEMBERED = 10_000;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/**
 * What auth servers use as user ids: UUIDs, addresses, `auth0|5f7c8e`. Anything that looks like white space or a
 * foreign separator is invalid.
 */
const SUBJECT = /^[A-Za-z0-9](?:[A-Za-z0-9._|@+-]{0,253}[A-Za-z0-9])?$/;
/** The end of the year 9999, in Unix seconds: four-digit years end there. */
const MAX_EXP = 253_402_300_799;

/** Whether a credential may be a token: three parts in base64url. */
export function looksLikeToken(credential: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential);
}

/** Verifies tokens: signature, algorithm, issuer, audience, times. */
export function tokenVerifier({
  verify_with,
  issuer,
  audience,
  fetch = globalThis.fetch,
}: TokenOptions): IdentifyToken {
  const isSecret = "secret" in verify_with;
  const options: JWTVerifyOptions = {
    algorithms: isSecret ? SECRET_ALGORITHMS : PUBLIC_KEY_ALGORITHMS,
    issuer,
    audience,
    requiredClaims: ["exp", "sub"],
    clockTolerance: CLOCK_TOLERANCE_S,
  };
  const key = isSecret ? sharedKey(verify_with.secret) : publicKeys(verify_with.jwks_url, fetch);
  /**
   * By digest, the least recently verified first. A valid token is verified again as often as public keys are fetched.
   */
  const good = new LRUCache<string, { readonly identity: Identity; readonly until: number }>({ max: MAX_REMEMBERED });
  const check = async (token: string): Promise<Identity> => {
    try {
      const { payload } = await jwtVerify(token, key, options);
      const { sub, exp } = payload;
      if (typeof sub !== "string" || !SUBJECT.test(sub)) return refused(NO_SUBJECT);
      if (typeof exp !== "number" || exp > MAX_EXP) return refused(NO_END);
      return { kind: "known", caller: callerOf({ ...payload, sub, exp }) };
    } catch (error) {
      return refusal(error);
    }
  };
  return (token, mayVerify = () => true) => {
    const digest = hash("sha256", token, "base64");
    const seen = good.get(digest);
    const now = Date.now();
    if (seen && now < seen.until) return seen.identity;
    // A user with a valid token must not have to wait for other traffic from their address.
    if (!seen && !mayVerify()) return { kind: "unchecked" };
    return check(token).then((identity) => {
      if (identity.kind !== "undecided") good.delete(digest);
      if (identity.kind === "known") {
        good.set(digest, { identity, until: Math.min(now + JWKS_MAX_AGE_MS, identity.caller.expires_at ?? 0) });
      }
      return identity;
    });
  };
}

const NO_SUBJECT =
  "The token's claim sub is invalid: it must be 1 to 255 letters, digits and . _ | @ + -, the first and the last a letter or a digit.";
const NO_END = "The token's claim exp is invalid: it must be Unix seconds, no later than the year 9999.";

function sharedKey(secret: string): JWTVerifyGetKey {
  const bytes = new TextEncoder().encode(secret);
  return async () => bytes;
}

function publicKeys(url: string, fetch: NonNullable<TokenOptions["fetch"]>): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url), {
    cacheMaxAge: JWKS_MAX_AGE_MS,
    cooldownDuration: JWKS_COOLDOWN_MS,
    timeoutDuration: JWKS_TIMEOUT_MS,
    [customFetch]: async (...request) => bounded(await fetch(...request)),
  });
}

/** The response with a body that fails if it is longer than {@link MAX_JWKS_BYTES}. */
function bounded({ body, status }: Response): Response {
  let size = 0;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (size > MAX_JWKS_BYTES) throw new Error(`Cannot read public keys: they exceed ${MAX_JWKS_BYTES} bytes`);
      controller.enqueue(chunk);
    },
  });
  return new Response(body?.pipeThrough(count), { status });
}

/** Only what the auth server alone can set counts (`app_metadata`): users write their own `user_metadata`. */
function callerOf({ sub, exp, app_metadata, ...claims }: JWTPayload & { sub: string; exp: number }): Caller {
  const { levqor_scopes, levqor_tier, email_verified } = (app_metadata ?? {}) as Record<string, unknown>;
  const isVerified = claims.email_verified === true || email_verified === true;
  const verified_email = isVerified && typeof claims.email === "string" ? normalisedEmail(claims.email) : undefined;
  // An id that is not a UUID may be a name or an address, which events must not contain. Upper case does not change a
  // UUID.
  const actor = `user:${UUID.test(sub) ? sub.toLowerCase() : hash("sha256", sub, "hex").slice(0, 32)}`;
  // With scopes they work for the operator, without any for themselves, with everything of their own.
  const granted = Array.isArray(levqor_scopes) ? new Set(levqor_scopes.filter(isScope)) : undefined;
  return {
    actor,
    identity: actor,
    account: granted ? OPERATOR : actor,
    counted_as: actor,
    scopes: granted ?? "all",
    workflows: "all",
    tier: typeof levqor_tier === "string" ? levqor_tier : USER_TIER,
    operator: false,
    expires_at: Math.floor(exp * 1000),
    ...(verified_email !== undefined && { verified_email }),
    session: { id: null, signed_in_at: signedInAt(claims) },
  };
}

/**
 * When somebody signed in, rather than when their token was renewed: `auth_time` (OpenID Connect), the latest of `amr`
 * (Supabase), or else when the token was issued. That is never later than the token's last renewal, so a stolen token
 * does not become recent.
 */
function signedInAt({ iat, auth_time, amr }: JWTPayload): number | null {
  const times = Array.isArray(amr) ? amr.map((method: { timestamp?: unknown } | null) => method?.timestamp) : [];
  const factors = times.filter((time) => typeof time === "number");
  const seconds = typeof auth_time === "number" ? auth_time : factors.length > 0 ? Math.max(...factors) : iat;
  // A time in the future would stay recent for as long as it likes.
  return seconds === undefined || seconds > Date.now() / 1000 + CLOCK_TOLERANCE_S ? null : seconds * 1000;
}

function isScope(value: unknown): value is Scope {
  return typeof value === "string" && Object.hasOwn(scopes, value);
}

function refusal(error: unknown): Identity {
  if (error instanceof errors.JWTExpired) return refused("The token has expired.");
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refused(`The token's claim ${error.claim} is ${error.reason === "missing" ? "missing" : "invalid"}.`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return refused("The token's algorithm is not accepted here.");
  const isAnswer =
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys;
  if (isAnswer) return refused("The token's signature is not from the expected auth server.");
  if (
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JOSENotSupported
  ) {
    return refused("The token is not a JWT that is accepted here.");
  }
  // The public keys could not be fetched, or are invalid: that says nothing about the token.
  return { kind: "undecided", cause: error };
}

function refused(reason: string): Identity {
  return { kind: "refused", reason };
}
