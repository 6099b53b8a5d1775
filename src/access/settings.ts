/** Who may call: the operator's keys, and users' sessions. */
import { InvalidSettingError, list, matching, ratio, setting, settings, urlOf } from "../settings/mod.ts";

const KEY_MIN_LENGTH = 16;
/** As RFC 7518 requires for HS256: a key no shorter than the hash. */
const JWT_SECRET_MIN_BYTES = 32;

const apiKeys = list(apiKey);
const claim = matching(/^[\x21-\x7e]{1,512}$/, "it must be 1 to 512 visible ASCII characters");

const declared = {
  api_keys: setting({
    env: "API_KEYS",
    summary:
      "The operator's keys, separated by commas, which may do everything. Without keys (development), every caller has full access.",
    example: "$(openssl rand -hex 24)",
    default: [] as readonly string[],
    default_text: "none",
    secret: true,
    read: apiKeys,
  }),
  api_keys_next: setting({
    env: "API_KEYS_NEXT",
    summary: "Keys that are accepted in addition, while API_KEYS are being replaced.",
    example: "$(openssl rand -hex 24)",
    default: [] as readonly string[],
    default_text: "none",
    secret: true,
    read: apiKeys,
  }),
  jwt_secret: setting({
    env: "JWT_SECRET",
    summary: "Enables users' sessions: the secret with which an auth server such as Supabase's signs its JWTs (HS256).",
    example: "$(openssl rand -base64 48)",
    secret: true,
    read: jwtSecret,
  }),
  jwks_url: setting({
    env: "JWKS_URL",
    summary:
      "Enables users' sessions if the auth server signs with a key pair (ES256, RS256, EdDSA): where it publishes its public keys.",
    example: "https://PROJECT.supabase.co/auth/v1/.well-known/jwks.json",
    // Over https: anyone who could change the keys in transit could act as any user.
    read: urlOf(["https:", "http:"], {
      holds: ({ protocol, hostname, username }) =>
        username === "" && (protocol === "https:" || ["localhost", "127.0.0.1", "[::1]"].includes(hostname)),
      otherwise: "it must be an https:// URL without user and password (http:// only on this machine)",
    }),
  }),
  jwt_issuer: setting({
    env: "JWT_ISSUER",
    summary: "The required issuer of the JWTs (iss). Needed with JWT_SECRET or JWKS_URL.",
    example: "https://PROJECT.supabase.co/auth/v1",
    read: claim,
  }),
  jwt_audience: setting({
    env: "JWT_AUDIENCE",
    summary: "The required audience of the JWTs (aud).",
    example: "levqor",
    default: "authenticated",
    read: claim,
  }),
  caller_share: setting({
    env: "CALLER_SHARE",
    summary:
      "The share, from 0 to 1, of each maximum that one caller (a user, an issued key) may use, and at least one. It applies to MAX_STREAMS, MAX_QUEUE_DEPTH, waiting claims, 10,000 claimed jobs, and 10,000 each of schedules, pipelines, issued keys and workflows with limits. The keys in API_KEYS may use all of each.",
    example: "0.25",
    default: 0.1,
    read: ratio,
  }),
};

type Given = ReadonlySet<keyof typeof declared>;

export const accessSettings = settings(declared, {
  check: ({ given, deployment: { role, production } }) => [
    given.has("api_keys_next") &&
      !given.has("api_keys") &&
      "API_KEYS_NEXT (not shown): it needs API_KEYS, which is not set; put the keys in use there.",
    given.has("jwt_secret") &&
      given.has("jwks_url") &&
      "JWT_SECRET (not shown): JWTs are verified with either JWT_SECRET or JWKS_URL; set only one of them.",
    takesSessions(given) &&
      !given.has("jwt_issuer") &&
      "JWT_ISSUER is missing: JWTs of any other issuer must be rejected; set it to the iss of your auth server.",
    production &&
      role !== "worker" &&
      !hasKeys(given) &&
      `NODE_ENV is "production": it needs API_KEYS. Generate a key: openssl rand -hex 24`,
  ],
  resolve: ({
    api_keys,
    api_keys_next,
    jwt_secret: secret,
    jwks_url,
    jwt_issuer: issuer,
    jwt_audience,
    caller_share,
  }) => {
    const verify_with = secret ? { secret } : jwks_url ? { jwks_url } : undefined;
    return {
      /** Empty: everybody may write. */
      api_keys: [...api_keys, ...api_keys_next],
      /** Users' sessions; absent: none are accepted. */
      jwt: issuer && verify_with ? { verify_with, issuer, audience: jwt_audience } : undefined,
      caller_share,
    };
  },
});

/** Whether there is no authentication. */
export function isOpen(given: Given): boolean {
  return !hasKeys(given) && !takesSessions(given);
}

function hasKeys(given: Given): boolean {
  return given.has("api_keys") || given.has("api_keys_next");
}

function takesSessions(given: Given): boolean {
  return given.has("jwt_secret") || given.has("jwks_url");
}

function apiKey(key: string, { index, length }: { index: number; length: number }): string {
  const which = `key ${index + 1} of ${length}`;
  if (key === "") throw new InvalidSettingError(`${which} is empty; remove the extra comma`);
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new InvalidSettingError(`${which} has characters that are not allowed in an HTTP header`);
  if (key.length < KEY_MIN_LENGTH) {
    throw new InvalidSettingError(
      `${which} has ${key.length} characters and needs at least ${KEY_MIN_LENGTH}; generate one: openssl rand -hex 24`,
    );
  }
  return key;
}

function jwtSecret(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes >= JWT_SECRET_MIN_BYTES) return text;
  throw new InvalidSettingError(
    `it has ${bytes} bytes and needs at least ${JWT_SECRET_MIN_BYTES}; anyone who guesses it can act as any user`,
  );
}
