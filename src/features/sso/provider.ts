/**
 * An organisation's OpenID Connect provider. Its address is the organisation's choice, and so is every address that it names: each
 * request goes through the guard on outbound calls, follows no redirect, and reads no more than a bounded response.
 */
import { LRUCache } from "lru-cache";
import type { Configuration, CustomFetch } from "openid-client";
import { urlFault } from "../../../connectors/called_url.ts";
import { ConnectorError } from "../../../connectors/connector.ts";
import type { SsoConfigured } from "../../../events/sso.ts";
import type { Outbound } from "../feature.ts";
import type { Begun } from "./begun.ts";

/** Of each request to a provider; there are at most four one after another. */
const TIMEOUT_S = 5;
/** Of each response. Providers' keys are the longest. */
const BODY_MAX_BYTES = 256 * 1024;
/** How long what a provider says of itself is used, and of how many. */
const KNOWN_MS = 600_000;
const KNOWN_MAX = 200;
const SCOPE = "openid email";

const SUB_MAX = 255;

/**
 * It has one issuer for all its customers, and accounts of nobody's Workspace, whose addresses it verified once: those of people
 * who have left, too. Only `hd` says that a domain's Workspace has the account.
 */
const GOOGLE = "https://accounts.google.com";

/** What is needed of a connection to ask its provider. */
export type Client = Pick<SsoConfigured, "issuer" | "client_id" | "client_secret">;

/** Whom a provider has signed in. */
export interface SignedInThere {
  readonly sub: string;
  /** As the provider spells it; `null`: it says none that is verified. */
  readonly verified_email: string | null;
}

export type Outcome =
  | { readonly ok: true; readonly person: SignedInThere }
  | {
      readonly ok: false;
      readonly code: "sso_provider_refused" | "sso_provider_failed" | "sso_response_invalid" | "sso_domain_mismatch";
      readonly detail: string;
    };

/** Why a provider cannot be used: what is wrong with its issuer, as the predicate of a sentence. */
export class UnusableProviderError extends Error {
  override readonly name = "UnusableProviderError";
}

/** The client, loaded with its first use: it would slow down every start. */
let library: Promise<typeof import("openid-client")> | undefined;

export class Provider {
  readonly #outbound: Outbound;
  readonly #known = new LRUCache<string, Promise<Configuration>>({ max: KNOWN_MAX, ttl: KNOWN_MS });

  constructor(outbound: Outbound) {
    this.#outbound = outbound;
  }

  /** Asks a provider about itself. Rejects with {@link UnusableProviderError}. */
  async check(client: Client): Promise<void> {
    await this.#discover(client);
  }

  /** Where to send a browser. Rejects with {@link UnusableProviderError}. */
  async authorizationUrl(
    connection: SsoConfigured,
    { redirect_uri, state, nonce, verifier }: Omit<Begun, "sign_in_id" | "next"> & { readonly redirect_uri: string },
  ): Promise<string> {
    const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await openidClient();
    const parameters = {
      redirect_uri,
      scope: SCOPE,
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    };
    return buildAuthorizationUrl(await this.#configuration(connection), parameters).href;
  }

  /** Exchanges what a browser came back with. `url`: the redirect URI with the query that the browser brought. */
  async exchange(
    connection: SsoConfigured,
    { url, state, nonce, verifier }: Omit<Begun, "sign_in_id" | "next"> & { readonly url: URL },
  ): Promise<Outcome> {
    const { authorizationCodeGrant, AuthorizationResponseError, fetchUserInfo, ResponseBodyError } =
      await openidClient();
    try {
      const configuration = await this.#configuration(connection);
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
      const tokens = await authorizationCodeGrant(configuration, url, checks);
      const claims = tokens.claims();
      if (!claims || claims.sub.length === 0 || claims.sub.length > SUB_MAX || !claims.sub.isWellFormed()) {
        return {
          ok: false,
          code: "sso_response_invalid",
          detail: `The ID token has no sub of 1 to ${SUB_MAX} characters.`,
        };
      }
      const { sub } = claims;
      const { userinfo_endpoint, issuer } = configuration.serverMetadata();
      if (issuer === GOOGLE && claims.hd !== connection.domain) {
        const detail = `Google does not say that the account belongs to the Workspace of ${connection.domain} (hd).`;
        return { ok: false, code: "sso_domain_mismatch", detail };
      }
      const about: Readonly<Record<string, unknown>> =
        claims.email === undefined && userinfo_endpoint !== undefined
          ? await fetchUserInfo(configuration, tokens.access_token, sub)
          : claims;
      const isVerified = about.email_verified === true && typeof about.email === "string";
      return { ok: true, person: { sub, verified_email: isVerified ? (about.email as string) : null } };
    } catch (error) {
      if (error instanceof AuthorizationResponseError) {
        return { ok: false, code: "sso_provider_refused", detail: `The provider answered ${codeOf(error.error)}.` };
      }
      if (error instanceof ResponseBodyError) {
        return {
          ok: false,
          code: "sso_provider_failed",
          detail: `The provider rejected the exchange: ${codeOf(error.error)}.`,
        };
      }
      const fault = unreachable(error);
      if (fault !== undefined) return { ok: false, code: "sso_provider_failed", detail: `The provider ${fault}.` };
      return { ok: false, code: "sso_response_invalid", detail: `The response was rejected: ${reasonOf(error)}.` };
    }
  }

  #configuration(connection: SsoConfigured): Promise<Configuration> {
    const { connection_id } = connection;
    let known = this.#known.get(connection_id);
    if (!known) {
      known = this.#discover(connection);
      this.#known.set(connection_id, known);
      known.catch(() => this.#known.delete(connection_id));
    }
    return known;
  }

  async #discover({ issuer, client_id, client_secret }: Client): Promise<Configuration> {
    const fault = this.#issuerFault(issuer);
    if (fault !== undefined) throw new UnusableProviderError(fault);
    const client = await openidClient();
    const fetching = this.#fetch;
    // The guard has a stricter rule: without TLS only what the operator lists.
    const options = { [client.customFetch]: fetching, timeout: TIMEOUT_S, execute: [client.allowInsecureRequests] };
    const metadata = await client.discovery(new URL(issuer), client_id, undefined, undefined, options).then(
      (found) => found.serverMetadata(),
      (error) => {
        throw new UnusableProviderError(unreachable(error) ?? discoveryFault(error));
      },
    );
    const otherwise = this.#metadataFault(issuer, metadata);
    if (otherwise !== undefined) throw new UnusableProviderError(otherwise);
    // By default a provider accepts Basic (OpenID Connect Discovery 1.0, section 3).
    const { token_endpoint_auth_methods_supported: methods } = metadata;
    const isBasic = !Array.isArray(methods) || methods.includes("client_secret_basic");
    const method = isBasic ? client.ClientSecretBasic : client.ClientSecretPost;
    const configuration = new client.Configuration(metadata, client_id, { client_secret }, method(client_secret));
    configuration[client.customFetch] = fetching;
    configuration.timeout = TIMEOUT_S;
    client.allowInsecureRequests(configuration);
    // TLS alone vouches for an ID token otherwise, and an operator may allow to do without.
    client.enableNonRepudiationChecks(configuration);
    return configuration;
  }

  #issuerFault(issuer: string): string | undefined {
    const fault = urlFault(issuer);
    if (fault !== undefined) return fault;
    const { username, password, search, hash } = new URL(issuer);
    if (username || password || search || hash || /[?#]/.test(issuer))
      return "must have no user, password, query and fragment";
    if (issuer.includes("/.well-known/")) return "must be the issuer itself, without /.well-known/ and what follows it";
    return this.#addressFault(issuer);
  }

  /** Why an address cannot be called, as far as that is known before. */
  #addressFault(url: string): string | undefined {
    if (!URL.canParse(url)) return "must be a URL";
    if (new URL(url).protocol !== "https:" && !(new URL(url).protocol === "http:" && this.#outbound.isListed(url))) {
      return "must begin with https:// (http:// only for hosts in OUTBOUND_ALLOW)";
    }
    const refused = this.#outbound.refusedAddress(url);
    return refused === undefined
      ? undefined
      : `must be at a public address: ${refused} is not, and OUTBOUND_ALLOW does not list it`;
  }

  #metadataFault(issuer: string, metadata: ReturnType<Configuration["serverMetadata"]>): string | undefined {
    // The library makes exceptions for providers of several tenants, each of which could vouch for any address.
    if (!URL.canParse(metadata.issuer) || new URL(metadata.issuer).href !== new URL(issuer).href) {
      return OTHER_ISSUER;
    }
    for (const name of ["authorization_endpoint", "token_endpoint", "jwks_uri"] as const) {
      const url = metadata[name];
      if (url === undefined) return `has metadata without ${name}`;
      const fault = this.#addressFault(url);
      if (fault !== undefined) return `has metadata whose ${name} ${fault}`;
    }
    if (!metadata.supportsPKCE("S256")) {
      return "has metadata whose code_challenge_methods_supported does not list S256: PKCE is required";
    }
  }

  readonly #fetch: CustomFetch = async (url, { body, headers, method, redirect, signal }) => {
    const fault = this.#addressFault(url);
    if (fault !== undefined) throw new ConnectorError("address_refused", `A URL that the provider names ${fault}.`);
    const response = await this.#outbound.fetch(url, {
      body: (body ?? null) as BodyInit | null,
      headers,
      method,
      redirect,
      signal: signal ?? null,
    });
    const bytes = await boundedBody(response);
    const kept = new Headers(response.headers);
    for (const name of ["content-encoding", "content-length", "transfer-encoding"]) kept.delete(name);
    const { status } = response;
    return new Response(bytes, { status, headers: kept });
  };
}

const OTHER_ISSUER = "is not what the provider calls itself, by the issuer in its metadata";

function discoveryFault(error: unknown): string {
  const { code } = error as { code?: unknown };
  return code === "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED" ? OTHER_ISSUER : `has unusable metadata: ${reasonOf(error)}`;
}

function openidClient() {
  library ??= import("openid-client");
  return library;
}

/** `null`: it has none. */
async function boundedBody({ body }: Response): Promise<Uint8Array<ArrayBuffer> | null> {
  if (!body) return null;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    // Leaving the loop cancels the body.
    if (length > BODY_MAX_BYTES)
      throw new ConnectorError("response_too_large", `A response has more than ${BODY_MAX_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** A code that a provider sent, if it looks like one. */
function codeOf(text: unknown): string {
  return typeof text === "string" && /^[a-z][a-z0-9_]{0,63}$/.test(text) ? text : "an error without a code";
}

/** Why a provider could not be asked, as the predicate of a sentence; `undefined`: it was, and that is not why. */
function unreachable(error: unknown): string | undefined {
  if (error instanceof UnusableProviderError) return error.message;
  const { cause, code } = error as { cause?: unknown; code?: unknown };
  const fault = [error, cause, (cause as { cause?: unknown } | undefined)?.cause].find(
    (one) => one instanceof ConnectorError,
  );
  if (fault) return `cannot be asked: ${(fault as Error).message.replace(/\.$/, "")}`;
  if (code === "OAUTH_TIMEOUT" || code === "OAUTH_ABORT") return `did not answer within ${TIMEOUT_S} seconds`;
  const { code: network } = (cause ?? {}) as { code?: unknown };
  if (code === undefined && typeof network === "string" && /^E[A-Z]+$|^ERR_|^CERT_|_CERT/.test(network)) {
    return `cannot be reached (${network})`;
  }
  if (code === "OAUTH_RESPONSE_IS_NOT_CONFORM") return "answered with an unexpected HTTP status";
  if (code === "OAUTH_RESPONSE_IS_NOT_JSON") return "answered with something else than JSON";
}

/** The library's own words, which quote nothing of the response. */
function reasonOf(error: unknown): string {
  const { message } = error as Error;
  return message.slice(0, 200);
}
